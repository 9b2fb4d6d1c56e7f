//! What waits for staff: the counts of the lists that they work through.

use chrono::{DateTime, Days, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamptz};

use super::calendar;
use crate::domain::db::cached_statement::CachedStatement;
use crate::domain::db::session::Session;
use crate::domain::tenant;
use crate::primitives::error::{Error, Result};

/// How many whole days a failed payout counts, beside today: nobody marks it as dealt with.
const FAILED_DAYS: u64 = 30;

/// What waits for staff.
#[derive(Clone, Copy, Debug)]
pub struct WorkQueue {
    /// The counts, all of one state of the database.
    pub counts: WorkQueueCounts,
    /// The time since which failed payouts count.
    pub failed_from: DateTime<Utc>,
}

/// The numbers of rows that wait for staff. Each is the count of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub struct WorkQueueCounts {
    /// The events that await approval, reversals included.
    #[diesel(sql_type = BigInt)]
    pub pending_commissions: i64,
    /// The events that staff hold back.
    #[diesel(sql_type = BigInt)]
    pub held_commissions: i64,
    /// The payouts whose payment was not sent yet.
    #[diesel(sql_type = BigInt)]
    pub payouts_ready: i64,
    /// The payouts whose payment was sent and not confirmed yet.
    #[diesel(sql_type = BigInt)]
    pub payouts_unconfirmed: i64,
    /// The payouts that failed recently.
    #[diesel(sql_type = BigInt)]
    pub payouts_failed: i64,
    /// The payouts that staff must look at, whatever their status.
    #[diesel(sql_type = BigInt)]
    pub payouts_with_attention: i64,
    /// The partners whose bank account was not confirmed yet.
    #[diesel(sql_type = BigInt)]
    pub unconfirmed_bank_accounts: i64,
    /// The invoices that earned nothing and may earn something when they are assessed again.
    #[diesel(sql_type = BigInt)]
    pub invoices_that_earned_nothing: i64,
    /// The leads that nobody has contacted yet.
    #[diesel(sql_type = BigInt)]
    pub new_leads: i64,
    /// The partners that were not accepted yet.
    #[diesel(sql_type = BigInt)]
    pub pending_partners: i64,
}

/// Counts what waits, in one statement.
pub async fn work_queue(db: &mut Session) -> Result<WorkQueue> {
    let settings = tenant::settings(db).await?;
    let zone = settings.tenant.zone()?;
    let today = settings.read_at.with_timezone(&zone).date_naive();
    let first_day = today.checked_sub_days(Days::new(FAILED_DAYS)).unwrap_or(today);
    let failed_from = calendar::midnight(first_day, zone);
    let query = diesel::sql_query(COUNTS)
        .bind::<Text, _>(db.scope().tenant().clone())
        .bind::<Timestamptz, _>(failed_from);
    let counts = db.aggregate(CachedStatement(query)).await?.pop();
    Ok(WorkQueue { counts: counts.ok_or_else(|| Error::internal("a count is missing"))?, failed_from })
}

/// Each count has an index of exactly its rows; that of pending events is summed from the monthly totals.
const COUNTS: &str = "
    SELECT
        (SELECT coalesce(sum(event_count), 0)::bigint FROM commission_monthly_totals
         WHERE tenant_id = $1 AND status = 'PENDING') AS pending_commissions,
        (SELECT count(*) FROM commission_events
         WHERE tenant_id = $1 AND held_at IS NOT NULL) AS held_commissions,
        (SELECT count(*) FROM payouts WHERE tenant_id = $1 AND status = 'READY') AS payouts_ready,
        (SELECT count(*) FROM payouts WHERE tenant_id = $1 AND status = 'PROCESSING') AS payouts_unconfirmed,
        (SELECT count(*) FROM payouts
         WHERE tenant_id = $1 AND status = 'FAILED' AND changed_at >= $2) AS payouts_failed,
        (SELECT count(*) FROM payouts
         WHERE tenant_id = $1 AND attention IS NOT NULL) AS payouts_with_attention,
        (SELECT count(*) FROM payout_accounts
         WHERE tenant_id = $1 AND status = 'UNCONFIRMED') AS unconfirmed_bank_accounts,
        (SELECT count(*) FROM invoice_revisions
         WHERE tenant_id = $1 AND superseded_at IS NULL
             AND outcome IN ('NO_MANAGED_ACCOUNT', 'NO_RATE', 'PARTNER_INELIGIBLE')) AS invoices_that_earned_nothing,
        (SELECT count(*) FROM referral_leads WHERE tenant_id = $1 AND status = 'NEW') AS new_leads,
        (SELECT count(*) FROM (
             SELECT DISTINCT partner_id FROM partner_terms WHERE tenant_id = $1 AND status = 'PENDING') AS waiting
         WHERE 'PENDING' = (
             SELECT status FROM partner_terms AS terms
             WHERE terms.tenant_id = $1 AND terms.partner_id = waiting.partner_id
                 AND terms.effective_from <= statement_timestamp()
             ORDER BY terms.effective_from DESC, terms.number DESC LIMIT 1)) AS pending_partners";
