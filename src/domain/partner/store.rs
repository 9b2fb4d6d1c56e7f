//! Reads and writes of the table `partners`.

use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::{Partner, PartnerFilter, PartnerOrder, PartnerOrderField, terms};
use crate::auth::Authorized;
use crate::domain::db::list_query::{ComputedColumn, Condition, Paginated};
use crate::domain::db::schema::partners;
use crate::domain::db::scope_filter::{PartnerTable, ScopeFilter};
use crate::domain::db::session::Session;
use crate::domain::db::subquery::Subquery;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::PartnerId;
use crate::primitives::pagination::{
    Ordering, PageRequest, Position, SortDirection, SortKey, SortKind, period,
};
use crate::primitives::text;

/// The columns of the orders.
const COMPANY_NAME: &str = "company_name";
const PARTNER_NUMBER: &str = "partner_number";
const CREATED_AT: &str = "created_at";

const TABLE: PartnerTable = PartnerTable { name: "partners", partner_column: "id" };

/// Whether a row of `partners` has bank details that staff have not confirmed yet.
const HAS_UNCONFIRMED_BANK_ACCOUNT: Subquery<Bool> = Subquery::new(
    "EXISTS (SELECT FROM payout_accounts AS account
         WHERE account.tenant_id = partners.tenant_id AND account.partner_id = partners.id
             AND account.status = 'UNCONFIRMED')",
);

/// Whether the approved commissions of a row of `partners` are negative in some currency.
const HAS_DEBT: Subquery<Bool> = Subquery::new(
    "EXISTS (SELECT FROM commission_monthly_totals AS total
         WHERE total.tenant_id = partners.tenant_id AND total.partner_id = partners.id AND total.status = 'APPROVED'
         GROUP BY total.currency HAVING sum(total.commission_amount) < 0)",
);

/// Returns the order of a list; the default is by name.
pub fn ordering(order: Option<PartnerOrder>) -> Ordering {
    let (field, direction) = match order {
        Some(PartnerOrder { field, direction }) => (field, direction),
        None => (PartnerOrderField::Name, SortDirection::Asc),
    };
    let (column, kind) = match field {
        PartnerOrderField::Name => (COMPANY_NAME, SortKind::Text),
        PartnerOrderField::Number => (PARTNER_NUMBER, SortKind::Text),
        PartnerOrderField::CreatedAt => (CREATED_AT, SortKind::Timestamp),
    };
    Ordering { column, kind, descending: direction == SortDirection::Desc }
}

impl Paginated for Partner {
    type Filter = PartnerFilter;
    const TABLE: PartnerTable = TABLE;
    const COMPUTED: &'static [ComputedColumn] =
        &[ComputedColumn { sql: terms::store::PRESENT, name: "terms" }];

    fn conditions(filter: &PartnerFilter) -> Vec<Condition> {
        let mut conditions: Vec<Condition> = Vec::new();
        if let Some(status) = filter.status {
            conditions.push(Box::new(terms::store::present_status().eq(status)));
        }
        if let Some(tier) = filter.tier {
            conditions.push(Box::new(terms::store::present_tier().eq(tier)));
        }
        if let Some(statuses) = &filter.statuses {
            conditions.push(Box::new(terms::store::present_status().eq_any(statuses.clone())));
        }
        if let Some(tiers) = &filter.tiers {
            conditions.push(Box::new(terms::store::present_tier().eq_any(tiers.clone())));
        }
        if let Some(has_debt) = filter.has_debt {
            conditions.push(Box::new(HAS_DEBT.eq(has_debt)));
        }
        if let Some(has_unconfirmed) = filter.has_unconfirmed_bank_account {
            conditions.push(Box::new(HAS_UNCONFIRMED_BANK_ACCOUNT.eq(has_unconfirmed)));
        }
        if let Some(from) = filter.created_from {
            conditions.push(Box::new(partners::created_at.ge(from.0)));
        }
        if let Some(to) = filter.created_to {
            conditions.push(Box::new(partners::created_at.lt(to.0)));
        }
        if let Some(search) = &filter.search {
            let escaped = search.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
            let pattern = format!("%{escaped}%");
            let matches =
                partners::company_name.ilike(pattern.clone()).or(partners::partner_number.ilike(pattern));
            conditions.push(Box::new(matches));
        }
        conditions
    }

    fn validate(filter: PartnerFilter) -> Result<PartnerFilter> {
        period("createdTo", filter.created_from, filter.created_to)?;
        let search = text::optional_text("search", filter.search.as_deref())?;
        Ok(PartnerFilter { search, ..filter })
    }

    fn partner_of(_: &PartnerFilter) -> Option<PartnerId> {
        None
    }

