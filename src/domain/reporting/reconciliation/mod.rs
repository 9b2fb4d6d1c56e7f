//! The proof that no money was lost or made: figures held against the rows that they did not come from.

mod checks;

use diesel::prelude::*;
use diesel::sql_types::{Array, Bpchar, Numeric, Text, Uuid as SqlUuid};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::balance::{self, Balance};
use super::{AsOf, calendar};
use crate::auth::Authorized;
use crate::domain::commission::{self, CommissionEvent};
use crate::domain::db::session::Session;
use crate::domain::tenant;
use crate::primitives::currency::Currency;
use crate::primitives::error::Result;
use crate::primitives::id::PartnerId;
use crate::primitives::money::Money;

/// How many stranded events are shown.
const STRANDED_MAX: i64 = 500;
/// How many rows of a difference are named.
const ROWS_MAX: usize = 100;

/// Figures of one partner and currency that should be the same, and are not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The partner.
    pub partner_id: PartnerId,
    /// What there should be.
    pub expected: Money,
    /// What there is.
    pub actual: Money,
    /// What should hold and does not.
    pub rule: String,
    /// The rows it was seen in, the first hundred; none where a sum over all rows is meant.
    pub ids: Vec<Uuid>,
}

/// What a partner owes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Debt {
    /// The partner.
    pub partner_id: PartnerId,
    /// What is due to it, below zero.
    pub amount: Money,
}

/// What a tenant's books look like.
#[derive(Clone, Debug)]
pub struct Reconciliation {
    /// What does not agree.
    pub differences: Vec<Difference>,
    /// Who owes: no mistake, but the partner's next payout waits until what it earns is more.
    pub debts: Vec<Debt>,
    /// What could have been paid and was not: no mistake either, the next batch that reaches back takes it.
    pub stranded: Vec<Authorized<CommissionEvent>>,
}

/// Reconciles the books of the tenant. Call it in a snapshot, so that they stand still.
pub async fn reconcile(db: &mut Session) -> Result<Reconciliation> {
    let mut differences = Vec::new();
    for check in checks::CHECKS {
        let query = diesel::sql_query(check.sql).bind::<Text, _>(db.scope().tenant().clone());
        let rows: Vec<Row> = db.aggregate(query).await?;
        differences.extend(rows.into_iter().map(|row| row.difference(check.rule)));
    }
    let moment = db.clock_timestamp().await?;
    let zone = tenant::current(db).await?.zone()?;
    let clock = AsOf { cut: None, moment, month_start: calendar::month_start(moment, zone) };
    let query = diesel::sql_query(checks::BUCKETS).bind::<Text, _>(db.scope().tenant().clone());
    let buckets: Vec<Buckets> = db.aggregate(query).await?;
    let partners: Vec<_> = buckets.iter().map(|row| row.partner_id).collect();
    let counted = balance::counted(db, &partners, clock).await?;
    let summed = balance::of_partners(db, &partners, clock).await?;
    let mut debts = Vec::new();
    for row in buckets {
        let zero = balance::Position::zero(row.currency);
        let key = (row.partner_id, row.currency);
        let position = counted.get(&key).unwrap_or(&zero);
        differences.extend(row.differences(&position.balance));
        let shown = summed.get(&key).unwrap_or(&zero);
        if shown.balance != position.balance {
            differences.extend(row.differences(&shown.balance));
        }
        if position.matured.amount() < Decimal::ZERO {
            debts.push(Debt { partner_id: row.partner_id, amount: position.matured });
        }
    }
    let stranded = commission::store::stranded(db, moment, STRANDED_MAX).await?;
    Ok(Reconciliation { differences, debts, stranded })
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    partner_id: PartnerId,
    #[diesel(sql_type = Bpchar)]
    currency: Currency,
    #[diesel(sql_type = Numeric)]
    expected: Decimal,
    #[diesel(sql_type = Numeric)]
    actual: Decimal,
    #[diesel(sql_type = Array<SqlUuid>)]
    ids: Vec<Uuid>,
}

impl Row {
    fn difference(mut self, rule: &str) -> Difference {
        self.ids.sort_unstable();
        self.ids.truncate(ROWS_MAX);
        Difference {
            partner_id: self.partner_id,
            expected: Money::stored(self.expected, self.currency),
            actual: Money::stored(self.actual, self.currency),
            rule: rule.to_owned(),
            ids: self.ids,
        }
    }
}

#[derive(QueryableByName)]
struct Buckets {
    #[diesel(sql_type = SqlUuid)]
    partner_id: PartnerId,
    #[diesel(sql_type = Bpchar)]
    currency: Currency,
    #[diesel(sql_type = Numeric)]
    pending: Decimal,
    #[diesel(sql_type = Numeric)]
    approved: Decimal,
    #[diesel(sql_type = Numeric)]
    in_transit: Decimal,
    #[diesel(sql_type = Numeric)]
    settled: Decimal,
}

impl Buckets {
    /// Where a balance is not what the statuses say, and where more was taken back than paid.
    fn differences(&self, balance: &Balance) -> Vec<Difference> {
        let money = |amount| Money::stored(amount, self.currency);
        let difference = |expected, actual, rule: String| Difference {
            partner_id: self.partner_id,
            expected,
            actual,
            rule,
            ids: Vec::new(),
        };
        let mut differences = Vec::new();
        for (name, expected, actual) in [
            ("pending", self.pending, balance.pending),
            ("approved", self.approved, balance.approved),
            ("inTransit", self.in_transit, balance.in_transit),
            ("settled", self.settled, balance.settled),
        ] {
            if money(expected) != actual {
                let rule = format!("{name} of a balance is the sum of the events in that state");
                differences.push(difference(money(expected), actual, rule));
            }
        }
        for (name, actual) in [("inTransit", balance.in_transit), ("settled", balance.settled)] {
            if actual.amount() < Decimal::ZERO {
                let rule = format!("{name} of a balance is never negative: a payout is above zero");
                differences.push(difference(Money::zero(self.currency), actual, rule));
            }
        }
        differences
    }
}
