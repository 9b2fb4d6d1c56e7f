//! The order of a list in SQL, and the comparison with a position in it.

use std::borrow::Cow;

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Numeric, Text, Timestamptz, Uuid as SqlUuid};

use crate::primitives::pagination::{Ordering, PageRequest, Position, SortKey, SortKind};

/// The key of an amount, as the generated columns compute it; the greatest key stands for all larger amounts.
const AMOUNT_KEY: [&str; 2] =
    ["least(greatest(", "::numeric * 10000, -9223372036854775808), 9223372036854775807)::bigint"];

/// Returns the column that is sorted and compared.
///
/// An amount is stored a second time, as a whole number of ten-thousandths: `numeric < numeric` is not leakproof, so
/// that PostgreSQL evaluates it after the policy on each row, and never looks a position up in an index.
fn sort_column(ordering: Ordering) -> Cow<'static, str> {
    match ordering.kind {
        SortKind::Amount => Cow::Owned(format!("{}_key", ordering.column)),
        SortKind::Timestamp | SortKind::Text => Cow::Borrowed(ordering.column),
    }
}

/// The end of a statement that is written by hand and selects a page: ` AND (column, id) > (…) ORDER BY … LIMIT …`. One row more
/// than the page has, to detect whether there are further rows.
pub(in crate::domain) struct PageOf {
    table: &'static str,
    page: PageRequest,
    limit: i64,
}

impl PageOf {
    /// Returns the end of a statement that selects a page of a table.
    pub fn new(table: &'static str, page: &PageRequest) -> Self {
        let limit = i64::try_from(page.limit).unwrap_or(i64::MAX).saturating_add(1);
        Self { table, page: page.clone(), limit }
    }
}

impl QueryFragment<Pg> for PageOf {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        walk_positions(self.table, &self.page, out.reborrow())?;
        walk_order(self.table, &self.page, out.reborrow());
        out.push_sql(" LIMIT ");
        out.push_bind_param::<BigInt, _>(&self.limit)
    }
}

/// Writes `ORDER BY column, id` in the direction of a page.
pub(super) fn walk_order(table: &str, page: &PageRequest, mut out: AstPass<'_, '_, Pg>) {
    let column = sort_column(page.ordering);
    let direction = if page.ordering.descending != page.backward { "DESC" } else { "ASC" };
    out.push_sql(&format!(" ORDER BY {table}.{column} {direction}, {table}.id {direction}"));
}

/// Writes `AND (column, id) > (…)` for the positions of a page: the rows on one side of a position, as one comparison
/// that an index can start from.
pub(super) fn walk_positions<'b>(
    table: &str,
    page: &'b PageRequest,
    mut out: AstPass<'_, 'b, Pg>,
) -> QueryResult<()> {
    let descending = page.ordering.descending;
    let column = sort_column(page.ordering);
    for (position, is_greater) in [(&page.after, !descending), (&page.before, descending)] {
        let Some(Position { key, id }) = position else { continue };
        let operator = if is_greater { ">" } else { "<" };
        out.push_sql(&format!(" AND ({table}.{column}, {table}.id) {operator} ("));
        match key {
            SortKey::Timestamp(at) => out.push_bind_param::<Timestamptz, _>(at)?,
            SortKey::Amount(amount) => {
                let [before, after] = AMOUNT_KEY;
                out.push_sql(before);
                out.push_bind_param::<Numeric, _>(amount)?;
                out.push_sql(after);
            }
            SortKey::Text(text) => out.push_bind_param::<Text, _>(text)?,
        }
        out.push_sql(", ");
        out.push_bind_param::<SqlUuid, _>(id)?;
        out.push_sql(")");
    }
    Ok(())
}
