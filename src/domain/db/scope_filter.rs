//! The condition that every read and every write of a partner's rows starts from.

use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, Bool, Text, Uuid as SqlUuid};

use crate::auth::Scope;
use crate::primitives::id::{PartnerId, TenantId};

/// A table whose rows belong to a partner, as SQL names it.
#[derive(Clone, Copy, Debug)]
pub struct PartnerTable {
    /// The table.
    pub name: &'static str,
    /// Its column that says which partner a row belongs to.
    pub partner_column: &'static str,
}

/// `tenant_id = … [AND partner_id = ANY (…)]`: the rows of a table within a scope.
///
/// A condition of our own because Diesel's boxed ones cannot be part of an UPDATE that crosses an await.
#[derive(Debug)]
pub(in crate::domain) struct ScopeFilter {
    table: PartnerTable,
    tenant: TenantId,
    partners: Option<Vec<PartnerId>>,
    has_keys: bool,
}

impl ScopeFilter {
    /// The rows of a table within a scope.
    pub fn by_partner(table: PartnerTable, scope: &Scope) -> Self {
        Self { table, tenant: scope.tenant().clone(), partners: scope.partners(), has_keys: false }
    }

    /// The same for rows that are looked up by their keys: no plan goes through all rows of a partner for them.
    pub fn by_key(table: PartnerTable, scope: &Scope) -> Self {
        Self { has_keys: true, ..Self::by_partner(table, scope) }
    }

    /// Whether it is of some partners of the tenant, more than one and not all.
    pub fn is_of_several(&self) -> bool {
        self.partners.as_ref().is_some_and(|partners| partners.len() > 1)
    }
}

impl Expression for ScopeFilter {
    type SqlType = Bool;
}

impl<QS> AppearsOnTable<QS> for ScopeFilter {}

impl<QS> SelectableExpression<QS> for ScopeFilter {}

impl<GB> ValidGrouping<GB> for ScopeFilter {
    type IsAggregate = is_aggregate::Never;
}

impl QueryId for ScopeFilter {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for ScopeFilter {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let PartnerTable { name, partner_column } = self.table;
        out.push_sql(&format!("{name}.tenant_id = "));
        out.push_bind_param::<Text, _>(&self.tenant)?;
        let Some(partners) = &self.partners else { return Ok(()) };
        out.push_sql(" AND ");
        // Compared in this way, the column starts no index.
        let (before, after) = if self.has_keys { ("(", ") IS TRUE") } else { ("", "") };
        out.push_sql(before);
        out.push_sql(&format!("{name}.{partner_column} = "));
        match partners.as_slice() {
            // Of one partner, an index by partner and date gives the rows in order; of several it does not.
            [partner] => out.push_bind_param::<SqlUuid, _>(partner)?,
            _ => {
                out.push_sql("ANY(");
                out.push_bind_param::<Array<SqlUuid>, _>(partners)?;
                out.push_sql(")");
            }
        }
        out.push_sql(after);
        Ok(())
    }
}
