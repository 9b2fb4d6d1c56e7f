//! Reads and writes of the table `partner_terms`.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::{TermsChange, TermsRecord};
use crate::auth::Authorized;
use crate::domain::db::schema::partner_terms;
use crate::domain::db::scope_filter::{PartnerTable, ScopeFilter};
use crate::domain::db::session::{Session, grouped};
use crate::domain::db::subquery::Subquery;
use crate::domain::db::transaction::Transaction;
use crate::domain::terms::TERMS_MAX;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::PartnerId;

const TABLE: PartnerTable = PartnerTable { name: "partner_terms", partner_column: "partner_id" };

/// The terms of a row of `partners` that hold when the statement begins.
macro_rules! present {
    ($columns:literal) => {
        concat!(
            "(SELECT ",
            $columns,
            " FROM partner_terms AS terms
             WHERE terms.tenant_id = partners.tenant_id AND terms.partner_id = partners.id
                 AND terms.effective_from <= statement_timestamp()
             ORDER BY terms.effective_from DESC, terms.number DESC LIMIT 1)"
        )
    };
}

/// The SQL of the present terms of a partner.
pub(in crate::domain::partner) const PRESENT: &str =
    present!("ROW(terms.status, terms.tier, terms.default_commission_rate)");

/// Returns the present terms of a partner, for statements on `partners`.
pub(in crate::domain::partner) const fn present() -> Subquery<TermsRecord> {
    Subquery::new(PRESENT)
}

/// Returns the present status of a partner, for statements on `partners`.
pub(in crate::domain::partner) const fn present_status() -> Subquery<Text> {
    Subquery::new(present!("terms.status"))
}

/// Returns the present tier of a partner, for statements on `partners`.
pub(in crate::domain::partner) const fn present_tier() -> Subquery<Text> {
    Subquery::new(present!("terms.tier"))
}

/// Inserts changes.
pub(super) async fn insert(db: &mut Transaction, changes: Vec<TermsChange>) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    db.execute(diesel::insert_into(partner_terms::table).values(changes)).await?;
    Ok(())
}

/// Returns all changes of the terms of a partner, in the order of their numbers.
pub(super) async fn of_partner(db: &mut Session, partner: PartnerId) -> Result<Vec<Authorized<TermsChange>>> {
    let query = partner_terms::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(partner_terms::partner_id.eq(partner))
        .order(partner_terms::number)
        .select(TermsChange::as_select());
    db.load(query).await
}

/// Returns the changes of the terms of each partner, latest moment first; of those with the same moment, the one that holds
/// first.
pub async fn of_partners(
    db: &mut Session,
    partners: &[PartnerId],
) -> Result<HashMap<PartnerId, Vec<Authorized<TermsChange>>>> {
    let query = partner_terms::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(partner_terms::partner_id.eq_any(partners.to_vec()))
        .order((partner_terms::effective_from.desc(), partner_terms::number.desc()))
        .limit(TERMS_MAX + 1)
        .select(TermsChange::as_select());
    let rows: Vec<Authorized<TermsChange>> = db.load(query).await?;
    if i64::try_from(rows.len()).is_ok_and(|count| count > TERMS_MAX) {
        return Err(Error::LimitExceeded(format!(
            "the terms of these partners changed more than {TERMS_MAX} times; request those of fewer partners"
        )));
    }
    Ok(grouped(rows.into_iter().map(|row| (row.partner_id, row))))
}
