//! Reads and writes of the tables `tenants` and `minimum_payouts`.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bpchar, Numeric, Record, Text, Timestamptz};
use rust_decimal::Decimal;

use super::image::Image;
use super::{Tenant, TenantSettings};
use crate::domain::db::schema::{minimum_payouts, tenants};
use crate::domain::db::session::Session;
use crate::domain::db::subquery::Subquery;
use crate::domain::db::tenant_connection::TenantConnection;
use crate::domain::db::transaction::Transaction;
use crate::primitives::color::Color;
use crate::primitives::currency::Currency;
use crate::primitives::error::{Error, Result};
use crate::primitives::event_type::EventTypes;
use crate::primitives::id::TenantId;
use crate::primitives::money::Money;

/// The settings of a row of `tenants`.
#[derive(Queryable, Selectable)]
#[diesel(table_name = tenants, check_for_backend(Pg))]
pub(in crate::domain) struct SettingsRow {
    #[diesel(embed)]
    tenant: Tenant,
    #[diesel(select_expression = MINIMUM_PAYOUTS)]
    #[diesel(select_expression_type = Subquery<Array<Record<(Numeric, Bpchar)>>>)]
    minimum_payouts: Vec<(Decimal, Currency)>,
    #[diesel(select_expression = CLOCK)]
    #[diesel(select_expression_type = Subquery<Timestamptz>)]
    read_at: DateTime<Utc>,
    #[diesel(select_expression = SUBSCRIBED_EVENT_TYPES)]
    #[diesel(select_expression_type = Subquery<Array<Text>>)]
    subscribed_event_types: Vec<String>,
}

impl SettingsRow {
    /// Returns the types of events that the webhook endpoints of the tenant subscribe to, disabled ones included.
    pub fn subscribed(&self) -> EventTypes {
        EventTypes::named(self.subscribed_event_types.iter().map(String::as_str))
    }
}

/// The names of the event types that the webhook endpoints of the tenant subscribe to.
const SUBSCRIBED_EVENT_TYPES: Subquery<Array<Text>> = Subquery::new(
    "ARRAY(SELECT unnest(endpoint.event_types) FROM webhook_endpoints AS endpoint
           WHERE endpoint.tenant_id = tenants.tenant_id AND endpoint.status <> 'DELETED')",
);

const MINIMUM_PAYOUTS: Subquery<Array<Record<(Numeric, Bpchar)>>> = Subquery::new(
    "ARRAY(SELECT ROW(minimum.amount, minimum.currency) FROM minimum_payouts AS minimum
           WHERE minimum.tenant_id = tenants.tenant_id ORDER BY minimum.currency)",
);

const CLOCK: Subquery<Timestamptz> = Subquery::new("clock_timestamp()");

impl From<SettingsRow> for TenantSettings {
    fn from(row: SettingsRow) -> Self {
        let minimums = row.minimum_payouts.into_iter();
        let minimum_payouts = minimums.map(|(amount, currency)| Money::stored(amount, currency)).collect();
        Self { tenant: row.tenant, minimum_payouts, read_at: row.read_at }
    }
}

/// Inserts the tenant of the session's caller.
pub async fn insert(db: &mut Transaction, name: &str, zone: Tz, currency: Currency) -> Result<()> {
    let insert = diesel::insert_into(tenants::table).values((
        tenants::tenant_id.eq(db.scope().tenant().clone()),
        tenants::name.eq(name.to_owned()),
        tenants::time_zone.eq(zone.name()),
        tenants::default_currency.eq(currency),
    ));
    db.execute(insert).await?;
    Ok(())
}

/// Returns the ids of all tenants.
pub async fn all(connection: &mut TenantConnection) -> Result<Vec<TenantId>> {
    connection.load_across_tenants(tenants::table.order(tenants::tenant_id).select(tenants::tenant_id)).await
}

/// Returns the settings of the tenant of the session's caller.
pub async fn settings(db: &mut Session) -> Result<Option<TenantSettings>> {
    let query = tenants::table
        .filter(tenants::tenant_id.eq(db.scope().tenant().clone()))
        .select(SettingsRow::as_select());
    Ok(db.load_tenant::<SettingsRow, _>(query).await?.map(TenantSettings::from))
}

/// Locks the tenant of the session's caller until the end of the transaction.
pub async fn lock_own(db: &mut Transaction) -> Result<Tenant> {
    let query = tenants::table
        .filter(tenants::tenant_id.eq(db.scope().tenant().clone()))
        .for_no_key_update()
        .select(Tenant::as_select());
    db.load_tenant(query).await?.ok_or_else(|| Error::internal("the tenant of the session no longer exists"))
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
            tenants::contact_email.eq(tenant.contact_email.clone()),
        ));
    db.execute(update).await?;
    Ok(())
}

/// Updates the colour of the tenant.
pub async fn update_brand_color(db: &mut Transaction, color: Option<Color>) -> Result<()> {
    let own = tenants::table.filter(tenants::tenant_id.eq(db.scope().tenant().clone()));
    let update = diesel::update(own).set(tenants::brand_color.eq(color.map(|color| color.to_string())));
    db.execute(update).await?;
    Ok(())
}

/// Replaces or removes the logo of the tenant.
pub async fn update_logo(db: &mut Transaction, logo: Option<Image>) -> Result<()> {
    let own = tenants::table.filter(tenants::tenant_id.eq(db.scope().tenant().clone()));
    let (media_type, bytes) = logo.map(|image| (image.media_type, image.bytes)).unzip();
    let update = diesel::update(own).set((tenants::logo.eq(bytes), tenants::logo_media_type.eq(media_type)));
    db.execute(update).await?;
    Ok(())
}

/// Returns the bytes of the tenant's logo with this hash, and their media type.
pub async fn logo(db: &mut Session, sha256: &str) -> Result<Option<(Option<Vec<u8>>, Option<String>)>> {
    let query = tenants::table
        .filter(tenants::tenant_id.eq(db.scope().tenant().clone()))
        .filter(tenants::logo_sha256.eq(sha256.to_owned()))
        .select((tenants::logo, tenants::logo_media_type));
    db.load_tenant(query).await
}

/// Increments and returns the counter of partner numbers, in the tenant's row.
pub async fn next_partner_number(db: &mut Transaction) -> Result<i64> {
    let update = diesel::update(tenants::table)
        .filter(tenants::tenant_id.eq(db.scope().tenant().clone()))
        .set(tenants::last_partner_number.eq(tenants::last_partner_number + 1))
        .returning(tenants::last_partner_number);
    db.load_tenant::<i64, _>(update)
        .await?
        .ok_or_else(|| Error::internal("the tenant of the session no longer exists"))
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
