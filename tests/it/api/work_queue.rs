//! `workQueue`: its counts are those of the lists, whatever was done.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use revshare::auth::Role;
use serde_json::{Value, json};

use crate::support::{TestTenant, acme_with_partner, batch_input, in_days, invoice_input, transition_input};

const COUNTS: &str = "query { workQueue {
    pendingCommissions heldCommissions payoutsReady payoutsUnconfirmed payoutsFailed payoutsFailedFrom
    payoutsWithAttention unconfirmedBankAccounts
    invoicesThatEarnedNothing newLeads pendingPartners
} }";

const LISTS: &str = "query($failedFrom: DateTime!) {
    pendingCommissions: commissionEvents(filter: { status: [PENDING] }) { totalCount }
    heldCommissions: commissionEvents(filter: { isHeld: true }) { totalCount }
    payoutsReady: payouts(filter: { status: [READY] }) { totalCount }
    payoutsUnconfirmed: payouts(filter: { status: [PROCESSING] }) { totalCount }
    payoutsWithAttention: payouts(filter: { attention: [NOT_SENT, UNCERTAIN, DIFFERS, RETURNED_IN_PART] }) { totalCount }
    unconfirmedBankAccounts: partners(filter: { hasUnconfirmedBankAccount: true }) { totalCount }
    payoutsFailed: payouts(filter: { status: [FAILED], changedFrom: $failedFrom }) { totalCount }
    invoicesThatEarnedNothing:
        invoices(filter: { outcome: [NO_MANAGED_ACCOUNT, NO_RATE, PARTNER_INELIGIBLE] }) { totalCount }
    newLeads: referralLeads(filter: { status: [NEW] }) { totalCount }
    pendingPartners: partners(filter: { status: PENDING }) { totalCount }
}";

const ROWS: &str = "query {
    commissionEvents(first: 100) { nodes { id status heldAt } }
    payouts(first: 100) { nodes { id status } }
    referralLeads(first: 100) { nodes { id status } }
    partners(first: 100) { nodes { id status } }
}";

/// Returns the counts, which must be those of the lists.
async fn counts(tenant: &TestTenant) -> Value {
    let auditor = tenant.client("alma", Role::Auditor);
    let mut counts = auditor.query(COUNTS).await.data()["workQueue"].clone();
    let failed_from = counts.as_object_mut().expect("counts").remove("payoutsFailedFrom");
    let lists = auditor.query_with(LISTS, json!({ "failedFrom": failed_from })).await.data();
    for (name, count) in counts.as_object().expect("counts") {
        assert_eq!(*count, lists[name]["totalCount"], "{name}");
    }
    counts
}

/// The ids of the rows of a list for which a condition holds.
fn ids(rows: &Value, list: &str, is_meant: impl Fn(&Value) -> bool) -> Vec<String> {
    let nodes = rows[list]["nodes"].as_array().expect("a list");
    let ids =
        nodes.iter().filter(|row| is_meant(row)).map(|row| row["id"].as_str().expect("an id").to_owned());
    ids.collect()
}

