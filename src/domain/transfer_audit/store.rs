//! Reads and writes of the tables `transfer_audits` and `transfer_findings`.

use chrono::{DateTime, Utc};
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::upsert::excluded;

use super::{TransferAudit, TransferFinding};
use crate::auth::Authorized;
use crate::domain::db::rail_schema::{transfer_audits, transfer_findings};
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;

/// Returns the audit of the caller's tenant that runs now, or ran last.
pub async fn own(db: &mut Session) -> Result<Option<Authorized<TransferAudit>>> {
    let query = transfer_audits::table
        .filter(transfer_audits::tenant_id.eq(db.scope().tenant().clone()))
        .select(TransferAudit::as_select());
    db.load_one(query).await
}

/// Inserts an audit, or replaces that of the tenant.
pub async fn put(db: &mut Transaction, audit: &TransferAudit) -> Result<()> {
    let put = diesel::insert_into(transfer_audits::table)
        .values(audit.clone())
        .on_conflict(transfer_audits::tenant_id)
        .do_update()
        .set(audit.clone());
    db.execute_unaudited(put).await?;
    Ok(())
}

/// Returns the findings of the caller's tenant, at most `limit`.
pub async fn findings(db: &mut Session, limit: i64) -> Result<Vec<Authorized<TransferFinding>>> {
    let query = transfer_findings::table
        .filter(transfer_findings::tenant_id.eq(db.scope().tenant().clone()))
        .order((transfer_findings::kind, transfer_findings::reference))
        .limit(limit)
        .select(TransferFinding::as_select());
    db.load(query).await
}

/// Counts the findings of an audit that began at a time.
pub async fn count_since(db: &mut Session, began_at: DateTime<Utc>) -> Result<i64> {
    let query = transfer_findings::table
        .filter(transfer_findings::tenant_id.eq(db.scope().tenant().clone()))
        .filter(transfer_findings::found_at.ge(began_at))
        .select(count_star());
    Ok(db.aggregate(query).await?.pop().unwrap_or_default())
}

/// Inserts findings; one that was found before keeps its id.
pub async fn insert(db: &mut Transaction, findings: Vec<TransferFinding>) -> Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    let insert = diesel::insert_into(transfer_findings::table)
        .values(findings)
        .on_conflict((transfer_findings::tenant_id, transfer_findings::kind, transfer_findings::reference))
        .do_update()
        .set((
            transfer_findings::payout_id.eq(excluded(transfer_findings::payout_id)),
            transfer_findings::message.eq(excluded(transfer_findings::message)),
            transfer_findings::found_at.eq(excluded(transfer_findings::found_at)),
        ));
    db.execute_unaudited(insert).await?;
    Ok(())
}

/// Deletes the findings of earlier audits.
pub async fn delete_before(db: &mut Transaction, began_at: DateTime<Utc>) -> Result<()> {
    let delete = diesel::delete(transfer_findings::table)
        .filter(transfer_findings::tenant_id.eq(db.scope().tenant().clone()))
        .filter(transfer_findings::found_at.lt(began_at));
    db.execute_unaudited(delete).await?;
    Ok(())
}
