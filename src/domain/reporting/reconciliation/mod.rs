//! The proof that no money was lost or made: figures held against the rows that they did not come from.

mod checks;
mod stranded;

use diesel::prelude::*;
use diesel::sql_types::{Array, Bpchar, Numeric, Text, Uuid as SqlUuid};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::balance::{self, Balance, BalanceRow, Position};
use super::{AsOf, calendar};
use crate::auth::Authorized;
use crate::domain::commission::CommissionEvent;
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
    let as_of = AsOf { cut: None, moment, month_start: Some(calendar::month_start(moment, zone)) };
    let query = diesel::sql_query(checks::BALANCES).bind::<Text, _>(db.scope().tenant().clone());
    let balances: Vec<BalanceRow> = db.aggregate(query).await?;
    let partners: Vec<_> = balances.iter().map(|row| row.partner_id).collect();
    let from_events = balance::from_events(db, &partners, as_of).await?;
    let from_totals = balance::from_totals(db, &partners, as_of).await?;
    let mut debts = Vec::new();
    for row in balances {
        let zero = Position::zero(row.currency);
        let key = (row.partner_id, row.currency);
        let computed = from_events.get(&key);
        let position = computed.map_or(&zero, |computed| &computed.position);
        differences.extend(balance_differences(&row, &position.balance));
        let shown = from_totals.get(&key).unwrap_or(&zero);
        if shown.balance != position.balance {
            differences.extend(balance_differences(&row, &shown.balance));
        }
        if let Some(computed) = computed.filter(|computed| computed.matured.amount() < Decimal::ZERO) {
            debts.push(Debt { partner_id: row.partner_id, amount: computed.matured });
        }
    }
    let stranded = stranded::stranded(db, moment, STRANDED_MAX).await?;
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

/// Returns the differences between a balance and the one that the statuses give, and amounts below zero that cannot be.
fn balance_differences(row: &BalanceRow, balance: &Balance) -> Vec<Difference> {
    let expected = row.balance();
    let difference = |expected, actual, rule: String| Difference {
        partner_id: row.partner_id,
        expected,
        actual,
        rule,
        ids: Vec::new(),
    };
    let mut differences = Vec::new();
    for (name, expected, actual) in [
        ("pending", expected.pending, balance.pending),
        ("approved", expected.approved, balance.approved),
        ("inTransit", expected.in_transit, balance.in_transit),
        ("settled", expected.settled, balance.settled),
    ] {
        if expected != actual {
            let rule = format!("{name} of a balance is the sum of the events in that state");
            differences.push(difference(expected, actual, rule));
        }
    }
    for (name, actual) in [("inTransit", balance.in_transit), ("settled", balance.settled)] {
        if actual.amount() < Decimal::ZERO {
            let rule = format!("{name} of a balance is never negative: a payout is above zero");
            differences.push(difference(Money::zero(row.currency), actual, rule));
        }
    }
    differences
}
