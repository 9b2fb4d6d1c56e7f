//! The terms of partners and accounts: the moment from which they hold decides what an invoice earns.

use chrono::{SecondsFormat, TimeDelta, Utc};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    TestTenant, acme, acme_with_partner, euros, in_days, invoice_input, with_fields, with_superuser,
};

const PARTNER_TERMS: &str = "query($partner: ID!) {
    partner(id: $partner) { terms { effectiveFrom status tier defaultCommissionRate changedBy changedAt } }
}";

const ACCOUNT_TERMS: &str = "query($account: ID!) {
    managedAccount(id: $account) {
        customCommissionRate effectiveCommissionRate
        terms { effectiveFrom customCommissionRate changedBy }
    }
}";

const PRESENT: &str = "query($partner: ID!, $status: PartnerStatus!) {
    partner(id: $partner) { status tier defaultCommissionRate }
    partners(filter: { status: $status, tier: GOLD }) { totalCount nodes { status tier } }
}";

const RULE: &str = "an event has the rate in force at its date, and its partner earned then, as was known when it was recorded";

/// Returns the time this many seconds from now.
fn in_seconds(seconds: i64) -> String {
    (Utc::now() + TimeDelta::seconds(seconds)).to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Records an invoice of 100.00 EUR of the customer `p`; returns its outcome and its commission.
async fn record(tenant: &TestTenant, invoice: &str, paid_at: &str) -> Value {
    let input = invoice_input("p", invoice, "100.00", "EUR", paid_at);
    let selection = "outcome commissionEvent { commissionAmount { amount } rateSource }";
    let payload = tenant.billing().mutate_ok("recordInvoicePaid", input, selection).await;
    let event = &payload["commissionEvent"];
    json!([payload["outcome"], event["commissionAmount"]["amount"], event["rateSource"]])
}

fn earned(amount: &str, source: &str) -> Value {
    json!(["RECORDED", amount, source])
}

fn ineligible() -> Value {
    json!(["PARTNER_INELIGIBLE", null, null])
}

/// Sets the rate of an account.
async fn update_account(tenant: &TestTenant, account: &str, fields: Value) {
    let input = with_fields(json!({ "id": account }), fields);
    tenant.admin().mutate_ok("updateManagedAccount", input, "managedAccount { id }").await;
}

/// Returns the terms of a partner as (day, status, rate), latest first.
async fn rates(tenant: &TestTenant, partner: &str) -> Vec<String> {
    let data = tenant.admin().query_with(PARTNER_TERMS, json!({ "partner": partner })).await.data();
    let terms = data["partner"]["terms"].as_array().expect("a list").iter();
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let line = |entry: &Value| {
        let from = text(&entry["effectiveFrom"]);
        format!("{} {} {}", &from[..10], text(&entry["status"]), text(&entry["defaultCommissionRate"]))
    };
    terms.map(line).collect()
}

#[tokio::test]
async fn an_invoice_earns_by_the_rate_in_force_when_it_was_paid() {
    let (acme, partner) = acme_with_partner().await;
    acme.update_partner(&partner, json!({ "defaultCommissionRate": "0.10" })).await;
    let before = in_seconds(0);
    acme.update_partner(&partner, json!({ "defaultCommissionRate": "0.05" })).await;

    assert_eq!(record(&acme, "paid before", &before).await, earned("10.00", "PARTNER"));
    assert_eq!(record(&acme, "paid after", &in_seconds(0)).await, earned("5.00", "PARTNER"));
    assert_eq!(record(&acme, "paid long before", "2005-01-01T00:00:00Z").await[0], "NO_MANAGED_ACCOUNT");
    assert_eq!(record(&acme, "paid in the year before", &in_days(-365)).await, earned("15.00", "PARTNER"));
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn an_invoice_earns_by_the_rate_of_its_account_when_it_was_paid() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    let account = acme.assign_account(&partner, "p", Some("0.2")).await;
    let march = json!({ "customCommissionRate": null, "effectiveFrom": "2026-03-01T00:00:00Z" });
    update_account(&acme, &account, march).await;
    let june = json!({ "customCommissionRate": "0", "effectiveFrom": "2026-06-01T00:00:00+02:00" });
    update_account(&acme, &account, june).await;

    for (paid_at, expected) in [
        ("2026-02-28T23:59:59Z", earned("20.00", "MANAGED_ACCOUNT")),
        ("2026-03-01T00:00:00Z", earned("15.00", "PARTNER")),
        ("2026-05-31T21:59:59Z", earned("15.00", "PARTNER")),
        ("2026-05-31T22:00:00Z", earned("0.00", "MANAGED_ACCOUNT")),
    ] {
        assert_eq!(record(&acme, paid_at, paid_at).await, expected, "{paid_at}");
    }
    let data = acme.admin().query_with(ACCOUNT_TERMS, json!({ "account": account })).await.data();
    let entry = |from: &str, rate: Option<&str>| json!({ "effectiveFrom": from, "customCommissionRate": rate, "changedBy": "adam" });
    assert_eq!(
        data["managedAccount"],
        json!({
            "customCommissionRate": "0.0000",
            "effectiveCommissionRate": "0.0000",
            "terms": [
                entry("2026-05-31T22:00:00Z", Some("0.0000")),
                entry("2026-03-01T00:00:00Z", None),
                entry("2000-01-01T00:00:00Z", Some("0.2000")),
            ],
        })
    );
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn an_invoice_earns_by_the_status_in_force_when_it_was_paid() {
    let (acme, partner) = acme_with_partner().await;
    let active = in_seconds(0);
    acme.update_partner(&partner, json!({ "status": "TERMINATED" })).await;
    let terminated = in_seconds(0);
    assert_eq!(record(&acme, "while active", &active).await, earned("15.00", "PARTNER"));
    assert_eq!(record(&acme, "while terminated", &terminated).await, ineligible());

    acme.update_partner(&partner, json!({ "status": "ACTIVE" })).await;
    assert_eq!(record(&acme, "while terminated", &terminated).await, ineligible());
    assert_eq!(record(&acme, "active again", &in_seconds(0)).await, earned("15.00", "PARTNER"));
    // The correction of a past moment counts for an invoice that earned nothing and is sent again.
    acme.update_partner(&partner, json!({ "status": "ACTIVE", "effectiveFrom": terminated })).await;
    assert_eq!(record(&acme, "while terminated", &terminated).await, earned("15.00", "PARTNER"));
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn a_past_change_holds_until_the_next_change_of_the_same_attribute() {
    let (acme, partner) = acme_with_partner().await;
    for change in [
        json!({ "status": "SUSPENDED", "effectiveFrom": "2026-03-01T00:00:00Z" }),
        json!({ "defaultCommissionRate": "0.2", "effectiveFrom": "2026-05-01T00:00:00Z" }),
    ] {
        acme.update_partner(&partner, change).await;
    }
    let april = "2026-04-01T00:00:00Z";
    let first = record(&acme, "before the change", april).await;
    assert_eq!(first, earned("15.00", "PARTNER"));
    let change = json!({ "defaultCommissionRate": "0.12", "effectiveFrom": "2026-02-01T00:00:00Z" });
    acme.update_partner(&partner, change.clone()).await;

    assert_eq!(
        rates(&acme, &partner).await,
        [
            "2026-05-01 SUSPENDED 0.2000",
            "2026-03-01 SUSPENDED 0.1200",
            "2026-03-01 SUSPENDED 0.1500",
            "2026-02-01 ACTIVE 0.1200",
            "2000-01-01 ACTIVE 0.1500",
        ]
    );
    assert_eq!(record(&acme, "after the change", april).await, earned("12.00", "PARTNER"));
    assert_eq!(
        record(&acme, "before the change", april).await,
        json!(["ALREADY_RECORDED", "15.00", "PARTNER"])
    );
    acme.assert_reconciled().await;

    // The same again changes nothing, and adds no row.
    acme.update_partner(&partner, change).await;
    acme.update_partner(&partner, json!({ "status": "SUSPENDED", "tier": "BRONZE" })).await;
    assert_eq!(rates(&acme, &partner).await.len(), 5);
}

#[tokio::test]
async fn a_scheduled_change_holds_from_its_moment() {
    let (acme, partner) = acme_with_partner().await;
    let later = in_seconds(3_600);
    acme.update_partner(&partner, json!({ "defaultCommissionRate": "0.3", "effectiveFrom": later })).await;
    let soon = in_seconds(2);
    acme.update_partner(&partner, json!({ "status": "TERMINATED", "tier": "GOLD", "effectiveFrom": soon }))
        .await;
    let report = async |status: &str| {
        let variables = json!({ "partner": partner, "status": status });
        acme.admin().query_with(PRESENT, variables).await.data()
    };
    let before = report("TERMINATED").await;
    let active = json!({ "status": "ACTIVE", "tier": "BRONZE", "defaultCommissionRate": "0.1500" });
    assert_eq!(before["partner"], active);
    assert_eq!(before["partners"]["totalCount"], 0);

    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    let after = report("TERMINATED").await;
    assert_eq!(after["partner"]["status"], "TERMINATED");
    let gold = json!({ "totalCount": 1, "nodes": [{ "status": "TERMINATED", "tier": "GOLD" }] });
    assert_eq!(after["partners"], gold);
    // An invoice may be dated up to 24 hours ahead: it earns by what holds then.
    acme.update_partner(&partner, json!({ "status": "ACTIVE" })).await;
    assert_eq!(record(&acme, "ahead", &in_seconds(3_700)).await, earned("30.00", "PARTNER"));
    assert_eq!(record(&acme, "now", &in_seconds(0)).await, earned("15.00", "PARTNER"));
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn the_status_now_decides_whether_a_partner_is_paid() {
    let (acme, partner) = acme_with_partner().await;
    acme.approved_event("p", "i", "100.00", "EUR").await;
    let pay =
        async || acme.finance().error_code("createPayoutBatch", crate::support::batch_input(&partner)).await;
    acme.update_partner(&partner, json!({ "status": "SUSPENDED", "effectiveFrom": "2026-01-01T00:00:00Z" }))
        .await;
    assert_eq!(pay().await, "PARTNER_NOT_PAYABLE");
    acme.update_partner(&partner, json!({ "status": "ACTIVE", "effectiveFrom": in_days(1) })).await;
    assert_eq!(pay().await, "PARTNER_NOT_PAYABLE");
    acme.update_partner(&partner, json!({ "status": "ACTIVE" })).await;
    assert_eq!(pay().await, "");
}

#[tokio::test]
async fn moments_out_of_range_or_without_terms_are_rejected() {
    let (acme, partner) = acme_with_partner().await;
    let account = acme.assign_account(&partner, "c", None).await;
    for from in ["0001-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "2099-01-01T00:00:00Z"] {
        let input = json!({ "id": partner, "tier": "GOLD", "effectiveFrom": from });
        assert_eq!(acme.admin().error_code("updatePartner", input).await, "BAD_USER_INPUT", "{from}");
        let input = json!({ "id": account, "customCommissionRate": "0.1", "effectiveFrom": from });
        assert_eq!(acme.admin().error_code("updateManagedAccount", input).await, "BAD_USER_INPUT", "{from}");
    }
    let input = json!({ "id": partner, "companyName": "q", "effectiveFrom": in_days(0) });
    assert_eq!(acme.admin().error_code("updatePartner", input).await, "BAD_USER_INPUT");
    let input = json!({ "id": account, "customerName": "q", "effectiveFrom": in_days(0) });
    assert_eq!(acme.admin().error_code("updateManagedAccount", input).await, "BAD_USER_INPUT");
    assert_eq!(rates(&acme, &partner).await.len(), 1);
}

#[tokio::test]
async fn null_for_a_field_that_cannot_be_empty_is_rejected() {
    let (acme, partner) = acme_with_partner().await;
    let account = acme.assign_account(&partner, "c", None).await;
    for field in ["companyName", "tier", "status", "payoutCurrency"] {
        let input = json!({ "id": partner, field: null });
        assert_eq!(acme.admin().error_code("updatePartner", input).await, "BAD_USER_INPUT", "{field}");
    }
    let input = json!({ "id": account, "engagementType": null });
    assert_eq!(acme.admin().error_code("updateManagedAccount", input).await, "BAD_USER_INPUT");
}

#[tokio::test]
async fn partner_users_see_the_terms_but_not_who_changed_them() {
    let (acme, partner) = acme_with_partner().await;
    let user = acme.partner_user(&partner, "paula").await;
    acme.update_partner(&partner, json!({ "defaultCommissionRate": "0.2" })).await;
    for (client, name) in [(user, "staff"), (acme.admin(), "adam")] {
        let data = client.query_with(PARTNER_TERMS, json!({ "partner": partner })).await.data();
        let terms = data["partner"]["terms"].as_array().expect("a list");
        let names: Vec<_> = terms.iter().map(|entry| &entry["changedBy"]).collect();
        assert_eq!(names, [name, name]);
    }
}

#[tokio::test]
async fn the_reconciliation_finds_an_event_that_does_not_follow_the_terms() {
    let (acme, partner) = acme_with_partner().await;
    acme.commission_event("p", "i", "100.00", "EUR").await;
    let update = |set: &str| format!("UPDATE partner_terms SET {set}");
    for (sql, expected) in [
        (update("default_commission_rate = 0.2"), "20.00"),
        (update("default_commission_rate = NULL"), "0.00"),
        (update("default_commission_rate = 0.15, status = 'PENDING'"), "0.00"),
        (
            update("status = 'ACTIVE'") + "; UPDATE managed_account_terms SET custom_commission_rate = 0.15",
            "15.00",
        ),
    ] {
        with_superuser(&acme.app.database, &sql).await.expect("a corruption");
        let differences = acme.reconciliation_differences().await;
        let found = json!({
            "partner": { "id": partner },
            "currency": "EUR",
            "expected": { "amount": expected },
            "actual": { "amount": "15.00" },
            "rule": RULE,
            "ids": differences[0]["ids"],
        });
        assert_eq!(differences, json!([found]), "{sql}");
    }
    let repaired = "UPDATE managed_account_terms SET custom_commission_rate = NULL";
    with_superuser(&acme.app.database, repaired).await.expect("a repair");
    acme.assert_reconciled().await;
}

/// While invoices arrive, the rate and the status change: each event follows what was known when it was recorded.
#[tokio::test(flavor = "multi_thread")]
async fn events_agree_with_the_terms_while_both_are_written() {
    let (acme, partner) = acme_with_partner().await;
    let account = acme.assign_account(&partner, "q", None).await;
    let moment = in_days(-1);
    for round in 0..10 {
        let invoices = (0..12).map(|n| {
            let customer = if n % 2 == 0 { "p" } else { "q" };
            let invoice = format!("{round} {n}");
            let input = invoice_input(customer, &invoice, "100.00", "EUR", &in_days(0));
            let billing = acme.billing();
            async move { billing.mutate_ok("recordInvoicePaid", input, "outcome").await }
        });
        let rate = format!("0.{:02}", 10 + round);
        let status = if round % 2 == 0 { "TERMINATED" } else { "ACTIVE" };
        let changes = [
            (
                "updatePartner",
                json!({ "id": partner, "defaultCommissionRate": rate, "effectiveFrom": moment }),
            ),
            ("updatePartner", json!({ "id": partner, "status": status, "effectiveFrom": moment })),
            (
                "updateManagedAccount",
                json!({ "id": account, "customCommissionRate": rate, "effectiveFrom": moment }),
            ),
        ];
        let changes = changes.map(|(mutation, input)| {
            let admin = acme.admin();
            async move { admin.mutate_ok(mutation, input, "__typename").await }
        });
        tokio::join!(join_all(invoices), join_all(changes));
    }
    acme.assert_reconciled().await;
    assert_ne!(acme.balance(&partner).await.pending, euros("0.00")["amount"]);
}
