//! Stripe Billing as the billing service: what its events report is recorded without any call.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use stripe_stand_in::{CreditNote, Dispute, Invoice, Refund};

use super::{PLATFORM, Rail};
use crate::support::with_superuser;

/// The customer that the partner manages, as the tenant calls it.
const CUSTOMER: &str = "p";

const EVENTS: &str = "{ inboxEvents { nodes { id eventType status message handledAt } } }";

impl Rail {
    /// Makes a tenant that takes the invoices of Stripe, whose customer ids are in the metadata of invoices.
    async fn billing() -> Self {
        let rail = Self::new().await;
        let billing = json!({ "takesInvoices": true, "customerMetadataKey": "customer" });
        let selection = "stripeConnection { takesInvoices customerMetadataKey }";
        let payload = rail.acme.admin().mutate_ok("updateStripeBilling", billing.clone(), selection).await;
        assert_eq!(payload["stripeConnection"], billing);
        rail.listen().await;
        rail
    }

    /// Switches Stripe Billing on, and replays an event that was received before.
    pub async fn replay_events(&self) {
        self.listen().await;
        self.add_invoice("in_ignored", 10_000, 0, 10_000);
        {
            let _worker = self.worker();
            self.handled(1).await;
        }
        let billing = json!({ "takesInvoices": true });
        let selection = "stripeConnection { takesInvoices }";
        self.acme.admin().mutate_ok("updateStripeBilling", billing, selection).await;
        let replay = json!({ "ids": [self.events().await[0]["id"]] });
        self.acme.admin().mutate_ok("replayInboxEvents", replay, "inboxEvents { id }").await;
    }

    /// Returns the events of invoices that were received, latest first.
    async fn events(&self) -> Vec<Value> {
        let data = self.acme.admin().query(EVENTS).await.data();
        let events = data["inboxEvents"]["nodes"].as_array().expect("events").iter();
        let is_of_rail = |event: &Value| {
            let kind = event["eventType"].as_str().unwrap_or_default();
            ["account.", "capability.", "transfer."].iter().any(|start| kind.starts_with(start))
        };
        events.filter(|event| !is_of_rail(event)).cloned().collect()
    }

    /// Waits until this many events have been handled or given up; returns all.
    async fn handled(&self, count: usize) -> Vec<Value> {
        for _ in 0..300 {
            let events = self.events().await;
            let ended = events.iter().filter(|event| event["status"] != "PENDING").count();
            if ended == count {
                return events;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{:#?}", self.events().await);
    }

    /// Returns the commission events, the first recorded first: type, amount and status.
    async fn commissions(&self) -> Vec<(String, String, String)> {
        let list = "{ commissionEvents(last: 100) { nodes { eventType status commissionAmount { amount }
            baseAmount { amount } recordedAt } } }";
        let data = self.acme.admin().query(list).await.data();
        let mut events = data["commissionEvents"]["nodes"].as_array().expect("events").clone();
        events.sort_by_key(|event| event["recordedAt"].to_string());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let shown = |event: &Value| {
            let amount = text(&event["commissionAmount"]["amount"]);
            (text(&event["eventType"]), amount, text(&event["status"]))
        };
        events.iter().map(shown).collect()
    }

    fn add_invoice(&self, id: &str, total: i64, tax: i64, amount_paid: i64) -> String {
        let invoice = Invoice {
            tax,
            amount_paid,
            fields: json!({ "id": id, "metadata": { "customer": CUSTOMER } }),
            ..Invoice::paid("cus_1", "usd", total)
        };
        self.stripe.add_invoice(PLATFORM, &invoice)
    }
}