    fn position(&self, page: &PageRequest) -> Position {
        let key = match page.ordering.column {
            PARTNER_NUMBER => SortKey::Text(self.partner_number.clone()),
            CREATED_AT => SortKey::Timestamp(self.created_at),
            _ => SortKey::Text(self.company_name.clone()),
        };
        Position { key, id: self.id.0 }
    }
}

/// Returns the partners with these ids, ordered by name; unknown ids are skipped.
pub async fn by_ids(db: &mut Session, ids: &[PartnerId]) -> Result<Vec<Authorized<Partner>>> {
    let query = partners::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(partners::id.eq_any(ids.to_vec()))
        .order(partners::company_name)
        .select(Partner::as_select());
    db.load(query).await
}

/// Returns whether the scope includes any partner.
pub async fn exists(db: &mut Session) -> Result<bool> {
    let query = partners::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .limit(1)
        .select(Partner::as_select());
    Ok(db.load_one::<Partner, _>(query).await?.is_some())
}

/// Returns the partners that a partner user is linked to; none for staff and services.
pub async fn linked(db: &mut Session) -> Result<Vec<Authorized<Partner>>> {
    let ids = db.scope().partners().unwrap_or_default();
    by_ids(db, &ids).await
}

/// Locks the partners with these ids, in the order of their ids; unknown ids are skipped.
///
/// `FOR NO KEY UPDATE`, so that commissions can be recorded meanwhile: their foreign keys need the weaker lock
/// `FOR KEY SHARE`.
pub async fn lock(db: &mut Transaction, ids: &[PartnerId]) -> Result<()> {
    let lock = partners::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(partners::id.eq_any(ids.to_vec()))
        .order(partners::id)
        .for_no_key_update()
        .select(partners::id);
    db.execute_unaudited(lock).await?;
    Ok(())
}

/// Locks and returns a partner, or rejects an input field with NOT_FOUND. The partner is read after it was locked: a
/// statement that waits for a lock does not see the terms that changed meanwhile.
pub async fn lock_by_id(db: &mut Transaction, field: &str, id: PartnerId) -> Result<Authorized<Partner>> {
    lock(db, &[id]).await?;
    by_id(db, field, id).await
}

/// Locks a partner against accruals until its terms have changed, and returns it, or rejects its id with NOT_FOUND.
pub async fn lock_for_terms(db: &mut Transaction, id: PartnerId) -> Result<Authorized<Partner>> {
    let lock = partners::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(partners::id.eq(id))
        .for_update()
        .select(partners::id);
    db.execute_unaudited(lock).await?;
    by_id(db, "id", id).await
}

/// Returns a partner, or rejects an input field with NOT_FOUND.
pub async fn by_id(db: &mut Session, field: &str, id: PartnerId) -> Result<Authorized<Partner>> {
    by_ids(db, &[id]).await?.pop().ok_or_else(|| not_found(field, id))
}

fn not_found(field: &str, id: PartnerId) -> Error {
    Error::user_error(UserError::new(UserErrorCode::NotFound, "there is no such partner").at(field).about(id))
}

/// Inserts a partner unless its number is taken; returns whether it did.
pub async fn insert(db: &mut Transaction, partner: &Partner) -> Result<bool> {
    let insert = diesel::insert_into(partners::table).values(partner.clone()).on_conflict_do_nothing();
    Ok(db.execute(insert).await? == 1)
}

/// Updates the columns of a partner that can change.
pub async fn update(db: &mut Transaction, partner: &Partner) -> Result<()> {
    let update = diesel::update(partners::table)
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(partners::id.eq(partner.id))
        .set((
            partners::company_name.eq(partner.company_name.clone()),
            partners::payout_currency.eq(partner.payout_currency),
        ));
    db.execute(update).await?;
    Ok(())
}

/// A series of the numbers of statements of a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementSeries {
    /// The statements of payouts.
    Payouts,
    /// The statements of accounts.
    Accounts,
}

/// Increments and returns the counter of a series, in the row of the partner, which must be locked.
pub async fn next_statement_number(
    db: &mut Transaction,
    partner: PartnerId,
    series: StatementSeries,
) -> Result<i32> {
    let row = diesel::update(partners::table)
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(partners::id.eq(partner));
    let numbers: Vec<i32> = match series {
        StatementSeries::Payouts => {
            let next = partners::last_statement_number.eq(partners::last_statement_number + 1);
            db.aggregate(row.set(next).returning(partners::last_statement_number)).await?
        }
        StatementSeries::Accounts => {
            let next =
                partners::last_account_statement_number.eq(partners::last_account_statement_number + 1);
            db.aggregate(row.set(next).returning(partners::last_account_statement_number)).await?
        }
    };
    numbers.first().copied().ok_or_else(|| Error::internal("a partner does not exist"))
}
