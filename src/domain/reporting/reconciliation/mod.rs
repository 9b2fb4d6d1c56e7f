//! The reconciliation: compares amounts with independent rows, to prove that no money was lost or created.

mod checks;
mod replaced_check;
mod statement_check;
mod stranded;
mod terms_check;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bpchar, Numeric, Text, Uuid as SqlUuid};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::balance::{self, Balance, BalanceRow, Position};
use super::{AsOf, calendar};
use crate::auth::Authorized;
use crate::domain::commission::CommissionEvent;
use crate::domain::db::session::Session;
use crate::domain::tenant;
use crate::domain::transfer_audit::{self, TransferAudit, TransferFinding};
use crate::primitives::currency::Currency;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::PartnerId;
use crate::primitives::money::Money;

/// The maximum number of stranded events in a report.
const STRANDED_MAX: i64 = 500;
/// The maximum number of findings about transfers in a report.
const FINDINGS_MAX: i64 = 500;
/// The maximum number of ids in a difference.
const ROWS_MAX: usize = 100;

/// Two amounts of one partner in one currency that should be equal and are not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The partner.
    pub partner_id: PartnerId,
    /// The expected amount.
    pub expected: Money,
    /// The actual amount.
    pub actual: Money,
    /// The rule that is violated.
    pub rule: String,
    /// The ids of the rows that violate the rule, at most 100; empty if the rule is about a sum of all rows.
    pub ids: Vec<Uuid>,
}

/// The negative balance of a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Debt {
    /// The partner.
    pub partner_id: PartnerId,
    /// The due commissions, negative.
    pub amount: Money,
}

/// How many rows a reconciliation compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub struct RowCounts {
    /// The commission events.
    #[diesel(sql_type = BigInt)]
    pub commission_events: i64,
    /// The payouts.
    #[diesel(sql_type = BigInt)]
    pub payouts: i64,
    /// The invoices, each payment of one by itself.
    #[diesel(sql_type = BigInt)]
    pub invoices: i64,
}

const ROW_COUNTS: &str = "
    SELECT (SELECT count(*) FROM commission_events WHERE tenant_id = $1) AS commission_events,
        (SELECT count(*) FROM payouts WHERE tenant_id = $1) AS payouts,
        (SELECT count(*) FROM invoice_revisions WHERE tenant_id = $1 AND superseded_at IS NULL) AS invoices";

/// The result of the reconciliation of a tenant.
#[derive(Clone, Debug)]
pub struct Reconciliation {
    /// The time of the reconciliation.
    pub as_of: DateTime<Utc>,
    /// How many rows were compared.
    pub rows: RowCounts,
    /// The differences; empty if the books balance.
    pub differences: Vec<Difference>,
    /// The debts. Not errors: a partner is paid again once it has earned more than it owes.
    pub debts: Vec<Debt>,
    /// The events that could have been paid and were not. Not errors: the next payout with an earlier period start pays them.
    pub stranded: Vec<Authorized<CommissionEvent>>,
    /// The last audit of the transfers at Stripe; `None` if there was none.
    pub transfers: Option<AuditedTransfers>,
}

/// The last audit of the transfers at Stripe, and what it has found.
#[derive(Clone, Debug)]
pub struct AuditedTransfers {
    /// The audit.
    pub audit: Authorized<TransferAudit>,
    /// The findings.
    pub findings: Vec<Authorized<TransferFinding>>,
}

/// Reconciles the books of the tenant. Must be called in a snapshot, so that no row changes meanwhile.
pub async fn reconcile(db: &mut Session) -> Result<Reconciliation> {
    let mut differences = Vec::new();
    let others = [&replaced_check::REPLACED, &terms_check::TERMS];
    for check in checks::CHECKS.iter().chain(others).chain(&statement_check::STATEMENTS) {
        let query = diesel::sql_query(check.sql).bind::<Text, _>(db.scope().tenant().clone());
        let rows: Vec<Row> = db.aggregate(query).await?;
        differences.extend(rows.into_iter().map(|row| row.difference(check.rule)));
    }
    differences.extend(statement_check::hash_differences(db).await?);
    let moment = db.clock_timestamp().await?;
    let zone = tenant::settings(db).await?.tenant.zone()?;
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
    let query = diesel::sql_query(ROW_COUNTS).bind::<Text, _>(db.scope().tenant().clone());
    let rows = db.aggregate(query).await?.pop().ok_or_else(|| Error::internal("a count is missing"))?;
    let audit = transfer_audit::store::own(db).await?;
    let findings = transfer_audit::store::findings(db, FINDINGS_MAX).await?;
    let transfers = audit.map(|audit| AuditedTransfers { audit, findings });
    Ok(Reconciliation { as_of: moment, rows, differences, debts, stranded, transfers })
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

/// Returns the differences between a balance and the statuses of the events, and the amounts that must not be negative.
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
        ("held", expected.held, balance.held),
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
