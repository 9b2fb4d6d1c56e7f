//! Reads and writes of the table `payout_accounts`.

use std::collections::HashMap;

use diesel::prelude::*;

use super::{PayoutAccount, PayoutAccountStatus};
use crate::auth::Authorized;
use crate::domain::db::rail_schema::payout_accounts;
use crate::domain::db::scope_filter::{PartnerTable, ScopeFilter};
use crate::domain::db::session::{Session, grouped};
use crate::domain::db::transaction::Transaction;
use crate::domain::payout_attempt::PayoutRail;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::{PartnerId, PayoutAccountId};

const TABLE: PartnerTable = PartnerTable { name: "payout_accounts", partner_column: "partner_id" };

/// Returns the accounts with these ids; unknown ids are left out.
pub async fn by_ids(db: &mut Session, ids: &[PayoutAccountId]) -> Result<Vec<Authorized<PayoutAccount>>> {
    let query = payout_accounts::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(payout_accounts::id.eq_any(ids.to_vec()))
        .select(PayoutAccount::as_select());
    db.load(query).await
}

/// Returns the account of an input; rejects an unknown id with NOT_FOUND.
pub async fn by_id(db: &mut Session, id: PayoutAccountId) -> Result<Authorized<PayoutAccount>> {
    by_ids(db, &[id]).await?.pop().ok_or_else(|| {
        let error = UserError::new(UserErrorCode::NotFound, "there is no such payout account");
        Error::user_error(error.at("id").about(id))
    })
}

/// Returns the accounts of partners that are not ended, in the order of their creation.
pub async fn of_partners(
    db: &mut Session,
    partners: &[PartnerId],
) -> Result<HashMap<PartnerId, Vec<Authorized<PayoutAccount>>>> {
    let query = payout_accounts::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(payout_accounts::partner_id.eq_any(partners.to_vec()))
        .filter(payout_accounts::status.ne(PayoutAccountStatus::Ended))
        .order((payout_accounts::created_at, payout_accounts::id))
        .select(PayoutAccount::as_select());
    let rows = db.load(query).await?;
    Ok(grouped(rows.into_iter().map(|row| (row.partner_id, row))))
}

/// Returns some of the bank accounts of the tenant that are not ended, in the order of their ids.
pub async fn living_at_banks(db: &mut Session, limit: i64) -> Result<Vec<Authorized<PayoutAccount>>> {
    let query = payout_accounts::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(payout_accounts::rail.eq(PayoutRail::File))
        .filter(payout_accounts::status.ne(PayoutAccountStatus::Ended))
        .order(payout_accounts::id)
        .limit(limit)
        .select(PayoutAccount::as_select());
    db.load(query).await
}

/// Returns the account of a partner at a rail that is not ended.
pub async fn living(
    db: &mut Session,
    partner: PartnerId,
    rail: PayoutRail,
) -> Result<Option<Authorized<PayoutAccount>>> {
    let accounts = of_partners(db, &[partner]).await?.remove(&partner).unwrap_or_default();
    Ok(accounts.into_iter().find(|account| account.rail == rail))
}

/// Returns how many accounts at a rail a partner has ever had.
pub async fn count(db: &mut Session, partner: PartnerId, rail: PayoutRail) -> Result<i64> {
    let query = payout_accounts::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(payout_accounts::partner_id.eq(partner))
        .filter(payout_accounts::rail.eq(rail))
        .count();
    Ok(db.aggregate::<i64, _>(query).await?.pop().unwrap_or_default())
}

/// Returns the accounts with this name at a rail that are not ended.
pub async fn by_destination(db: &mut Session, destination: &str) -> Result<Vec<Authorized<PayoutAccount>>> {
    let query = payout_accounts::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(payout_accounts::destination.eq(destination.to_owned()))
        .filter(payout_accounts::status.ne(PayoutAccountStatus::Ended))
        .select(PayoutAccount::as_select());
    db.load(query).await
}

/// Inserts an account unless another partner has it; returns whether it did.
pub async fn insert(db: &mut Transaction, account: &PayoutAccount) -> Result<bool> {
    let insert = diesel::insert_into(payout_accounts::table).values(account.clone()).on_conflict_do_nothing();
    Ok(db.execute(insert).await? == 1)
}

/// Updates what the rail reports of an account, who confirmed it, and whether it is ended.
pub async fn update(db: &mut Transaction, account: &PayoutAccount) -> Result<()> {
    let update = diesel::update(payout_accounts::table)
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(payout_accounts::id.eq(account.id))
        .set((
            payout_accounts::status.eq(account.status),
            payout_accounts::requirements.eq(account.requirements.clone()),
            payout_accounts::disabled_reason.eq(account.disabled_reason.clone()),
            payout_accounts::checked_at.eq(account.checked_at),
            payout_accounts::ended_at.eq(account.ended_at),
            payout_accounts::confirmed_by.eq(account.confirmed_by.clone()),
            payout_accounts::confirmed_at.eq(account.confirmed_at),
        ));
    db.execute_unaudited(update).await?;
    Ok(())
}
