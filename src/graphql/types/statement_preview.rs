//! The object types of the preview of a statement.

use async_graphql::{Context, Object};

use super::partner::Partner;
use super::statement::StatementMovement;
use crate::auth::{Authorized, Permission};
use crate::domain::statement::account_statement;
use crate::domain::statement::movement::Movement;
use crate::domain::statement::movement::store::BY_MOVEMENT;
use crate::graphql::connection::{Edge, PageInfo};
use crate::graphql::context::{counted, request};
use crate::graphql::guard::require;
use crate::graphql::reference::Reference;
use crate::primitives::money::Money;
use crate::primitives::pagination::{PageArgs, PageRequest, PageSlice};
use crate::primitives::timestamp::Timestamp;

/// A statement that is not issued.
pub struct StatementPreview(pub account_statement::Preview);

/// A preview of the next statement of an account, as it would be issued now. It is no document, and changes with the account.
#[Object]
impl StatementPreview {
    /// The partner of the account.
    async fn partner(&self) -> Reference<Partner> {
        Reference::new(self.0.partner_id)
    }

    /// The start of the period, inclusive: the end of the statement before, or the creation of the partner.
    async fn period_start(&self) -> Timestamp {
        self.0.period_start.into()
    }

    /// The end of the period, exclusive.
    async fn period_end(&self) -> Timestamp {
        self.0.period_end.into()
    }

    /// The balance before the first movement.
    async fn opening(&self) -> Money {
        self.0.opening
    }

    /// The balance after the last movement.
    async fn closing(&self) -> Money {
        self.0.closing
    }

    /// The number of movements; zero if there is nothing to state.
    async fn movement_count(&self) -> i32 {
        i32::try_from(self.0.movement_count).unwrap_or(i32::MAX)
    }
    /// The movements that the statement would have, earliest first.
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
    ) -> async_graphql::Result<OpenMovementConnection> {
        let page = PageRequest::new(BY_MOVEMENT, PageArgs { first, after, last, before })?;
        let mut db = request(ctx)?.session().await?;
        let slice = account_statement::open_movements(&mut db, &self.0, &page).await?;
        Ok(OpenMovementConnection { slice, page, total_count: self.0.movement_count })
    }
}

/// A page of movements that are on no statement yet.
pub struct OpenMovementConnection {
    slice: PageSlice<Authorized<Movement>>,
    page: PageRequest,
    total_count: i64,
}

/// A page of the movements of a preview, by the Relay cursor connections specification. Without a file: the statement will have
/// files when it is issued.
#[Object]
impl OpenMovementConnection {
    /// The movements of the page with their cursors, earliest first.
    async fn edges(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Edge<StatementMovement>>> {
        counted(ctx, self.slice.rows.iter().map(|row| Edge::new(row, &self.page)).collect()).await
    }

    /// The movements of the page without their cursors, earliest first.
    async fn nodes(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<StatementMovement>> {
        counted(ctx, self.slice.rows.iter().cloned().map(StatementMovement).collect()).await
    }

    /// The position of the page in the list.
    async fn page_info(&self) -> PageInfo {
        PageInfo::of::<StatementMovement>(&self.slice, &self.page)
    }

    /// The number of movements of the preview.
    async fn total_count(&self) -> i32 {
        i32::try_from(self.total_count).unwrap_or(i32::MAX)
    }
}
