//! PostgreSQL's `plan_cache_mode`: whether a prepared statement is planned once or for each execution.

/// The plan cache mode of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanCacheMode {
    /// `force_generic_plan`: for look-ups by index that find few rows for any parameters. In mode `auto`, PostgreSQL would
    /// plan most of them on every execution, because a custom plan looks slightly cheaper; planning then takes up to four
    /// times as long as executing. By EXPLAIN (ANALYZE), also with extended statistics, in mode `auto` after seven executions:
    /// the open payouts of a partner are planned in 0.07 ms and found in 0.22 ms, a page of two partners in 0.26 and 0.23 ms.
    Generic,
    /// `force_custom_plan`: for filters and reports, whose best plan depends on the parameters. In mode `auto`, PostgreSQL
    /// switches to a generic plan after five executions; reconciling a tenant by such a plan took more than a minute.
    Custom,
    /// `auto`: for transactions.
    Auto,
}

impl PlanCacheMode {
    /// Returns the value of the setting `plan_cache_mode`.
    pub(in crate::domain) const fn setting(self) -> &'static str {
        match self {
            Self::Generic => "force_generic_plan",
            Self::Custom => "force_custom_plan",
            Self::Auto => "auto",
        }
    }
}
