//! What a stand-in is started with.

use std::path::PathBuf;
use std::time::Duration;

/// What a stand-in is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// The port at 127.0.0.1; 0 lets the system choose one.
    pub port: u16,
    /// The file that keeps the state, so that it survives a restart: read at the start, written after each change.
    pub state_file: Option<PathBuf>,
    /// The Stripe accounts whose keys are accepted.
    pub platforms: Vec<Platform>,
    /// Where events are sent.
    pub events_to: Vec<EventTarget>,
    /// After which pauses an event that was not accepted is sent again. Stripe does so for three days.
    pub event_retries: Vec<Duration>,
    /// Whether ids are random, as Stripe's are, and not `tr_1`, `tr_2` …: needed where a database still has objects of
    /// an earlier state, whose file was deleted.
    pub random_ids: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            state_file: None,
            platforms: Vec::new(),
            events_to: Vec::new(),
            event_retries: [1, 5, 30, 120].map(Duration::from_secs).to_vec(),
            random_ids: false,
        }
    }
}

/// A Stripe account of a company that pays its partners.
#[derive(Clone, Debug)]
pub struct Platform {
    /// The secret key, such as `sk_test_1`.
    pub api_key: String,
    /// The id of the account, `acct_…`.
    pub account: String,
    /// Whether the key is one of live mode.
    pub livemode: bool,
}

/// An endpoint that events are sent to: plain HTTP, and on this machine only.
#[derive(Clone, Debug)]
pub struct EventTarget {
    /// The account of the platform whose events it receives; `None` stands for all platforms.
    pub platform: Option<String>,
    /// The URL, `http://127.0.0.1:…`.
    pub url: String,
    /// The secret that signs, `whsec_…`.
    pub secret: String,
    /// Whether it receives the events of connected accounts, instead of those of the platform itself.
    pub connect: bool,
}
