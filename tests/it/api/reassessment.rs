//! `reassessInvoices`: all invoices that earned nothing are assessed again, each once, refunds included.

use futures_util::future::{join, join_all};
use revshare::auth::Role;
use serde_json::{Value, json};

use crate::support::{
    TestTenant, UNKNOWN_ID, acme_with_partner, invoice_input, money, user_errors, with_fields, with_superuser,
};

const JANUARY: &str = "2026-01-15T00:00:00Z";

const REPORT: &str = "
    assessedCount earningCount totals { amount currency } withoutCommission { outcome count }
    earning { invoice { invoiceId outcome commissionEvent { status } } partner { companyName }
        commissionAmount { amount currency } }
    failed { invoice { invoiceId } code }
    remainingCount endCursor";

/// The fields of a report that a dry run has in common with the run.
const FIGURES: [&str; 7] =
    ["assessedCount", "earningCount", "totals", "withoutCommission", "failed", "remainingCount", "endCursor"];

async fn reassess(tenant: &TestTenant, input: Value) -> Value {
    tenant.finance().mutate_ok("reassessInvoices", input, REPORT).await
}

/// The selection of all invoices that earned nothing.
fn all() -> Value {
    json!({ "outcome": ["NO_MANAGED_ACCOUNT", "NO_RATE", "PARTNER_INELIGIBLE"] })
}

async fn record(tenant: &TestTenant, input: Value) -> String {
    let payload = tenant.billing().mutate_ok("recordInvoicePaid", input, "outcome").await;
    payload["outcome"].as_str().expect("an outcome").to_owned()
}

/// Records an invoice of 100.00 EUR of a customer, paid on this day of January; returns the outcome.
async fn record_on(tenant: &TestTenant, customer: &str, invoice: &str, day: u32) -> String {
    let paid_at = format!("2026-01-{day:02}T00:00:00Z");
    record(tenant, invoice_input(customer, invoice, "100.00", "EUR", &paid_at)).await
}

/// The ids, in billing, of the invoices in a list of a report.
fn invoices(report: &Value, list: &str) -> Vec<String> {
    let rows = report[list].as_array().expect("a list").iter();
    rows.map(|row| row["invoice"]["invoiceId"].as_str().expect("an id").to_owned()).collect()
}

async fn row_id(tenant: &TestTenant, invoice: &str) -> Value {
    let query = format!("{{ invoice(invoiceId: {invoice:?}) {{ id }} }}");
    tenant.admin().query(&query).await.data()["invoice"]["id"].clone()
}

/// A tenant with the partner `p`, and invoices that earn nothing for each cause: of the customers `late` (three, one of them
/// refunded in part, one in full, one in USD), `rateless`, `terminated` and `nobody`; returns the partner's id.
async fn acme_with_unearned_invoices() -> (TestTenant, String) {
    let (acme, partner) = acme_with_partner().await;
    let always = json!({ "effectiveFrom": "2000-01-01T00:00:00Z" });
    for (name, terms) in [
        ("rateless", json!({ "defaultCommissionRate": null })),
        ("terminated", json!({ "status": "TERMINATED" })),
    ] {
        let partner = acme.create_partner_with_account(name).await;
        acme.update_partner(&partner, with_fields(always.clone(), terms)).await;
    }
    for (number, customer) in ["late", "rateless", "terminated", "nobody", "late"].into_iter().enumerate() {
        let day = u32::try_from(number).expect("a day") + 1;
        let outcome = record_on(&acme, customer, &format!("i-{number}"), day).await;
        assert_ne!(outcome, "RECORDED", "{customer}");
    }
    record(&acme, invoice_input("late", "usd", "33.35", "USD", JANUARY)).await;
    record(&acme, invoice_input("late", "free", "0.00", "EUR", JANUARY)).await;
    record(&acme, invoice_input("p", "earned", "10.00", "EUR", JANUARY)).await;
    acme.refund("i-0", "part", "40.00").await;
    acme.refund("i-4", "full", "100.00").await;
    (acme, partner)
}

