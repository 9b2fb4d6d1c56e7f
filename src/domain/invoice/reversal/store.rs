//! Writes of the table `refund_reversals`; a reversal is read with its refund.

use super::RefundReversal;
use crate::domain::db::schema::refund_reversals;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;

/// Inserts a reversal. The invoice of the refund must be locked, so that no other reversal is inserted meanwhile.
pub async fn insert(db: &mut Transaction, reversal: &RefundReversal) -> Result<()> {
    db.execute(diesel::insert_into(refund_reversals::table).values(reversal.clone())).await?;
    Ok(())
}
