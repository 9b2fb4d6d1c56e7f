//! Writes of the table `adjustment_requests`.

use diesel::prelude::*;

use crate::domain::db::request_schema::adjustment_requests;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;
use crate::primitives::id::{CommissionEventId, PartnerId};
use crate::primitives::money::Money;

/// Inserts the amount that staff entered for an adjustment; reconciliation compares it to the event.
pub async fn insert(
    db: &mut Transaction,
    event: CommissionEventId,
    partner: PartnerId,
    amount: Money,
) -> Result<()> {
    let insert = diesel::insert_into(adjustment_requests::table).values((
        adjustment_requests::tenant_id.eq(db.scope().tenant().clone()),
        adjustment_requests::commission_event_id.eq(event),
        adjustment_requests::partner_id.eq(partner),
        adjustment_requests::currency.eq(amount.currency()),
        adjustment_requests::amount.eq(amount.amount()),
    ));
    db.execute(insert).await?;
    Ok(())
}
