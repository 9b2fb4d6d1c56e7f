//! Partner users: which users may act for a partner.

pub mod add;
pub mod deactivate;
pub mod store;

use diesel::prelude::*;

use crate::auth::{PartnerOwned, PartnerUserRole};
use crate::domain::db::schema::partner_users;
use crate::primitives::id::{PartnerId, PartnerUserId, TenantId};

/// The link of a user to a partner.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = partner_users, check_for_backend(diesel::pg::Pg))]
pub struct PartnerUser {
    /// The tenant it belongs to.
    pub tenant_id: TenantId,
    /// The id of the link.
    pub id: PartnerUserId,
    /// The partner.
    pub partner_id: PartnerId,
    /// The user, as the `sub` of their tokens.
    pub user_id: String,
    /// Their address.
    pub email: String,
    /// What they are to the partner.
    pub role: PartnerUserRole,
    /// Whether the link counts.
    pub is_active: bool,
}

impl PartnerOwned for PartnerUser {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    fn partner_id(&self) -> PartnerId {
        self.partner_id
    }
}
