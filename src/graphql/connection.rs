//! ListLoaders as clients see them: connections, by the Relay cursor specification.

use std::borrow::Cow;

use async_graphql::{Context, Lookahead, Object, OutputType, SimpleObject, TypeName};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use uuid::Uuid;

use super::context::request;
use super::loaders::{ListLoaders, Loaders};
use crate::auth::Authorized;
use crate::domain::db::list_query::{self, Paginated, ParentCondition};
use crate::primitives::error::Result;
use crate::primitives::pagination::{Ordering, PageRequest, PageSlice};

/// A node that comes in lists.
pub trait ConnectionNode: OutputType + From<Authorized<Self::Row>> {
    /// Its row.
    type Row: Paginated;
    /// The name of its connection.
    const CONNECTION: &'static str;
    /// The name of its edge.
    const EDGE: &'static str;

    /// The loader of its lists under a parent, if it has parents.
    fn lists(loaders: &Loaders) -> Option<&ListLoaders<Self::Row>>;

    /// Loads what the rows of a page are asked for beside their own columns, as far as it pays to know it ahead.
    fn prefetch<'l>(_: &'l Loaders, _: &[Lookahead<'_>], _: &[Authorized<Self::Row>]) -> BoxFuture<'l, ()> {
        ready(()).boxed()
    }
}

/// Loads what a page of a list, which `ctx` asks for, will be asked for.
async fn prefetch<N: ConnectionNode>(ctx: &Context<'_>, loaders: &Loaders, rows: &[Authorized<N::Row>]) {
    let prefetched = {
        let page = ctx.look_ahead();
        N::prefetch(loaders, &[page.field("nodes"), page.field("edges").field("node")], rows)
    };
    prefetched.await;
}

/// The arguments by which every connection is paged.
#[derive(Debug)]
pub struct Paging {
    /// first and after.
    pub forward: (Option<i32>, Option<String>),
    /// last and before.
    pub backward: (Option<i32>, Option<String>),
}

/// A page of a list, with what it takes to count the list.
pub struct Connection<N: ConnectionNode> {
    slice: PageSlice<Authorized<N::Row>>,
    page: PageRequest,
    filter: <N::Row as Paginated>::Filter,
    parent: Option<(ParentCondition, Uuid)>,
}

impl<N: ConnectionNode> Connection<N> {
    /// A page of all rows that the caller may see.
    ///
    /// Boxed: every field of an object takes the room of its largest one, whether that is asked for or not.
    pub fn of_all<'c>(
        ctx: &'c Context<'_>,
        filter: Option<<N::Row as Paginated>::Filter>,
        ordering: Ordering,
        paging: Paging,
    ) -> BoxFuture<'c, Result<Self>> {
        async move {
            let request = request(ctx)?;
            let page = PageRequest::new(ordering, paging.forward, paging.backward)?;
            let filter = list_query::validated_filter::<N::Row>(request.caller(), filter)?;
            let slice = list_query::page(&mut *request.session().await?, &filter, &page).await?;
            prefetch::<N>(ctx, &request.loaders(), &slice.rows).await;
            Ok(Self { slice, page, filter, parent: None })
        }
        .boxed()
    }

    /// A page of the rows under one parent; boxed, too.
    pub fn under<'c>(
        ctx: &'c Context<'_>,
        parent: (ParentCondition, Uuid),
        filter: Option<<N::Row as Paginated>::Filter>,
        ordering: Ordering,
        paging: Paging,
    ) -> BoxFuture<'c, Result<Self>> {
        async move {
            let request = request(ctx)?;
            let page = PageRequest::new(ordering, paging.forward, paging.backward)?;
            let filter = list_query::validated_filter::<N::Row>(request.caller(), filter)?;
            let (under, id) = parent;
            let loaders = request.loaders();
            let slice = match N::lists(&loaders) {
                Some(lists) => lists.pages.load_required((id, under, filter.clone(), page.clone())).await?,
                None => page.slice(Vec::new()),
            };
            prefetch::<N>(ctx, &loaders, &slice.rows).await;
            Ok(Self { slice, page, filter, parent: Some(parent) })
        }
        .boxed()
    }

    fn edge(&self, row: &Authorized<N::Row>) -> Edge<N> {
        Edge { cursor: row.position(&self.page).cursor(self.page.ordering), node: row.clone() }
    }
}

impl<N: ConnectionNode> TypeName for Connection<N> {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed(N::CONNECTION)
    }
}

/// A page of a list. Pages go by position, not by number: rows that arrive between two pages shift nothing.
#[Object(name_type)]
impl<N: ConnectionNode> Connection<N> {
    /// The rows of the page, each with its cursor, in the order of the list.
    async fn edges(&self) -> Vec<Edge<N>> {
        self.slice.rows.iter().map(|row| self.edge(row)).collect()
    }

    /// The rows of the page, in the order of the list.
    async fn nodes(&self) -> Vec<N> {
        self.slice.rows.iter().map(|row| N::from(row.clone())).collect()
    }

    /// Where the page lies in the list.
    async fn page_info(&self) -> PageInfo {
        let cursor = |row: Option<&Authorized<N::Row>>| row.map(|row| self.edge(row).cursor);
        PageInfo {
            has_next_page: self.slice.has_next_page,
            has_previous_page: self.slice.has_previous_page,
            start_cursor: cursor(self.slice.rows.first()),
            end_cursor: cursor(self.slice.rows.last()),
        }
    }

    /// How many rows the whole list has under its filter. Counted only when asked for.
    async fn total_count(&self, ctx: &Context<'_>) -> async_graphql::Result<i32> {
        let request = request(ctx)?;
        let rows = match (self.parent, N::lists(&request.loaders())) {
            (Some((under, id)), Some(lists)) => {
                lists.counts.load_required((id, under, self.filter.clone())).await?
            }
            _ => list_query::count::<N::Row>(&mut *request.session().await?, &self.filter).await?,
        };
        Ok(i32::try_from(rows).unwrap_or(i32::MAX))
    }
}

/// One row of a list.
pub struct Edge<N: ConnectionNode> {
    cursor: String,
    node: Authorized<N::Row>,
}

impl<N: ConnectionNode> TypeName for Edge<N> {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed(N::EDGE)
    }
}

/// One row of a list, and its place in it.
#[Object(name_type)]
impl<N: ConnectionNode> Edge<N> {
    /// Its place in the list: pass it as `after` or `before` to go on from here. Opaque, and good for one order only.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    /// The row.
    async fn node(&self) -> N {
        N::from(self.node.clone())
    }
}

/// Where a page lies in its list.
#[derive(SimpleObject)]
pub struct PageInfo {
    /// Whether the list goes on after the page: ask for `first` rows `after` endCursor.
    has_next_page: bool,
    /// Whether the list has rows before the page: ask for the `last` rows `before` startCursor.
    has_previous_page: bool,
    /// The cursor of the first row of the page; null when the page is empty.
    start_cursor: Option<String>,
    /// The cursor of the last row of the page; null when the page is empty.
    end_cursor: Option<String>,
}
