//! Connections: pages of a list, by the Relay cursor connections specification.
//!
//! Not `async_graphql::connection`: its descriptions are fixed, and it builds every edge even if none is selected.

use std::borrow::Cow;

use async_graphql::{Context, Lookahead, Object, ObjectType, SimpleObject, TypeName};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use uuid::Uuid;

use super::context::{counted, request};
use super::file::{self, FileRow};
use super::loaders::{ListLoaders, Loaders};
use super::types::download::{DownloadFile, FileFormat};
use crate::auth::Authorized;
use crate::domain::db::list_query::{self, Paginated, ParentCondition};
use crate::primitives::error::Result;
use crate::primitives::pagination::{Ordering, PageArgs, PageRequest, PageSlice};

/// An object type that has connections.
pub trait ConnectionNode: ObjectType + From<Authorized<Self::Row>> {
    /// The row of a node.
    type Row: FileRow;
    /// The name of the connection type.
    const CONNECTION: &'static str;
    /// The name of the edge type.
    const EDGE: &'static str;

    /// Returns the loaders of lists under a parent; `None` if the type has no such lists.
    fn lists(loaders: &Loaders) -> Option<&ListLoaders<Self::Row>>;

    /// Loads the objects that the selected fields of the rows refer to, where one batch for the page is cheaper than one
    /// load per row.
    fn prefetch<'l>(_: &'l Loaders, _: &[Lookahead<'_>], _: &[Authorized<Self::Row>]) -> BoxFuture<'l, ()> {
        ready(()).boxed()
    }
}

/// Loads what the selected fields of a page's nodes refer to; `ctx` is the context of the connection.
async fn prefetch<N: ConnectionNode>(ctx: &Context<'_>, loaders: &Loaders, rows: &[Authorized<N::Row>]) {
    let prefetched = {
        let page = ctx.look_ahead();
        N::prefetch(loaders, &[page.field("nodes"), page.field("edges").field("node")], rows)
    };
    prefetched.await;
}

/// Returns whether the list is counted, so that the statement of the page can do it.
fn selects_total(ctx: &Context<'_>) -> bool {
    ctx.look_ahead().field("totalCount").exists()
}

/// Returns whether anything of the page itself is selected: without it, the arguments are checked and no row is read.
fn selects_rows(ctx: &Context<'_>) -> bool {
    let connection = ctx.look_ahead();
    ["edges", "nodes", "pageInfo", "totalCount"].iter().any(|field| connection.field(field).exists())
}

/// A page of a list, with the filter and parent by which the whole list is counted.
pub struct Connection<N: ConnectionNode> {
    slice: PageSlice<Authorized<N::Row>>,
    page: PageRequest,
    filter: <N::Row as Paginated>::Filter,
    parent: Option<(ParentCondition, Uuid)>,
}

impl<N: ConnectionNode> Connection<N> {
    /// Returns a page of all rows within the caller's scope.
    ///
    /// Boxed: the future of every field has the size of the largest one of its object.
    pub fn all<'c>(
        ctx: &'c Context<'_>,
        filter: Option<<N::Row as Paginated>::Filter>,
        ordering: Ordering,
        args: PageArgs,
    ) -> BoxFuture<'c, Result<Self>> {
        async move {
            let request = request(ctx)?;
            let page = PageRequest::new(ordering, args)?;
            list_query::require_order::<N::Row>(request.caller(), ordering)?;
            let filter = list_query::validated_filter::<N::Row>(request.caller(), filter)?;
            if !selects_rows(ctx) {
                return Ok(Self { slice: page.slice(Vec::new()), page, filter, parent: None });
            }
            let has_total = selects_total(ctx);
            let slice = list_query::page(&mut *request.session().await?, &filter, &page, has_total).await?;
            prefetch::<N>(ctx, &request.loaders(), &slice.rows).await;
            Ok(Self { slice, page, filter, parent: None })
        }
        .boxed()
    }

    /// Returns a page of the rows under one parent. Boxed for the same reason as [`Connection::all`].
    pub fn of_parent<'c>(
        ctx: &'c Context<'_>,
        parent: (ParentCondition, Uuid),
        filter: Option<<N::Row as Paginated>::Filter>,
        ordering: Ordering,
        args: PageArgs,
    ) -> BoxFuture<'c, Result<Self>> {
        async move {
            let request = request(ctx)?;
            let page = PageRequest::new(ordering, args)?;
            list_query::require_order::<N::Row>(request.caller(), ordering)?;
            let filter = list_query::validated_filter::<N::Row>(request.caller(), filter)?;
            let (condition, id) = parent;
            let loaders = request.loaders();
            let slice = match N::lists(&loaders) {
                Some(lists) if selects_rows(ctx) => {
                    let key = (id, condition, filter.clone(), page.clone(), selects_total(ctx));
                    lists.pages.load_required(key).await?
                }
                Some(_) | None => page.slice(Vec::new()),
            };
            prefetch::<N>(ctx, &loaders, &slice.rows).await;
            Ok(Self { slice, page, filter, parent: Some(parent) })
        }
        .boxed()
    }

    fn edge(&self, row: &Authorized<N::Row>) -> Edge<N> {
        Edge::new(row, &self.page)
    }
}

