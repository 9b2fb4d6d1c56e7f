//! Attacks on the availability of the server: while a client does the worst that it can, callers of other tenants are
//! answered as before, memory stays bounded, and afterwards everything is as it was.
//!
//! Each test has a server of its own, and the tests run one after the other. `cargo test --test it faults::attacks --
//! --nocapture` prints what was measured; `PROGRAM=target/release/revshare` measures another build.

mod bodies;
pub mod client;
mod connections;
pub mod dataset;
mod documents;
pub mod http2;
pub mod memory;
mod pages;
pub mod target;
mod tenants;
mod tokens;
pub mod trial;
