//! The beginning of an audit, or its continuation.

use chrono::{DateTime, Utc};

use super::schedule::tonight;
use super::{TransferAudit, store};
use crate::domain::db::job::ClaimedJob;
use crate::domain::db::transaction::Transaction;
use crate::domain::stripe_connection::{self, StripeConnection};
use crate::primitives::error::Result;
use crate::primitives::id::TransferAuditId;

/// An audit that can go on, and the connection by which it reads.
#[derive(Clone, Debug)]
pub struct DueAudit {
    /// The audit.
    pub audit: TransferAudit,
    /// The connection.
    pub connection: StripeConnection,
}

/// Begins an audit, or goes on with the one that runs; `None` if Stripe cannot be read now.
pub async fn begin(db: &mut Transaction, job: &ClaimedJob) -> Result<Option<DueAudit>> {
    db.mark_idempotent();
    db.record_nothing();
    let Some(connection) = stripe_connection::store::own(db).await? else {
        job.finish(db).await?;
        return Ok(None);
    };
    let connection = StripeConnection::clone(&connection);
    let now = db.clock_timestamp().await?;
    let before = store::own(db).await?.map(|before| TransferAudit::clone(&before));
    let running = before
        .clone()
        .filter(|audit| audit.is_running() && connection.continues(&audit.rail_account, audit.is_live));
    let audit = running.unwrap_or_else(|| new(&connection, before.as_ref(), now));
    if let (Some(broken_at), Some(reason)) = (connection.broken_at, &connection.broken_reason) {
        let failure = format!(
            "Stripe has not accepted the key since {}: {reason}",
            broken_at.format("%Y-%m-%d %H:%M UTC")
        );
        store::put(db, &TransferAudit { failed_at: Some(now), failure: Some(failure), ..audit }).await?;
        // Connecting again lets it go on at once.
        tonight(db, job.lane).await?;
        return Ok(None);
    }
    store::put(db, &audit).await?;
    Ok(Some(DueAudit { audit, connection }))
}

fn new(connection: &StripeConnection, before: Option<&TransferAudit>, now: DateTime<Utc>) -> TransferAudit {
    TransferAudit {
        tenant_id: connection.tenant_id.clone(),
        id: before.map_or_else(TransferAuditId::new, |before| before.id),
        rail_account: connection.account.clone(),
        is_live: connection.is_live,
        began_at: now,
        last_read: None,
        transfers: 0,
        is_read: false,
        is_complete: true,
        ended_at: before.and_then(|before| before.ended_at),
        failed_at: before.and_then(|before| before.failed_at),
        failure: before.and_then(|before| before.failure.clone()),
    }
}
