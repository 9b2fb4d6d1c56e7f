//! Stripe's own client, run with Node.js, judges the stand-in: `portal/tests/stripe-client.mjs`.

#![expect(clippy::expect_used, reason = "a test panics with the reason")]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use stripe_stand_in::{CreditNote, Dispute, EventTarget, Fault, Invoice, Options, Platform, Refund, StandIn};

const KEY: &str = "sk_test_client";
const PLATFORM: &str = "acct_platform";
const SECRET: &str = "whsec_client";

/// Returns the folder of the portal, with the packages of its tests installed.
fn portal() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let built = Command::new(root.join(".make/portal")).arg("--with-tests").output().expect("a shell");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    root.join("portal")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_of_stripe_understands_all_answers_and_events() {
    let platform = Platform { api_key: KEY.to_owned(), account: PLATFORM.to_owned(), livemode: false };
    let options = Options { platforms: vec![platform], ..Options::default() };
    let stand_in = StandIn::start(options).await.expect("a stand-in");
    // The script waits for acts, and the stand-in answers meanwhile.
    tokio::task::block_in_place(|| run_client(&stand_in));
}

fn run_client(stand_in: &StandIn) {
    let mut node = Command::new("node")
        .args(["tests/stripe-client.mjs", &stand_in.url(), KEY, SECRET])
        .current_dir(portal())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node");
    let mut input = node.stdin.take().expect("its input");
    for name in BufReader::new(node.stdout.take().expect("its output")).lines() {
        let told = act(stand_in, &name.expect("a line"));
        writeln!(input, "{told}").expect("a reader");
    }
    let status = node.wait().expect("an end");
    assert!(status.success(), "the client found something: {status}");
}

/// Does what the script asks for, and returns what it is told.
fn act(stand_in: &StandIn, name: &str) -> Value {
    let fail = |times, fault| stand_in.fail_next(times, "POST", "/v1/transfers", fault);
    match name {
        "empty the balance" => stand_in.set_balance(PLATFORM, "usd", Some(99)),
        "fill the balance" => stand_in.set_balance(PLATFORM, "usd", None),
        "rate limit" => fail(1, Fault::RateLimited),
        "forbid" => fail(1, Fault::Forbidden),
        "refuse like a card" => fail(1, Fault::Refused { status: 402, code: "card_declined".to_owned() }),
        "fail outside" => fail(1, Fault::DependencyFailed { is_kept: false }),
        "fail after executing" => fail(1, Fault::ServerError { is_executed: true, is_kept: true }),
        "hang" => fail(1, Fault::HangBefore(Duration::from_millis(800))),
        "break after executing, twice" => fail(2, Fault::BreakAfter),
        "bill" => return bill(stand_in),
        "change the account" => change_account(stand_in),
        "list the events" => {
            let kinds: Vec<_> = stand_in.events().into_iter().map(|event| event.kind).collect();
            return json!(kinds);
        }
        "deauthorize" => stand_in.deauthorize("acct_1").expect("an account"),
        "end" => {}
        _ => {
            let url = name.strip_prefix("send events to ").expect("a known act");
            let target = |connect| EventTarget {
                platform: None,
                url: url.to_owned(),
                secret: SECRET.to_owned(),
                connect,
            };
            stand_in.send_events_to(vec![target(false), target(true)]);
        }
    }
    Value::Null
}

fn bill(stand_in: &StandIn) -> Value {
    let invoice = Invoice {
        tax: 1900,
        subscription: Some("sub_1".to_owned()),
        subscription_metadata: json!({ "customer": "c-1" }),
        ..Invoice::paid("cus_1", "usd", 11900)
    };
    let invoice = stand_in.add_invoice(PLATFORM, &invoice);
    let refund = Refund { status: "pending".to_owned(), ..Refund::succeeded(&invoice, 1190) };
    let refund = stand_in.add_refund(PLATFORM, &refund).expect("a refund");
    stand_in.update_refund(&refund, "succeeded").expect("a refund");
    let note = CreditNote::out_of_band(&invoice, 500);
    let note = stand_in.add_credit_note(PLATFORM, &note).expect("a credit note");
    let dispute = stand_in.add_dispute(PLATFORM, &Dispute::lost(&invoice, 11900)).expect("a dispute");
    json!({ "invoice": invoice, "refund": refund, "note": note, "dispute": dispute })
}

fn change_account(stand_in: &StandIn) {
    let due = ["individual.verification.document"];
    stand_in.set_account("acct_1", "inactive", &due, Some("requirements.past_due")).expect("an account");
    stand_in.pay_out("acct_1").expect("an account");
    stand_in.fail_payout_of("acct_1").expect("an account");
}
