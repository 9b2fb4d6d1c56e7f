//! Pages and counts of every list, for one list or for the lists of many parents in one statement.

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;
use std::marker::PhantomData;

use diesel::deserialize::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Numeric, Text, Timestamptz, Untyped, Uuid as SqlUuid};
use uuid::Uuid;

use super::planning::Planning;
use super::session::{Session, grouped};
use super::within::{OwnedTable, Within};
use crate::access::{Admitted, Caller, Owned, Scope};
use crate::error::Result;
use crate::id::PartnerId;
use crate::page::{Page, Position, Slice, SortKey};

/// A condition on the rows of a list.
pub type Condition = Box<dyn QueryFragment<Pg> + Send>;

/// A row that clients see in lists.
pub trait Listed: Owned + QueryableByName<Pg> + Send + Sync + Sized + 'static {
    /// What a client can ask of the rows.
    type Filter: Clone + Debug + Default + PartialEq + Eq + Hash + Send + Sync + 'static;
    /// Its table.
    const TABLE: OwnedTable;

    /// What must hold, all of it, for the filter to let a row through.
    fn conditions(filter: &Self::Filter) -> Vec<Condition>;

    /// The filter with its text put right, unless it cannot mean anything.
    fn checked(filter: Self::Filter) -> Result<Self::Filter>;

    /// The partner that a filter asks for.
    fn partner_of(filter: &Self::Filter) -> Option<PartnerId>;

    /// Where this row stands in the order of a page.
    fn position(&self, page: &Page) -> Position;

    /// Where the rows that a filter lets through, all or those under a parent, are counted already.
    fn counted(_: &Self::Filter, _: Option<Under>) -> Option<Counted> {
        None
    }
}

/// A table that holds how many rows of another one there are, in parts that add up.
pub struct Counted {
    /// The table.
    pub table: OwnedTable,
    /// Its columns that count; with none, nothing is counted.
    pub columns: Vec<&'static str>,
    /// What must hold for its rows.
    pub conditions: Vec<Condition>,
}

/// Which rows of a table belong to a parent: a condition on its columns and `parent.id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Under(pub(in crate::domain) &'static str);

/// The rows of one partner.
pub const OF_PARTNER: Under = Under("partner_id = parent.id");

/// What a caller asks of a list: refused if it means nothing, or means a partner that is not the caller's.
pub fn asked<R: Listed>(caller: &Caller, filter: Option<R::Filter>) -> Result<R::Filter> {
    let filter = R::checked(filter.unwrap_or_default())?;
    if let Some(partner) = R::partner_of(&filter) {
        caller.scope().must_cover(partner)?;
    }
    Ok(filter)
}

/// One part of a list.
pub async fn page<R: Listed>(
    db: &mut Session,
    filter: &R::Filter,
    page: &Page,
) -> Result<Slice<Admitted<R>>> {
    let listing = Listing::<R>::new(db.scope(), filter, Wanted::Rows(page.clone()), None);
    let rows = db.planned(listing.planning(), async |db| db.rows(listing).await).await?;
    Ok(page.slice(rows))
}

/// How many rows a list has.
pub async fn count<R: Listed>(db: &mut Session, filter: &R::Filter) -> Result<i64> {
    let listing = Listing::<R>::new(db.scope(), filter, Wanted::Count, None);
    let counts: Vec<Count> = db.planned(listing.planning(), async |db| db.figures(listing).await).await?;
    Ok(counts.iter().map(|count| count.rows).sum())
}

/// The same part of the list of each parent.
pub async fn pages_of<R: Listed>(
    db: &mut Session,
    parents: (Under, Vec<Uuid>),
    filter: &R::Filter,
    page: &Page,
) -> Result<HashMap<Uuid, Slice<Admitted<R>>>> {
    let listing = Listing::<R>::new(db.scope(), filter, Wanted::Rows(page.clone()), Some(parents));
    let rows: Vec<(Parent, R)> = db.planned(listing.planning(), async |db| db.figures(listing).await).await?;
    let admitted = rows
        .into_iter()
        .map(|(parent, row)| Ok((parent.parent_id, db.scope().admit(row)?)))
        .collect::<Result<Vec<_>>>()?;
    Ok(grouped(admitted).into_iter().map(|(parent, rows)| (parent, page.slice(rows))).collect())
}

/// How many rows the list of each parent has.
pub async fn counts_of<R: Listed>(
    db: &mut Session,
    parents: (Under, Vec<Uuid>),
    filter: &R::Filter,
) -> Result<HashMap<Uuid, i64>> {
    let listing = Listing::<R>::new(db.scope(), filter, Wanted::Count, Some(parents));
    let counts: Vec<(Parent, Count)> =
        db.planned(listing.planning(), async |db| db.figures(listing).await).await?;
    Ok(counts.into_iter().map(|(parent, count)| (parent.parent_id, count.rows)).collect())
}

