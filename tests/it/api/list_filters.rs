//! Filters of lists: what each of them finds, and what they reject.

use serde_json::{Value, json};

use crate::support::{Client, acme_with_partner, euros, in_days};

/// Returns the values of a field of the rows of a list under a filter, sorted.
async fn found(client: &Client, list: &str, filter_type: &str, field: &str, filter: Value) -> Vec<String> {
    let document =
        format!("query($filter: {filter_type}) {{ {list}(filter: $filter) {{ nodes {{ {field} }} }} }}");
    let data = client.query_with(&document, json!({ "filter": filter })).await.data();
    let nodes = data[list]["nodes"].as_array().expect("nodes").iter();
    let mut values: Vec<_> = nodes.map(|node| node[field].as_str().unwrap_or("-").to_owned()).collect();
    values.sort();
    values
}

async fn events(client: &Client, filter: Value) -> Vec<String> {
    found(client, "commissionEvents", "CommissionEventFilter", "invoiceId", filter).await
}

#[tokio::test]
async fn events_are_found_by_invoice_refund_account_amount_and_payout() {
    let (acme, partner) = acme_with_partner().await;
    let account = acme.assign_account(&partner, "second", Some("0.2")).await;
    acme.approved_event("p", "Inv-1", "100.00", "EUR").await;
    acme.commission_event("p", "INV-2", "200.00", "EUR").await;
    acme.commission_event("second", "other", "300.00", "EUR").await;
    acme.commission_event("second", "dollars", "100.00", "USD").await;
    acme.create_payout(&partner).await;
    acme.refund("Inv-1", "RE-1", "10.00").await;
    let staff = acme.finance();
    for (filter, expected) in [
        (json!({ "invoiceIdPrefix": "inv-" }), vec!["INV-2", "Inv-1", "Inv-1"]),
        (json!({ "invoiceId": "Inv-1", "eventType": ["INVOICE_PAID"] }), vec!["Inv-1"]),
        (json!({ "invoiceId": "inv-1" }), vec![]),
        (json!({ "refundId": "RE-1" }), vec!["Inv-1"]),
        (json!({ "managedAccountId": account }), vec!["dollars", "other"]),
        (json!({ "rateSource": "MANAGED_ACCOUNT" }), vec!["dollars", "other"]),
        (json!({ "inPayout": true }), vec!["Inv-1"]),
        (json!({ "inPayout": false, "currency": "EUR", "amountFrom": "0.01" }), vec!["INV-2", "other"]),
        (json!({ "currency": "EUR", "amountFrom": "15.00", "amountTo": "30.00" }), vec!["INV-2", "Inv-1"]),
        (json!({ "currency": "EUR", "amountTo": "-0.01" }), vec!["Inv-1"]),
        (json!({ "currency": "USD", "amountTo": "20.00" }), vec!["dollars"]),
        (json!({ "recordedTo": in_days(-1) }), vec![]),
        (json!({ "recordedFrom": in_days(-1), "recordedTo": in_days(1), "refundId": "RE-1" }), vec!["Inv-1"]),
        (json!({ "payableBefore": in_days(1), "refundId": "RE-1" }), vec!["Inv-1"]),
        (json!({ "payableBefore": in_days(-1) }), vec![]),
    ] {
        assert_eq!(events(&staff, filter.clone()).await, expected, "{filter}");
    }
}

#[tokio::test]
async fn payouts_are_found_by_reference_partner_completion_and_amount() {
    let (acme, partner) = acme_with_partner().await;
    for (invoice, reference) in [("one", Some("WIRE-1")), ("two", Some("wire-2")), ("three", None)] {
        acme.approved_event("p", invoice, "100.00", "EUR").await;
        let payout = acme.create_payout(&partner).await;
        if let Some(reference) = reference {
            let completion = json!({ "id": payout, "paymentReference": reference });
            acme.finance().mutate_ok("completePayout", completion, "payout { id }").await;
        }
    }
    let staff = acme.finance();
    for (filter, expected) in [
        (json!({ "search": "Wire" }), vec!["WIRE-1", "wire-2"]),
        (json!({ "search": "P-0" }), vec!["-", "WIRE-1", "wire-2"]),
        (json!({ "search": "nobody" }), vec![]),
        (json!({ "referencePrefix": "WIRE-2" }), vec!["wire-2"]),
        (json!({ "completedFrom": in_days(-1) }), vec!["WIRE-1", "wire-2"]),
        (json!({ "completedTo": in_days(-1) }), vec![]),
        (
            json!({ "currency": "EUR", "amountFrom": "15.00", "amountTo": "15.00", "status": ["READY"] }),
            vec!["-"],
        ),
        (json!({ "currency": "EUR", "amountFrom": "15.01" }), vec![]),
    ] {
        let found = found(&staff, "payouts", "PayoutFilter", "paymentReference", filter.clone()).await;
        assert_eq!(found, expected, "{filter}");
    }
}

