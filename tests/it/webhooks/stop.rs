//! The program stops in the middle of deliveries, and the next one goes on.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use nix::sys::signal::Signal;
use tokio::task::block_in_place;

use super::receiver::{Answer, Receiver};
use super::{create_endpoint, ended_deliveries};
use crate::support::{Folder, Program, acme_with_partner};

/// The deliveries that are due.
const DUE: usize = 100;
/// The attempts to an endpoint at a time.
const AT_A_TIME: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_ends_what_has_begun_and_the_next_one_delivers_the_rest() {
    let (acme, _) = acme_with_partner().await;
    let late = std::iter::repeat_n(Answer::Late(Duration::from_secs(5)), AT_A_TIME);
    let receiver = Receiver::start(late).await;
    create_endpoint(&acme, &receiver.url, &["PARTNER_CREATED"]).await;
    let mut expected = BTreeSet::new();
    for n in 0..DUE {
        expected.insert(acme.create_partner(&format!("partner {n}")).await);
    }
    let (folder, urls) = (Folder::new(), acme.app.database.urls());
    let start = || {
        let mut command = folder.command_for(&urls, &["serve"]);
        // The key of the endpoint's secret.
        command.env("SECRETS_KEY", STANDARD.encode([7; 32])).env("RUST_LOG", "warn");
        block_in_place(|| Program::start_with(&mut command))
    };

    let server = start();
    receiver.wait_for(AT_A_TIME).await;
    let exit = block_in_place(|| server.signal(Signal::SIGTERM));
    assert!(exit.success(), "{exit}");
    let log = std::fs::read_to_string(folder.0.with_extension("log")).expect("a log");
    assert!(!log.contains("in time"), "something was cut off: {log}");
    assert_eq!(receiver.received().len(), AT_A_TIME, "nothing begins after the signal");

    let restarted = start();
    let ended = ended_deliveries(&acme, DUE).await;
    assert!(ended.iter().all(|delivery| delivery["status"] == "DELIVERED"), "{ended:#?}");
    let received = receiver.received();
    let partner = |body: serde_json::Value| body["data"]["partner"]["id"].as_str().map(str::to_owned);
    let arrived: BTreeSet<_> = received.iter().filter_map(|request| partner(request.json())).collect();
    assert_eq!(arrived, expected);
    assert_eq!(received.len(), DUE, "what was acknowledged is not sent again");
    let metrics = block_in_place(|| restarted.get("/metrics"));
    let rest = DUE - AT_A_TIME;
    for metric in [
        format!("revshare_webhook_attempts_total{{outcome=\"delivered\"}} {rest}"),
        "revshare_jobs{lane=\"WEBHOOK\",state=\"due\"} 0".to_owned(),
        "revshare_job_oldest_due_seconds{lane=\"WEBHOOK\"} 0.0".to_owned(),
    ] {
        assert!(metrics.lines().any(|line| line.trim() == metric), "{metric} is missing in {metrics}");
    }
    assert!(!metrics.contains("acme"), "{metrics}");
    assert!(block_in_place(|| restarted.signal(Signal::SIGTERM)).success());
}
