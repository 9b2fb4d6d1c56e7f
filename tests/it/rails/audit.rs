//! The nightly audit of the transfers at Stripe, and the daily check of the accounts of partners.

use std::time::Duration;

use revshare::auth::Role;
use revshare::stripe::transfer::NewTransfer;
use serde_json::{Value, json};
use stripe_stand_in::Fault;

use super::{KEY, Rail, SECRET, is};
use crate::support::{Folder, UNKNOWN_ID, output_text, with_superuser};

const AUDIT: &str = "{ reconciliation { balanced transferAudit {
    id beganAt endedAt transferCount isComplete failure failedAt
    findings { id kind reference message foundAt payout { id } }
} } }";

/// Makes the nightly jobs due.
async fn night(rail: &Rail) {
    let update = "UPDATE jobs SET available_at = clock_timestamp() WHERE lane IN ('AUDIT', 'ACCOUNT')";
    with_superuser(&rail.acme.app.database, update).await.expect("an update");
}

async fn shown(rail: &Rail) -> Value {
    let data = rail.acme.client("a", Role::Auditor).query(AUDIT).await.data();
    data["reconciliation"]["transferAudit"].clone()
}

/// Waits until the audit is as wanted, for up to half a minute.
async fn wait_for(rail: &Rail, is_wanted: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..300 {
        let audit = shown(rail).await;
        if is_wanted(&audit) {
            return audit;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{:#}", shown(rail).await);
}

/// Lets a night pass; returns the audit.
async fn audited(rail: &Rail) -> Value {
    let before = shown(rail).await["beganAt"].clone();
    night(rail).await;
    let _worker = rail.worker();
    wait_for(rail, |audit| {
        let time = |name: &str| audit[name].as_str().unwrap_or_default().to_owned();
        audit["beganAt"] != before && time("endedAt") >= time("beganAt") && !time("beganAt").is_empty()
    })
    .await
}

fn found(audit: &Value) -> Vec<(String, String)> {
    let findings = audit["findings"].as_array().expect("findings").iter();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    findings.map(|finding| (text(&finding["kind"]), text(&finding["reference"]))).collect()
}

/// Makes a transfer as another program would.
async fn transfer(rail: &Rail, metadata: &[(&str, &str)]) -> String {
    let transfer = NewTransfer {
        amount_minor: 500,
        currency: "USD".parse().expect("a currency"),
        destination: &rail.account,
        transfer_group: "other",
        description: "other",
        metadata,
    };
    let key = KEY.parse().expect("a key");
    let id = uuid::Uuid::now_v7().to_string();
    rail.client().create_transfer(&key, &transfer, &id).await.expect("a transfer").id
}

/// Sends payouts, and lets them arrive an hour ago.
async fn arrived(rail: &Rail, count: usize) -> Vec<(String, String)> {
    let mut payouts = Vec::new();
    for n in 0..count {
        payouts.push(rail.payout(&format!("i{n}"), "1000.00").await);
    }
    rail.send(&payouts.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let _worker = rail.worker();
    let mut arrived = Vec::new();
    for payout in payouts {
        let shown = rail.wait_for_status(&payout, "COMPLETED").await;
        arrived.push((payout, shown["paymentReference"].as_str().expect("a reference").to_owned()));
    }
    let earlier = "UPDATE payout_attempts SET ended_at = ended_at - interval '1 hour'";
    with_superuser(&rail.acme.app.database, earlier).await.expect("an update");
    arrived
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_finds_how_transfers_and_payouts_differ() {
    let rail = Rail::new().await;
    let payouts = arrived(&rail, 7).await;
    let clean = audited(&rail).await;
    assert_eq!(
        (found(&clean), &clean["transferCount"], &clean["isComplete"]),
        (vec![], &json!(7), &json!(true))
    );

    let [second, missing, different, reversed, in_part, not_reversed, _] = payouts.as_slice() else {
        panic!()
    };
    let ours = ("tenant", "acme");
    let unknown = transfer(&rail, &[ours, ("payout", UNKNOWN_ID), ("attempt", UNKNOWN_ID)]).await;
    let twice = transfer(&rail, &[ours, ("payout", &second.0)]).await;
    transfer(&rail, &[]).await;
    transfer(&rail, &[("tenant", "other"), ("payout", UNKNOWN_ID)]).await;
    let returned = transfer(&rail, &[ours, ("payout", UNKNOWN_ID)]).await;
    rail.stripe.reverse_transfer(&returned, None).expect("a reversal");
    let change = format!(
        "UPDATE payout_attempts SET reference = 'tr_ghost' WHERE reference = '{}';
         UPDATE payout_attempts SET destination = 'acct_other' WHERE reference = '{}'",
        missing.1, different.1
    );
    with_superuser(&rail.acme.app.database, &change).await.expect("an update");
    rail.stripe.reverse_transfer(&reversed.1, None).expect("a reversal");
    rail.stripe.reverse_transfer(&in_part.1, Some(500)).expect("a reversal");
    rail.acme.return_payout(&not_reversed.0).await;

    let audit = audited(&rail).await;
    let finding = |kind: &str, reference: &str| (kind.to_owned(), reference.to_owned());
    let mut expected = vec![
        finding("DIFFERENT", &different.1),
        finding("MISSING", "tr_ghost"),
        finding("NOT_REVERSED", &not_reversed.1),
        finding("REVERSED", &reversed.1),
        finding("REVERSED", &in_part.1),
        finding("SECOND", &twice),
        // The transfer that the books have under another name.
        finding("SECOND", &missing.1),
        finding("UNKNOWN", &unknown),
    ];
    expected.sort();
    let mut findings = found(&audit);
    findings.sort();
    assert_eq!(findings, expected, "{audit:#}");
    let of = |kind: &str| {
        let mut findings = audit["findings"].as_array().expect("findings").iter();
        findings.find(|finding| finding["kind"] == kind).expect("a finding").clone()
    };
    assert_eq!((&of("UNKNOWN")["payout"], &of("MISSING")["payout"]["id"]), (&json!(null), &json!(missing.0)));
    // It repairs nothing.
    assert_eq!(rail.shown(&reversed.0).await["status"], "COMPLETED");

    let folder = Folder::new();
    let urls = rail.acme.app.database.urls();
    let output = folder.command_for(&urls, &["reconcile"]).output().expect("a program");
    let text = output_text(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    for line in [format!("SECOND {twice}"), "MISSING tr_ghost".to_owned(), "findings: 8".to_owned()] {
        assert!(text.contains(&line), "{line}: {text}");
    }

    let repair =
        format!("UPDATE payout_attempts SET reference = '{}' WHERE reference = 'tr_ghost'", missing.1);
    with_superuser(&rail.acme.app.database, &repair).await.expect("an update");
    rail.stripe.reverse_transfer(&twice, None).expect("a reversal");
    let after = audited(&rail).await;
    let kept: Vec<_> =
        after["findings"].as_array().expect("findings").iter().map(|finding| &finding["kind"]).collect();
    assert_eq!(kept, ["DIFFERENT", "NOT_REVERSED", "REVERSED", "REVERSED", "UNKNOWN"]);
    assert_eq!(after["findings"][4]["id"], of("UNKNOWN")["id"], "the same finding");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_reads_page_by_page_and_comes_again_each_night() {
    let rail = Rail::new().await;
    let payouts = arrived(&rail, 1).await;
    for _ in 0..230 {
        transfer(&rail, &[]).await;
    }
    let audit = audited(&rail).await;
    assert_eq!((&audit["transferCount"], found(&audit)), (&json!(231), vec![]));
    let lists = rail.stripe.requests_of("GET", "/v1/transfers").into_iter();
    let pages: Vec<_> = lists.filter(|request| request.parameter("created[gte]").is_some()).collect();
    assert_eq!(pages.len(), 3);
    // The last page has the oldest transfer: that of the payout.
    assert!(pages[2].parameter("starting_after").is_some() && payouts[0].1 == rail.stripe.transfers()[0].id);
    let due = "DO $$ BEGIN
        ASSERT (SELECT count(*) = 2 FROM jobs WHERE lane IN ('AUDIT', 'ACCOUNT') AND lease_id IS NULL
            AND available_at > now() AND available_at < now() + interval '25 hours'), 'not each night';
        END $$";
    for _ in 0..50 {
        if with_superuser(&rail.acme.app.database, due).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    with_superuser(&rail.acme.app.database, due).await.expect("jobs each night");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_says_that_the_connection_broke_meanwhile() {
    let rail = Rail::new().await;
    rail.acme.update_settings(json!({ "contactEmail": "ops@acme.example" })).await;
    arrived(&rail, 2).await;
    let first = audited(&rail).await;
    assert_eq!(first["failure"], json!(null));
    rail.stripe.fail_next(1, "GET", "/v1/transfers", Fault::Unauthorized);
    night(&rail).await;
    let _worker = rail.worker();
    let broken = wait_for(&rail, |audit| audit["failure"].is_string()).await;
    assert_eq!(
        (&broken["failure"], &broken["endedAt"]),
        (&json!("Expired API Key provided"), &first["endedAt"])
    );
    let mails = "{ mails { nodes { kind address subject } } }";
    let data = rail.acme.admin().query(mails).await.data();
    let expected = json!([{
        "kind": "STRIPE_KEY_REFUSED", "address": "ops@acme.example", "subject": data["mails"]["nodes"][0]["subject"],
    }]);
    assert_eq!(data["mails"]["nodes"], expected);
    night(&rail).await;
    let again = wait_for(&rail, |audit| audit["failure"] != broken["failure"]).await;
    let failure = again["failure"].as_str().expect("a failure");
    assert!(failure.starts_with("Stripe has not accepted the key since "), "{failure}");

    let connect = json!({ "apiKey": KEY, "webhookSecrets": [SECRET] });
    rail.acme.admin().mutate_ok("connectStripe", connect, "stripeConnection { brokenAt }").await;
    let after = wait_for(&rail, |audit| audit["failure"].is_null()).await;
    assert_eq!((found(&after), &after["transferCount"]), (vec![], &json!(2)));
    let data = rail.acme.admin().query(mails).await.data();
    assert_eq!(data["mails"]["nodes"].as_array().map(Vec::len), Some(1), "told once");
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_read_each_day() {
    let rail = Rail::new().await;
    // Its event gets lost.
    rail.stripe.set_account(&rail.account, "inactive", &["external_account"], None).expect("an account");
    let accounts = "query($id: ID!) { partner(id: $id) { payoutAccounts { status requirements } } }";
    let status = async || {
        let data = rail.acme.finance().query_with(accounts, json!({ "id": rail.partner })).await.data();
        data["partner"]["payoutAccounts"][0]["status"].clone()
    };
    let _worker = rail.worker();
    night(&rail).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(status().await, "READY", "it was read today");
    let earlier = "UPDATE payout_accounts SET checked_at = checked_at - interval '25 hours'";
    with_superuser(&rail.acme.app.database, earlier).await.expect("an update");
    night(&rail).await;
    for _ in 0..100 {
        if status().await == "INCOMPLETE" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{}", status().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contact_is_notified_once_that_a_payout_is_uncertain() {
    let rail = Rail::new().await;
    rail.acme.update_settings(json!({ "contactEmail": "ops@acme.example" })).await;
    let payout = rail.payout("one", "1000.00").await;
    rail.stripe.fail_next(1, "POST", "/v1/transfers", Fault::Altered(json!({ "amount": 14_000 })));
    rail.stripe.fail_next(9, "GET", "/v1/transfers", Fault::Altered(json!({ "amount": 14_000 })));
    rail.send(&[&payout]).await;
    let _worker = rail.worker();
    let first = rail.wait_for(&payout, is("UNCERTAIN")).await;
    for _ in 0..3 {
        rail.hurry().await;
        tokio::time::sleep(Duration::from_millis(1_200)).await;
    }
    assert_eq!(rail.shown(&payout).await["attention"], first["attention"]);
    let data = rail.acme.admin().query("{ mails { nodes { kind } } }").await.data();
    assert_eq!(data["mails"]["nodes"], json!([{ "kind": "PAYOUT_UNCERTAIN" }]));
}