#[derive(QueryableByName)]
struct Parent {
    #[diesel(sql_type = SqlUuid)]
    parent_id: Uuid,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

enum Wanted {
    Rows(Page),
    Count,
    /// Of these columns.
    Sum(Vec<&'static str>),
}

/// The statement behind a list. Written out here because Diesel has no LATERAL, which is what lets one statement
/// find a page for each of many parents through the same index that finds it for one.
struct Listing<R: Listed> {
    table: OwnedTable,
    within: Within,
    conditions: Vec<Condition>,
    wanted: Wanted,
    parents: Option<(Under, Vec<Uuid>)>,
    row: PhantomData<fn() -> R>,
}

impl<R: Listed> Listing<R> {
    fn new(scope: &Scope, filter: &R::Filter, wanted: Wanted, parents: Option<(Under, Vec<Uuid>)>) -> Self {
        let counted = match wanted {
            Wanted::Count => R::counted(filter, parents.as_ref().map(|(under, _)| *under)),
            Wanted::Rows(_) | Wanted::Sum(_) => None,
        };
        let (table, conditions, wanted) = match counted {
            Some(counted) => (counted.table, counted.conditions, Wanted::Sum(counted.columns)),
            None => (R::TABLE, R::conditions(filter), wanted),
        };
        Self { table, within: Within::new(table, scope), conditions, wanted, parents, row: PhantomData }
    }

    /// A filter may let many rows through, or hardly any, and so may several partners of a user. Without them, an index has
    /// the rows in their order.
    fn planning(&self) -> Planning {
        if self.conditions.is_empty() && !self.within.is_of_several() {
            Planning::Once
        } else {
            Planning::EachTime
        }
    }

    /// SELECT … FROM table WHERE …, for one parent if there are parents.
    fn walk_rows<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        match &self.wanted {
            Wanted::Rows(_) => out.push_sql("SELECT *"),
            Wanted::Count => out.push_sql("SELECT count(*) AS rows"),
            Wanted::Sum(columns) => {
                let sum = if columns.is_empty() { "0".to_owned() } else { columns.join(" + ") };
                out.push_sql(&format!("SELECT coalesce(sum({sum}), 0)::bigint AS rows"));
            }
        }
        out.push_sql(" FROM ");
        out.push_sql(self.table.name);
        out.push_sql(" WHERE ");
        self.within.walk_ast(out.reborrow())?;
        for condition in &self.conditions {
            out.push_sql(" AND (");
            condition.walk_ast(out.reborrow())?;
            out.push_sql(")");
        }
        if let Some((Under(condition), _)) = &self.parents {
            out.push_sql(" AND ");
            out.push_sql(condition);
        }
        let Wanted::Rows(page) = &self.wanted else { return Ok(()) };
        let descending = page.ordering.descending;
        for (position, beyond) in [(&page.after, !descending), (&page.before, descending)] {
            if let Some(position) = position {
                walk_beyond::<R>(page, position, beyond, out.reborrow())?;
            }
        }
        walk_order(R::TABLE.name, page, out.reborrow());
        // One row more than the page, to know whether the list goes on.
        out.push_sql(&format!(" LIMIT {}", page.limit.saturating_add(1)));
        Ok(())
    }
}

/// AND (column, id) > (…): rows on one side of a position, as one comparison that an index can start from.
fn walk_beyond<'b, R: Listed>(
    page: &Page,
    position: &'b Position,
    greater: bool,
    mut out: AstPass<'_, 'b, Pg>,
) -> QueryResult<()> {
    let (table, column) = (R::TABLE.name, page.ordering.column);
    let operator = if greater { ">" } else { "<" };
    out.push_sql(&format!(" AND ({table}.{column}, {table}.id) {operator} ("));
    match &position.key {
        SortKey::Instant(at) => out.push_bind_param::<Timestamptz, _>(at)?,
        SortKey::Amount(amount) => out.push_bind_param::<Numeric, _>(amount)?,
        SortKey::Text(text) => out.push_bind_param::<Text, _>(text)?,
    }
    out.push_sql(", ");
    out.push_bind_param::<SqlUuid, _>(&position.id)?;
    out.push_sql(")");
    Ok(())
}

fn walk_order(table: &str, page: &Page, mut out: AstPass<'_, '_, Pg>) {
    let column = page.ordering.column;
    let direction = if page.ordering.descending != page.backward { "DESC" } else { "ASC" };
    out.push_sql(&format!(" ORDER BY {table}.{column} {direction}, {table}.id {direction}"));
}

impl<R: Listed> QueryFragment<Pg> for Listing<R> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let Some((_, parents)) = &self.parents else { return self.walk_rows(out) };
        out.push_sql("SELECT parent.id AS parent_id, page.* FROM unnest(");
        out.push_bind_param::<Array<SqlUuid>, _>(parents)?;
        out.push_sql(") AS parent (id) CROSS JOIN LATERAL (");
        self.walk_rows(out.reborrow())?;
        out.push_sql(") AS page");
        if let Wanted::Rows(page) = &self.wanted {
            walk_order("page", page, out.reborrow());
        }
        Ok(())
    }
}

impl<R: Listed> QueryId for Listing<R> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<R: Listed> Query for Listing<R> {
    type SqlType = Untyped;
}

impl<R: Listed, Connection> diesel::RunQueryDsl<Connection> for Listing<R> {}
