//! Reads and writes of the tables `tenants` and `minimum_payouts`, and the partner links of a caller.

use std::collections::HashMap;

use chrono_tz::Tz;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use rust_decimal::Decimal;

use super::Tenant;
use crate::auth::{Identity, PartnerUserRole};
use crate::domain::db::plan_cache::PlanCacheMode;
use crate::domain::db::schema::{minimum_payouts, partner_users, tenants};
use crate::domain::db::session::Session;
use crate::domain::db::subquery::Subquery;
use crate::domain::db::tenant_connection::TenantConnection;
use crate::domain::db::transaction::Transaction;
use crate::primitives::currency::Currency;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::{PartnerId, TenantId};
use crate::primitives::money::Money;

/// Whether the partner of a link is not ARCHIVED now.
const HAS_ACCESS: Subquery<Bool> = Subquery::new(
    "(SELECT terms.status <> 'ARCHIVED' FROM partner_terms AS terms
      WHERE terms.tenant_id = partner_users.tenant_id AND terms.partner_id = partner_users.partner_id
          AND terms.effective_from <= statement_timestamp()
      ORDER BY terms.effective_from DESC, terms.number DESC LIMIT 1)",
);

/// Returns the current partner links of an identity, without those to ARCHIVED partners; `None` if the tenant does not exist.
///
/// Without a session, because a session needs the caller that is made of the links.
pub async fn links(
    connection: &mut TenantConnection,
    identity: &Identity,
) -> Result<Option<HashMap<PartnerId, PartnerUserRole>>> {
    let link = partner_users::tenant_id
        .eq(tenants::tenant_id)
        .and(partner_users::user_id.eq(identity.user()))
        .and(partner_users::is_active)
        .and(HAS_ACCESS);
    let query = tenants::table
        .left_join(partner_users::table.on(link))
        .filter(tenants::tenant_id.eq(identity.tenant()))
        .select((partner_users::partner_id, partner_users::role).nullable());
    let rows: Vec<Option<(PartnerId, PartnerUserRole)>> = connection
        .execute_as(identity.tenant(), PlanCacheMode::Generic, async move |mut connection| {
            query.load(&mut connection).await
        })
        .await?;
    Ok((!rows.is_empty()).then(|| rows.into_iter().flatten().collect()))
}

/// Inserts a tenant. Without a session, because a session needs a tenant.
pub async fn insert(
    connection: &mut TenantConnection,
    id: &TenantId,
    name: &str,
    zone: Tz,
    currency: Currency,
) -> Result<()> {
    let insert = diesel::insert_into(tenants::table).values((
        tenants::tenant_id.eq(id),
        tenants::name.eq(name),
        tenants::time_zone.eq(zone.name()),
        tenants::default_currency.eq(currency),
    ));
    connection
        .execute_as(id, PlanCacheMode::Auto, async move |mut connection| {
            insert.execute(&mut connection).await
        })
        .await?;
    Ok(())
}

/// Returns the ids of all tenants.
pub async fn all(connection: &mut TenantConnection) -> Result<Vec<TenantId>> {
    connection.load_across_tenants(tenants::table.order(tenants::tenant_id).select(tenants::tenant_id)).await
}

/// Returns the tenant of the session's caller.
pub async fn own(db: &mut Session) -> Result<Option<Tenant>> {
    let query =
        tenants::table.filter(tenants::tenant_id.eq(db.scope().tenant().clone())).select(Tenant::as_select());
    Ok(db.load_unchecked(query).await?.pop())
}

/// Locks the tenant of the session's caller until the end of the transaction.
pub async fn lock_own(db: &mut Transaction) -> Result<Tenant> {
    let query = tenants::table
        .filter(tenants::tenant_id.eq(db.scope().tenant().clone()))
        .for_no_key_update()
        .select(Tenant::as_select());
    db.load_unchecked(query)
        .await?
        .pop()
        .ok_or_else(|| Error::internal("the tenant of the session no longer exists"))
}

/// Updates the settings of the tenant.
pub async fn update(db: &mut Transaction, tenant: &Tenant) -> Result<()> {
    let update =
        diesel::update(tenants::table).filter(tenants::tenant_id.eq(db.scope().tenant().clone())).set((
            tenants::name.eq(tenant.name.clone()),
            tenants::time_zone.eq(tenant.time_zone.clone()),
            tenants::default_currency.eq(tenant.default_currency),
            tenants::hold_days.eq(tenant.hold_days),
            tenants::payout_day.eq(tenant.payout_day),
        ));
    db.execute(update).await?;
    Ok(())
}

/// Increments and returns the counter of partner numbers, in the tenant's row.
pub async fn next_partner_number(db: &mut Transaction) -> Result<i64> {
    let update = diesel::update(tenants::table)
        .filter(tenants::tenant_id.eq(db.scope().tenant().clone()))
        .set(tenants::last_partner_number.eq(tenants::last_partner_number + 1))
        .returning(tenants::last_partner_number);
    db.load_unchecked::<i64, _>(update)
        .await?
        .pop()
        .ok_or_else(|| Error::internal("the tenant of the session no longer exists"))
}

/// Returns the tenant's minimum payouts, ordered by currency.
pub async fn minimum_payouts(db: &mut Session) -> Result<Vec<Money>> {
    let query = minimum_payouts::table
        .filter(minimum_payouts::tenant_id.eq(db.scope().tenant().clone()))
        .order(minimum_payouts::currency)
        .select((minimum_payouts::amount, minimum_payouts::currency));
    let rows = db.load_unchecked::<(Decimal, Currency), _>(query).await?;
    Ok(rows.into_iter().map(|(amount, currency)| Money::stored(amount, currency)).collect())
}

/// Replaces the tenant's minimum payouts.
pub async fn replace_minimum_payouts(db: &mut Transaction, minimums: &[Money]) -> Result<()> {
    let tenant = db.scope().tenant().clone();
    let old = minimum_payouts::table.filter(minimum_payouts::tenant_id.eq(tenant.clone()));
    db.execute(diesel::delete(old)).await?;
    let rows: Vec<_> = minimums
        .iter()
        .map(|minimum| {
            (
                minimum_payouts::tenant_id.eq(tenant.clone()),
                minimum_payouts::currency.eq(minimum.currency()),
                minimum_payouts::amount.eq(minimum.amount()),
            )
        })
        .collect();
    db.execute(diesel::insert_into(minimum_payouts::table).values(rows)).await?;
    Ok(())
}
