//! The PDF files of statements: rendered once, at the first request, stored, and served from there ever since.

mod content;
mod document;
mod invoice;
mod renderer;
pub mod store;
mod words;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use sha2::{Digest, Sha256};

pub use renderer::Renderer;

use self::content::Content;
use super::{Statement, payout_statement, self_billing};
use crate::auth::{Caller, PartnerOwned};
use crate::domain::db::act::Act;
use crate::domain::db::pool::Pool;
use crate::domain::db::session::Session;
use crate::domain::db::statement_schema::statement_files;
use crate::domain::db::transaction::Transaction;
use crate::domain::payout::PayoutStatus;
use crate::domain::{partner, payout};
use crate::primitives::currency::Currency;
use crate::primitives::error::Result;
use crate::primitives::id::{PartnerId, PayoutId, StatementId, TenantId};

/// The format of a stored file.
pub const PDF: &str = "PDF";

/// A stored file. It never changes.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = statement_files, check_for_backend(diesel::pg::Pg))]
pub struct StatementFile {
    /// The tenant of the partner.
    pub tenant_id: TenantId,
    /// The statement.
    pub statement_id: StatementId,
    /// The format.
    pub format: String,
    /// The partner.
    pub partner_id: PartnerId,
    /// The currency of the statement.
    pub currency: Currency,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The SHA-256 of the bytes.
    pub sha256: Vec<u8>,
    /// The library that rendered the file.
    pub renderer: String,
    /// When the file was rendered, by the database's clock.
    pub rendered_at: DateTime<Utc>,
}

impl PartnerOwned for StatementFile {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    fn partner_id(&self) -> PartnerId {
        self.partner_id
    }
}

/// The hash and the size of a stored PDF file.
#[derive(Clone, Debug, Queryable)]
pub struct PdfSummary {
    /// The tenant of the partner.
    pub tenant_id: TenantId,
    /// The partner.
    pub partner_id: PartnerId,
    /// The statement.
    pub statement_id: StatementId,
    /// The SHA-256 of the bytes.
    pub sha256: Vec<u8>,
    /// The number of bytes.
    pub size: i32,
}

impl PartnerOwned for PdfSummary {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    fn partner_id(&self) -> PartnerId {
        self.partner_id
    }
}

/// A file of a statement.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The name under which the file is saved.
    pub name: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Returns the PDF file of a statement; `None` if the caller may see no such statement. The first request renders it and
/// stored; those who ask at the same time get the same bytes.
pub async fn pdf(
    pool: &Pool,
    caller: &Caller,
    renderer: &Renderer,
    id: StatementId,
) -> Result<Option<Rendered>> {
    let mut db = Session::open(pool, caller).await?;
    let Some(statement) = super::store::by_ids(&mut db, &[id]).await?.pop() else { return Ok(None) };
    let name = format!("{}.pdf", super::file_name(&statement.number));
    if let Some(file) = store::pdf(&mut db, id).await? {
        return Ok(Some(Rendered { name, bytes: file.bytes.clone() }));
    }
    // Neither the wait for a turn nor rendering occupies a connection.
    drop(db);
    let turn = renderer.turn().await?;
    let mut db = Session::open(pool, caller).await?;
    let content = db.read_snapshot(async |db| content::load(db, &statement).await).await?;
    drop(db);
    let document = document::of_statement(&statement, content)?;
    let bytes = turn.render(document).await?;
    let file = StatementFile {
        tenant_id: statement.tenant_id.clone(),
        statement_id: id,
        format: PDF.to_owned(),
        partner_id: statement.partner_id,
        currency: statement.currency,
        sha256: Sha256::digest(&bytes).to_vec(),
        bytes,
        renderer: tagged_pdf::RENDERER.to_owned(),
        rendered_at: statement.issued_at,
    };
    let stored = Transaction::run(pool, caller, Act::KeepStatementFile, store::keep, &file).await?;
    Ok(Some(Rendered { name, bytes: stored.bytes.clone() }))
}

/// Returns the draft of the statement of a payout that is not completed, which is rendered for each request; `None` if the
/// caller may see no such payout, or it has or will have no statement.
pub async fn draft(
    pool: &Pool,
    caller: &Caller,
    renderer: &Renderer,
    id: PayoutId,
) -> Result<Option<Rendered>> {
    let mut db = Session::open(pool, caller).await?;
    let Some(payout) = payout::store::by_ids(&mut db, &[id]).await?.pop() else { return Ok(None) };
    if !matches!(payout.status, PayoutStatus::Ready | PayoutStatus::Processing) {
        return Ok(None);
    }
    let partner = partner::store::by_id(&mut db, "partnerId", payout.partner_id).await?;
    let invoice = self_billing::invoice(&mut db, &payout).await?;
    let head = payout_statement::head(&mut db, &partner, &payout, invoice).await?;
    let statement = Statement {
        tenant_id: payout.tenant_id.clone(),
        id: StatementId(id.0),
        partner_id: payout.partner_id,
        kind: Statement::kind_of_payout(&head),
        payout_id: Some(id),
        currency: payout.currency(),
        number: document::DRAFT.to_owned(),
        period_start: payout.period_start,
        period_end: payout.period_end,
        issued_at: payout.created_at,
        amount: payout.total().amount(),
        opening: None,
        closing: None,
        line_count: payout.commission_count,
        head,
        content_hash: Vec::new(),
        format: super::FORMAT,
    };
    drop(db);
    let turn = renderer.turn().await?;
    let mut db = Session::open(pool, caller).await?;
    let table = db.read_snapshot(async |db| content::load_table(db, &statement).await).await?;
    drop(db);
    let document = document::of_draft(&statement, Content { table, csv: None })?;
    let bytes = turn.render(document).await?;
    Ok(Some(Rendered { name: format!("draft-{id}.pdf"), bytes }))
}
