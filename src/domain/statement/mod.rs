//! A partner's figures: what was earned, what was paid, what is outstanding. All computed from the rows; nothing is
//! stored twice.

mod account;
mod calendar;
mod dashboard;
mod position;

pub use account::{AccountFigures, of_accounts};
pub use dashboard::{Dashboard, DashboardKey, dashboards};
pub use position::Balance;

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::session::Session;
use crate::error::Result;
use crate::id::PartnerId;

/// The moment that figures are true at.
#[derive(Clone, Copy, Debug)]
struct Clock {
    /// What is dated later does not count; without, everything counts.
    cut: Option<DateTime<Utc>>,
    /// The cut, or else now: when things are due, and which month it is.
    moment: DateTime<Utc>,
    /// Midnight of the first of that month, where the tenant is.
    month_start: DateTime<Utc>,
}

/// What each of these partners earned and was paid, one balance for each currency it has events in.
pub async fn balances(db: &mut Session, partners: &[PartnerId]) -> Result<HashMap<PartnerId, Vec<Balance>>> {
    let moment = db.moment().await?;
    let clock = Clock { cut: None, moment, month_start: moment };
    let positions = position::of_partners(db, partners, clock).await?;
    Ok(super::session::grouped(
        positions.into_iter().map(|((partner, _), position)| (partner, position.balance)),
    ))
}