#[tokio::test]
async fn every_invoice_whose_cause_was_removed_earns_and_the_others_say_why_not() {
    let (acme, partner) = acme_with_unearned_invoices().await;
    acme.assign_account(&partner, "late", None).await;
    let report = reassess(&acme, all()).await;
    assert_eq!((&report["assessedCount"], &report["earningCount"]), (&json!(6), &json!(3)));
    assert_eq!(invoices(&report, "earning"), ["i-0", "i-4", "usd"], "earliest payment first");
    let amounts: Vec<_> = report["earning"].as_array().expect("a list").iter().collect();
    assert_eq!(amounts[0]["commissionAmount"], money("9.00", "EUR"));
    assert_eq!(amounts[1]["commissionAmount"], money("0.00", "EUR"));
    let expected =
        json!({ "invoiceId": "i-4", "outcome": "RECORDED", "commissionEvent": { "status": "CLAWBACK" } });
    assert_eq!(amounts[1]["invoice"], expected);
    assert_eq!(amounts[2]["partner"]["companyName"], "p");
    assert_eq!(report["totals"], json!([money("9.00", "EUR"), money("5.00", "USD")]));
    let counts = [("NO_MANAGED_ACCOUNT", 1), ("NO_RATE", 1), ("PARTNER_INELIGIBLE", 1)];
    let counts = counts.map(|(outcome, count)| json!({ "outcome": outcome, "count": count }));
    assert_eq!(report["withoutCommission"], json!(counts));
    assert_eq!((&report["remainingCount"], &report["endCursor"]), (&json!(0), &Value::Null));

    assert_eq!(acme.events_of_invoice("i-0").await, ["PENDING 15.00", "PENDING -6.00"]);
    assert_eq!(acme.events_of_invoice("i-4").await, ["CLAWBACK 15.00"]);
    assert_eq!(acme.balance(&partner).await.pending, "10.50");
    // Nothing was corrected: the invoices have one revision, and the history names who assessed them.
    let query = "{ invoice(invoiceId: \"i-0\") {
        revisions { number actor } commissionEvent { history { to actor reason } } } }";
    let expected = json!({
        "revisions": [{ "number": 1, "actor": "billing" }],
        "commissionEvent": { "history": [{ "to": "PENDING", "actor": "fiona", "reason": null }] },
    });
    assert_eq!(acme.admin().query(query).await.data()["invoice"], expected);
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn assessing_again_does_nothing_to_what_has_earned() {
    let (acme, partner) = acme_with_unearned_invoices().await;
    acme.assign_account(&partner, "late", None).await;
    reassess(&acme, all()).await;
    let balance = acme.balance(&partner).await;
    let id = row_id(&acme, "i-0").await;
    for (input, assessed) in [(all(), 3), (json!({ "ids": [id] }), 0), (json!({ "customerId": "late" }), 0)] {
        let again = reassess(&acme, input).await;
        assert_eq!((&again["assessedCount"], &again["earningCount"]), (&json!(assessed), &json!(0)));
        assert_eq!((&again["totals"], &again["earning"]), (&json!([]), &json!([])));
    }
    assert_eq!(acme.balance(&partner).await, balance);
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn a_dry_run_writes_nothing_and_states_what_the_run_then_does() {
    let (acme, partner) = acme_with_unearned_invoices().await;
    acme.assign_account(&partner, "late", None).await;
    for page in [json!({ "first": 2 }), json!({})] {
        let input = with_fields(all(), page);
        let preview = reassess(&acme, with_fields(input.clone(), json!({ "dryRun": true }))).await;
        let invoice = &preview["earning"][0]["invoice"];
        assert_eq!(
            (&invoice["outcome"], &invoice["commissionEvent"]),
            (&json!("NO_MANAGED_ACCOUNT"), &Value::Null)
        );
        assert_eq!(acme.events_of_invoice("usd").await, Vec::<String>::new());
        let repeated = reassess(&acme, with_fields(input.clone(), json!({ "dryRun": true }))).await;
        assert_eq!(repeated, preview);

        let report = reassess(&acme, input).await;
        for field in FIGURES {
            assert_eq!(preview[field], report[field], "{field}");
        }
        let amounts = |report: &Value| {
            let rows = report["earning"].as_array().expect("a list").iter();
            rows.map(|row| (row["partner"].clone(), row["commissionAmount"].clone())).collect::<Vec<_>>()
        };
        assert_eq!(amounts(&preview), amounts(&report));
    }
}

#[tokio::test]
async fn each_condition_restricts_the_selection_and_all_must_be_met() {
    let (acme, _) = acme_with_unearned_invoices().await;
    let ids = [row_id(&acme, "i-0").await, row_id(&acme, "i-3").await, row_id(&acme, "earned").await];
    for (input, expected) in [
        (json!({ "outcome": ["NO_RATE"] }), 1),
        (json!({ "outcome": ["NO_RATE", "PARTNER_INELIGIBLE"] }), 2),
        (json!({ "customerId": " late " }), 3),
        (json!({ "paidFrom": "2026-01-02T00:00:00Z", "paidTo": "2026-01-04T00:00:00Z" }), 2),
        (json!({ "ids": ids }), 2),
        (json!({ "ids": ids, "customerId": "nobody" }), 1),
        (json!({ "customerId": "p" }), 0),
    ] {
        let report = reassess(&acme, with_fields(input.clone(), json!({ "dryRun": true }))).await;
        assert_eq!(report["assessedCount"], expected, "{input}");
    }
}

#[tokio::test]
async fn a_selection_is_explicit_and_valid_or_nothing_is_assessed() {
    let (acme, partner) = acme_with_unearned_invoices().await;
    acme.assign_account(&partner, "late", None).await;
    let id = row_id(&acme, "i-0").await;
    for input in [
        json!({}),
        json!({ "dryRun": false, "first": 10 }),
        json!({ "ids": null }),
        json!({ "outcome": null }),
        json!({ "customerId": null }),
        json!({ "paidFrom": null, "customerId": "late" }),
        json!({ "paidTo": null, "customerId": "late" }),
        json!({ "dryRun": null, "customerId": "late" }),
        json!({ "ids": [] }),
        json!({ "ids": [id, id] }),
        json!({ "ids": vec![id.clone(); 501] }),
        json!({ "outcome": [] }),
        json!({ "outcome": ["NO_RATE", "RECORDED"] }),
        json!({ "outcome": ["ZERO_AMOUNT"] }),
        json!({ "customerId": " " }),
        json!({ "paidFrom": "2026-02-01T00:00:00Z", "paidTo": "2026-01-01T00:00:00Z" }),
        json!({ "customerId": "late", "first": 0 }),
        json!({ "customerId": "late", "first": 501 }),
        json!({ "customerId": "late", "after": "x" }),
    ] {
        let code = acme.finance().error_code("reassessInvoices", input.clone()).await;
        assert_eq!(code, "BAD_USER_INPUT", "{input}");
    }
    let unknown = json!({ "ids": [id, UNKNOWN_ID] });
    let unknown = acme.finance().mutate("reassessInvoices", unknown, "totals { amount }").await;
    let expected = json!([{ "code": "NOT_FOUND", "field": ["input", "ids"], "id": UNKNOWN_ID }]);
    assert_eq!((user_errors(&unknown), &unknown["totals"]), (expected, &Value::Null));
    let foreign = acme.app.tenant("globex").await.finance();
    assert_eq!(foreign.error_code("reassessInvoices", json!({ "ids": [id] })).await, "NOT_FOUND");
    assert_eq!(acme.events_of_invoice("i-0").await, Vec::<String>::new());
    for client in [acme.client("s", Role::Support), acme.client("a", Role::Auditor)] {
        assert_eq!(client.error_code("reassessInvoices", all()).await, "FORBIDDEN");
    }
}

#[tokio::test]
async fn a_cursor_continues_behind_invoices_that_still_earn_nothing() {
    let (acme, partner) = acme_with_partner().await;
    // Two of each customer are paid at the same time: a cursor also marks the place among these.
    for number in 0..6 {
        record_on(&acme, ["stuck", "late"][number % 2], &format!("i-{number}"), 1).await;
    }
    acme.assign_account(&partner, "late", None).await;
    let (mut after, mut earned, mut remaining) = (Value::Null, Vec::new(), Vec::new());
    loop {
        let report = reassess(&acme, with_fields(all(), json!({ "first": 2, "after": after }))).await;
        earned.extend(invoices(&report, "earning"));
        remaining.push(report["remainingCount"].as_i64().expect("a count"));
        after = report["endCursor"].clone();
        if after.is_null() {
            break;
        }
    }
    earned.sort();
    assert_eq!((earned, remaining), (["i-1", "i-3", "i-5"].map(str::to_owned).to_vec(), vec![4, 2, 0]));
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn concurrent_calls_replays_and_refunds_make_one_event() {
    let (acme, partner) = acme_with_partner().await;
    for number in 0..8 {
        record_on(&acme, "late", &format!("i-{number}"), 1).await;
    }
    acme.assign_account(&partner, "late", None).await;
    let calls = join_all((0..3).map(|_| reassess(&acme, json!({ "customerId": "late" }))));
    let replays = join_all((0..8).map(async |number| {
        let invoice = format!("i-{number}");
        let refund = async { acme.refund(&invoice, &format!("r-{number}"), "40.00").await };
        join(record_on(&acme, "late", &invoice, 1), refund).await
    }));
    let (calls, replays) = join(calls, replays).await;
    let earned = calls.iter().map(|report| report["earningCount"].as_i64().expect("a count")).sum::<i64>();
    let recorded = replays.iter().filter(|(outcome, _)| outcome == "RECORDED").count();
    assert_eq!(usize::try_from(earned).expect("a count") + recorded, 8, "{calls:?} {replays:?}");
    assert!(calls.iter().all(|report| report["failed"] == json!([])), "{calls:?}");
    for number in 0..8 {
        let events = acme.events_of_invoice(&format!("i-{number}")).await;
        assert_eq!(events, ["PENDING 15.00", "PENDING -6.00"], "i-{number}");
    }
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn each_payment_of_an_invoice_is_assessed_by_itself() {
    let (acme, partner) = acme_with_partner().await;
    for (payment, day) in [("a", 1), ("b", 20)] {
        let paid_at = format!("2026-01-{day:02}T00:00:00Z");
        let input = invoice_input("late", "i", "100.00", "EUR", &paid_at);
        record(&acme, with_fields(input, json!({ "paymentId": payment }))).await;
    }
    let from_the_tenth =
        json!({ "partnerId": partner, "customerId": "late", "startsAt": "2026-01-10T00:00:00Z" });
    acme.admin().mutate_ok("assignManagedAccount", from_the_tenth, "managedAccount { id }").await;
    let report = reassess(&acme, json!({ "customerId": "late" })).await;
    assert_eq!((&report["assessedCount"], &report["earningCount"]), (&json!(2), &json!(1)));
    assert_eq!(acme.events_of_invoice("i").await, ["PENDING 15.00"]);
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn an_invoice_that_fails_is_reported_beside_the_others_and_assessed_by_the_next_call() {
    for (error, code) in [("serialization_failure", "UNAVAILABLE"), ("internal_error", "INTERNAL_ERROR")] {
        let (acme, partner) = acme_with_unearned_invoices().await;
        acme.assign_account(&partner, "late", None).await;
        let sql = format!(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{error}'; END $$;
             CREATE TRIGGER fail BEFORE INSERT ON commission_events FOR EACH ROW
                 WHEN (NEW.invoice_id = 'i-4') EXECUTE FUNCTION fail()"
        );
        with_superuser(&acme.app.database, &sql).await.expect("a trigger");
        let report = reassess(&acme, all()).await;
        assert_eq!(invoices(&report, "earning"), ["i-0", "usd"]);
        assert_eq!(report["failed"], json!([{ "invoice": { "invoiceId": "i-4" }, "code": code }]));
        assert_eq!(report["assessedCount"], 5);
        assert_eq!(acme.events_of_invoice("i-4").await, Vec::<String>::new());

        with_superuser(&acme.app.database, "DROP FUNCTION fail CASCADE").await.expect("no trigger");
        assert_eq!(invoices(&reassess(&acme, all()).await, "earning"), ["i-4"]);
        acme.assert_reconciled().await;
    }
}
