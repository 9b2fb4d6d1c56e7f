//! What tests are written with.

mod actor;
mod app;
mod cluster;
mod seed;

pub use actor::Actor;
pub use app::TestApp;
pub use cluster::{TestDatabase, superuser, with_superuser};
pub use seed::{Tenant, batch_input, in_days, invoice_input, refund_input};
