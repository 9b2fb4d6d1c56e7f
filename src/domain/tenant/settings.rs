//! updateTenantSettings: changes the settings by which a tenant pays its partners.

use std::collections::HashSet;
use std::sync::Arc;

use async_graphql::{InputObject, MaybeUndefined};

use super::{TenantSettings, store, time_zone};
use crate::domain::db::transaction::Transaction;
use crate::domain::mail::digest_schedule;
use crate::primitives::currency::Currency;
use crate::primitives::error::{Error, Result};
use crate::primitives::money::MoneyInput;
use crate::primitives::nullable::not_null;
use crate::primitives::text;

/// New settings of the tenant; omitted fields stay as they are, and only payoutDay and contactEmail can be null. Commissions that were
/// recorded already do not change.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateTenantSettingsInput {
    /// The display name of the tenant, 1 to 255 characters.
    pub name: MaybeUndefined<String>,
    /// The IANA time zone in which months begin and payout days fall, e.g. `"Europe/Berlin"`.
    pub time_zone: MaybeUndefined<String>,
    /// The default payout currency of partners created from now on.
    pub default_currency: MaybeUndefined<Currency>,
    /// The hold of commissions recorded from now on: 0 to 365 days from the customer's payment until a payout may pay
    /// them.
    pub hold_days: MaybeUndefined<i32>,
    /// The day of the month on which payouts are run: 1 to 28, because every month has these days; null for none.
    pub payout_day: MaybeUndefined<i32>,
    /// The minimum payouts, not negative, at most one amount per currency; they replace all previous ones, and an
    /// empty list removes them.
    pub minimum_payouts: MaybeUndefined<Vec<MoneyInput>>,
    /// The e-mail address that is notified of webhook endpoints that do not work; null for none.
    pub contact_email: MaybeUndefined<String>,
}

/// Updates the settings of the tenant.
pub async fn update(db: &mut Transaction, input: &UpdateTenantSettingsInput) -> Result<Arc<TenantSettings>> {
    let mut tenant = store::lock_own(db).await?;
    let before = super::settings(db).await?;
    if let Some(name) = not_null("name", &input.name)? {
        tenant.name = text::required_text("name", name)?;
    }
    if let Some(zone) = not_null("timeZone", &input.time_zone)? {
        tenant.time_zone = time_zone("timeZone", zone)?.name().to_owned();
    }
    if let Some(currency) = not_null("defaultCurrency", &input.default_currency)? {
        tenant.default_currency = *currency;
    }
    if let Some(days) = not_null("holdDays", &input.hold_days)? {
        tenant.hold_days = in_range("holdDays", *days, 0, 365)?;
    }
    match input.payout_day {
        MaybeUndefined::Undefined => {}
        MaybeUndefined::Null => tenant.payout_day = None,
        MaybeUndefined::Value(day) => tenant.payout_day = Some(in_range("payoutDay", day, 1, 28)?),
    }
    match &input.contact_email {
        MaybeUndefined::Undefined => {}
        MaybeUndefined::Null => tenant.contact_email = None,
        MaybeUndefined::Value(address) => tenant.contact_email = Some(text::email("contactEmail", address)?),
    }
    store::update(db, &tenant).await?;
    if tenant.time_zone != before.tenant.time_zone {
        digest_schedule::schedule(db, tenant.zone()?).await?;
    }
    if let Some(minimums) = not_null("minimumPayouts", &input.minimum_payouts)? {
        let minimums = minimums
            .iter()
            .map(|minimum| minimum.not_negative("minimumPayouts"))
            .collect::<Result<Vec<_>>>()?;
        let currencies: HashSet<_> = minimums.iter().map(|minimum| minimum.currency()).collect();
        if currencies.len() < minimums.len() {
            return Err(Error::bad_input(
                "minimumPayouts",
                "contains a currency twice; pass one amount per currency",
            ));
        }
        store::replace_minimum_payouts(db, &minimums).await?;
    }
    let after = super::settings(db).await?;
    db.record_changed(&*before, &*after);
    Ok(after)
}

/// Returns a number within the limits; rejects any other.
fn in_range(field: &'static str, number: i32, min: i32, max: i32) -> Result<i32> {
    if (min..=max).contains(&number) {
        return Ok(number);
    }
    Err(Error::bad_input(field, format!("is {number}; must be from {min} to {max}")))
}
