//! Lists of rows within a row: each list is one column, an array of records.

use diesel::deserialize::{self, FromSql, FromSqlRow, Queryable};
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::sql_types::{Array, Record, SqlType};

use super::sql_builder::SqlBuilder;

/// The columns of a row, as a tuple of SQL types.
pub type Columns<T> = <<T as Selectable<Pg>>::SelectExpression as Expression>::SqlType;

/// The SQL type of a list of rows.
pub type RecordArray<T> = Array<Record<Columns<T>>>;

/// The rows of one column. A statement that returns several lists needs no transaction to read them from one snapshot.
#[derive(Debug, FromSqlRow)]
pub struct Records<T>(pub Vec<T>);

impl<T, ST> FromSql<Array<Record<ST>>, Pg> for Records<T>
where
    T: Queryable<ST, Pg>,
    ST: SqlType,
    Record<ST>: SqlType,
    Vec<T::Row>: FromSql<Array<Record<ST>>, Pg>,
{
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let rows = Vec::<T::Row>::from_sql(value)?;
        Ok(Self(rows.into_iter().map(T::build).collect::<deserialize::Result<_>>()?))
    }
}

/// Appends `ARRAY(SELECT ROW(…) …)` with the columns of a row; `rest` is what follows, from `FROM` on, where the table has
/// its own name.
pub fn append_records<T>(statement: SqlBuilder, rest: &'static str) -> SqlBuilder
where
    T: Selectable<Pg>,
    T::SelectExpression: diesel::query_builder::QueryFragment<Pg> + Send + 'static,
{
    statement.sql("ARRAY(SELECT ROW(").expression(T::construct_selection()).sql(") ").sql(rest).sql(")")
}
