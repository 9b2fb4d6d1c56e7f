//! The earnings of managed accounts.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{Array, Bpchar, Numeric, Text, Uuid as SqlUuid};
use rust_decimal::Decimal;

use crate::domain::db::cached_statement::CachedStatement;
use crate::domain::db::session::{Session, grouped};
use crate::primitives::currency::Currency;
use crate::primitives::error::Result;
use crate::primitives::id::ManagedAccountId;
use crate::primitives::money::Money;

/// The earnings of one account in one currency.
#[derive(Clone, Copy, Debug)]
pub struct AccountEarnings {
    /// The sum of the bases of the commission events.
    pub revenue: Money,
    /// The sum of the commissions.
    pub commissions: Money,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    managed_account_id: ManagedAccountId,
    #[diesel(sql_type = Bpchar)]
    currency: Currency,
    #[diesel(sql_type = Numeric)]
    revenue: Decimal,
    #[diesel(sql_type = Numeric)]
    commissions: Decimal,
}

/// Returns the earnings of each account, one entry per currency. Cancelled and fully clawed back events do not count.
pub async fn of_accounts(
    db: &mut Session,
    accounts: &[ManagedAccountId],
) -> Result<HashMap<ManagedAccountId, Vec<AccountEarnings>>> {
    let query = diesel::sql_query(
        "SELECT managed_account_id, currency,
             coalesce(sum(base_amount), 0) AS revenue, sum(commission_amount) AS commissions
         FROM commission_events
         WHERE tenant_id = $1 AND managed_account_id = ANY($2) AND is_live_commission(status)
         GROUP BY managed_account_id, currency ORDER BY managed_account_id, currency",
    )
    .bind::<Text, _>(db.scope().tenant().clone())
    .bind::<Array<SqlUuid>, _>(accounts.to_vec());
    let rows: Vec<Row> = db.aggregate(CachedStatement(query)).await?;
    Ok(grouped(rows.into_iter().map(|row| {
        let earnings = AccountEarnings {
            revenue: Money::stored(row.revenue, row.currency),
            commissions: Money::stored(row.commissions, row.currency),
        };
        (row.managed_account_id, earnings)
    })))
}
