//! What tests of revshare rely on: keys, faults, the state file, transfers, events.

#![expect(clippy::unwrap_used, reason = "a test panics with the reason")]

mod events;
mod faults;
mod idempotency;
mod state_file;
mod support;
mod transfers;
