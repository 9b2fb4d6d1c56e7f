//! Every type of event is published by the acts that it is named for, with the members that docs/webhooks.md lists.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};
use tokio::task::block_in_place;

use super::receiver::{Answer, Received, Receiver};
use super::{EVENT_TYPES, create_endpoint, worker};
use crate::rails::Rail;
use crate::support::{
    TestTenant, acme_with_partner, euros, in_days, invoice_input, node, output_text, with_fields,
    with_superuser,
};

const CATALOG: &str = include_str!("../../../docs/webhooks.md");

/// Returns the rows of the tables of the catalog, as the names in backticks of each cell.
fn rows() -> Vec<Vec<Vec<String>>> {
    let names = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    let rows = CATALOG.lines().filter(|line| line.starts_with("| `"));
    rows.map(|line| line.trim_matches('|').split('|').map(names).collect()).collect()
}

/// Performs an act for every type of event.
async fn act(acme: &TestTenant, partner: &str) {
    let (admin, finance) = (acme.admin(), acme.finance());
    let one = acme.approved_event("p", "one", "100.00", "EUR").await;
    let with_reason = json!({ "ids": [one], "reason": "a check" });
    finance.mutate_ok("revertApproval", with_reason.clone(), "commissionEvents { id }").await;
    finance.mutate_ok("cancelCommissionEvents", with_reason, "commissionEvents { id }").await;
    acme.commission_event("p", "two", "100.00", "EUR").await;
    acme.approve_all_pending().await;
    acme.refund("two", "refund", "10.00").await;
    acme.reverse_refund("refund").await;
    let bonus =
        json!({ "partnerId": partner, "amount": euros("2.00"), "reason": "a bonus", "idempotencyKey": "a" });
    finance.mutate_ok("recordAdjustment", bonus, "commissionEvent { id }").await;
    acme.approve_all_pending().await;
    for ends in [
        &["cancelPayout"][..],
        &["startPayout", "failPayout"],
        &["completePayout", "returnPayout"],
        &["startPayout", "completePayout"],
    ] {
        let payout = acme.create_payout(partner).await;
        for end in ends {
            acme.transition_payout(end, &payout).await;
        }
    }
    let lead = acme.submit_lead(partner).await;
    acme.advance_lead(&lead, "CONTACTED").await;
    let conversion = json!({ "id": lead, "status": "CONVERTED", "convertedCustomerId": "converted" });
    admin.mutate_ok("advanceReferralLead", conversion, "referralLead { id }").await;
    acme.create_partner("q").await;
    acme.update_partner(partner, json!({ "tier": "GOLD" })).await;
    let account = json!({ "partnerId": partner, "holder": "Contact", "iban": "DE89370400440532013000" });
    finance.mutate_ok("setBankAccount", account, "payoutAccount { id }").await;
    let user = json!({ "partnerId": partner, "userId": "u", "email": "u@example.com", "role": "OWNER" });
    let user = admin.mutate_ok("addPartnerUser", user, "partnerUser { id }").await["partnerUser"].clone();
    admin.mutate_ok("deactivatePartnerUser", user, "partnerUser { id }").await;
}

