//! updateTenantSettings: how a tenant pays its partners.

use std::collections::HashSet;

use async_graphql::{InputObject, MaybeUndefined};

use super::{Tenant, store, time_zone};
use crate::domain::db::transaction::Transaction;
use crate::primitives::currency::Currency;
use crate::primitives::error::{Error, Result};
use crate::primitives::money::MoneyInput;
use crate::primitives::text;

/// New settings of the tenant. What is left out stays; commissions that are recorded already keep what they were
/// recorded with.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateTenantSettingsInput {
    /// The name for people, 1 to 255 characters.
    pub name: Option<String>,
    /// The IANA time zone in which the months of dashboards begin, e.g. `"Europe/Berlin"`.
    pub time_zone: Option<String>,
    /// The payout currency of new partners that name none.
    pub default_currency: Option<Currency>,
    /// Days from a customer's payment until its commission may be paid out: 0 to 365.
    pub hold_days: Option<i32>,
    /// The day of the month on which payouts are run: 1 to 28, so that every month has it; null for none.
    pub payout_day: MaybeUndefined<i32>,
    /// The least that is paid out, one amount per currency; replaces all there were.
    pub minimum_payouts: Option<Vec<MoneyInput>>,
}

/// Changes the settings of the tenant.
pub async fn update(db: &mut Transaction, input: &UpdateTenantSettingsInput) -> Result<Tenant> {
    let mut tenant = store::lock_own(db).await?;
    if let Some(name) = &input.name {
        tenant.name = text::required_text("name", name)?;
    }
    if let Some(zone) = &input.time_zone {
        tenant.time_zone = time_zone("timeZone", zone)?.name().to_owned();
    }
    if let Some(currency) = input.default_currency {
        tenant.default_currency = currency;
    }
    if let Some(days) = input.hold_days {
        tenant.hold_days = within("holdDays", days, 0, 365)?;
    }
    match input.payout_day {
        MaybeUndefined::Undefined => {}
        MaybeUndefined::Null => tenant.payout_day = None,
        MaybeUndefined::Value(day) => tenant.payout_day = Some(within("payoutDay", day, 1, 28)?),
    }
    store::update(db, &tenant).await?;
    if let Some(minimums) = &input.minimum_payouts {
        let minimums = minimums
            .iter()
            .map(|minimum| minimum.not_negative("minimumPayouts"))
            .collect::<Result<Vec<_>>>()?;
        let currencies: HashSet<_> = minimums.iter().map(|minimum| minimum.currency()).collect();
        if currencies.len() < minimums.len() {
            return Err(Error::bad_input("minimumPayouts", "names a currency twice"));
        }
        store::replace_minimum_payouts(db, &minimums).await?;
    }
    Ok(tenant)
}

fn within(field: &'static str, days: i32, least: i32, most: i32) -> Result<i32> {
    if (least..=most).contains(&days) {
        return Ok(days);
    }
    Err(Error::bad_input(field, format!("must be from {least} to {most}; it is {days}")))
}
