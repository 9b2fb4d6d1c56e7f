//! The rows that a caller may see, and the check of every row on its way out of the database.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

use super::permission::PartnerUserRole;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::{PartnerId, TenantId};

/// The rows of one tenant: of all its partners, or of those that a user is linked to.
#[derive(Clone, Debug)]
pub struct Scope {
    tenant: TenantId,
    partners: Option<HashMap<PartnerId, PartnerUserRole>>,
}

impl Scope {
    /// Returns a scope; `partners` are the links of a partner user, or `None` for all partners of the tenant.
    pub(super) fn new(tenant: TenantId, partners: Option<HashMap<PartnerId, PartnerUserRole>>) -> Self {
        Self { tenant, partners }
    }

    /// Returns the tenant.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Returns whether the scope is restricted to some partners of the tenant.
    pub fn is_restricted(&self) -> bool {
        self.partners.is_some()
    }

    /// Returns the role of the user within a partner that it is linked to.
    pub(super) fn link(&self, partner: PartnerId) -> Option<&PartnerUserRole> {
        self.partners.as_ref()?.get(&partner)
    }

    /// Returns the partners of the scope; `None` means all partners of the tenant.
    pub fn partners(&self) -> Option<Vec<PartnerId>> {
        self.partners.as_ref().map(|links| links.keys().copied().collect())
    }

    /// Returns whether the scope includes the rows of a partner, if it belongs to the tenant.
    pub fn includes(&self, partner: PartnerId) -> bool {
        self.partners.as_ref().is_none_or(|links| links.contains_key(&partner))
    }

    /// Rejects a partner outside of the scope with `Forbidden`, whether or not it exists.
    pub fn require_partner(&self, partner: PartnerId) -> Result<()> {
        if self.includes(partner) {
            return Ok(());
        }
        Err(Error::Forbidden("this partner is not one that you are linked to".to_owned()))
    }

    /// Checks a row against the scope; an internal error if a query has returned a row of another tenant or partner.
    pub fn authorize<T: PartnerOwned>(&self, row: T) -> Result<Authorized<T>> {
        if *row.tenant_id() == self.tenant && self.includes(row.partner_id()) {
            return Ok(Authorized(Arc::new(row)));
        }
        Err(Error::internal(format!(
            "a query returned a {} of another tenant or partner",
            std::any::type_name::<T>()
        )))
    }
}

/// A row that belongs to a partner.
pub trait PartnerOwned {
    /// Returns the tenant of the row.
    fn tenant_id(&self) -> &TenantId;
    /// Returns the partner of the row.
    fn partner_id(&self) -> PartnerId;
}

/// A row that was checked against the caller's scope. Cheap to clone; only [`Scope::authorize`] can create one.
#[derive(Debug)]
pub struct Authorized<T>(Arc<T>);

impl<T> Clone for Authorized<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Authorized<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
