//! The object types of statements and their movements.

use async_graphql::{Context, ID, Object};

use super::commission::CommissionEvent;
use super::download::{DownloadFile, FileFormat};
use super::partner::Partner;
use super::payout::Payout;
use crate::auth::{Authorized, Permission};
use crate::domain::audit::hex;
use crate::domain::statement::movement::store::{BY_MOVEMENT, OF_STATEMENT};
use crate::domain::statement::movement::{self, MovementKind};
use crate::domain::statement::{self, StatementKind};
use crate::graphql::connection::{Connection, ConnectionNode};
use crate::graphql::context::{counted, request};
use crate::graphql::guard::require;
use crate::graphql::loaders::{ListLoaders, Loaders};
use crate::graphql::reference::Reference;
use crate::primitives::currency::Currency;
use crate::primitives::money::Money;
use crate::primitives::pagination::PageArgs;
use crate::primitives::timestamp::Timestamp;

/// A statement within the caller's scope.
pub struct Statement(pub Authorized<statement::Statement>);

impl From<Authorized<statement::Statement>> for Statement {
    fn from(row: Authorized<statement::Statement>) -> Self {
        Self(row)
    }
}

impl ConnectionNode for Statement {
    type Row = statement::Statement;
    const CONNECTION: &'static str = "StatementConnection";
    const EDGE: &'static str = "StatementEdge";

    fn lists(loaders: &Loaders) -> Option<&ListLoaders<Self::Row>> {
        Some(&loaders.statements)
    }
}

/// A document about a completed payout, or about the account of a partner in one currency. It never changes: what it says is
/// stored with it, whatever is renamed, refunded or corrected later.
#[Object]
impl Statement {
    /// The id of the statement: a UUID, unique over all types.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The kind of the statement: of a payout, or of an account.
    async fn kind(&self) -> StatementKind {
        self.0.kind
    }

    /// The number of the statement, unique in the tenant: the number of the partner and a number without gaps, as in
    /// `"P-00001-0001"`, or `"P-00001-A0001"` for an account.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// The partner that the statement is for.
    async fn partner(&self) -> Reference<Partner> {
        Reference::new(self.0.partner_id)
    }

    /// The currency of all amounts of the statement.
    async fn currency(&self) -> Currency {
        self.0.currency
    }

    /// The payout that the statement is of; null for the statement of an account.
    async fn payout(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Payout>> {
        let Some(payout) = self.0.payout_id else { return Ok(None) };
        Ok(Some(Payout(request(ctx)?.loaders().payout.load_required(payout).await?)))
    }

    /// The start of the period, inclusive: that of the payout, or the end of the statement before.
    async fn period_start(&self) -> Timestamp {
        self.0.period_start.into()
    }

    /// The end of the period, exclusive.
    async fn period_end(&self) -> Timestamp {
        self.0.period_end.into()
    }

    /// The instant at which the statement was issued.
    async fn issued_at(&self) -> Timestamp {
        self.0.issued_at.into()
    }

    /// The number of lines: commission events of a payout, or movements of an account.
    async fn line_count(&self) -> i32 {
        i32::try_from(self.0.line_count).unwrap_or(i32::MAX)
    }

    /// The sum of the lines: the total of the payout, negative on a credit note, or by how much the balance of the account
    /// changed.
    async fn total(&self) -> Money {
        self.0.total()
    }

    /// The balance before the first movement; null for the statement of a payout.
    async fn opening(&self) -> Option<Money> {
        self.0.opening()
    }

    /// The balance after the last movement: pending, approved and in transit. Null for the statement of a payout.
    async fn closing(&self) -> Option<Money> {
        self.0.closing()
    }

    /// The movements of the account, earliest first; none on the statement of a payout, whose lines are the commission events
    /// of the payout.
    #[graphql(guard = "require(Permission::Read)")]
    async fn movements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number of rows from the start of the list, 1 to 100; default 50.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor, which is excluded.")] after: Option<String>,
        #[graphql(desc = "The number of rows from the end of the list, 1 to 100; not together with first.")]
        last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor, which is excluded.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<StatementMovement>> {
        let page = PageArgs { first, after, last, before };
        Ok(Connection::of_parent(ctx, (OF_STATEMENT, self.0.id.0), None, BY_MOVEMENT, page).await?)
    }

    /// The SHA-256 of the CSV file of the statement, in hexadecimal: it proves that no line has changed.
    async fn content_hash(&self) -> String {
        self.0.content_hash_hex()
    }

    /// The newest seal of the audit trail when the statement was issued, as it is printed on it: its number and its hash, as in
    /// `"17:ab34…"`. With it, a partner can check that the trail has not changed since. Null before the first seal.
    async fn audit_head(&self) -> Option<&str> {
        self.0.head.audit_head.as_deref()
    }

    /// The files of the statement.
    async fn files(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<DownloadFile>> {
        let pdf = request(ctx)?.loaders().statement_pdf.load(self.0.id).await?;
        let csv = self.file(FileFormat::Csv, Some(self.0.content_hash_hex()), None);
        let (sha256, bytes) = match &pdf {
            Some(pdf) => (Some(hex(&pdf.sha256)), Some(pdf.size)),
            None => (None, None),
        };
        let pdf = self.file(FileFormat::Pdf, sha256, bytes);
        counted(ctx, vec![csv, pdf, self.file(FileFormat::Xlsx, None, None)]).await
    }
}

impl Statement {
    fn file(&self, format: FileFormat, sha256: Option<String>, bytes: Option<i32>) -> DownloadFile {
        let extension = format.extension();
        DownloadFile {
            format,
            file_name: format!("{}.{extension}", statement::file_name(&self.0.number)),
            path: format!("/download/statements/{}.{extension}", self.0.id),
            sha256,
            bytes,
        }
    }
}

/// A movement within the caller's scope.
pub struct StatementMovement(pub Authorized<movement::Movement>);

impl From<Authorized<movement::Movement>> for StatementMovement {
    fn from(row: Authorized<movement::Movement>) -> Self {
        Self(row)
    }
}

impl ConnectionNode for StatementMovement {
    type Row = movement::Movement;
    const CONNECTION: &'static str = "StatementMovementConnection";
    const EDGE: &'static str = "StatementMovementEdge";

    fn lists(loaders: &Loaders) -> Option<&ListLoaders<Self::Row>> {
        Some(&loaders.movements)
    }
}

/// A change of the balance of an account: a commission event was recorded, cancelled or clawed back, or a payout was completed.
/// Each is on one statement.
#[Object]
impl StatementMovement {
    /// The kind of the change.
    async fn kind(&self) -> MovementKind {
        self.0.kind
    }

    /// The instant of the change, by the clock of the database.
    async fn moved_at(&self) -> Timestamp {
        self.0.moved_at.into()
    }

    /// The change of the balance; negative if it became smaller.
    async fn amount(&self) -> Money {
        self.0.amount()
    }

    /// The commission event; null if a payout was completed.
    async fn commission_event(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<CommissionEvent>> {
        let Some(event) = self.0.commission_event_id else { return Ok(None) };
        Ok(Some(CommissionEvent(request(ctx)?.loaders().event.load_required(event).await?)))
    }

    /// The completed payout; null for a commission event.
    async fn payout(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Payout>> {
        let Some(payout) = self.0.payout_id else { return Ok(None) };
        Ok(Some(Payout(request(ctx)?.loaders().payout.load_required(payout).await?)))
    }
}