fn events(list: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    list.iter().map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paid_invoice_is_recorded_once_however_often_it_is_reported() {
    let rail = Rail::billing().await;
    let _worker = rail.worker();
    rail.stripe.hold_events(true);
    rail.add_invoice("in_whole", 11_900, 1_900, 11_900);
    let answers = rail.stripe.send_all_shuffled(1, 20).await;
    assert!(answers.len() >= 20 && answers.iter().all(|answer| *answer == Some(200)), "{answers:?}");
    let events_received = rail.handled(1).await;
    assert_eq!(events_received[0]["message"], "RECORDED");
    let invoice =
        "{ invoices { nodes { invoiceId customerId totalAmount { amount } commissionableAmount { amount }
        revisions { actor } } } }";
    let data = rail.acme.admin().query(invoice).await.data();
    let node = &data["invoices"]["nodes"][0];
    assert_eq!(
        (&node["totalAmount"]["amount"], &node["commissionableAmount"]["amount"]),
        (&json!("119.00"), &json!("100.00"))
    );
    assert_eq!((&node["customerId"], &node["revisions"][0]["actor"]), (&json!(CUSTOMER), &json!("stripe")));
    assert_eq!(rail.commissions().await, events(&[("INVOICE_PAID", "15.00", "PENDING")]));

    // The rest is paid by credit, which was counted when it was paid for.
    rail.stripe.hold_events(false);
    rail.add_invoice("in_half", 11_900, 1_900, 5_950);
    rail.handled(2).await;
    rail.add_invoice("in_credit", 11_900, 1_900, 0);
    let latest = rail.handled(3).await[0].clone();
    assert_eq!(latest["status"], "IGNORED");
    let both = [("INVOICE_PAID", "15.00", "PENDING"), ("INVOICE_PAID", "7.50", "PENDING")];
    assert_eq!(rail.commissions().await, events(&both));
    rail.acme.assert_reconciled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_is_reported_before_its_invoice_waits_for_it() {
    let rail = Rail::billing().await;
    let _worker = rail.worker();
    rail.stripe.hold_events(true);
    rail.add_invoice("in_1", 11_900, 1_900, 11_900);
    rail.stripe.add_refund(PLATFORM, &Refund::succeeded("in_1", 1_190)).expect("a refund");
    let sent = rail.stripe.events();
    let of =
        |kind: &str| sent.iter().filter(|event| event.json()["type"] == kind).cloned().collect::<Vec<_>>();
    for event in of("refund.created") {
        rail.stripe.send(&event).await;
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let waiting = &rail.events().await[0];
    assert_eq!((&waiting["status"], &waiting["handledAt"]), (&json!("PENDING"), &Value::Null));
    assert!(waiting["message"].as_str().is_some_and(|why| why.contains("in_1")), "{waiting:#}");
    for event in of("invoice.paid") {
        rail.stripe.send(&event).await;
    }
    let received = rail.handled(2).await;
    assert!(received.iter().all(|event| event["status"] == "HANDLED"), "{received:#?}");
    let lines = [("INVOICE_PAID", "15.00", "PENDING"), ("CLAWBACK", "-1.50", "PENDING")];
    assert_eq!(rail.commissions().await, events(&lines));
    rail.acme.assert_reconciled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn money_goes_back_by_credit_notes_disputes_and_refunds_that_may_fail() {
    let rail = Rail::billing().await;
    let _worker = rail.worker();
    rail.add_invoice("in_1", 10_000, 0, 10_000);
    rail.handled(1).await;
    let refund = rail.stripe.add_refund(PLATFORM, &Refund::succeeded("in_1", 1_000)).expect("a refund");
    rail.stripe.add_credit_note(PLATFORM, &CreditNote::out_of_band("in_1", 2_000)).expect("a credit note");
    let inside = CreditNote { out_of_band_amount: None, ..CreditNote::out_of_band("in_1", 1_000) };
    rail.stripe.add_credit_note(PLATFORM, &inside).expect("a credit note");
    rail.stripe.add_dispute(PLATFORM, &Dispute::lost("in_1", 3_000)).expect("a dispute");
    let won = Dispute { status: "won".to_owned(), ..Dispute::lost("in_1", 1_000) };
    rail.stripe.add_dispute(PLATFORM, &won).expect("a dispute");
    for _ in 0..100 {
        if rail.commissions().await.len() == 4 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut amounts: Vec<_> = rail.commissions().await.into_iter().map(|(_, amount, _)| amount).collect();
    amounts.sort();
    assert_eq!(amounts, ["-1.50", "-3.00", "-4.50", "15.00"]);

    rail.stripe.update_refund(&refund, "failed").expect("a refund");
    for _ in 0..100 {
        if rail.commissions().await.len() == 5 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let reinstated = rail.commissions().await;
    assert!(
        reinstated.iter().any(|(kind, amount, _)| kind == "REINSTATEMENT" && amount == "1.50"),
        "{reinstated:?}"
    );
    // The same failure again, and the refund as it was before.
    let answers = rail.stripe.send_all_shuffled(3, 2).await;
    assert!(answers.iter().all(|answer| *answer == Some(200)), "{answers:?}");
    tokio::time::sleep(Duration::from_secs(1)).await;
    let received = rail.events().await;
    assert!(received.iter().all(|event| event["status"] != "DEAD"), "{received:#?}");
    assert_eq!(rail.commissions().await.len(), 5);
    rail.acme.assert_reconciled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invoices_are_taken_only_from_the_account_of_the_tenant_and_only_if_it_is_switched_on() {
    let rail = Rail::billing().await;
    let _worker = rail.worker();
    let object = json!({
        "id": "in_partner", "object": "invoice", "currency": "usd", "customer": "cus_1", "amount_paid": 100, "total": 100,
        "metadata": { "customer": CUSTOMER },
    });
    rail.stripe.emit(PLATFORM, Some(&rail.account), "invoice.paid", &object);
    let received = rail.handled(1).await;
    assert_eq!(received[0]["status"], "IGNORED");
    let off = json!({ "takesInvoices": false, "customerMetadataKey": "customer" });
    rail.acme.admin().mutate_ok("updateStripeBilling", off, "stripeConnection { takesInvoices }").await;
    rail.add_invoice("in_1", 10_000, 0, 10_000);
    let received = rail.handled(2).await;
    assert_eq!(received[0]["status"], "IGNORED");
    assert!(rail.commissions().await.is_empty());

    let on = json!({ "takesInvoices": true, "customerMetadataKey": "customer" });
    rail.acme.admin().mutate_ok("updateStripeBilling", on, "stripeConnection { takesInvoices }").await;
    let ids: Vec<_> = received.iter().map(|event| event["id"].clone()).collect();
    let replay = json!({ "ids": ids });
    let payload =
        rail.acme.admin().mutate_ok("replayInboxEvents", replay.clone(), "inboxEvents { id }").await;
    assert_eq!(payload["inboxEvents"].as_array().map(Vec::len), Some(2));
    rail.handled(2).await;
    assert_eq!(rail.commissions().await, events(&[("INVOICE_PAID", "15.00", "PENDING")]));
    rail.acme.admin().mutate_ok("replayInboxEvents", replay, "inboxEvents { status }").await;
    rail.handled(2).await;
    assert_eq!(rail.commissions().await.len(), 1);
    let request = rail.acme.admin().request(Request::get("/download/inbox-events.csv"));
    let file = rail.acme.app.send(request.body(Body::empty()).expect("a request")).await;
    assert!(file.status().is_success() && file.body().contains("invoice.paid"), "{file:?}");
    let unknown = json!({ "ids": [rail.partner] });
    assert_eq!(rail.acme.admin().error_code("replayInboxEvents", unknown).await, "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_recorded_is_dead_and_says_why() {
    let rail = Rail::billing().await;
    let _worker = rail.worker();
    let without = Invoice { fields: json!({ "id": "in_1" }), ..Invoice::paid("cus_1", "usd", 100) };
    rail.stripe.add_invoice(PLATFORM, &without);
    let unsupported = Invoice {
        fields: json!({ "id": "in_2", "metadata": { "customer": CUSTOMER } }),
        ..Invoice::paid("cus_1", "ugx", 100)
    };
    rail.stripe.add_invoice(PLATFORM, &unsupported);
    rail.add_invoice("in_3", 10_000, 0, 10_000);
    rail.handled(3).await;
    rail.stripe.emit(PLATFORM, None, "invoice.paid", &json!({
        "id": "in_3", "object": "invoice", "currency": "usd", "customer": "cus_1", "amount_paid": 20_000, "total": 20_000,
        "metadata": { "customer": CUSTOMER },
    }));
    let refund = json!({
        "id": "re_gone", "object": "refund", "amount": 100, "currency": "usd", "status": "succeeded", "created": 1_796_000_000,
    });
    rail.stripe.emit(PLATFORM, None, "refund.created", &refund);
    let received = rail.handled(5).await;
    let dead = received.iter().filter(|event| event["status"] == "DEAD");
    let mut messages: Vec<_> = dead.map(|event| event["message"].to_string()).collect();
    messages.sort();
    assert_eq!(messages.len(), 4, "{received:#?}");
    for word in ["UGX", "metadata", "other data", "re_gone"] {
        let is_said = messages.iter().any(|message| message.to_lowercase().contains(&word.to_lowercase()));
        assert!(is_said, "{word}: {messages:#?}");
    }
    let lane = "{ deadJobs { lane } }";
    assert_eq!(rail.acme.admin().query(lane).await.data()["deadJobs"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_cannot_be_handled_for_three_days_is_dead() {
    let rail = Rail::billing().await;
    let _worker = rail.worker();
    rail.stripe.hold_events(true);
    rail.add_invoice("in_1", 11_900, 1_900, 11_900);
    rail.stripe.add_refund(PLATFORM, &Refund::succeeded("in_1", 1_190)).expect("a refund");
    for event in rail.stripe.events().iter().filter(|event| event.json()["type"] == "refund.created") {
        rail.stripe.send(event).await;
    }
    let old = "UPDATE inbox_events SET received_at = received_at - interval '3 days'";
    with_superuser(&rail.acme.app.database, old).await.expect("an update");
    rail.hurry().await;
    let received = rail.handled(1).await;
    assert_eq!(received[0]["status"], "DEAD", "{received:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_deleted_90_days_after_they_were_handled() {
    let rail = Rail::billing().await;
    {
        let _worker = rail.worker();
        rail.add_invoice("in_old", 10_000, 0, 10_000);
        rail.add_invoice("in_new", 10_000, 0, 10_000);
        rail.handled(2).await;
    }
    let old = "UPDATE inbox_events SET handled_at = handled_at - interval '91 days',
        received_at = received_at - interval '91 days' WHERE body LIKE '%in_old%'";
    with_superuser(&rail.acme.app.database, &old.replace("body", "convert_from(body, 'UTF8')"))
        .await
        .expect("an update");
    // A worker sweeps when it starts.
    let _worker = rail.worker();
    for _ in 0..100 {
        if rail.events().await.len() == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{:#?}", rail.events().await);
}
