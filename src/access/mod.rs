//! Who is asking, and which rows they may see.
//!
//! An [`Identity`] comes from a verified token and nowhere else (`token`), from a service token that the domain knows
//! ([`Identity::service`]), or from the operator of the machine ([`Identity::operator`]). The domain turns it into a [`Caller`] with the links that the database holds now.
//! A [`Caller`]'s [`Scope`] is what every query is made with, and what every row is checked against again when
//! it leaves the database ([`Scope::admit`]): a forgotten WHERE is a loud error and not a leak.

mod right;
pub mod token;

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

pub use right::{PartnerUserRole, Right, Role};

use crate::error::{Error, Result};
use crate::id::{PartnerId, TenantId};

/// Who is asking, as their token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    tenant: TenantId,
    user: String,
    role: Role,
}

impl Identity {
    /// Somebody at the command line of the machine, who holds the database anyway.
    pub fn operator(tenant: TenantId, user: impl Into<String>, role: Role) -> Self {
        Self { tenant, user: user.into(), role }
    }

    /// A service that has shown a token which the domain knows to hold.
    pub fn service(tenant: TenantId, name: String) -> Self {
        Self { tenant, user: name, role: Role::Billing }
    }

    /// The tenant they belong to.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Their user id.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// What kind of user they are.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Joins an identity with the partners it is linked to now.
    ///
    /// Only a partner user has links, and one without any is nobody here.
    pub fn with_links(self, links: HashMap<PartnerId, PartnerUserRole>) -> Result<Caller> {
        let partners = match self.role {
            Role::Partner if links.is_empty() => {
                return Err(Error::Forbidden(
                    "this user is not linked to any partner of the tenant".to_owned(),
                ));
            }
            Role::Partner => Some(links),
            Role::Admin | Role::Finance | Role::Support | Role::Auditor | Role::Billing => None,
        };
        let scope = Scope { tenant: self.tenant.clone(), partners };
        Ok(Caller(Arc::new((self, scope))))
    }
}

/// Who is asking, and whose rows they may see. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Caller(Arc<(Identity, Scope)>);

impl Caller {
    /// Who is asking.
    pub fn identity(&self) -> &Identity {
        &self.0.0
    }

    /// Whose rows they may see.
    pub fn scope(&self) -> &Scope {
        &self.0.1
    }

    /// Whether they may see what staff write down for each other: partner users and services may not.
    pub fn sees_staff_notes(&self) -> bool {
        !self.is_partner_user() && self.identity().role().may(Right::Read)
    }

    /// Whether they are a partner's user, from whom names and addresses are kept.
    pub fn is_partner_user(&self) -> bool {
        self.scope().partners.is_some()
    }

    /// Refuses whoever lacks a right.
    pub fn must(&self, right: Right) -> Result<()> {
        let role = self.identity().role();
        if role.may(right) {
            return Ok(());
        }
        Err(Error::Forbidden(format!("the role {role} may not {}", right.deed())))
    }

    /// Refuses a partner user whose link to this partner does not let them submit leads.
    pub fn must_submit_leads_for(&self, partner: PartnerId) -> Result<()> {
        let link = self.scope().partners.as_ref().and_then(|links| links.get(&partner));
        match link {
            Some(PartnerUserRole::Finance) => {
                Err(Error::Forbidden("the partner role FINANCE may not submit referral leads".to_owned()))
            }
            Some(PartnerUserRole::Owner | PartnerUserRole::Admin | PartnerUserRole::AccountManager)
            | None => Ok(()),
        }
    }
}

/// The rows of one tenant: those of all its partners, or only of those that a user is linked to.
#[derive(Clone, Debug)]
pub struct Scope {
    tenant: TenantId,
    partners: Option<HashMap<PartnerId, PartnerUserRole>>,
}

impl Scope {
    /// The tenant whose rows these are.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The partners whose rows these are; `None` means all of the tenant.
    pub fn partners(&self) -> Option<Vec<PartnerId>> {
        self.partners.as_ref().map(|links| links.keys().copied().collect())
    }

    /// Whether the rows of this partner, if it is one of the tenant, are among them.
    pub fn covers(&self, partner: PartnerId) -> bool {
        self.partners.as_ref().is_none_or(|links| links.contains_key(&partner))
    }

    /// Refuses a partner that is not one of those, whether or not it exists.
    pub fn must_cover(&self, partner: PartnerId) -> Result<()> {
        if self.covers(partner) {
            return Ok(());
        }
        Err(Error::Forbidden("this partner is not one that you are linked to".to_owned()))
    }

    /// Lets a row out of the database room, or refuses.
    pub fn admit<T: Owned>(&self, row: T) -> Result<Admitted<T>> {
        if *row.tenant_id() == self.tenant && self.covers(row.partner_id()) {
            return Ok(Admitted(Arc::new(row)));
        }
        Err(Error::internal(format!(
            "a query let a {} of another tenant or partner through",
            std::any::type_name::<T>()
        )))
    }
}

/// What belongs to a partner of a tenant.
pub trait Owned {
    /// The tenant it belongs to.
    fn tenant_id(&self) -> &TenantId;
    /// The partner it belongs to.
    fn partner_id(&self) -> PartnerId;
}

/// A row that this caller was found entitled to see. Cheap to clone; there is no other way to make one than
/// [`Scope::admit`].
#[derive(Debug)]
pub struct Admitted<T>(Arc<T>);

impl<T> Clone for Admitted<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Admitted<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
