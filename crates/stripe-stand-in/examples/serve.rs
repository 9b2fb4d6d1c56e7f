//! Serves a stand-in by hand, until Ctrl-C: see the README.

use std::path::PathBuf;

use stripe_stand_in::{EventTarget, Options, Platform, StandIn};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let state_file = arguments.next().map(PathBuf::from);
    let events_to = arguments.next().into_iter().flat_map(|url| {
        [false, true].map(|connect| EventTarget {
            platform: None,
            url: url.clone(),
            secret: "whsec_stand_in_0123456789".to_owned(),
            connect,
        })
    });
    let platform = Platform {
        api_key: "sk_test_stand_in".to_owned(),
        account: "acct_standin".to_owned(),
        livemode: false,
    };
    let options = Options {
        port: 12111,
        state_file,
        platforms: vec![platform],
        events_to: events_to.collect(),
        ..Options::default()
    };
    let stand_in = StandIn::start(options).await?;
    println!("A stand-in for Stripe is at {}, for the key sk_test_stand_in. No money moves.", stand_in.url());
    tokio::signal::ctrl_c().await?;
    stand_in.stop().await;
    Ok(())
}
