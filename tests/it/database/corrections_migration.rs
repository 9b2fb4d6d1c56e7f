//! The migrations that came with corrections, over a database that was in use before: no figure changes.

use std::fs;
use std::path::Path;

use revshare::domain::db::migrate;
use revshare::graphql::request::limits::Limits;
use revshare::http::Options;
use serde_json::{Value, json};

use crate::support::{TestApp, TestTenant, euros, in_days, invoice_input, ok, with_fields, with_superuser};

/// The last migration before corrections.
const VERSION_BEFORE: u32 = 12;

const FIGURES: &str = "{
    partners(first: 5) {
        nodes {
            id partnerNumber companyName status tier defaultCommissionRate payoutCurrency createdAt
            managedAccounts { nodes { id customerId customCommissionRate startsAt endsAt } }
            referralLeads { nodes { id contactName contactEmail companyName status convertedCustomerId convertedAt } }
            users { userId email role isActive }
            commissionEvents(first: 50) {
                nodes {
                    id eventType status invoiceId customerId commissionAmount { amount } baseAmount { amount }
                    commissionRate rateSource eventDate recordedAt payableAt paidAt settledAt notes
                    reverses { id } payout { id } history { kind from to at actor reason }
                }
            }
            payouts {
                nodes {
                    id status totalAmount { amount } commissionCount paymentReference completedAt failureReason
                    commissionEvents { nodes { id } } history { from to at actor reason }
                }
            }
            balances {
                currency pending { amount } approved { amount } held { amount } inTransit { amount }
                settled { amount } earned { amount } paid { amount } outstanding { amount }
            }
            months(count: 3) { month revenue { amount } commissions { amount } payouts { amount } }
            referralFunnel { status leads }
        }
    }
    invoices {
        nodes {
            invoiceId paymentId customerId totalAmount { amount } commissionableAmount { amount }
            refundedAmount { amount } paidAt receivedAt outcome commissionEvent { id } revisions { number }
        }
    }
    reconciliation { balanced debts { partner { id } amount { amount } } strandedEvents { id } }
}";

/// Takes the schema of a tenant's database back to what it was before corrections.
async fn downgrade(acme: &TestTenant) -> usize {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let folders = fs::read_dir(root).expect("the migrations").flatten().map(|entry| entry.path());
    let number = |folder: &Path| -> Option<u32> {
        let name = folder.file_name()?.to_str()?;
        name.split('_').next()?.rsplit('-').next()?.parse().ok()
    };
    let mut later: Vec<_> = folders.filter(|folder| number(folder) > Some(VERSION_BEFORE)).collect();
    later.sort_by_key(|folder| std::cmp::Reverse(number(folder)));
    for folder in &later {
        let down = fs::read_to_string(folder.join("down.sql")).expect("a migration");
        with_superuser(&acme.app.database, &down).await.unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    }
    let forget =
        format!("DELETE FROM __diesel_schema_migrations WHERE right(version, 6)::integer > {VERSION_BEFORE}");
    with_superuser(&acme.app.database, &forget).await.expect("an older schema");
    later.len()
}

async fn upgrade(acme: &TestTenant) -> usize {
    let urls = acme.app.database.urls();
    ok(migrate::run(&urls.owner, &urls.serving).await).len()
}

