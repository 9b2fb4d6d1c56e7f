//! The database below the API: migrations, grants, row-level security and transactions.

mod connections;
mod conversions;
mod grants;
mod migrations;
mod row_level_security;
mod transactions;
