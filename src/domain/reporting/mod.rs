//! Reports: the balances, dashboards and monthly amounts of partners, and the reconciliation of a tenant. Current amounts are
//! computed from the monthly totals, past ones from the events; the reconciliation compares the two.

mod account_earnings;
pub mod audited_rows;
mod balance;
mod calendar;
mod dashboard;
mod dashboard_sql;
pub mod digest;
mod funnel;
mod monthly;
mod overview;
mod overview_sql;
mod reconciliation;
mod work_queue;

pub use account_earnings::{AccountEarnings, of_accounts};
pub use balance::Balance;
pub use calendar::midnight;
pub use dashboard::{Dashboard, DashboardKey, dashboards};
pub use funnel::{Stage, funnels};
pub use monthly::{MONTHS_MAX, Month, MonthsKey, months};
pub use overview::{DebtTotal, Earner, OVERVIEW_MONTHS_MAX, Overview, overview};
pub use reconciliation::{AuditedTransfers, Debt, Difference, Reconciliation, reconcile};
pub use work_queue::{WorkQueue, work_queue};

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use super::db::session::Session;
use super::tenant;
use crate::primitives::error::Result;
use crate::primitives::id::PartnerId;
use crate::primitives::timestamp::Timestamp;

/// The time as of which amounts are computed.
#[derive(Clone, Copy, Debug)]
struct AsOf {
    /// Events dated later do not count; `None` for now, when all events count.
    cut: Option<DateTime<Utc>>,
    /// `cut`, or now if there is none; decides what is due and what the current month is.
    moment: DateTime<Utc>,
    /// The beginning of the current month in the time zone of the tenant; `None` to omit the amounts of the month.
    month_start: Option<DateTime<Utc>>,
}

/// The key of balances: the partner, and the time as of which they are computed; `None` for now.
pub type BalancesKey = (PartnerId, Option<Timestamp>);

/// Returns the balances of partners, one for each currency in which they have events.
pub async fn balances(db: &mut Session, keys: &[BalancesKey]) -> Result<HashMap<BalancesKey, Vec<Balance>>> {
    let now = tenant::settings(db).await?.read_at;
    let cuts: BTreeSet<_> = keys.iter().map(|(_, as_of)| *as_of).collect();
    let mut balances = Vec::new();
    for as_of in cuts {
        let partners: Vec<_> = keys.iter().filter(|key| key.1 == as_of).map(|key| key.0).collect();
        let cut = as_of.map(|at| at.0);
        let moment = cut.unwrap_or(now);
        let positions = balance::positions(db, &partners, AsOf { cut, moment, month_start: None }).await?;
        let of_partners = positions.into_iter();
        balances.extend(of_partners.map(|((partner, _), position)| ((partner, as_of), position.balance)));
    }
    Ok(super::db::session::grouped(balances))
}
