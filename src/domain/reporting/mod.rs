//! A partner's figures: what was earned, what was paid, what is outstanding. Those of now come from sums that the database
//! keeps of the events by the month, those of a past moment from the events; reconciliation holds one against the other.

mod account_earnings;
mod balance;
mod calendar;
mod dashboard;
mod funnel;
mod monthly;
mod reconciliation;

pub use account_earnings::{AccountEarnings, of_accounts};
pub use balance::Balance;
pub use calendar::midnight;
pub use dashboard::{Dashboard, DashboardKey, dashboards};
pub use funnel::{Stage, funnels};
pub use monthly::{MONTHS_MAX, Month, MonthsKey, months};
pub use reconciliation::{Debt, Difference, Reconciliation, reconcile};

use std::collections::{BTreeSet, HashMap};

use balance::Positions;
use chrono::{DateTime, Utc};

use super::db::session::Session;
use crate::primitives::error::Result;
use crate::primitives::id::PartnerId;
use crate::primitives::timestamp::Timestamp;

/// The moment that figures are true at.
#[derive(Clone, Copy, Debug)]
struct AsOf {
    /// What is dated later does not count; without, everything counts.
    cut: Option<DateTime<Utc>>,
    /// The cut, or else now: when things are due, and which month it is.
    moment: DateTime<Utc>,
    /// The beginning of the moment's month in the tenant's time zone, if figures of the month are asked for.
    month_start: Option<DateTime<Utc>>,
}

/// Which balances: of a partner, now or at some moment.
pub type BalancesKey = (PartnerId, Option<Timestamp>);

/// What partners earned and were paid, one balance for each currency they had events in.
pub async fn balances(db: &mut Session, keys: &[BalancesKey]) -> Result<HashMap<BalancesKey, Vec<Balance>>> {
    let now = db.clock_timestamp().await?;
    let cuts: BTreeSet<_> = keys.iter().map(|(_, as_of)| *as_of).collect();
    let mut balances = Vec::new();
    for as_of in cuts {
        let partners: Vec<_> = keys.iter().filter(|key| key.1 == as_of).map(|key| key.0).collect();
        let cut = as_of.map(|at| at.0);
        let moment = cut.unwrap_or(now);
        let positions = Positions::load(db, &partners, AsOf { cut, moment, month_start: None }).await?;
        let by_key = positions.by_key.into_iter();
        balances.extend(by_key.map(|((partner, _), position)| ((partner, as_of), position.balance)));
    }
    Ok(super::db::session::grouped(balances))
}
