//! Access to the database: connections, sessions, transactions, lists, migrations.
//!
//! The module is part of `domain`, because `pub(in crate::domain)` keeps SQL out of the resolvers: other modules can
//! use [`session::Session`] and [`transaction::Transaction`], but cannot run a query.

pub mod act;
pub mod audit_entry;
pub mod audit_log;
pub(in crate::domain) mod audit_schema;
pub mod audited_row;
pub(in crate::domain) mod cached_statement;
mod connect;
pub(in crate::domain) mod cursor;
pub mod diagnostics;
pub(in crate::domain) mod event_data;
pub mod job;
pub mod list_cursor;
pub(in crate::domain) mod list_order;
pub mod list_query;
mod list_statement;
pub(in crate::domain) mod mail_schema;
pub mod migrate;
pub(in crate::domain) mod outbox;
mod paginated;
pub(in crate::domain) mod plan_cache;
pub mod pool;
pub(in crate::domain) mod rail_schema;
pub(in crate::domain) mod records;
pub(in crate::domain) mod request_schema;
pub mod request_session;
pub(in crate::domain) mod saved_view_schema;
pub(in crate::domain) mod schema;
pub mod scope_filter;
pub(in crate::domain) mod search_key;
pub mod session;
pub(in crate::domain) mod sql_builder;
pub(in crate::domain) mod statement_schema;
pub mod subquery;
pub(in crate::domain) mod tenant_connection;
pub mod tenant_settings;
pub mod tenant_share;
mod tls;
pub mod transaction;
mod transaction_retry;
pub mod transaction_series;
pub(in crate::domain) mod webhook_schema;
