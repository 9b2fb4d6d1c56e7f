//! The settings of the tenant that a session works for.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use diesel::prelude::*;

use super::schema::tenants;
use crate::primitives::currency::Currency;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::TenantId;
use crate::primitives::money::Money;

/// A tenant and its settings.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = tenants, check_for_backend(diesel::pg::Pg))]
pub struct Tenant {
    /// The id, as in the claim `tenant_id` of tokens.
    pub tenant_id: TenantId,
    /// The display name.
    pub name: String,
    /// The IANA time zone in which months start and payout days fall.
    pub time_zone: String,
    /// The default payout currency of new partners.
    pub default_currency: Currency,
    /// The hold: days from a customer's payment until its commission may be paid out.
    pub hold_days: i32,
    /// The day of the month on which payouts are run, 1 to 28.
    pub payout_day: Option<i32>,
    /// The colour of the tenant in the portal, on a light background: `#1d4f9e`.
    pub brand_color: Option<String>,
    /// The media type of the tenant's logo, if it has one.
    pub logo_media_type: Option<String>,
    /// The SHA-256 of the logo, in hexadecimal.
    pub logo_sha256: Option<String>,
    /// The address that is notified of webhook endpoints that do not work.
    pub contact_email: Option<String>,
}

impl Tenant {
    /// Returns the time zone.
    pub fn zone(&self) -> Result<Tz> {
        self.time_zone.parse().map_err(Error::internal)
    }
}

/// A tenant with all of its settings at one time. Read once per request, with the caller: nearly every report needs them.
#[derive(Clone, Debug)]
pub struct TenantSettings {
    /// The tenant.
    pub tenant: Tenant,
    /// The minimum payouts, ordered by currency, at most one amount per currency.
    pub minimum_payouts: Vec<Money>,
    /// The time at which the settings were read, by the database's clock: the present of the reports of the request.
    pub read_at: DateTime<Utc>,
}
