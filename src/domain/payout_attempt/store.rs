//! Reads and writes of the table `payout_attempts`.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::dsl::{count_star, exists};
use diesel::prelude::*;

use super::{AttemptStatus, PayoutAttempt, PayoutRail};
use crate::auth::Authorized;
use crate::domain::db::rail_schema::{paying_accounts, payout_attempts, stripe_connections};
use crate::domain::db::scope_filter::{PartnerTable, ScopeFilter};
use crate::domain::db::session::{Session, grouped};
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::{PaymentFileId, PayoutAttemptId, PayoutId};

const TABLE: PartnerTable = PartnerTable { name: "payout_attempts", partner_column: "partner_id" };

/// The statuses of an attempt that the worker sends.
const UNDER_WAY: [AttemptStatus; 3] =
    [AttemptStatus::Queued, AttemptStatus::Sending, AttemptStatus::Uncertain];

/// Returns the attempts with these ids; unknown ids are left out.
pub async fn by_ids(db: &mut Session, ids: &[PayoutAttemptId]) -> Result<Vec<Authorized<PayoutAttempt>>> {
    let query = payout_attempts::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(payout_attempts::id.eq_any(ids.to_vec()))
        .select(PayoutAttempt::as_select());
    db.load(query).await
}

/// Returns the attempt of an input; rejects an unknown id with NOT_FOUND.
pub async fn by_id(db: &mut Session, id: PayoutAttemptId) -> Result<Authorized<PayoutAttempt>> {
    by_ids(db, &[id]).await?.pop().ok_or_else(|| {
        let error = UserError::new(UserErrorCode::NotFound, "there is no such payout attempt");
        Error::user_error(error.at("id").about(id))
    })
}

/// Returns the attempt whose transfer at Stripe has this reference.
pub async fn by_reference(db: &mut Session, reference: &str) -> Result<Option<Authorized<PayoutAttempt>>> {
    let query = payout_attempts::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(payout_attempts::rail.eq(PayoutRail::Stripe))
        .filter(payout_attempts::reference.eq(reference.to_owned()))
        .select(PayoutAttempt::as_select());
    db.load_one(query).await
}

/// Returns the attempts whose transfers have these references.
pub async fn by_references(
    db: &mut Session,
    references: Vec<String>,
) -> Result<Vec<Authorized<PayoutAttempt>>> {
    let query = payout_attempts::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(payout_attempts::reference.eq_any(references))
        .select(PayoutAttempt::as_select());
    db.load(query).await
}

/// Returns attempts by an account and in a mode of the rail that were settled within a time, and whose transfers no audit has
/// found since another time.
pub async fn not_found(
    db: &mut Session,
    (rail_account, is_live): (String, bool),
    (from, until): (DateTime<Utc>, DateTime<Utc>),
    since: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Authorized<PayoutAttempt>>> {
    let query = payout_attempts::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(payout_attempts::rail.eq(PayoutRail::Stripe))
        .filter(payout_attempts::status.eq(AttemptStatus::Settled))
        .filter(payout_attempts::rail_account.eq(rail_account))
        .filter(payout_attempts::is_live.eq(is_live))
        .filter(payout_attempts::ended_at.between(from, until))
        .filter(payout_attempts::found_at.is_null().or(payout_attempts::found_at.lt(since)))
        .order((payout_attempts::ended_at, payout_attempts::id))
        .limit(limit)
        .select(PayoutAttempt::as_select());
    db.load(query).await
}

/// Records that an audit has found the transfers of attempts.
pub async fn mark_found(db: &mut Transaction, ids: Vec<PayoutAttemptId>, at: DateTime<Utc>) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let update = diesel::update(payout_attempts::table)
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(payout_attempts::id.eq_any(ids))
        .set(payout_attempts::found_at.eq(at));
    db.execute_unaudited(update).await?;
    Ok(())
}

/// Returns the attempts of payouts, latest first.
pub async fn of_payouts(
    db: &mut Session,
    payouts: &[PayoutId],
) -> Result<HashMap<PayoutId, Vec<Authorized<PayoutAttempt>>>> {
    let query = payout_attempts::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(payout_attempts::payout_id.eq_any(payouts.to_vec()))
        .order((payout_attempts::created_at.desc(), payout_attempts::id.desc()))
        .select(PayoutAttempt::as_select());
    let rows = db.load(query).await?;
    Ok(grouped(rows.into_iter().map(|row| (row.payout_id, row))))
}

/// Locks an attempt until the end of the transaction. The rows of its partner and its payout must be locked before.
pub async fn lock(db: &mut Transaction, id: PayoutAttemptId) -> Result<Authorized<PayoutAttempt>> {
    let query = payout_attempts::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(payout_attempts::id.eq(id))
        .for_no_key_update()
        .select(PayoutAttempt::as_select());
    db.load_one(query).await?.ok_or_else(|| Error::internal("a payout attempt does not exist"))
}

/// Returns the attempt of a payout that is under way. The payout must be locked.
pub async fn under_way(db: &mut Session, payout: PayoutId) -> Result<Option<Authorized<PayoutAttempt>>> {
    let query = payout_attempts::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(payout_attempts::payout_id.eq(payout))
        .filter(payout_attempts::status.eq_any(UNDER_WAY))
        .select(PayoutAttempt::as_select());
    db.load_one(query).await
}

/// Returns the attempt that has moved the money of a payout. The payout must be locked.
pub async fn settled(db: &mut Session, payout: PayoutId) -> Result<Option<Authorized<PayoutAttempt>>> {
    let query = payout_attempts::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(payout_attempts::payout_id.eq(payout))
        .filter(payout_attempts::status.eq(AttemptStatus::Settled))
        .select(PayoutAttempt::as_select());
    db.load_one(query).await
}

