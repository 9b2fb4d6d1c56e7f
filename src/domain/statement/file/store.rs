//! Reads and writes of the table `statement_files`.

use diesel::prelude::*;
use diesel::sql_types::Integer;

use super::{PDF, PdfSummary, StatementFile};
use crate::auth::Authorized;
use crate::domain::db::scope_filter::{PartnerTable, ScopeFilter};
use crate::domain::db::session::Session;
use crate::domain::db::statement_schema::statement_files;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::StatementId;

const TABLE: PartnerTable = PartnerTable { name: "statement_files", partner_column: "partner_id" };

/// Returns the stored PDF file of a statement, if it was rendered.
pub async fn pdf(db: &mut Session, statement: StatementId) -> Result<Option<Authorized<StatementFile>>> {
    let query = statement_files::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(statement_files::statement_id.eq(statement))
        .filter(statement_files::format.eq(PDF))
        .select(StatementFile::as_select());
    db.load_one(query).await
}

/// Returns the hashes and sizes of the stored PDF files of statements.
pub async fn summaries(db: &mut Session, statements: &[StatementId]) -> Result<Vec<Authorized<PdfSummary>>> {
    let query = statement_files::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(statement_files::statement_id.eq_any(statements.to_vec()))
        .filter(statement_files::format.eq(PDF))
        .select((
            statement_files::tenant_id,
            statement_files::partner_id,
            statement_files::statement_id,
            statement_files::sha256,
            diesel::dsl::sql::<Integer>("octet_length(bytes)"),
        ));
    db.load(query).await
}

/// Inserts a file unless the statement has one; returns the one that it has.
pub async fn keep(db: &mut Transaction, file: &StatementFile) -> Result<Authorized<StatementFile>> {
    db.mark_idempotent();
    let rendered_at = db.clock_timestamp().await?;
    let row = StatementFile { rendered_at, ..file.clone() };
    let insert = diesel::insert_into(statement_files::table).values(row).on_conflict_do_nothing();
    db.execute(insert).await?;
    pdf(db, file.statement_id).await?.ok_or_else(|| Error::internal("the file of a statement is missing"))
}
