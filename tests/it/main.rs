//! The integration tests: GraphQL through the whole server, against a real PostgreSQL, as real users with real
//! tokens. One binary, a database for each test.

#![expect(clippy::expect_used, reason = "a test that cannot go on fails, with these words")]

mod access;
mod accrual;
mod adjustment;
mod administration;
mod approval;
mod arguments;
mod batching;
mod clients;
mod commands;
mod connections;
mod dashboard;
mod faults;
mod fuzz;
mod house;
mod identity;
mod key_sets;
mod known;
mod limits;
mod lists;
mod migrations;
mod model;
mod money;
mod origins;
mod pages;
mod payout;
mod portal;
mod program;
mod races;
mod reconciliation;
mod refund;
mod rights;
mod run;
mod schema;
mod second_wall;
mod service_token;
mod session;
mod statements;
mod support;
mod survival;
mod telemetry;
mod wire;
