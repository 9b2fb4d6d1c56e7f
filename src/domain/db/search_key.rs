//! Conditions on search keys: the texts that begin with a text, without regard to case.
//!
//! A key is a generated column in the collation "C"; the function `search_key` of the database makes it, and makes that of
//! the text searched for. The comparisons are leakproof, so that under row-level security an index serves them, and `%` and
//! `_` are letters.

use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Bool, Nullable, Text};

/// The greatest character: all texts with a beginning come before the beginning followed by it.
pub const GREATEST: &str = r"U&'\+10FFFF'";

/// The condition that an identifier is not personal: that it has none of the characters of `primitives::mask::is_personal`.
macro_rules! is_not_personal {
    ($column:literal) => {
        concat!($column, r" !~ '[@\uff20\ufe6b]'")
    };
}

pub(in crate::domain) use is_not_personal;

/// The condition that one of several keys begins with a text.
#[derive(Clone, Debug)]
pub struct BeginsWith {
    keys: &'static [&'static str],
    text: String,
}

impl BeginsWith {
    /// Returns the condition on these columns, each with the name of its table.
    pub fn new(keys: &'static [&'static str], text: &str) -> Self {
        Self { keys, text: text.to_owned() }
    }
}

impl QueryFragment<Pg> for BeginsWith {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        for (position, key) in self.keys.iter().enumerate() {
            out.push_sql(if position == 0 { "(" } else { " OR " });
            out.push_sql(&format!("({key} >= search_key("));
            out.push_bind_param::<Text, _>(&self.text)?;
            out.push_sql(&format!(") AND {key} < search_key("));
            out.push_bind_param::<Text, _>(&self.text)?;
            out.push_sql(&format!(") || {GREATEST})"));
        }
        out.push_sql(")");
        Ok(())
    }
}

impl QueryId for BeginsWith {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Expression for BeginsWith {
    type SqlType = Bool;
}

impl<QS> AppearsOnTable<QS> for BeginsWith {}

impl<QS> SelectableExpression<QS> for BeginsWith {}

impl<GB> ValidGrouping<GB> for BeginsWith {
    type IsAggregate = is_aggregate::Never;
}

diesel::define_sql_function! {
    /// Returns the search key of a text.
    fn search_key(text: Nullable<Text>) -> Nullable<Text>;
}
