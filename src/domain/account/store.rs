//! Reads and writes of the table `managed_accounts`.

use chrono::{DateTime, Utc};
use diesel::dsl::now;
use diesel::prelude::*;

use super::{ManagedAccount, ManagedAccountFilter};
use crate::auth::Authorized;
use crate::domain::db::list_query::{Condition, Paginated};
use crate::domain::db::schema::managed_accounts;
use crate::domain::db::scope_filter::{PartnerTable, ScopeFilter};
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::{ManagedAccountId, PartnerId};
use crate::primitives::pagination::{Ordering, PageRequest, Position, SortKey, SortKind};
use crate::primitives::text;

/// The order of lists of accounts: latest start first.
pub const BY_START: Ordering = Ordering { column: "starts_at", kind: SortKind::Timestamp, descending: true };

const TABLE: PartnerTable = PartnerTable { name: "managed_accounts", partner_column: "partner_id" };

impl Paginated for ManagedAccount {
    type Filter = ManagedAccountFilter;
    const TABLE: PartnerTable = TABLE;

    fn conditions(filter: &ManagedAccountFilter) -> Vec<Condition> {
        let mut conditions: Vec<Condition> = Vec::new();
        if let Some(partner) = filter.partner_id {
            conditions.push(Box::new(managed_accounts::partner_id.eq(partner)));
        }
        let ended =
            managed_accounts::ends_at.is_not_null().and(managed_accounts::ends_at.assume_not_null().le(now));
        match filter.is_active {
            Some(true) => {
                conditions.push(Box::new(managed_accounts::starts_at.le(now).and(diesel::dsl::not(ended))))
            }
            Some(false) => conditions.push(Box::new(managed_accounts::starts_at.gt(now).or(ended))),
            None => {}
        }
        if let Some(customer) = &filter.customer_id {
            conditions.push(Box::new(managed_accounts::customer_id.eq(customer.clone())));
        }
        conditions
    }

    fn validate(filter: ManagedAccountFilter) -> Result<ManagedAccountFilter> {
        let customer_id = text::optional_identifier_non_blank("customerId", filter.customer_id.as_deref())?;
        Ok(ManagedAccountFilter { customer_id, ..filter })
    }

    fn partner_of(filter: &ManagedAccountFilter) -> Option<PartnerId> {
        filter.partner_id
    }

    fn position(&self, _: &PageRequest) -> Position {
        Position { key: SortKey::Timestamp(self.starts_at), id: self.id.0 }
    }
}

/// Returns the accounts with these ids; unknown ids are skipped.
pub async fn by_ids(db: &mut Session, ids: &[ManagedAccountId]) -> Result<Vec<Authorized<ManagedAccount>>> {
    let query = managed_accounts::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(managed_accounts::id.eq_any(ids.to_vec()))
        .select(ManagedAccount::as_select());
    db.load(query).await
}

/// Returns the account of a customer that is in force at a time; an exclusion constraint rules out a second one.
pub async fn in_force(
    db: &mut Session,
    customer_id: &str,
    at: DateTime<Utc>,
) -> Result<Option<Authorized<ManagedAccount>>> {
    let query = managed_accounts::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(managed_accounts::customer_id.eq(customer_id.to_owned()))
        .filter(managed_accounts::starts_at.le(at))
        .filter(managed_accounts::ends_at.is_null().or(managed_accounts::ends_at.assume_not_null().gt(at)))
        .select(ManagedAccount::as_select());
    db.load_one(query).await
}

/// Locks and returns an account, or rejects its id with NOT_FOUND.
pub async fn lock_by_id(db: &mut Transaction, id: ManagedAccountId) -> Result<Authorized<ManagedAccount>> {
    let query = managed_accounts::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(managed_accounts::id.eq(id))
        .for_no_key_update()
        .select(ManagedAccount::as_select());
    db.load_one(query).await?.ok_or_else(|| {
        let error = UserError::new(UserErrorCode::NotFound, "there is no such managed account");
        Error::user_error(error.at("id").about(id))
    })
}

/// Inserts an account; rejects a period in which the customer has another one.
pub async fn insert(db: &mut Transaction, account: &ManagedAccount) -> Result<()> {
    let insert = diesel::insert_into(managed_accounts::table).values(account.clone());
    db.execute(insert).await.map_err(overlap_error)?;
    Ok(())
}

/// Updates the columns of an account that can change.
pub async fn update(db: &mut Transaction, account: &ManagedAccount) -> Result<()> {
    let update = diesel::update(managed_accounts::table)
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(managed_accounts::id.eq(account.id))
        .set((
            managed_accounts::customer_name.eq(account.customer_name.clone()),
            managed_accounts::engagement_type.eq(account.engagement_type.clone()),
            managed_accounts::custom_commission_rate.eq(account.custom_commission_rate),
            managed_accounts::ends_at.eq(account.ends_at),
        ));
    db.execute(update).await.map_err(overlap_error)?;
    Ok(())
}

/// Converts a violation of the exclusion constraint into the user error that it means.
fn overlap_error(error: Error) -> Error {
    error.on_constraint("customer_has_one_partner_at_a_time", || {
        let message =
            "a partner already manages this customer for a part of the period from startsAt to endsAt";
        Error::user_error(UserError::new(UserErrorCode::AccountOverlaps, message).at("customerId"))
    })
}
