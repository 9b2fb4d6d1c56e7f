//! The baseline: one entry for each row that is older than the audit trail, with its fields as they are.
//!
//! Written by the program and not by the migration, because the hash of an entry is computed here. A tenant that was created
//! with the trail needs none.

use uuid::Uuid;

use super::present::{self, PresentRow, TABLES};
use crate::auth::Caller;
use crate::domain::audit;
use crate::domain::db::act::Act;
use crate::domain::db::audited_row::RowKind;
use crate::domain::db::pool::Pool;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;

/// Writes the baseline of the tenant unless its trail has one, or began with the tenant. Interrupted, it begins from the start
/// the next time: a second entry about a row does no harm.
pub async fn write(pool: &Pool, caller: &Caller) -> Result<()> {
    let acts = [Act::CreateTenant.name(), Act::Baseline.name()];
    let has_beginning = audit::store::has_beginning(&mut Session::open(pool, caller).await?, &acts).await?;
    if has_beginning {
        return Ok(());
    }
    for (kind, table) in TABLES {
        let mut after = Uuid::nil();
        // A transaction for each page: the rows stay locked for a moment only.
        while let Some(last) =
            Transaction::run(pool, caller, Act::Baseline, write_page, &(kind, table, after)).await?
        {
            after = last;
        }
    }
    // Last, because it shows that all others are written.
    Transaction::run(pool, caller, Act::Baseline, write_tenant, &()).await
}

/// Writes the entries of a page of rows; returns the last id, or `None` after the last page.
async fn write_page(
    db: &mut Transaction,
    (kind, table, after): &(RowKind, &'static str, Uuid),
) -> Result<Option<Uuid>> {
    let ids = present::ids_after(db, table, *after, true).await?;
    for row in present::rows(db, *kind, &ids).await? {
        db.perform(Act::Baseline, write_row, &row).await?;
    }
    db.record_nothing();
    Ok(ids.last().copied())
}

async fn write_tenant(db: &mut Transaction, (): &()) -> Result<()> {
    for row in present::rows(db, RowKind::Tenant, &[]).await? {
        write_row(db, &row).await?;
    }
    Ok(())
}

async fn write_row(db: &mut Transaction, row: &PresentRow) -> Result<()> {
    db.record_created(row);
    Ok(())
}
