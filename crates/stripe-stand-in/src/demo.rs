//! What the stand-in has for the demo tenant. The demo knows the same names.

use std::io;
use std::path::PathBuf;

use crate::options::{EventTarget, Options, Platform};
use crate::{Result, StandIn};

/// The account of the demo tenant, and its key.
pub const PLATFORM: &str = "acct_demoPlatform";
/// The key of that account: one of test mode.
pub const API_KEY: &str = "sk_test_demoStandIn";
/// The secret that events are signed with.
pub const WEBHOOK_SECRET: &str = "whsec_demoStandIn0123456789";
/// The accounts of the partners that can receive transfers, with their countries.
pub const ACCOUNTS: [(&str, &str); 2] = [("acct_demoNorthwind", "US"), ("acct_demoRheinwerk", "DE")];

/// The balance of the demo tenant in euros: less than its largest payout, so that this one is refused.
const EURO_CENTS: i64 = 20_000;

/// Returns the options of a stand-in that sends its events to the demo tenant of a server.
pub fn options(port: u16, state_file: Option<PathBuf>, server: &str) -> Options {
    let events_to = [false, true].map(|connect| EventTarget {
        platform: None,
        url: format!("{server}/webhooks/stripe/demo"),
        secret: WEBHOOK_SECRET.to_owned(),
        connect,
    });
    let platform = Platform { api_key: API_KEY.to_owned(), account: PLATFORM.to_owned(), livemode: false };
    Options {
        port,
        state_file,
        platforms: vec![platform],
        events_to: events_to.to_vec(),
        // The state may be deleted without the database, and the other way round.
        random_ids: true,
        ..Options::default()
    }
}

/// Starts a stand-in with the accounts of the demo, unless its state has them.
pub async fn start(options: Options) -> io::Result<StandIn> {
    let stand_in = StandIn::start(options).await?;
    if stand_in.accounts().is_empty() {
        for (account, country) in ACCOUNTS {
            stand_in.add_account(PLATFORM, Some(account), country);
        }
        stand_in.set_balance(PLATFORM, "eur", Some(EURO_CENTS));
    }
    Ok(stand_in)
}

/// Reads the arguments of the program: the port, the file of the state, the origin of the server.
pub fn arguments(mut arguments: impl Iterator<Item = String>) -> Result<Options> {
    let usage = || crate::Error::new("usage: stripe-stand-in PORT STATE_FILE SERVER_ORIGIN");
    let (port, file, server) = (arguments.next(), arguments.next(), arguments.next());
    match (port.and_then(|port| port.parse().ok()), file, server, arguments.next()) {
        (Some(port), Some(file), Some(server), None) => {
            Ok(options(port, Some(PathBuf::from(file)), server.trim_end_matches('/')))
        }
        _ => Err(usage()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_a_port_a_file_and_a_server() {
        let read = |texts: &[&str]| arguments(texts.iter().map(|text| (*text).to_owned()));
        let options = read(&["12111", "state.json", "http://127.0.0.1:8000/"]).unwrap();
        assert_eq!(options.port, 12_111);
        assert_eq!(options.events_to[0].url, "http://127.0.0.1:8000/webhooks/stripe/demo");
        for wrong in [&[][..], &["x", "y", "z"], &["1", "y"], &["1", "y", "z", "more"]] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
