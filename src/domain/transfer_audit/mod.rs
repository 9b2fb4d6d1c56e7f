//! The nightly audit of the transfers at Stripe: are they what the books say was sent?
//!
//! It reads the transfers of the last 35 days page by page, and compares each with the attempts. It repairs nothing: what it
//! finds is shown by the reconciliation. Each page is compared in a transaction of its own, which records how far the audit is,
//! so that another worker can go on.

pub mod begin;
pub mod comparison;
pub mod end;
pub mod page;
pub mod schedule;
pub mod store;

use async_graphql::Enum;
use chrono::{DateTime, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::Text;
use uuid::Uuid;

use super::db::rail_schema::{transfer_audits, transfer_findings};
use crate::auth::PartnerOwned;
use crate::primitives::id::{PartnerId, PayoutId, TenantId, TransferAuditId, TransferFindingId};
use crate::primitives::text_enum::text_enum;

/// The audit of a tenant that runs now, or ran last.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = transfer_audits, primary_key(tenant_id), treat_none_as_null = true)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct TransferAudit {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The id.
    pub id: TransferAuditId,
    /// The account of the tenant at the rail whose transfers are read.
    pub rail_account: String,
    /// Whether these move real money.
    pub is_live: bool,
    /// When it began.
    pub began_at: DateTime<Utc>,
    /// The transfer after which it goes on reading.
    pub last_read: Option<String>,
    /// How many transfers it has read.
    pub transfers: i64,
    /// Whether it has read the last of them.
    pub is_read: bool,
    /// Whether everything was compared: false if there were too many transfers, or too many findings.
    pub is_complete: bool,
    /// When an audit last ended; before `began_at` while one runs.
    pub ended_at: Option<DateTime<Utc>>,
    /// When the rail could last not be read.
    pub failed_at: Option<DateTime<Utc>>,
    /// Why it could not.
    pub failure: Option<String>,
}

impl TransferAudit {
    /// Returns whether it is not over yet.
    pub fn is_running(&self) -> bool {
        self.ended_at.is_none_or(|ended_at| ended_at < self.began_at)
    }
}

/// The difference between a transfer and what the books say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
#[graphql(name = "TransferFindingKind")]
pub enum FindingKind {
    /// A transfer names a payout of the tenant, and the books do not have it as sent.
    Unknown,
    /// A payout was completed by a transfer that Stripe does not have.
    Missing,
    /// A payout that was sent already has another transfer: it may have been paid twice.
    Second,
    /// The transfer of a payout has another amount, currency or destination.
    Different,
    /// The payout is COMPLETED, and money of its transfer came back: all of it, or a part that the books do not have.
    Reversed,
    /// The payout is RETURNED, and money of its transfer is still with the partner.
    NotReversed,
}

text_enum!(FindingKind);

/// How a transfer differs from the books, as an audit has found it.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = transfer_findings, check_for_backend(diesel::pg::Pg))]
pub struct TransferFinding {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The id.
    pub id: TransferFindingId,
    /// What is wrong.
    pub kind: FindingKind,
    /// The reference of the transfer.
    pub reference: String,
    /// The payout that it is about, if the books have it.
    pub payout_id: Option<PayoutId>,
    /// What was found, in words.
    pub message: String,
    /// When it was last found.
    pub found_at: DateTime<Utc>,
}

impl PartnerOwned for TransferAudit {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    /// Returns no partner: an audit is only within a scope of all partners.
    fn partner_id(&self) -> PartnerId {
        PartnerId(Uuid::nil())
    }
}

impl PartnerOwned for TransferFinding {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    /// Returns no partner: a finding is only within a scope of all partners.
    fn partner_id(&self) -> PartnerId {
        PartnerId(Uuid::nil())
    }
}
