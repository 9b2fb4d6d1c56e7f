//! Reads and writes of the table `managed_accounts`, and the terms by which invoices earn.

use chrono::{DateTime, Utc};
use diesel::dsl::now;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text, Timestamptz, Uuid as SqlUuid};

use super::terms::EarningTerms;
use super::{ManagedAccount, ManagedAccountFilter, ManagedAccountOrder, ManagedAccountOrderField, terms};
use crate::auth::{Authorized, PartnerOwned};
use crate::domain::db::cached_statement::CachedStatement;
use crate::domain::db::list_query::{ComputedColumn, Condition, Paginated};
use crate::domain::db::schema::{managed_accounts, partners};
use crate::domain::db::scope_filter::{PartnerTable, ScopeFilter};
use crate::domain::db::search_key::{BeginsWith, is_not_personal};
use crate::domain::db::session::Session;
use crate::domain::db::sql_builder::SqlBuilder;
use crate::domain::db::subquery::Subquery;
use crate::domain::db::transaction::Transaction;
use crate::domain::terms::BEGINNING;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::{ManagedAccountId, PartnerId, TenantId};
use crate::primitives::pagination::{
    Ordering, PageRequest, Position, SortDirection, SortKey, SortKind, period,
};
use crate::primitives::text;

/// The columns of the orders.
const STARTS_AT: &str = "starts_at";
const CUSTOMER_ID: &str = "customer_id";

/// Returns the order of a list; the default is the latest start first.
pub fn ordering(order: Option<ManagedAccountOrder>) -> Ordering {
    let (field, direction) = match order {
        Some(ManagedAccountOrder { field, direction }) => (field, direction),
        None => (ManagedAccountOrderField::StartsAt, SortDirection::Desc),
    };
    let (column, kind) = match field {
        ManagedAccountOrderField::StartsAt => (STARTS_AT, SortKind::Timestamp),
        ManagedAccountOrderField::CustomerId => (CUSTOMER_ID, SortKind::Text),
    };
    Ordering { column, kind, descending: direction == SortDirection::Desc }
}

const TABLE: PartnerTable = PartnerTable { name: "managed_accounts", partner_column: "partner_id" };

/// The condition that the id of the customer is not personal.
const CUSTOMER_IS_NOT_PERSONAL: Subquery<Bool> =
    Subquery::new(is_not_personal!("managed_accounts.customer_id"));