impl<N: ConnectionNode> TypeName for Connection<N> {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed(N::CONNECTION)
    }
}

/// A page of a list, by the Relay cursor connections specification. Cursors mark positions, so that rows inserted
/// between two requests neither repeat nor hide other rows.
#[Object(name_type)]
impl<N: ConnectionNode> Connection<N> {
    /// The rows of the page with their cursors, in the order of the list.
    async fn edges(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Edge<N>>> {
        counted(ctx, self.slice.rows.iter().map(|row| self.edge(row)).collect()).await
    }

    /// The rows of the page without their cursors, in the order of the list.
    async fn nodes(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<N>> {
        counted(ctx, self.slice.rows.iter().map(|row| N::from(row.clone())).collect()).await
    }

    /// The position of the page in the list.
    async fn page_info(&self) -> PageInfo {
        PageInfo::of::<N>(&self.slice, &self.page)
    }

    /// The number of rows in the whole list that match the filter. Counted only if selected.
    async fn total_count(&self, ctx: &Context<'_>) -> async_graphql::Result<i32> {
        let request = request(ctx)?;
        let rows = match (self.slice.total_count, self.parent, N::lists(&request.loaders())) {
            (Some(total), _, _) => total,
            // A page behind the end of its list has no row to count the list with.
            (None, Some((condition, id)), Some(lists)) => {
                lists.counts.load_required((id, condition, self.filter.clone())).await?
            }
            (None, _, _) => list_query::count::<N::Row>(&mut *request.session().await?, &self.filter).await?,
        };
        Ok(i32::try_from(rows).unwrap_or(i32::MAX))
    }

    /// The file of this very list: all of its pages, under the same filter and in the same order. It is written while it is
    /// downloaded, with the rows of that time.
    async fn download(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The format of the file: CSV for programs, XLSX for people.")] format: FileFormat,
        #[graphql(
            desc = "The names of the columns, as in the first line of the file, in the order wanted; default all columns that the viewer may see. Unknown names, and one that occurs twice, are BAD_USER_INPUT."
        )]
        columns: Option<Vec<String>>,
    ) -> async_graphql::Result<DownloadFile> {
        let ordering = self.page.ordering;
        let list = file::List { filter: self.filter.clone(), parent: self.parent, ordering };
        Ok(file::download::<N::Row>(request(ctx)?.caller(), list, format, columns.as_deref())?)
    }
}

/// A row of a page and its cursor.
pub struct Edge<N: ConnectionNode> {
    cursor: String,
    node: Authorized<N::Row>,
}

impl<N: ConnectionNode> Edge<N> {
    /// Returns the edge of a row of a page.
    pub fn new(row: &Authorized<N::Row>, page: &PageRequest) -> Self {
        Self { cursor: row.position(page).cursor(page.ordering), node: row.clone() }
    }
}

impl<N: ConnectionNode> TypeName for Edge<N> {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed(N::EDGE)
    }
}

/// A row of a page and its position in the list.
#[Object(name_type)]
impl<N: ConnectionNode> Edge<N> {
    /// The position of the row, to be passed as `after` or `before`. Opaque, and valid only for lists of the same
    /// order.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    /// The row at this position.
    async fn node(&self) -> N {
        N::from(self.node.clone())
    }
}

/// The position of a page in its list.
#[derive(SimpleObject)]
pub struct PageInfo {
    /// Whether the list has rows after the page; the next page is `first` rows `after` endCursor.
    has_next_page: bool,
    /// Whether the list has rows before the page; the previous page is `last` rows `before` startCursor.
    has_previous_page: bool,
    /// The cursor of the first row of the page; null if the page is empty.
    start_cursor: Option<String>,
    /// The cursor of the last row of the page; null if the page is empty.
    end_cursor: Option<String>,
}

impl PageInfo {
    /// Returns the position of a page.
    pub fn of<N: ConnectionNode>(slice: &PageSlice<Authorized<N::Row>>, page: &PageRequest) -> Self {
        let cursor = |row: Option<&Authorized<N::Row>>| row.map(|row| Edge::<N>::new(row, page).cursor);
        Self {
            has_next_page: slice.has_next_page,
            has_previous_page: slice.has_previous_page,
            start_cursor: cursor(slice.rows.first()),
            end_cursor: cursor(slice.rows.last()),
        }
    }
}
