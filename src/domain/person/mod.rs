//! Persons: the erasure of what was written about them.

pub mod erase;
pub mod store;
pub mod unsubscribe;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::db::schema::erasures;
use crate::auth::PartnerOwned;
use crate::primitives::id::{ErasureId, PartnerId, PartnerUserId, ReferralLeadId, TenantId};

/// The text in the place of an erased name or user id.
pub const ERASED: &str = "erased";
/// The address in the place of an erased one: an address, of a domain that never exists (RFC 2606).
pub const ERASED_EMAIL: &str = "erased@erased.invalid";

/// The erasure of a person from a referral lead or from the link of a partner user.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = erasures, check_for_backend(diesel::pg::Pg))]
pub struct Erasure {
    /// The tenant of the partner.
    pub tenant_id: TenantId,
    /// The id of the erasure.
    pub id: ErasureId,
    /// The partner of the lead or the user.
    pub partner_id: PartnerId,
    /// The referral lead; `None` if the erasure is of a partner user.
    pub referral_lead_id: Option<ReferralLeadId>,
    /// The link of the partner user; `None` if the erasure is of a lead.
    pub partner_user_id: Option<PartnerUserId>,
    /// The time of the erasure.
    pub erased_at: DateTime<Utc>,
    /// The id of the user who made it.
    pub actor: String,
    /// The reason.
    pub reason: String,
}

impl PartnerOwned for Erasure {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    fn partner_id(&self) -> PartnerId {
        self.partner_id
    }
}
