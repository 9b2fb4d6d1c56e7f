//! Partner users: the links of users to the partners that they may act for.

pub mod add;
pub mod deactivate;
pub mod store;

use diesel::prelude::*;

use crate::auth::{PartnerOwned, PartnerUserRole};
use crate::domain::db::audited_row::{AuditedRow, Field, RowKey, RowKind};
use crate::domain::db::schema::partner_users;
use crate::primitives::id::{PartnerId, PartnerUserId, TenantId};

/// The link of a user to a partner: while it is active, the user may act for the partner.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = partner_users, check_for_backend(diesel::pg::Pg))]
pub struct PartnerUser {
    /// The tenant of the partner.
    pub tenant_id: TenantId,
    /// The id of the link.
    pub id: PartnerUserId,
    /// The partner that the user may act for.
    pub partner_id: PartnerId,
    /// The user id, as in the claim `sub` of the user's tokens.
    pub user_id: String,
    /// The e-mail address, in lower case.
    pub email: String,
    /// The role of the user within the partner.
    pub role: PartnerUserRole,
    /// Whether the link is active.
    pub is_active: bool,
}

impl AuditedRow for PartnerUser {
    fn key(&self) -> RowKey {
        RowKey { kind: RowKind::PartnerUser, id: Some(self.id.0) }
    }

    fn owner(&self) -> Option<PartnerId> {
        Some(self.partner_id)
    }

    fn fields(&self) -> Vec<Field> {
        vec![
            Field::plain("partner", self.partner_id),
            Field::address("userId", &self.user_id),
            Field::address("email", &self.email),
            Field::plain("role", self.role),
            Field::plain("isActive", self.is_active),
        ]
    }
}

impl PartnerOwned for PartnerUser {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    fn partner_id(&self) -> PartnerId {
        self.partner_id
    }
}
