//! The HTTP server: `/graphql`, the pages, and the endpoints for operators.

mod assets;
mod caller;
pub mod cors;
mod demo_mails;
mod download;
mod handler;
mod health;
mod identity_provider;
pub mod listener;
mod logo;
mod media;
mod options;
mod params;
mod rate_limit;
mod readiness;
mod rejection;
mod rejection_delay;
mod request_log;
mod router;
mod shares;
mod sign_in;
mod state;
mod stripe_webhook;
mod token_lookups;
mod trace;
mod unsubscribe;

pub use identity_provider::{Provider, SignIn};
pub use listener::CONNECTION_BYTES_MAX;
pub use options::{DemoUser, MetricsAccess, Options};
pub use router::router;
pub use state::{AppState, DOWNLOADS_MAX, InFlight};
pub use token_lookups::CALLERS_BYTES_MAX;
