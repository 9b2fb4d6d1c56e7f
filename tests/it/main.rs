//! The integration tests: GraphQL through the whole server, against a real PostgreSQL, as real users with real
//! tokens. One binary, a database for each test.

#![expect(clippy::expect_used, reason = "a test that cannot go on fails, with these words")]

mod api;
mod auth;
mod database;
mod faults;
mod house;
mod http;
mod mails;
mod model;
mod process;
mod rails;
mod schema;
mod support;
mod webhooks;
