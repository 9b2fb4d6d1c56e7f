//! Identifiers of the billing system that are e-mail addresses, as partner users see them.

use serde_json::json;

use revshare::graphql::request::limits::Limits;
use revshare::http::Options;

use crate::support::{TestApp, acme, in_days, invoice_input, with_fields};

/// Options without a limit of cost.
fn unlimited() -> Options {
    Options {
        limits: Limits { limit_cost: u64::MAX, rate_staff: 0, rate_partner: 0, ..Limits::default() },
        ..Options::default()
    }
}

const IDENTIFIERS: &str = "{
    commissionEvents { nodes { invoiceId customerId managedAccount { customerId } } }
    managedAccounts { nodes { customerId } }
    referralLeads { nodes { contactEmail convertedCustomerId } }
}";

const BY_CUSTOMER: &str = "query($id: String!) {
    commissionEvents(filter: { customerId: $id }) { nodes { customerId } }
}";

#[tokio::test]
async fn partner_users_see_customer_and_invoice_ids_with_an_at_sign_masked() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    let user = acme.partner_user(&partner, "ursula").await;
    let customer = "jane.doe@example.test";
    acme.assign_account(&partner, customer, None).await;
    acme.commission_event(customer, "INV-jane.doe@example.test-1", "100.00", "EUR").await;
    let lead = json!({ "partnerId": partner, "contactName": "x", "contactEmail": customer });
    let lead =
        user.mutate_ok("submitReferralLead", lead, "referralLead { id }").await["referralLead"].clone();
    let conversion = json!({ "status": "CONVERTED", "convertedCustomerId": customer });
    acme.admin().mutate_ok("advanceReferralLead", with_fields(lead, conversion), "warnings").await;

    let seen = user.query(IDENTIFIERS).await.data();
    let event =
        json!({ "invoiceId": "I***", "customerId": "j***", "managedAccount": { "customerId": "j***" } });
    // The address of the lead is shown as the partner submitted it.
    let lead = json!({ "contactEmail": customer, "convertedCustomerId": "j***" });
    let expected = json!({
        "commissionEvents": { "nodes": [event] },
        "managedAccounts": { "nodes": [{ "customerId": "j***" }] },
        "referralLeads": { "nodes": [lead] },
    });
    assert_eq!(seen, expected);
    let found = user.query_with(BY_CUSTOMER, json!({ "id": customer })).await.data();
    assert_eq!(found["commissionEvents"]["nodes"], json!([{ "customerId": "j***" }]));
    let staff = acme.finance().query(IDENTIFIERS).await.data();
    assert_eq!(staff["managedAccounts"]["nodes"][0]["customerId"], customer);
    assert_eq!(staff["commissionEvents"]["nodes"][0]["invoiceId"], "INV-jane.doe@example.test-1");
}

/// Everything that a partner user can read of events, in every place where they are shown.
const EVERYWHERE: &str = "query($event: ID!, $payout: ID!, $partner: ID!, $account: ID!, $lead: ID!) {
    viewer { partners { commissionEvents { nodes { ...Event } } payouts { nodes { ...Payout } } } }
    partner(id: $partner) {
        commissionEvents { nodes { ...Event } }
        managedAccounts { nodes { ...Account } }
        referralLeads { nodes { ...Lead } }
        dashboard { recentCommissionEvents { ...Event } recentPayouts { ...Payout } }
    }
    commissionEvent(id: $event) { ...Event reversedBy { ...Event } }
    payout(id: $payout) { ...Payout }
    managedAccount(id: $account) { ...Account }
    referralLead(id: $lead) { ...Lead }
    node(id: $event) { ... on CommissionEvent { ...Event } }
    nodes(ids: [$event, $payout, $account, $lead]) {
        ... on CommissionEvent { ...Event } ... on Payout { ...Payout } ... on ManagedAccount { ...Account }
    }
    commissionEvents { nodes { ...Event } }
    payouts { nodes { ...Payout } }
}
fragment Event on CommissionEvent {
    invoiceId customerId notes partnerNote history { actor reason } managedAccount { ...Account }
    reverses { invoiceId customerId notes }
}
fragment Payout on Payout { notes failureReason commissionEvents { nodes { ...Event } } history { actor reason } }
fragment Account on ManagedAccount { customerId customerName }
fragment Lead on ReferralLead { convertedCustomerId }";

#[tokio::test]
async fn no_place_shows_a_partner_user_a_personal_identifier_or_the_notes_of_staff() {
    for at in ["@", "\u{ff20}", "\u{fe6b}"] {
        let app = TestApp::with(unlimited()).await;
        let acme = app.tenant("acme").await;
        let partner = acme.create_partner("p").await;
        let user = acme.partner_user(&partner, "ursula").await;
        let customer = format!("jane.doe{at}mail.example");
        let account = acme.assign_account(&partner, &customer, None).await;
        for invoice in ["first", "second"] {
            let invoice = format!("{invoice} jane.doe{at}mail.example");
            acme.approved_event(&customer, &invoice, "100.00", "EUR").await;
            let payout = acme.create_payout(&partner).await;
            acme.complete_payout(&payout).await;
            let refund = json!({ "reason": "jane.doe returned it" });
            acme.refund_with(&invoice, &format!("of {invoice}"), "10.00", refund).await;
            acme.reverse_refund(&format!("of {invoice}")).await;
        }
        let invoice = format!("first jane.doe{at}mail.example");
        let correction = invoice_input(&customer, &invoice, "200.00", "EUR", &in_days(-1));
        let correction =
            with_fields(correction, json!({ "reason": "jane.doe called", "idempotencyKey": "k" }));
        acme.finance().mutate_ok("correctInvoice", correction, "outcome").await;
        acme.approve_all_pending().await;
        let payout = acme.create_payout(&partner).await;
        let lead = acme.submit_lead(&partner).await;
        let converted = json!({ "id": lead, "status": "CONVERTED", "convertedCustomerId": customer });
        acme.admin().mutate_ok("advanceReferralLead", converted, "warnings").await;

        let data = user.query("{ commissionEvents { nodes { id } } }").await.data();
        for event in data["commissionEvents"]["nodes"].as_array().expect("events") {
            let variables = json!({
                "event": event["id"], "payout": payout, "partner": partner, "account": account, "lead": lead,
            });
            let text = user.query_with(EVERYWHERE, variables).await.data().to_string();
            assert!(text.contains("j***"), "{text}");
            for word in ["jane", "doe", at, "mail.example", "returned", "fiona"] {
                assert!(!text.contains(word), "{word}: {text}");
            }
        }
        for document in [
            format!("{{ invoice(invoiceId: \"{invoice}\") {{ id }} }}"),
            "{ invoices { nodes { id } } }".to_owned(),
        ] {
            let response = user.query(&document).await;
            assert_eq!(response.code(), "FORBIDDEN");
            assert!(
                !response.body["errors"][0]["message"].to_string().contains("jane"),
                "{:#}",
                response.body
            );
        }
    }
}
