//! Fault injection: every acknowledged write is stored exactly once, even if processes are killed or connections cut,
//! and no client can make the service unavailable to others.

mod attacks;
mod chaos;
mod commit_outcome;
mod database;
mod database_outage;
mod environment;
mod history;
mod migration;
mod overload;
mod private_postgresql;
pub mod proxied_tenant;
pub mod proxy;
mod soak;
mod startup;
mod tls;
mod unwritable_database;
