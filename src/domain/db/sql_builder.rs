//! SQL that is written by hand and assembled from parts, each of which binds its own values.

use std::borrow::Cow;

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{HasSqlType, Untyped};

/// A statement, or the beginning of one: text and values in the order in which they are appended.
///
/// A value becomes the next parameter (`$1`, `$2`, …) at its position, so that no part depends on the numbers of the
/// others, as it would with `diesel::sql_query`.
pub struct SqlBuilder {
    parts: Vec<Part>,
}

enum Part {
    Text(Cow<'static, str>),
    Value(Box<dyn QueryFragment<Pg> + Send>),
}

impl SqlBuilder {
    /// Begins a statement with some text.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self { parts: vec![Part::Text(text.into())] }
    }

    /// Appends text.
    pub fn sql(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.parts.push(Part::Text(text.into()));
        self
    }

    /// Appends a value of a SQL type as a parameter.
    pub fn bind<ST, V>(mut self, value: V) -> Self
    where
        ST: Send + 'static,
        V: ToSql<ST, Pg> + Send + 'static,
        Pg: HasSqlType<ST>,
    {
        self.parts.push(Part::Value(Box::new(Bound { value, sql_type: std::marker::PhantomData::<ST> })));
        self
    }

    /// Appends an expression of Diesel.
    pub fn expression(mut self, expression: impl QueryFragment<Pg> + Send + 'static) -> Self {
        self.parts.push(Part::Value(Box::new(expression)));
        self
    }

    /// Appends another statement, as a part of this one.
    pub fn append(mut self, statement: Self) -> Self {
        self.parts.extend(statement.parts);
        self
    }

    /// Appends what a function appends; for parts that are used in several statements.
    pub fn part(self, append: impl FnOnce(Self) -> Self) -> Self {
        append(self)
    }
}

/// A value and its SQL type.
struct Bound<ST, V> {
    value: V,
    sql_type: std::marker::PhantomData<ST>,
}

impl<ST, V> QueryFragment<Pg> for Bound<ST, V>
where
    V: ToSql<ST, Pg>,
    Pg: HasSqlType<ST>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_bind_param::<ST, V>(&self.value)
    }
}

impl QueryFragment<Pg> for SqlBuilder {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_sql(text),
                Part::Value(value) => value.walk_ast(out.reborrow())?,
            }
        }
        Ok(())
    }
}

impl QueryId for SqlBuilder {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for SqlBuilder {
    type SqlType = Untyped;
}

impl<Connection> diesel::RunQueryDsl<Connection> for SqlBuilder {}
