//! Reads and writes of the table `managed_account_terms`.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Numeric};

use super::TermsChange;
use crate::auth::Authorized;
use crate::domain::db::schema::managed_account_terms;
use crate::domain::db::scope_filter::{PartnerTable, ScopeFilter};
use crate::domain::db::session::{Session, grouped};
use crate::domain::db::subquery::Subquery;
use crate::domain::db::transaction::Transaction;
use crate::domain::terms::TERMS_MAX;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::ManagedAccountId;

const TABLE: PartnerTable = PartnerTable { name: "managed_account_terms", partner_column: "partner_id" };

/// The SQL of the present rate of a row of `managed_accounts`.
pub(in crate::domain::account) const PRESENT_RATE: &str = "(SELECT terms.custom_commission_rate
     FROM managed_account_terms AS terms
     WHERE terms.tenant_id = managed_accounts.tenant_id AND terms.managed_account_id = managed_accounts.id
         AND terms.effective_from <= statement_timestamp()
     ORDER BY terms.effective_from DESC, terms.number DESC LIMIT 1)";

/// Returns the present rate of an account, for statements on `managed_accounts`.
pub(in crate::domain::account) const fn present_rate() -> Subquery<Nullable<Numeric>> {
    Subquery::new(PRESENT_RATE)
}

/// Inserts changes.
pub(super) async fn insert(db: &mut Transaction, changes: Vec<TermsChange>) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    db.execute(diesel::insert_into(managed_account_terms::table).values(changes)).await?;
    Ok(())
}

/// Returns all changes of the terms of an account, in the order of their numbers.
pub(super) async fn of_account(
    db: &mut Session,
    account: ManagedAccountId,
) -> Result<Vec<Authorized<TermsChange>>> {
    let query = managed_account_terms::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(managed_account_terms::managed_account_id.eq(account))
        .order(managed_account_terms::number)
        .select(TermsChange::as_select());
    db.load(query).await
}

/// Returns the changes of the terms of each account, latest moment first; of those with the same moment, the one that holds
/// first.
pub async fn of_accounts(
    db: &mut Session,
    accounts: &[ManagedAccountId],
) -> Result<HashMap<ManagedAccountId, Vec<Authorized<TermsChange>>>> {
    let query = managed_account_terms::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(managed_account_terms::managed_account_id.eq_any(accounts.to_vec()))
        .order((managed_account_terms::effective_from.desc(), managed_account_terms::number.desc()))
        .limit(TERMS_MAX + 1)
        .select(TermsChange::as_select());
    let rows: Vec<Authorized<TermsChange>> = db.load(query).await?;
    if i64::try_from(rows.len()).is_ok_and(|count| count > TERMS_MAX) {
        return Err(Error::LimitExceeded(format!(
            "the terms of these accounts changed more than {TERMS_MAX} times; request those of fewer accounts"
        )));
    }
    Ok(grouped(rows.into_iter().map(|row| (row.managed_account_id, row))))
}