/// Lets one endpoint have failed for a day, and another one be gone. They subscribe to what `act` does not do: an event of
/// `act` that is fanned out late would be sent to them as well, and get the answer that is meant for the test event.
async fn fail_endpoints(acme: &TestTenant) {
    for (answer, is_failing) in [(500, true), (410, false)] {
        let receiver = Receiver::start([Answer::Status(answer)]).await;
        let (endpoint, _) = create_endpoint(acme, &receiver.url, &["WEBHOOK_ENDPOINT_DISABLED"]).await;
        if is_failing {
            let update = format!(
                "UPDATE webhook_endpoints SET failing_since = now() - interval '2 days', failure_count = 1
                WHERE id = '{endpoint}'"
            );
            with_superuser(&acme.app.database, &update).await.expect("an update");
        }
        acme.admin().mutate_ok("testWebhookEndpoint", json!({ "id": endpoint }), "delivery { id }").await;
        receiver.wait_for(1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_of_the_catalog_is_delivered_with_its_members() {
    let rail = Rail::new().await;
    let (acme, partner) = (rail.acme.clone(), rail.partner.clone());
    let receiver = Receiver::start([]).await;
    let (endpoint, _) = create_endpoint(&acme, &receiver.url, &EVENT_TYPES).await;
    // Before the worker, which would send it.
    rail.withdraw_payout().await;
    let _worker = worker(&acme.app);
    act(&acme, &partner).await;
    fail_endpoints(&acme).await;
    acme.admin().mutate_ok("testWebhookEndpoint", json!({ "id": endpoint }), "delivery { id }").await;

    let rows = rows();
    let (types, objects): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row[0][0].contains('.'));
    let types: BTreeMap<_, _> = types.iter().map(|row| (row[0][0].clone(), row[2].clone())).collect();
    let objects: BTreeMap<_, _> = objects.iter().map(|row| (row[0][0].clone(), row[1].clone())).collect();
    let mut received = BTreeMap::new();
    for _ in 0..300 {
        for request in receiver.received() {
            let body = request.json();
            received.insert(body["type"].as_str().expect("a type").to_owned(), body);
        }
        if received.len() == types.len() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let (sent, listed) = (received.keys().collect::<BTreeSet<_>>(), types.keys().collect::<BTreeSet<_>>());
    assert_eq!(sent, listed);
    for (name, body) in &received {
        let data = body["data"].as_object().expect("an object");
        for (member, value) in data {
            let listed = types[name].contains(member) || types[name].is_empty();
            assert!(listed, "{name} has {member}, which the catalog does not list");
            if let Some(members) = objects.get(member) {
                assert_eq!(&keys(value), &members.iter().cloned().collect(), "{name}: {member}");
            }
        }
        assert!(body.to_string().len() < 20_000, "{name}");
        for secret in ["u@example.com", "a bonus", "a check", "Contact", "0532013000"] {
            assert!(!body.to_string().contains(secret), "{name} has {secret}");
        }
    }
    let bodies: Vec<_> = receiver.received().iter().map(Received::json).collect();
    assert_valid(&bodies, &listed);
}

/// Validates bodies with the JSON Schema of the documentation, which has a definition of each of these types.
fn assert_valid(bodies: &[Value], types: &BTreeSet<&String>) {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bodies-{}.json", std::process::id()));
    std::fs::write(&file, Value::from(bodies).to_string()).expect("a file");
    let validated = block_in_place(|| node(&["tests/webhook-schema.mjs", &file.to_string_lossy()]));
    let _ = std::fs::remove_file(&file);
    assert!(validated.status.success(), "{}", output_text(&validated));
    let defined = String::from_utf8(validated.stdout).expect("text");
    let defined: BTreeSet<_> = defined.lines().map(str::to_owned).collect();
    assert_eq!(defined.iter().collect::<BTreeSet<_>>(), *types);
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().expect("an object").keys().cloned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_tells_what_it_replaced_and_what_it_recorded() {
    let (acme, _) = acme_with_partner().await;
    let receiver = Receiver::start([]).await;
    create_endpoint(&acme, &receiver.url, &EVENT_TYPES).await;
    let _worker = worker(&acme.app);
    let paid_at = in_days(-1);
    let invoice = invoice_input("p", "i", "100.00", "EUR", &paid_at);
    acme.billing().mutate_ok("recordInvoicePaid", invoice, "outcome").await;
    let correction = with_fields(
        invoice_input("p", "i", "80.00", "EUR", &paid_at),
        json!({ "reason": "a discount", "idempotencyKey": "c" }),
    );
    acme.finance().mutate_ok("correctInvoice", correction, "outcome").await;
    let received = receiver.wait_for(3).await;
    let mut told: Vec<_> = received
        .iter()
        .map(|request| {
            let body = request.json();
            let data = &body["data"];
            let of_event = &data["commissionEvent"]["commissionAmount"];
            let amount = if data["total"].is_null() { of_event } else { &data["total"] };
            format!(
                "{} {}",
                body["type"].as_str().expect("a type"),
                amount["amount"].as_str().expect("an amount")
            )
        })
        .collect();
    told.sort();
    assert_eq!(
        told,
        ["commission.cancelled 15.00", "commission.recorded 12.00", "commission.recorded 15.00"]
    );
}