#[tokio::test]
async fn partners_leads_and_accounts_are_found_by_their_words_and_times() {
    let (acme, partner) = acme_with_partner().await;
    let debtor = acme.create_partner("Debtor").await;
    acme.update_partner(&debtor, json!({ "status": "SUSPENDED", "tier": "GOLD" })).await;
    let debt = json!({ "partnerId": debtor, "amount": euros("-5.00"), "reason": "x", "idempotencyKey": "d" });
    acme.finance().mutate_ok("recordAdjustment", debt, "commissionEvent { id }").await;
    acme.approve_all_pending().await;
    let lead = json!({
        "partnerId": partner, "companyName": "Ärzte AG", "contactName": "Lena", "contactEmail": "l@x.example",
        "source": "Trade Fair",
    });
    acme.admin().mutate_ok("submitReferralLead", lead, "referralLead { id }").await;
    let staff = acme.finance();
    for (list, filter_type, field, filter, expected) in [
        (
            "partners",
            "PartnerFilter",
            "companyName",
            json!({ "statuses": ["SUSPENDED", "ARCHIVED"] }),
            vec!["Debtor"],
        ),
        ("partners", "PartnerFilter", "companyName", json!({ "tiers": ["GOLD"] }), vec!["Debtor"]),
        ("partners", "PartnerFilter", "companyName", json!({ "hasDebt": true }), vec!["Debtor"]),
        ("partners", "PartnerFilter", "companyName", json!({ "hasDebt": false }), vec!["p"]),
        ("partners", "PartnerFilter", "companyName", json!({ "createdTo": in_days(-1) }), vec![]),
        (
            "partners",
            "PartnerFilter",
            "companyName",
            json!({ "createdFrom": in_days(-1) }),
            vec!["Debtor", "p"],
        ),
        ("referralLeads", "ReferralLeadFilter", "companyName", json!({ "search": "ÄRZ" }), vec!["Ärzte AG"]),
        ("referralLeads", "ReferralLeadFilter", "companyName", json!({ "search": "rzte" }), vec![]),
        (
            "referralLeads",
            "ReferralLeadFilter",
            "companyName",
            json!({ "source": "TRADE fair" }),
            vec!["Ärzte AG"],
        ),
        (
            "referralLeads",
            "ReferralLeadFilter",
            "companyName",
            json!({ "submittedFrom": in_days(1) }),
            vec![],
        ),
        ("managedAccounts", "ManagedAccountFilter", "customerId", json!({ "search": "P COVER" }), vec!["p"]),
        (
            "managedAccounts",
            "ManagedAccountFilter",
            "customerId",
            json!({ "startsFrom": in_days(-1) }),
            vec![],
        ),
        (
            "managedAccounts",
            "ManagedAccountFilter",
            "customerId",
            json!({ "startsTo": in_days(-1) }),
            vec!["p"],
        ),
    ] {
        let found = found(&staff, list, filter_type, field, filter.clone()).await;
        assert_eq!(found, expected, "{list} {filter}");
    }
}

#[tokio::test]
async fn a_reversed_range_and_an_amount_without_a_currency_are_rejected() {
    let (acme, _) = acme_with_partner().await;
    let (early, late) = ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z");
    for (list, filter_type, filter, field) in [
        (
            "commissionEvents",
            "CommissionEventFilter",
            json!({ "recordedFrom": late, "recordedTo": early }),
            "recordedTo",
        ),
        ("commissionEvents", "CommissionEventFilter", json!({ "amountFrom": "1.00" }), "amountFrom"),
        (
            "commissionEvents",
            "CommissionEventFilter",
            json!({ "amountFrom": "2", "amountTo": "1", "currency": "EUR" }),
            "amountTo",
        ),
        (
            "commissionEvents",
            "CommissionEventFilter",
            json!({ "amountTo": "0.001", "currency": "EUR" }),
            "amountTo",
        ),
        ("commissionEvents", "CommissionEventFilter", json!({ "invoiceIdPrefix": "" }), "invoiceIdPrefix"),
        ("commissionEvents", "CommissionEventFilter", json!({ "refundId": " " }), "refundId"),
        ("payouts", "PayoutFilter", json!({ "completedFrom": late, "completedTo": early }), "completedTo"),
        ("payouts", "PayoutFilter", json!({ "amountTo": "1" }), "amountTo"),
        ("payouts", "PayoutFilter", json!({ "search": "x".repeat(256) }), "search"),
        ("partners", "PartnerFilter", json!({ "createdFrom": late, "createdTo": early }), "createdTo"),
        (
            "referralLeads",
            "ReferralLeadFilter",
            json!({ "submittedFrom": late, "submittedTo": early }),
            "submittedTo",
        ),
        (
            "managedAccounts",
            "ManagedAccountFilter",
            json!({ "startsFrom": late, "startsTo": early }),
            "startsTo",
        ),
    ] {
        let document =
            format!("query($filter: {filter_type}) {{ {list}(filter: $filter) {{ totalCount }} }}");
        let response = acme.finance().query_with(&document, json!({ "filter": filter })).await;
        assert_eq!(response.code(), "BAD_USER_INPUT", "{list} {filter}");
        assert_eq!(response.body["errors"][0]["extensions"]["field"], field, "{list} {filter}");
    }
}