impl Paginated for ManagedAccount {
    type Filter = ManagedAccountFilter;
    const TABLE: PartnerTable = TABLE;
    const COMPUTED: &'static [ComputedColumn] =
        &[ComputedColumn { sql: terms::store::PRESENT_RATE, name: "custom_commission_rate" }];

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
        if let Some(search) = &filter.search {
            let keys = &["managed_accounts.customer_id_key", "managed_accounts.customer_name_key"];
            conditions.push(Box::new(BeginsWith::new(keys, search)));
        }
        if let Some(from) = filter.starts_from {
            conditions.push(Box::new(managed_accounts::starts_at.ge(from.0)));
        }
        if let Some(to) = filter.starts_to {
            conditions.push(Box::new(managed_accounts::starts_at.lt(to.0)));
        }
        conditions
    }

    fn restrictions(filter: &ManagedAccountFilter) -> Vec<Condition> {
        let mut restrictions: Vec<Condition> = Vec::new();
        if let Some(search) = &filter.search {
            let id = BeginsWith::new(&["managed_accounts.customer_id_key"], search);
            restrictions.push(Box::new(id.and(CUSTOMER_IS_NOT_PERSONAL)));
        }
        restrictions
    }

    /// A cursor in this order has the id of a customer, which is masked for partner users if it is personal.
    fn is_for_staff(ordering: Ordering) -> bool {
        ordering.column == CUSTOMER_ID
    }

    /// Most accounts are in force, so that those that are not cost less to skip than a plan for each execution.
    fn is_indexed(filter: &ManagedAccountFilter, _: Ordering) -> bool {
        let indexed = ManagedAccountFilter {
            partner_id: filter.partner_id,
            is_active: filter.is_active,
            ..ManagedAccountFilter::default()
        };
        *filter == indexed
    }

    fn validate(filter: ManagedAccountFilter) -> Result<ManagedAccountFilter> {
        period("startsTo", filter.starts_from, filter.starts_to)?;
        let search = text::optional_text("search", filter.search.as_deref())?;
        let customer_id = text::optional_identifier_non_blank("customerId", filter.customer_id.as_deref())?;
        Ok(ManagedAccountFilter { customer_id, search, ..filter })
    }

    fn partner_of(filter: &ManagedAccountFilter) -> Option<PartnerId> {
        filter.partner_id
    }

    fn position(&self, page: &PageRequest) -> Position {
        let key = match page.ordering.column {
            CUSTOMER_ID => SortKey::Text(self.customer_id.clone()),
            _ => SortKey::Timestamp(self.starts_at),
        };
        Position { key, id: self.id.0 }
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

/// The condition that an account is of a customer and in force at a time: from its start until just before its end.
#[diesel::dsl::auto_type(no_type_alias)]
fn in_force(customer_id: &str, at: DateTime<Utc>) -> _ {
    let customer_id: String = customer_id.to_owned();
    managed_accounts::customer_id
        .eq(customer_id)
        .and(managed_accounts::starts_at.le(at))
        .and(managed_accounts::ends_at.is_null().or(managed_accounts::ends_at.assume_not_null().gt(at)))
}

/// Returns the partner that manages a customer at a time.
pub async fn manager(db: &mut Session, customer_id: &str, at: DateTime<Utc>) -> Result<Option<PartnerId>> {
    let query = managed_accounts::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(in_force(customer_id, at))
        .select(AccountKey::as_select());
    Ok(db.load_one(query).await?.map(|account: Authorized<AccountKey>| account.partner_id))
}

/// Returns the terms by which an invoice earns that a customer paid at a time; `None` if no account of it was in force then,
/// of which an exclusion constraint permits one.
///
/// Account and partner stay locked until the end of the transaction, so that their terms do not change before the event is
/// recorded (`lock_for_terms`). The terms are read by a second statement: the first may have waited for a change, and would
/// not see it.
pub async fn lock_earning(
    db: &mut Transaction,
    customer_id: &str,
    paid_at: DateTime<Utc>,
) -> Result<Option<Authorized<EarningTerms>>> {
    let partner = partners::tenant_id
        .eq(managed_accounts::tenant_id)
        .and(partners::id.eq(managed_accounts::partner_id));
    let query = managed_accounts::table
        .inner_join(partners::table.on(partner))
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(in_force(customer_id, paid_at))
        .for_key_share()
        .select(AccountKey::as_select());
    let Some(account) = db.load_one(query).await? else { return Ok(None) };
    let query = earning_terms(&account, paid_at.max(BEGINNING));
    let terms = db.load_one(CachedStatement(query)).await?;
    terms.map(Some).ok_or_else(|| Error::internal("a managed account or its partner has no terms"))
}

/// The keys of an account.
#[derive(Queryable, Selectable)]
#[diesel(table_name = managed_accounts, check_for_backend(diesel::pg::Pg))]
struct AccountKey {
    tenant_id: TenantId,
    id: ManagedAccountId,
    partner_id: PartnerId,
}

impl PartnerOwned for AccountKey {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    fn partner_id(&self) -> PartnerId {
        self.partner_id
    }
}

fn earning_terms(account: &AccountKey, at: DateTime<Utc>) -> SqlBuilder {
    SqlBuilder::new(
        "SELECT account.tenant_id, account.managed_account_id, account.partner_id, partner.status,
             account.custom_commission_rate, partner.default_commission_rate,
             greatest(account.changed_at, partner.changed_at) AS changed_at, tenant.hold_days,
             clock_timestamp() AS read_at
         FROM tenants AS tenant, (SELECT * FROM managed_account_terms WHERE tenant_id = ",
    )
    .bind::<Text, _>(account.tenant_id.clone())
    .sql(" AND managed_account_id = ")
    .bind::<SqlUuid, _>(account.id)
    .sql(" AND effective_from <= ")
    .bind::<Timestamptz, _>(at)
    .sql(
        " ORDER BY effective_from DESC, number DESC LIMIT 1) AS account,
         (SELECT * FROM partner_terms WHERE tenant_id = ",
    )
    .bind::<Text, _>(account.tenant_id.clone())
    .sql(" AND partner_id = ")
    .bind::<SqlUuid, _>(account.partner_id)
    .sql(" AND effective_from <= ")
    .bind::<Timestamptz, _>(at)
    .sql(" ORDER BY effective_from DESC, number DESC LIMIT 1) AS partner WHERE tenant.tenant_id = ")
    .bind::<Text, _>(account.tenant_id.clone())
}

/// Locks and returns an account, or rejects its id with NOT_FOUND.
pub async fn lock_by_id(db: &mut Transaction, id: ManagedAccountId) -> Result<Authorized<ManagedAccount>> {
    let query = managed_accounts::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(managed_accounts::id.eq(id))
        .for_no_key_update()
        .select(ManagedAccount::as_select());
    db.load_one(query).await?.ok_or_else(|| not_found(id))
}

/// Locks an account against accruals until its terms have changed, and returns it, or rejects its id with NOT_FOUND.
pub async fn lock_for_terms(
    db: &mut Transaction,
    id: ManagedAccountId,
) -> Result<Authorized<ManagedAccount>> {
    let lock = managed_accounts::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(managed_accounts::id.eq(id))
        .for_update()
        .select(managed_accounts::id);
    db.execute_unaudited(lock).await?;
    by_id(db, id).await
}

/// Returns an account, or rejects its id with NOT_FOUND.
pub async fn by_id(db: &mut Session, id: ManagedAccountId) -> Result<Authorized<ManagedAccount>> {
    by_ids(db, &[id]).await?.pop().ok_or_else(|| not_found(id))
}

fn not_found(id: ManagedAccountId) -> Error {
    let error = UserError::new(UserErrorCode::NotFound, "there is no such managed account");
    Error::user_error(error.at("id").about(id))
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
            managed_accounts::ends_at.eq(account.ends_at),
        ));
    db.execute(update).await.map_err(overlap_error)?;
    Ok(())
}

/// Converts a violation of the exclusion constraint into the user error that it means.
fn overlap_error(error: Error) -> Error {
    error.on_constraint("customer_has_one_partner_at_a_time", || {
        let message =
            "a partner already manages this customer for a part of the period of this account; end that account first";
        Error::user_error(UserError::new(UserErrorCode::AccountOverlaps, message).at("customerId"))
    })
}
