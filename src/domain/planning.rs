//! When PostgreSQL plans a statement that a connection has prepared.

/// When a statement is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planning {
    /// Once in a connection, for any values: what goes by index and finds few rows, whatever is asked for. PostgreSQL would
    /// plan most of it anew each time, because a plan for values that it knows looks a little cheaper; planning then takes up
    /// to four times as long as carrying out.
    Once,
    /// Each time, for its values: what goes another way when they are rare, as a filter does, or reads all rows of a tenant.
    /// Left to itself, PostgreSQL turns to a plan for any values after five times; reconciling a tenant by such a plan took
    /// more than a minute.
    EachTime,
    /// As PostgreSQL decides: what changes something.
    Undecided,
}

impl Planning {
    /// The value of `plan_cache_mode` that says so.
    pub(in crate::domain) const fn setting(self) -> &'static str {
        match self {
            Self::Once => "force_generic_plan",
            Self::EachTime => "force_custom_plan",
            Self::Undecided => "auto",
        }
    }
}