/// Returns the attempt by which a payout is in a payment file, if what came of it is open. The payout must be locked.
pub async fn sent(db: &mut Session, payout: PayoutId) -> Result<Option<Authorized<PayoutAttempt>>> {
    let query = payout_attempts::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(payout_attempts::payout_id.eq(payout))
        .filter(payout_attempts::status.eq(AttemptStatus::Sent))
        .select(PayoutAttempt::as_select());
    db.load_one(query).await
}

/// Returns the attempts of payment files, in the order of each file.
pub async fn of_files(
    db: &mut Session,
    files: &[PaymentFileId],
) -> Result<HashMap<PaymentFileId, Vec<Authorized<PayoutAttempt>>>> {
    let query = payout_attempts::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(payout_attempts::payment_file_id.eq_any(files.to_vec()))
        .order(payout_attempts::id)
        .select(PayoutAttempt::as_select());
    let rows = db.load(query).await?;
    Ok(grouped(rows.into_iter().filter_map(|row| Some((row.payment_file_id?, row)))))
}

/// Returns the attempts of a payment file, in its order.
pub async fn of_file(db: &mut Session, file: PaymentFileId) -> Result<Vec<Authorized<PayoutAttempt>>> {
    Ok(of_files(db, &[file]).await?.remove(&file).unwrap_or_default())
}

/// Returns the numbers of attempts of payment files, by status.
pub async fn counts_of_files(
    db: &mut Session,
    files: &[PaymentFileId],
) -> Result<HashMap<PaymentFileId, Vec<(AttemptStatus, i64)>>> {
    let query = payout_attempts::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(payout_attempts::payment_file_id.eq_any(files.to_vec()))
        .group_by((payout_attempts::payment_file_id, payout_attempts::status))
        .order(payout_attempts::status)
        .select((payout_attempts::payment_file_id, payout_attempts::status, count_star()));
    let rows: Vec<(Option<PaymentFileId>, AttemptStatus, i64)> = db.aggregate(query).await?;
    Ok(grouped(rows.into_iter().filter_map(|(file, status, count)| Some((file?, (status, count))))))
}

/// Returns whether an attempt of the tenant is under way.
pub async fn is_any_under_way(db: &mut Session) -> Result<bool> {
    let query = payout_attempts::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(payout_attempts::status.eq_any(UNDER_WAY))
        .limit(1)
        .select(PayoutAttempt::as_select());
    Ok(db.load_one(query).await?.is_some())
}

/// Inserts an attempt.
pub async fn insert(db: &mut Transaction, attempt: &PayoutAttempt) -> Result<()> {
    db.execute(diesel::insert_into(payout_attempts::table).values(attempt.clone())).await?;
    Ok(())
}

/// Inserts the attempts of a payment file.
pub async fn insert_all(db: &mut Transaction, attempts: &[PayoutAttempt]) -> Result<()> {
    db.execute(diesel::insert_into(payout_attempts::table).values(attempts.to_vec())).await?;
    Ok(())
}

/// Withdraws the attempts of a payment file; returns how many. The caller records them for the audit trail.
pub async fn withdraw_file(db: &mut Transaction, file: PaymentFileId, at: DateTime<Utc>) -> Result<usize> {
    let update = diesel::update(payout_attempts::table)
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(payout_attempts::payment_file_id.eq(file))
        .filter(payout_attempts::status.eq(AttemptStatus::Sent))
        .set((payout_attempts::status.eq(AttemptStatus::Withdrawn), payout_attempts::ended_at.eq(Some(at))));
    db.execute(update).await
}

/// Updates the columns of an attempt that can change. The caller records what is for the audit trail: not what the rail last
/// said, nor that there is still nothing to be found.
pub async fn update(db: &mut Transaction, attempt: &PayoutAttempt) -> Result<()> {
    let update = diesel::update(payout_attempts::table)
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(payout_attempts::id.eq(attempt.id))
        .set((
            payout_attempts::status.eq(attempt.status),
            payout_attempts::is_in_doubt.eq(attempt.is_in_doubt),
            payout_attempts::first_sent_at.eq(attempt.first_sent_at),
            payout_attempts::last_sent_at.eq(attempt.last_sent_at),
            payout_attempts::looked_at.eq(attempt.looked_at),
            payout_attempts::recall_reason.eq(attempt.recall_reason.clone()),
            payout_attempts::recalled_at.eq(attempt.recalled_at),
            payout_attempts::reference.eq(attempt.reference.clone()),
            payout_attempts::code.eq(attempt.code.clone()),
            payout_attempts::message.eq(attempt.message.clone()),
            payout_attempts::ended_at.eq(attempt.ended_at),
            payout_attempts::returned_amount.eq(attempt.returned_amount),
        ));
    db.execute_unaudited(update).await?;
    Ok(())
}

/// Returns the rails that the caller's tenant has set up, in one statement; also to partner users, who must not see how.
pub async fn rails(db: &mut Session) -> Result<Vec<PayoutRail>> {
    let tenant = db.scope().tenant().clone();
    let connection = stripe_connections::table.filter(stripe_connections::tenant_id.eq(tenant.clone()));
    let paying_account = paying_accounts::table.filter(paying_accounts::tenant_id.eq(tenant));
    let query = diesel::select((exists(connection), exists(paying_account)));
    let found: Vec<(bool, bool)> = db.aggregate(query).await?;
    let (is_connected, has_paying_account) = found.into_iter().next().unwrap_or_default();
    let rails = [is_connected.then_some(PayoutRail::Stripe), has_paying_account.then_some(PayoutRail::File)];
    Ok(rails.into_iter().flatten().collect())
}