/// A tenant with rows of every kind that existed before corrections.
async fn acme_in_use() -> (TestTenant, String) {
    let limits = Limits { limit_cost: u64::MAX, rate_staff: 0, ..Limits::default() };
    let acme = TestApp::with(Options { limits, ..Options::default() }).await.tenant("acme").await;
    let partner = acme.create_partner_with_account("p").await;
    acme.assign_account(&partner, "own rate", Some("0.2")).await;
    acme.assign_account(&partner, "free", Some("0")).await;
    for (invoice, mutation) in
        [("completed", "completePayout"), ("failed", "failPayout"), ("cancelled", "cancelPayout")]
    {
        acme.approved_event("p", invoice, "100.00", "EUR").await;
        let payout = acme.create_payout(&partner).await;
        acme.transition_payout(mutation, &payout).await;
    }
    acme.create_payout(&partner).await;
    acme.refund("completed", "of what is paid", "10.00").await;
    let withdrawn = acme.commission_event("p", "withdrawn", "100.00", "EUR").await;
    acme.cancel(&[withdrawn]).await;
    acme.refund("withdrawn", "of what is cancelled", "1.00").await;
    acme.commission_event("p", "refunded", "100.00", "EUR").await;
    acme.refund("refunded", "all", "100.00").await;
    acme.commission_event("own rate", "pending", "33.35", "EUR").await;
    for (refund, amount) in [("first", "11.11"), ("second", "11.11")] {
        acme.refund("pending", refund, amount).await;
    }
    acme.commission_event("p", "yen", "1234", "JPY").await;
    acme.commission_event("free", "of zero", "100.00", "EUR").await;
    let unassigned = invoice_input("nobody", "unassigned", "100.00", "EUR", &in_days(-10));
    acme.billing().mutate_ok("recordInvoicePaid", unassigned, "outcome").await;
    acme.refund("unassigned", "of nothing", "40.00").await;
    for (key, amount) in [("bonus", "7.00"), ("fee", "-5.00")] {
        let input =
            json!({ "partnerId": partner, "amount": euros(amount), "reason": key, "idempotencyKey": key });
        acme.finance().mutate_ok("recordAdjustment", input, "commissionEvent { id }").await;
    }
    acme.partner_user(&partner, "ursula").await;
    for customer in ["first customer", "second customer"] {
        let lead = acme.submit_lead(&partner).await;
        let input = json!({ "id": lead, "status": "CONVERTED", "convertedCustomerId": customer });
        acme.admin().mutate_ok("advanceReferralLead", input, "referralLead { id }").await;
    }
    acme.update_partner(&partner, json!({ "defaultCommissionRate": "0.3", "tier": "GOLD" })).await;
    (acme, partner)
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_from_before_corrections_keep_their_figures() {
    let (acme, partner) = acme_in_use().await;
    let before = acme.admin().query(FIGURES).await.data();
    assert_eq!(before["reconciliation"]["balanced"], true);
    let migrations = downgrade(&acme).await;
    assert_eq!(upgrade(&acme).await, migrations);
    assert_eq!(acme.admin().query(FIGURES).await.data(), before);

    // What was recorded before can be corrected, refunded, reversed, held and sent again.
    let correction = |invoice: &str, customer: &str, amount: &str| {
        let input = invoice_input(customer, invoice, amount, "EUR", &in_days(-1));
        with_fields(input, json!({ "reason": "typo", "idempotencyKey": invoice }))
    };
    for (invoice, customer, amount) in
        [("completed", "p", "200.00"), ("pending", "p", "50.00"), ("unassigned", "own rate", "90.00")]
    {
        let input = correction(invoice, customer, amount);
        let payload = acme.finance().mutate_ok("correctInvoice", input, "outcome").await;
        assert_eq!(payload["outcome"], "RECORDED", "{invoice}");
    }
    for refund in ["all", "first", "of nothing", "of what is paid"] {
        assert_eq!(acme.reverse_refund(refund).await["outcome"], "RECORDED", "{refund}");
    }
    assert_eq!(acme.reverse_refund("of what is cancelled").await["outcome"], "NO_COMMISSION");
    acme.approve_all_pending().await;
    acme.create_payout(&partner).await;
    acme.assert_reconciled().await;
}

/// Rows that are rejected since, but were not when they were stored.
const OLDER_ROWS: &str = "
    UPDATE invoice_refunds SET refunded_at = '1970-01-01' WHERE refund_id = 'first';
    UPDATE commission_events SET event_date = '1970-01-01', payable_at = '1970-01-01' WHERE refund_id = 'first';
    UPDATE commission_events SET status = 'PENDING' WHERE invoice_id = 'of zero';
    UPDATE status_changes SET to_status = 'PENDING'
        WHERE commission_event_id = (SELECT id FROM commission_events WHERE invoice_id = 'of zero');
    UPDATE invoice_receipts SET paid_at = '0001-01-01' WHERE invoice_id = 'unassigned';
    UPDATE referral_leads SET converted_customer_id = 'first customer';
    UPDATE referral_leads SET contact_email = 'Lena Lead <lena@example.com>';";

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_would_be_rejected_now_are_kept_and_can_be_corrected() {
    let (acme, partner) = acme_in_use().await;
    downgrade(&acme).await;
    with_superuser(&acme.app.database, OLDER_ROWS).await.expect("older rows");
    upgrade(&acme).await;
    acme.assert_reconciled().await;
    assert_eq!(acme.events_of_invoice("of zero").await, ["PENDING 0.00"]);
    acme.approve_all_pending().await;
    assert_eq!(acme.events_of_invoice("of zero").await, ["APPROVED 0.00"]);
    acme.reverse_refund("first").await;

    let data = acme
        .admin()
        .query("{ invoices(filter: { outcome: NO_MANAGED_ACCOUNT }) { nodes { paidAt } } }")
        .await;
    assert_eq!(data.data()["invoices"]["nodes"], json!([{ "paidAt": "0001-01-01T00:00:00Z" }]));
    let input = invoice_input("p", "unassigned", "100.00", "EUR", "2026-01-15T00:00:00Z");
    let input = with_fields(input, json!({ "reason": "the true date", "idempotencyKey": "k" }));
    let payload =
        acme.finance().mutate_ok("correctInvoice", input, "outcome commissionEvent { commissionRate }").await;
    assert_eq!(payload, json!({ "outcome": "RECORDED", "commissionEvent": { "commissionRate": "0.3000" } }));
    acme.create_payout(&partner).await;
    acme.assert_reconciled().await;
    assert_eq!(acme.reconciliation_differences().await, Value::Array(Vec::new()));
}
