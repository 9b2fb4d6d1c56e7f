//! What tests are written with.

mod app;
mod client;
mod cluster;
mod panics;
mod portal;
mod program;
pub mod provider;
mod seed;

pub use app::{SECRET, TestApp};
pub use client::{Client, GraphqlResponse};
pub use cluster::{TestDatabase, superuser, with_superuser};
pub use portal::{built_pages, node, npm_run};
pub use program::{Folder, Program, output_text};
pub use seed::{TestTenant, batch_input, in_days, invoice_input, refund_input};
