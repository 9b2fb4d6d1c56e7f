//! The database below the API: migrations, grants, row-level security and transactions.

mod changed_at_backfill;
mod connections;
mod conversions;
mod corrections_migration;
mod grants;
mod list_indexes;
mod migrations;
mod row_level_security;
mod search_plans;
mod terms_migration;
mod transactions;
