//! What the tests share: the server and database under test, API clients, fixtures, and external processes.

mod app;
mod client;
mod database;
mod fixtures;
pub mod identity_provider;
mod inputs;
mod panics;
mod portal;
mod program;
mod queries;

pub use app::{SECRET, TestApp, test_mails, test_webhooks};
pub use client::{Client, GraphqlResponse, user_errors};
pub use database::{TestDatabase, superuser, with_superuser};
pub use fixtures::{TestTenant, acme, acme_with_partner, transition_input};
pub use inputs::{
    UNKNOWN_ID, batch_input, euros, in_days, invoice_input, money, refund_input, reversal_input, run_input,
    with_fields,
};
pub use portal::{built_pages, node, npm_run};
pub use program::{Folder, Program, output_text};

/// Unwraps a result of the product's own code; fails the test with the error's description.
#[track_caller]
pub fn ok<T>(result: revshare::primitives::error::Result<T>) -> T {
    result.unwrap_or_else(|error| panic!("{}", error.describe()))
}
