//! Reads and writes of the tables `tenants` and `minimum_payouts`, and the links that admit a caller.

use std::collections::HashMap;

use chrono_tz::Tz;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use rust_decimal::Decimal;

use super::Tenant;
use crate::access::{Identity, PartnerUserRole};
use crate::currency::Currency;
use crate::domain::planning::Planning;
use crate::domain::schema::{minimum_payouts, partner_users, tenants};
use crate::domain::session::{Act, Session};
use crate::domain::speaker::Speaker;
use crate::error::{Error, Result};
use crate::id::{PartnerId, TenantId};
use crate::money::Money;

/// The partners that an identity is linked to now; `None` if there is no such tenant.
///
/// Without a session: it is what a session's caller is made of.
pub async fn links(
    speaker: &mut Speaker,
    identity: &Identity,
) -> Result<Option<HashMap<PartnerId, PartnerUserRole>>> {
    let link = partner_users::tenant_id
        .eq(tenants::tenant_id)
        .and(partner_users::user_id.eq(identity.user()))
        .and(partner_users::is_active);
    let query = tenants::table
        .left_join(partner_users::table.on(link))
        .filter(tenants::tenant_id.eq(identity.tenant()))
        .select((partner_users::partner_id, partner_users::role).nullable());
    let rows: Vec<Option<(PartnerId, PartnerUserRole)>> = speaker
        .ask(identity.tenant(), Planning::Once, async move |mut connection| query.load(&mut connection).await)
        .await?;
    Ok((!rows.is_empty()).then(|| rows.into_iter().flatten().collect()))
}

/// Inserts a tenant.
///
/// Without a session, as the next: a session needs a tenant.
pub async fn insert(
    speaker: &mut Speaker,
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
    speaker
        .ask(id, Planning::Undecided, async move |mut connection| insert.execute(&mut connection).await)
        .await?;
    Ok(())
}

/// The tenants of the database.
pub async fn all(speaker: &mut Speaker) -> Result<Vec<TenantId>> {
    speaker.ask_of_every_tenant(tenants::table.order(tenants::tenant_id).select(tenants::tenant_id)).await
}

/// The tenant of the session.
pub async fn own(db: &mut Session) -> Result<Option<Tenant>> {
    let query =
        tenants::table.filter(tenants::tenant_id.eq(db.scope().tenant().clone())).select(Tenant::as_select());
    Ok(db.figures(query).await?.pop())
}

/// The tenant of the session, locked until the end of the act.
pub async fn lock_own(db: &mut Act) -> Result<Tenant> {
    let query = tenants::table
        .filter(tenants::tenant_id.eq(db.scope().tenant().clone()))
        .for_no_key_update()
        .select(Tenant::as_select());
    db.figures(query).await?.pop().ok_or_else(|| Error::internal("the tenant of the session is gone"))
}

/// Changes the settings of the tenant.
pub async fn update(db: &mut Act, tenant: &Tenant) -> Result<()> {
    let update =
        diesel::update(tenants::table).filter(tenants::tenant_id.eq(db.scope().tenant().clone())).set((
            tenants::name.eq(tenant.name.clone()),
            tenants::time_zone.eq(tenant.time_zone.clone()),
            tenants::default_currency.eq(tenant.default_currency),
            tenants::hold_days.eq(tenant.hold_days),
            tenants::payout_day.eq(tenant.payout_day),
        ));
    db.change(update).await?;
    Ok(())
}

/// The number of the tenant's next partner, counted up in the tenant's row.
pub async fn next_partner_number(db: &mut Act) -> Result<i64> {
    let update = diesel::update(tenants::table)
        .filter(tenants::tenant_id.eq(db.scope().tenant().clone()))
        .set(tenants::last_partner_number.eq(tenants::last_partner_number + 1))
        .returning(tenants::last_partner_number);
    db.figures::<i64, _>(update)
        .await?
        .pop()
        .ok_or_else(|| Error::internal("the tenant of the session is gone"))
}

/// The tenant's minimum payouts, by currency.
pub async fn minimum_payouts(db: &mut Session) -> Result<Vec<Money>> {
    let query = minimum_payouts::table
        .filter(minimum_payouts::tenant_id.eq(db.scope().tenant().clone()))
        .order(minimum_payouts::currency)
        .select((minimum_payouts::amount, minimum_payouts::currency));
    let rows = db.figures::<(Decimal, Currency), _>(query).await?;
    Ok(rows.into_iter().map(|(amount, currency)| Money::stored(amount, currency)).collect())
}

/// Replaces the tenant's minimum payouts.
pub async fn replace_minimum_payouts(db: &mut Act, minimums: &[Money]) -> Result<()> {
    let tenant = db.scope().tenant().clone();
    let old = minimum_payouts::table.filter(minimum_payouts::tenant_id.eq(tenant.clone()));
    db.change(diesel::delete(old)).await?;
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
    db.change(diesel::insert_into(minimum_payouts::table).values(rows)).await?;
    Ok(())
}
