//! The demo tenant with the stand-in for Stripe that `make run` starts: payouts arrive, are refused, and come back.

use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use stripe_stand_in::{StandIn, demo};

use crate::support::{Folder, Program, run_input};

const PAYOUTS: &str =
    "{ payouts { nodes { id status attention partner { companyName } attempts { status code } } } }";

/// The payouts of the run, by the name of their partner.
fn payout(server: &Program, token: &str, partner: &str) -> Value {
    let body = json!({ "query": PAYOUTS }).to_string();
    let shown = server.post(token, &body);
    let payouts = shown["data"]["payouts"]["nodes"].as_array().expect("payouts").clone();
    let of_run = |payout: &Value| {
        payout["partner"]["companyName"] == partner
            && payout["attempts"].as_array().is_some_and(|all| !all.is_empty())
    };
    payouts.into_iter().find(of_run).unwrap_or_default()
}

fn wait_for(server: &Program, token: &str, partner: &str, is_wanted: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..300 {
        let shown = payout(server, token, partner);
        if is_wanted(&shown) {
            return shown;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{:#}", payout(server, token, partner));
}

fn start(folder: &Folder, stripe: &StandIn) -> Program {
    let server = Program::start_with(folder.command(&[]).env("STRIPE_API_URL", stripe.url()));
    let options = demo::options(0, None, &format!("http://{}", server.address));
    stripe.send_events_to(options.events_to);
    server
}

/// Presses a button of the dashboard of the stand-in.
async fn press(stripe: &StandIn, path: &str, fields: &[(&str, &str)]) {
    let body: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let request = request
        .post(format!("{}/dashboard/{path}", stripe.url().trim_end_matches('/')))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body.join("&"));
    assert_eq!(request.send().await.expect("a response").status().as_u16(), 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn payouts_of_the_demo_arrive_are_refused_and_come_back() {
    let folder = Folder::new();
    let options = demo::options(0, None, "http://127.0.0.1:9");
    let stripe = demo::start(options).await.expect("a stand-in");
    let server = start(&folder, &stripe);
    let finance = folder.token("fiona", "finance");
    let mutate = |query: &str, input: &Value| {
        let body = json!({ "query": query, "variables": { "input": input } }).to_string();
        server.post(&finance, &body)["data"].clone()
    };
    let run = "mutation($input: RunPayoutsInput!) { runPayouts(input: $input) { payouts { id } userErrors { message } } }";
    let made = mutate(run, &run_input());
    let ids: Vec<_> =
        made["runPayouts"]["payouts"].as_array().expect("payouts").iter().map(|row| &row["id"]).collect();
    assert!(ids.len() >= 2, "{made:#}");
    let send =
        "mutation($input: SendPayoutsInput!) { sendPayouts(input: $input) { sent { id } skipped { code } } }";
    mutate(send, &json!({ "ids": ids }));
    wait_for(&server, &finance, "Northwind Advisors", |shown| shown["status"] == "COMPLETED");
    let refused = wait_for(&server, &finance, "Rheinwerk Beratung", |shown| shown["attention"] == "NOT_SENT");
    assert_eq!(
        (&refused["status"], &refused["attempts"][0]["code"]),
        (&json!("READY"), &json!("balance_insufficient"))
    );

    press(&stripe, "top-up", &[("platform", demo::PLATFORM), ("currency", "eur")]).await;
    mutate(send, &json!({ "ids": [refused["id"]] }));
    wait_for(&server, &finance, "Rheinwerk Beratung", |shown| shown["status"] == "COMPLETED");
    let transfers = stripe.transfers();
    let of_northwind: Vec<_> =
        transfers.iter().filter(|transfer| transfer.destination == demo::ACCOUNTS[0].0).collect();
    assert!(!of_northwind.is_empty(), "{transfers:#?}");
    for transfer in of_northwind {
        press(&stripe, "reverse", &[("transfer", &transfer.id)]).await;
    }
    wait_for(&server, &finance, "Northwind Advisors", |shown| shown["status"] == "RETURNED");

    // Restarted, the demo is connected as before.
    assert!(server.signal(Signal::SIGTERM).success());
    let server = start(&folder, &stripe);
    let admin = folder.token("adam", "admin");
    let platform =
        json!({ "query": "{ viewer { tenant { stripe { account takesInvoices } } } }" }).to_string();
    let shown = server.post(&admin, &platform);
    let expected = json!({ "account": demo::PLATFORM, "takesInvoices": true });
    assert_eq!(shown["data"]["viewer"]["tenant"]["stripe"], expected);
    assert!(server.signal(Signal::SIGTERM).success());
}
