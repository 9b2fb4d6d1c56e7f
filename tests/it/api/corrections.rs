//! `correctInvoice`: in every state of the event that it meets, exactly once, and without a cent lost or made.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    TestTenant, acme_with_partner, euros, in_days, invoice_input, money, refund_input, with_fields,
    with_superuser,
};

const JANUARY: &str = "2026-01-15T00:00:00Z";

const CORRECTED: &str = "
    outcome
    invoice { customerId totalAmount { amount } outcome
        revisions { number customerId outcome actor reason commissionEvent { status commissionAmount { amount } } } }
    commissionEvent { id status partner { id } commissionAmount { amount } history { to reason } }
    replaced { id status reversedBy { status commissionAmount { amount } notes } history { to reason } }";

const DASHBOARD: &str = "query($partner: ID!) {
    partner(id: $partner) { dashboard(currency: \"EUR\") { totalRevenueGenerated { amount } } }
}";

/// The input that corrects the invoice `i` to this customer and total.
fn correction(customer: &str, amount: &str, key: &str) -> Value {
    with_fields(
        invoice_input(customer, "i", amount, "EUR", JANUARY),
        json!({ "reason": "entered wrongly", "idempotencyKey": key }),
    )
}

async fn correct(tenant: &TestTenant, input: Value) -> Value {
    tenant.finance().mutate_ok("correctInvoice", input, CORRECTED).await
}

async fn code(tenant: &TestTenant, input: Value) -> String {
    tenant.finance().error_code("correctInvoice", input).await
}

/// What a partner has earned in EUR.
async fn earned(tenant: &TestTenant, partner: &str) -> String {
    tenant.balance_if_any(partner).await.map_or("0.00".to_owned(), |balance| balance.earned)
}

/// The tenant with the partners `p`, who earns 15 %, and `q`, who earns 10 %; returns their ids.
async fn acme_with_two_partners() -> (TestTenant, String, String) {
    let (acme, p) = acme_with_partner().await;
    let q = acme.create_partner_with_account("q").await;
    let rate = json!({ "defaultCommissionRate": "0.10", "effectiveFrom": "2000-01-01T00:00:00Z" });
    acme.update_partner(&q, rate).await;
    (acme, p, q)
}

#[tokio::test]
async fn an_invoice_of_a_wrong_customer_is_corrected() {
    let (acme, _, _) = acme_with_two_partners().await;
    let wrong = invoice_input("cust-typo", "i", "100.00", "EUR", JANUARY);
    let recorded = acme.billing().mutate_ok("recordInvoicePaid", wrong.clone(), "outcome").await;
    assert_eq!(recorded["outcome"], "NO_MANAGED_ACCOUNT");
    acme.refund("i", "r", "10.00").await;

    let corrected = correct(&acme, correction("p", "100.00", "k")).await;
    assert_eq!((&corrected["outcome"], &corrected["replaced"]), (&json!("RECORDED"), &Value::Null));
    assert_eq!(acme.events_of_invoice("i").await, ["PENDING 15.00", "PENDING -1.50"]);
    let revisions = &corrected["invoice"]["revisions"];
    assert_eq!(revisions[0]["outcome"], "NO_MANAGED_ACCOUNT");
    assert_eq!(revisions[0]["actor"], "billing");
    assert_eq!(revisions[1]["reason"], "entered wrongly");
    assert_eq!(revisions[1]["actor"], "fiona");

    // Every revision is known by its data, and answered with the present event.
    let right = invoice_input("p", "i", "100.00", "EUR", JANUARY);
    for known in [wrong, right.clone()] {
        let again =
            acme.billing().mutate_ok("recordInvoicePaid", known, "outcome commissionEvent { id }").await;
        assert_eq!(again["outcome"], "ALREADY_RECORDED");
        assert_eq!(again["commissionEvent"]["id"], corrected["commissionEvent"]["id"]);
    }
    let other = with_fields(right, json!({ "customerId": "q" }));
    let rejected = acme.billing().mutate("recordInvoicePaid", other, "outcome").await;
    assert_eq!(rejected["userErrors"][0]["code"], "CONFLICT");
    let message = rejected["userErrors"][0]["message"].as_str().expect("a message");
    assert!(message.contains("correctInvoice"), "{message}");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn the_same_data_attributes_an_invoice_again_after_its_account_was_moved() {
    let (acme, p, q) = acme_with_two_partners().await;
    acme.approved_event_at("p", "i", "500.00", "EUR", JANUARY).await;
    let unchanged = correct(&acme, correction("p", "500.00", "k-0")).await;
    assert_eq!(unchanged["outcome"], "ALREADY_RECORDED");
    assert_eq!(unchanged["invoice"]["revisions"].as_array().map(Vec::len), Some(1));

    let accounts =
        acme.admin().query("{ managedAccounts(filter: { customerId: \"p\" }) { nodes { id } } }").await;
    let account = accounts.data()["managedAccounts"]["nodes"][0]["id"].clone();
    let end = json!({ "id": account, "endsAt": "2026-01-01T00:00:00Z" });
    acme.admin().mutate_ok("endManagedAccount", end, "managedAccount { id }").await;
    let start = json!({ "partnerId": q, "customerId": "p", "startsAt": "2026-01-01T00:00:00Z" });
    acme.admin().mutate_ok("assignManagedAccount", start, "managedAccount { id }").await;

    let corrected = correct(&acme, correction("p", "500.00", "k-1")).await;
    assert_eq!(corrected["outcome"], "RECORDED");
    assert_eq!(corrected["commissionEvent"]["partner"]["id"], json!(q));
    assert_eq!(corrected["commissionEvent"]["commissionAmount"]["amount"], "50.00");
    assert_eq!(
        corrected["commissionEvent"]["history"],
        json!([{ "to": "PENDING", "reason": "entered wrongly" }])
    );
    assert_eq!(corrected["replaced"]["status"], "CANCELLED");
    assert_eq!(corrected["replaced"]["history"][2]["reason"], "entered wrongly");
    assert_eq!((earned(&acme, &p).await, earned(&acme, &q).await), ("0.00".to_owned(), "50.00".to_owned()));
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn an_event_that_staff_cancelled_is_replaced() {
    let (acme, _) = acme_with_partner().await;
    let event = acme.commission_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    acme.cancel(&[event]).await;
    acme.refund("i", "r", "100.00").await;
    let corrected = correct(&acme, correction("p", "200.00", "k")).await;
    assert_eq!(corrected["outcome"], "RECORDED");
    assert_eq!(acme.events_of_invoice("i").await, ["CANCELLED 15.00", "PENDING 30.00", "PENDING -15.00"]);
    acme.assert_reconciled().await;
}

/// Brings the invoice `i` of 100.00 into a state; returns the partner's payout to fail afterwards, if any.
async fn bring_to(acme: &TestTenant, partner: &str, state: &str) -> Option<String> {
    let event = acme.commission_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    if state.contains("part") {
        acme.refund("i", "r-1", "40.00").await;
    }
    if state.starts_with("PENDING") {
        return None;
    }
    acme.approve(&[event]).await;
    if state.starts_with("APPROVED") {
        return None;
    }
    if state.starts_with("CLAWBACK") {
        acme.refund("i", "r-2", "100.00").await;
        return None;
    }
    let payout = acme.create_payout(partner).await;
    if state.contains("completed") {
        acme.complete_payout(&payout).await;
    }
    if state.contains("refund after") {
        acme.refund("i", "r-1", "40.00").await;
    }
    if state.contains("line paid elsewhere") {
        acme.approved_event("p", "other", "100.00", "EUR").await;
        let second = acme.create_payout(partner).await;
        acme.complete_payout(&second).await;
        acme.fail_payout(&payout).await;
        return None;
    }
    state.contains("ready").then_some(payout)
}

#[tokio::test]
async fn a_correction_meets_an_event_in_any_state() {
    for (state, total, expected) in [
        ("PENDING", "200.00", "CANCELLED 15.00|PENDING 30.00"),
        ("PENDING part", "200.00", "CANCELLED 15.00|PENDING 30.00|CANCELLED -6.00|PENDING -6.00"),
        ("APPROVED part", "80.00", "CANCELLED 15.00|PENDING 12.00|CANCELLED -6.00|PENDING -6.00"),
        ("APPROVED", "0.00", "CANCELLED 15.00"),
        ("CLAWBACK", "200.00", "CLAWBACK 15.00|PENDING 30.00|PENDING -15.00"),
        ("PAID ready", "200.00", "PAID 15.00|PENDING 30.00|APPROVED -15.00"),
        (
            "PAID ready refund after",
            "80.00",
            "PAID 15.00|PENDING 12.00|APPROVED -6.00|PENDING -6.00|APPROVED -9.00",
        ),
        ("PAID completed", "200.00", "PAID 15.00|PENDING 30.00|APPROVED -15.00"),
        ("PAID completed part", "40.00", "PAID 15.00|CLAWBACK 6.00|PAID -6.00|APPROVED -9.00"),
        (
            "refund after, line paid elsewhere",
            "200.00",
            "APPROVED 15.00|PENDING 30.00|PAID -6.00|PENDING -6.00|APPROVED -9.00",
        ),
    ] {
        let (acme, partner) = acme_with_partner().await;
        let payout = bring_to(&acme, &partner, state).await;
        correct(&acme, correction("p", total, "k")).await;
        let mut events = acme.events_of_invoice("i").await;
        let mut expected: Vec<_> = expected.split('|').collect();
        events.sort();
        expected.sort_unstable();
        assert_eq!(events, expected, "{state}");
        acme.assert_reconciled().await;
        let before = earned(&acme, &partner).await;

        if let Some(payout) = payout {
            acme.fail_payout(&payout).await;
        }
        acme.approve_all_pending().await;
        acme.approved_event("p", "more", "1000.00", "EUR").await;
        let last = acme.create_payout(&partner).await;
        acme.complete_payout(&last).await;
        let balance = acme.balance(&partner).await;
        assert_eq!(
            (&balance.approved, &balance.in_transit),
            (&"0.00".to_owned(), &"0.00".to_owned()),
            "{state}"
        );
        let cents = |amount: &str| amount.replace('.', "").parse::<i64>().expect("an amount");
        assert_eq!(cents(&balance.settled), cents(&before) + 15_000, "{state}");
        acme.assert_reconciled().await;
    }
}

#[tokio::test]
async fn the_revenue_of_a_corrected_invoice_is_that_of_its_present_data() {
    let (acme, partner) = acme_with_partner().await;
    bring_to(&acme, &partner, "PAID completed").await;
    correct(&acme, correction("p", "70.00", "k")).await;
    let data = acme.admin().query_with(DASHBOARD, json!({ "partner": partner })).await.data();
    assert_eq!(data["partner"]["dashboard"]["totalRevenueGenerated"]["amount"], "70.00");
}

#[tokio::test]
async fn a_correction_that_contradicts_the_refunds_changes_nothing() {
    let (acme, _) = acme_with_partner().await;
    acme.commission_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    acme.refund("i", "r", "40.00").await;
    assert_eq!(code(&acme, correction("p", "39.99", "k")).await, "REFUND_EXCEEDS_INVOICE");
    let dollars = json!({ "totalAmount": money("100.00", "USD") });
    assert_eq!(code(&acme, with_fields(correction("p", "1.00", "k"), dollars.clone())).await, "CONFLICT");
    assert_eq!(acme.events_of_invoice("i").await, ["PENDING 15.00", "PENDING -6.00"]);

    // The key was not used up, and a refund of 40.00 of a total of 40.00 is one in full.
    assert_eq!(correct(&acme, correction("p", "40.00", "k")).await["commissionEvent"]["status"], "CLAWBACK");
    let replay = acme.refund("i", "r", "40.00").await;
    assert_eq!((&replay["outcome"], &replay["clawback"]), (&json!("ALREADY_RECORDED"), &Value::Null));
    acme.assert_reconciled().await;

    acme.commission_event_at("p", "j", "100.00", "EUR", JANUARY).await;
    let other_currency = with_fields(correction("p", "1.00", "j"), json!({ "invoiceId": "j" }));
    let corrected = correct(&acme, with_fields(other_currency, dollars)).await;
    assert_eq!(corrected["outcome"], "RECORDED");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn a_refund_after_a_correction_to_zero_earns_nothing_and_is_applied_by_the_next_one() {
    let (acme, partner) = acme_with_partner().await;
    bring_to(&acme, &partner, "APPROVED part").await;
    let no_base = json!({ "commissionableAmount": euros("0.00") });
    let corrected = correct(&acme, with_fields(correction("p", "100.00", "k-1"), no_base)).await;
    assert_eq!(corrected["outcome"], "ZERO_AMOUNT");
    assert_eq!(acme.refund("i", "r-2", "10.00").await["outcome"], "NO_COMMISSION");
    acme.assert_reconciled().await;
    correct(&acme, correction("p", "100.00", "k-2")).await;
    assert_eq!(acme.balance(&partner).await.pending, "7.50");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn a_correction_takes_effect_once() {
    let (acme, _) = acme_with_partner().await;
    acme.approved_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    let first = correction("p", "200.00", "k-1");
    let results = join_all((0..8).map(|_| correct(&acme, first.clone()))).await;
    assert!(results.iter().all(|result| result == &results[0]), "{results:#?}");
    assert_eq!(acme.events_of_invoice("i").await.len(), 2);

    join_all((0..6).map(|n| correct(&acme, correction("p", &format!("{n}1.00"), &format!("n-{n}"))))).await;
    let events = acme.events_of_invoice("i").await;
    assert_eq!(events.iter().filter(|event| event.starts_with("PENDING")).count(), 1, "{events:?}");
    let again = correct(&acme, first).await;
    assert_eq!(again["outcome"], "RECORDED");
    assert_eq!(again["commissionEvent"]["id"], results[0]["commissionEvent"]["id"]);
    assert_eq!(again["replaced"]["id"], results[0]["replaced"]["id"]);

    assert_eq!(code(&acme, correction("p", "201.00", "k-1")).await, "CONFLICT");
    let unknown = with_fields(correction("p", "1.00", "k-2"), json!({ "invoiceId": "unknown" }));
    assert_eq!(code(&acme, unknown).await, "NOT_FOUND");
    for wrong in [
        json!({ "reason": " " }),
        json!({ "paidAt": "1970-01-01T00:00:00Z" }),
        json!({ "paidAt": in_days(3) }),
        json!({ "totalAmount": euros("-1.00") }),
        json!({ "idempotencyKey": "" }),
    ] {
        let input = with_fields(correction("p", "1.00", "k-2"), wrong.clone());
        assert_eq!(code(&acme, input).await, "BAD_USER_INPUT", "{wrong}");
    }
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn another_customer_is_corrected_in_all_payments_of_an_invoice() {
    let (acme, p, q) = acme_with_two_partners().await;
    for (payment, amount) in [("a", "100.00"), ("b", "50.00")] {
        let input = invoice_input("p", "i", amount, "EUR", JANUARY);
        let input = with_fields(input, json!({ "paymentId": payment }));
        acme.billing().mutate_ok("recordInvoicePaid", input, "outcome").await;
    }
    let unnamed = correction("q", "60.00", "k");
    assert_eq!(code(&acme, unnamed.clone()).await, "BAD_USER_INPUT");
    let corrected = correct(&acme, with_fields(unnamed, json!({ "paymentId": "b" }))).await;
    assert_eq!(corrected["invoice"]["totalAmount"]["amount"], "60.00");
    assert_eq!((earned(&acme, &p).await, earned(&acme, &q).await), ("0.00".to_owned(), "16.00".to_owned()));
    let refund = with_fields(refund_input("i", "r", "60.00"), json!({ "paymentId": "b" }));
    acme.billing().mutate_ok("recordInvoiceRefunded", refund, "outcome").await;
    assert_eq!(earned(&acme, &q).await, "10.00");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn damage_to_corrected_invoices_is_found() {
    let (acme, partner) = acme_with_partner().await;
    bring_to(&acme, &partner, "PAID completed").await;
    correct(&acme, correction("p", "200.00", "k")).await;
    for (damage, repair, rule) in [
        (
            "UPDATE invoice_revisions SET superseded_at = NULL WHERE revision = 1",
            "UPDATE invoice_revisions SET superseded_at = revised.at FROM (SELECT id, revised_at AS at
                FROM invoice_revisions WHERE revision = 2) AS revised
                WHERE revised.id = invoice_revisions.id AND revision = 1",
            "the last revision of an invoice is the present one, and no other",
        ),
        (
            "UPDATE commission_events SET replaced_at = now() WHERE invoice_revision = 2",
            "UPDATE commission_events SET replaced_at = NULL WHERE invoice_revision = 2",
            "an event that a correction has replaced counts for nothing: its reversals take all of it back",
        ),
        (
            "DROP INDEX commission_once_per_invoice;
             UPDATE commission_events SET replaced_at = NULL WHERE reverses_id IS NULL",
            "UPDATE commission_events SET replaced_at = now() WHERE invoice_revision = 1 AND reverses_id IS NULL",
            "an invoice has at most one event that no correction has replaced",
        ),
    ] {
        let unchecked = |sql: &str| format!("SET session_replication_role = replica; {sql}");
        with_superuser(&acme.app.database, &unchecked(damage)).await.expect(damage);
        let differences = acme.reconciliation_differences().await;
        let rules: Vec<_> = differences.as_array().expect("a list").iter().map(|row| &row["rule"]).collect();
        assert!(rules.contains(&&json!(rule)), "{damage}: {rules:#?}");
        with_superuser(&acme.app.database, &unchecked(repair)).await.expect(repair);
        acme.assert_reconciled().await;
    }
}
