//! A stateful stand-in for the part of Stripe's API (version 1) that revshare uses: connected accounts and their
//! onboarding, transfers and their reversals, what billing reports, and signed events.
//!
//! It serves plain HTTP on 127.0.0.1 only, moves no money and knows no real key. Tests and the demo use it; tests can
//! also let requests fail in the ways in which they fail with Stripe.

mod account;
mod acts;
mod answer;
mod api;
mod billing;
mod currency;
mod dashboard;
mod delivery;
pub mod demo;
mod error;
mod event;
mod fault;
mod idempotency;
mod list;
mod look;
mod onboarding;
mod options;
mod page;
mod payout;
mod processing;
mod request;
mod server;
mod shape;
mod shared;
mod state;
mod transfer;

use std::io;
use std::sync::Arc;

pub use account::Account;
pub use billing::{CreditNote, Dispute, Invoice, Refund};
pub use delivery::Delivery;
pub use error::{Error, Result};
pub use event::{Event, sign, sign_now};
pub use fault::Fault;
pub use look::Request;
pub use options::{EventTarget, Options, Platform};
pub use transfer::Transfer;

use server::Server;
use shared::Shared;
use state::State;

/// The version of Stripe's API whose shapes the objects have, and that events and answers without a `Stripe-Version`
/// state.
pub const API_VERSION: &str = "2026-10-28.endive";

/// A running stand-in. It ends when it is dropped.
pub struct StandIn {
    shared: Arc<Shared>,
    server: Server,
}

impl StandIn {
    /// Starts a stand-in on 127.0.0.1, with the state of its file if there is one.
    pub async fn start(options: Options) -> io::Result<Self> {
        let state = match &options.state_file {
            Some(file) => State::load(file)?,
            None => State::default(),
        };
        let (server, listener) = Server::bind(options.port)?;
        let shared = Arc::new(Shared::new(options, state, server.url()));
        server.serve(listener, Arc::clone(&shared)).await;
        Ok(Self { shared, server })
    }

    /// Returns the origin that it is reached at, without a slash at the end.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Stops it: closes its connections, and sends no more events.
    pub async fn stop(self) {
        self.shared.stop();
        self.server.stop().await;
    }

    /// Refuses connections and closes those that are open, until [`Self::come_up`]. Requests that are being executed
    /// are executed to their end.
    pub async fn go_down(&self) -> io::Result<()> {
        self.server.go_down().await
    }

    /// Accepts connections again, at the same port.
    pub async fn come_up(&self) -> io::Result<()> {
        self.server.come_up(Arc::clone(&self.shared)).await
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.shared.stop();
        self.server.abort();
    }
}