/// Performs a random act, and returns whether it changed something: some are rejected.
async fn act(tenant: &TestTenant, partner: &str, random: &mut StdRng, number: usize) -> bool {
    let rows = tenant.admin().query(ROWS).await.data();
    let has_status = |status: &'static str| move |row: &Value| row["status"] == status;
    let admin = tenant.admin();
    let attempt = async |mutation: &str, input: Value, selection: &str| {
        admin.try_mutate(mutation, input, selection).await.is_ok()
    };
    let with_reason = |ids: Vec<String>| json!({ "ids": ids, "reason": "a test" });
    let mut some = |ids: Vec<String>| ids.choose(random).cloned().into_iter().collect::<Vec<_>>();
    let pending = some(ids(&rows, "commissionEvents", has_status("PENDING")));
    let approved = some(ids(&rows, "commissionEvents", has_status("APPROVED")));
    let held = some(ids(&rows, "commissionEvents", |row| row["heldAt"].is_string()));
    let ready = some(ids(&rows, "payouts", has_status("READY")));
    let sent = some(ids(&rows, "payouts", has_status("PROCESSING")));
    let lead = some(ids(&rows, "referralLeads", has_status("NEW")));
    let waiting = some(ids(&rows, "partners", has_status("PENDING")));
    let payout = |mutation: &str, ids: &[String]| {
        transition_input(mutation, ids.first().map_or(crate::support::UNKNOWN_ID, String::as_str))
    };
    let open = if sent.is_empty() { &ready } else { &sent };
    let events = "commissionEvents { id }";
    match random.random_range(0..16) {
        0..=2 => {
            let customer = if random.random_bool(0.3) { "nobody" } else { "p" };
            let amount = ["100.00", "250.00", "0.00"][random.random_range(0..3)];
            let invoice = invoice_input(customer, &format!("INV-{number}"), amount, "EUR", &in_days(-1));
            attempt("recordInvoicePaid", invoice, "outcome").await
        }
        4 => {
            let refund = format!("INV-{}", random.random_range(0..number.max(1)));
            let input = crate::support::refund_input(&refund, &format!("R-{number}"), "10.00");
            attempt("recordInvoiceRefunded", input, "outcome").await
        }
        3 | 5 => attempt("approveCommissionEvents", json!({ "ids": pending }), events).await,
        6 => attempt("cancelCommissionEvents", with_reason(pending), events).await,
        7 => attempt("revertApproval", with_reason(approved), events).await,
        8 => {
            attempt(
                "holdCommissionEvents",
                with_reason(if number.is_multiple_of(2) { approved } else { pending }),
                events,
            )
            .await
        }
        9 => attempt("releaseCommissionEvents", with_reason(held), events).await,
        10 if ready.is_empty() => attempt("createPayoutBatch", batch_input(partner), "payout { id }").await,
        10 | 11 => attempt("startPayout", payout("startPayout", &ready), "payout { id }").await,
        12 if number.is_multiple_of(2) => {
            attempt("completePayout", payout("completePayout", open), "payout { id }").await
        }
        12 | 13 => attempt("failPayout", payout("failPayout", open), "payout { id }").await,
        14 => match lead.first() {
            Some(lead) => {
                let input = json!({ "id": lead, "status": "CONTACTED" });
                attempt("advanceReferralLead", input, "referralLead { id }").await
            }
            None => {
                tenant.submit_lead(partner).await;
                true
            }
        },
        _ => match waiting.first() {
            Some(waiting) => {
                attempt("updatePartner", json!({ "id": waiting, "status": "ACTIVE" }), "partner { id }").await
            }
            None => {
                let input = json!({ "companyName": format!("New {number}"), "status": "PENDING" });
                attempt("createPartner", input, "partner { id }").await
            }
        },
    }
}

#[tokio::test]
async fn the_counts_are_those_of_the_lists_after_random_acts() {
    let (acme, partner) = acme_with_partner().await;
    assert_eq!(counts(&acme).await["pendingCommissions"], 0);
    let mut random = StdRng::seed_from_u64(25);
    let (mut changes, mut seen) = (0, std::collections::BTreeSet::new());
    for number in 0..100 {
        changes += usize::from(act(&acme, &partner, &mut random, number).await);
        for (name, count) in counts(&acme).await.as_object().expect("counts") {
            if *count != 0 {
                seen.insert(name.clone());
            }
        }
    }
    assert!(changes > 30, "most acts change something, not {changes} of 100");
    // Only a rail gives a payout attention: its count is tested with Stripe, in `rails`.
    assert_eq!(seen.len(), 8, "each other count was above zero at some time: {seen:?}");
}

#[tokio::test]
async fn the_counts_are_of_one_statement_and_of_the_own_tenant() {
    let (acme, _) = acme_with_partner().await;
    acme.commission_event("p", "one", "100.00", "EUR").await;
    let before = acme.app.statements();
    let data = acme.finance().query("{ workQueue { pendingCommissions newLeads } }").await.data();
    assert_eq!(data["workQueue"], json!({ "pendingCommissions": 1, "newLeads": 0 }));
    assert_eq!(acme.app.statements() - before, 2, "one for the caller, one for the counts");
    let globex = acme.app.tenant("globex").await;
    assert_eq!(counts(&globex).await["pendingCommissions"], 0);
}
