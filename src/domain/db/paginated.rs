//! What the statements of a list need to know of its rows.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::hash::Hash;

use diesel::deserialize::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use uuid::Uuid;

use super::scope_filter::PartnerTable;
use crate::auth::PartnerOwned;
use crate::primitives::error::Result;
use crate::primitives::id::PartnerId;
use crate::primitives::pagination::{Ordering, PageRequest, Position};

/// A condition on the rows of a list.
pub type Condition = Box<dyn QueryFragment<Pg> + Send>;

/// A row that the API returns in paginated lists.
pub trait Paginated: PartnerOwned + QueryableByName<Pg> + Send + Sync + Sized + 'static {
    /// The filter of the list.
    type Filter: Clone + Debug + Default + PartialEq + Eq + Hash + Send + Sync + 'static;
    /// The table of the rows.
    const TABLE: PartnerTable;
    /// The columns of a row that are stored; by default all of the table.
    const STORED: &'static str = "*";
    /// The columns of a row that are computed and not stored.
    const COMPUTED: &'static [ComputedColumn] = &[];

    /// Returns the conditions of a filter, without its statuses; a row must meet all of them.
    fn conditions(filter: &Self::Filter) -> Vec<Condition>;

    /// Returns the conditions that a filter has in addition for partner users: it must not tell them what is masked.
    fn restrictions(_: &Self::Filter) -> Vec<Condition> {
        Vec::new()
    }

    /// Returns whether an order is for staff only, because its cursors contain what is masked for partner users.
    fn is_for_staff(_: Ordering) -> bool {
        false
    }

    /// Returns the statuses of a filter, each of them once; `None` for any.
    fn statuses(_: &Self::Filter) -> Option<Vec<String>> {
        None
    }

    /// Returns whether an index has the rows of a filter in this order, for each of its statuses and whatever its values.
    /// There is one by partner, status and date, and one for all partners of a tenant.
    fn is_indexed(_: &Self::Filter, _: Ordering) -> bool {
        false
    }

    /// Normalizes and checks a filter.
    fn validate(filter: Self::Filter) -> Result<Self::Filter>;

    /// Returns the partner that a filter names.
    fn partner_of(filter: &Self::Filter) -> Option<PartnerId>;

    /// Returns the position of the row in the order of a page.
    fn position(&self, page: &PageRequest) -> Position;

    /// Returns where the rows of a filter, all or those of a parent, are already counted.
    fn precomputed_count(_: &Self::Filter, _: Option<ParentCondition>) -> Option<PrecomputedCount> {
        None
    }
}

/// A column that is computed from other tables.
pub struct ComputedColumn {
    /// The expression, on the columns of the table.
    pub sql: &'static str,
    /// The name of the column.
    pub name: &'static str,
}

/// A table of counts whose rows add up to the count of a list.
pub struct PrecomputedCount {
    /// The table of counts.
    pub table: PartnerTable,
    /// The column to add up.
    pub column: &'static str,
    /// The conditions on its rows.
    pub conditions: Vec<Condition>,
}

/// The condition that a row belongs to a parent, on the columns of its table and `parent.id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ParentCondition(pub(in crate::domain) &'static str);

/// The parents whose lists are read, and the condition that a row belongs to one.
pub struct Parents {
    /// The condition.
    pub condition: ParentCondition,
    /// The ids of the parents.
    pub ids: Vec<Uuid>,
}

/// The condition that a row belongs to a partner.
pub const OF_PARTNER: ParentCondition = ParentCondition("partner_id = parent.id");

/// Returns the names of the statuses of a filter, each of them once.
pub fn distinct<S: ToString>(statuses: &[S]) -> Vec<String> {
    let names: BTreeSet<String> = statuses.iter().map(S::to_string).collect();
    names.into_iter().collect()
}
