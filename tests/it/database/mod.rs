//! The database below the API: migrations, grants, row-level security and transactions.

mod changed_at_backfill;
mod connections;
mod conversions;
mod corrections_migration;
mod grants;
mod list_indexes;
mod migrations;
mod planted_rows;
mod row_level_security;
mod search_plans;
mod terms_migration;
mod transactions;

/// Reverts the migration of the search keys, which are generated from columns of earlier migrations: before any of those is
/// reverted.
const REVERT_SEARCH: &str = concat!(
    include_str!("../../../migrations/2026-11-29-000023_search/down.sql"),
    "DELETE FROM __diesel_schema_migrations WHERE version = '20261129000023';"
);
