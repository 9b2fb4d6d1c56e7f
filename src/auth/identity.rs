//! The caller: an identity from a verified token, joined with the partners that it is linked to.

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use super::permission::{PartnerUserRole, Permission, Role};
use super::scope::Scope;
use crate::primitives::error::{Error, Result};
use crate::primitives::event_type::{EventType, EventTypes};
use crate::primitives::id::{PartnerId, TenantId};

/// The identity of a caller: tenant, user and role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    tenant: TenantId,
    user: String,
    role: Role,
}

impl Identity {
    /// Returns the identity of an operator at the command line, who has access to the database anyway.
    pub fn operator(tenant: TenantId, user: impl Into<String>, role: Role) -> Self {
        Self { tenant, user: user.into(), role }
    }

    /// Returns the identity in a verified JWT.
    pub(super) fn from_token(tenant: TenantId, user: String, role: Role) -> Self {
        Self { tenant, user, role }
    }

    /// Returns the identity of a service whose token the domain has found valid.
    pub fn service(tenant: TenantId, name: String) -> Self {
        Self { tenant, user: name, role: Role::Billing }
    }

    /// Returns the tenant.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Returns the user id: the `sub` of the token, or the name of the service.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Returns the role.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Joins the identity with its current partner links; rejects a partner user without any.
    ///
    /// Links of other roles are ignored: staff and services see all partners of the tenant.
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
        let scope = Scope::new(self.tenant.clone(), partners);
        Ok(Caller {
            identity_and_scope: Arc::new((self, scope)),
            request_id: Uuid::now_v7().to_string().into(),
            subscribed: EventTypes::default(),
        })
    }
}

/// The caller of a request: an identity, and the scope of rows that it may see. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Caller {
    identity_and_scope: Arc<(Identity, Scope)>,
    /// The id of the request, or of the run of a command, for the audit trail.
    request_id: Arc<str>,
    /// The types of domain events that the webhook endpoints of the tenant subscribe to.
    subscribed: EventTypes,
}

impl Caller {
    /// Returns the identity.
    pub fn identity(&self) -> &Identity {
        &self.identity_and_scope.0
    }

    /// Returns the scope.
    pub fn scope(&self) -> &Scope {
        &self.identity_and_scope.1
    }

    /// Returns the same caller in the request with this id.
    pub fn in_request(self, id: &str) -> Self {
        Self { request_id: id.into(), ..self }
    }

    /// Returns the same caller in a tenant whose webhook endpoints subscribe to these types of events.
    pub fn in_tenant_subscribed_to(self, subscribed: EventTypes) -> Self {
        Self { subscribed, ..self }
    }

    /// Returns whether a webhook endpoint of the tenant subscribes to a type of events.
    pub fn has_subscribers(&self, event_type: EventType) -> bool {
        self.subscribed.contains(event_type)
    }

    /// Returns the id of the request, or of the run of a command.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// Returns whether the caller may see the notes of staff: partner users and services may not.
    pub fn sees_staff_notes(&self) -> bool {
        !self.is_partner_user() && self.identity().role().allows(Permission::Read)
    }

    /// Returns whether the caller is a partner user: the names of customers are masked for partner users.
    pub fn is_partner_user(&self) -> bool {
        self.scope().is_restricted()
    }

    /// Rejects a caller without the permission with `Forbidden`.
    pub fn require(&self, permission: Permission) -> Result<()> {
        let role = self.identity().role();
        if role.allows(permission) {
            return Ok(());
        }
        Err(Error::Forbidden(format!("the role {role} may not {}", permission.description())))
    }

    /// Rejects a partner user whose role within this partner may not change its legal identity.
    pub fn require_legal_change(&self, partner: PartnerId) -> Result<()> {
        match self.scope().link(partner) {
            Some(PartnerUserRole::AccountManager | PartnerUserRole::Finance) => {
                let message = "only the partner roles OWNER and ADMIN may change the legal identity";
                Err(Error::Forbidden(message.to_owned()))
            }
            Some(PartnerUserRole::Owner | PartnerUserRole::Admin) | None => Ok(()),
        }
    }

    /// Rejects a partner user whose role within this partner may not decide where its money goes.
    pub fn require_payout_account_change(&self, partner: PartnerId) -> Result<()> {
        match self.scope().link(partner) {
            Some(PartnerUserRole::AccountManager | PartnerUserRole::Admin) => {
                let message = "only the partner roles OWNER and FINANCE may change payout accounts";
                Err(Error::Forbidden(message.to_owned()))
            }
            Some(PartnerUserRole::Owner | PartnerUserRole::Finance) | None => Ok(()),
        }
    }

    /// Rejects a partner user whose role within this partner may not submit leads.
    pub fn require_lead_submission(&self, partner: PartnerId) -> Result<()> {
        let link = self.scope().link(partner);
        match link {
            Some(PartnerUserRole::Finance) => {
                Err(Error::Forbidden("the partner role FINANCE may not submit referral leads".to_owned()))
            }
            Some(PartnerUserRole::Owner | PartnerUserRole::Admin | PartnerUserRole::AccountManager)
            | None => Ok(()),
        }
    }
}
