//! The dashboard, field by field.

use serde_json::{Value, json};

use crate::support::{TestTenant, acme_with_partner, batch_input, in_days};

const FIELDS: &str = "currency asOf totalRevenueGenerated{amount} totalCommissionsEarned{amount} totalCommissionsPaid{amount}
    outstandingBalance{amount} currentMonthRevenue{amount} currentMonthCommissions{amount} currentMonthPayouts{amount}
    totalReferrals convertedReferrals conversionRate activeReferrals totalCustomers activeCustomers
    pendingCommissionEvents nextPayoutDate recentCommissionEvents{invoiceId} recentPayouts{totalAmount{amount}}
    balance{pending{amount} approved{amount} inTransit{amount} settled{amount} earned{amount} paid{amount} outstanding{amount}}";

async fn dashboard(tenant: &TestTenant, partner: &str, arguments: &str) -> Value {
    let query = format!("{{partner(id:\"{partner}\"){{dashboard{arguments}{{{FIELDS}}}}}}}");
    tenant.admin().query(&query).await.data()["partner"]["dashboard"].clone()
}

#[tokio::test]
async fn a_partner_without_anything_has_zeros() {
    let (acme, partner) = acme_with_partner().await;
    let dashboard = dashboard(&acme, &partner, "").await;
    for amount in
        ["totalRevenueGenerated", "totalCommissionsEarned", "outstandingBalance", "currentMonthPayouts"]
    {
        assert_eq!(dashboard[amount]["amount"], "0.00", "{amount}");
    }
    assert_eq!(dashboard["conversionRate"], 0.0);
    assert_eq!((&dashboard["totalCustomers"], &dashboard["activeCustomers"]), (&json!(1), &json!(1)));
    assert_eq!(dashboard["nextPayoutDate"], Value::Null);
}

#[tokio::test]
async fn every_figure_is_what_the_rows_say() {
    let (acme, partner) = acme_with_partner().await;
    for (invoice, amount) in [("settled", "100.00"), ("transit", "200.00"), ("approved", "300.00")] {
        acme.approved_event("p", invoice, amount, "EUR").await;
        if invoice != "approved" {
            let payout = acme.create_payout(&partner).await;
            if invoice == "settled" {
                let input = json!({ "id": payout, "paymentReference": "W" });
                acme.finance().mutate_ok("completePayout", input, "payout{id}").await;
            }
        }
    }
    acme.commission_event("p", "pending", "400.00", "EUR").await;
    acme.commission_event("p", "yen", "1000", "JPY").await;
    let gone = acme.commission_event("p", "gone", "500.00", "EUR").await;
    acme.finance()
        .mutate_ok("cancelCommissionEvents", json!({ "ids": [gone], "reason": "x" }), "commissionEvents{id}")
        .await;
    for status in ["CONVERTED", "LOST", "QUALIFIED"] {
        let lead = acme.submit_lead(&partner).await;
        acme.admin()
            .mutate_ok("advanceReferralLead", json!({ "id": lead, "status": status }), "referralLead{id}")
            .await;
    }
    let mut found = dashboard(&acme, &partner, "").await;
    assert!(found["nextPayoutDate"].is_string(), "the payout in transit has a date");
    for moving in ["asOf", "nextPayoutDate"] {
        found[moving] = Value::Null;
    }
    let amount = |text: &str| json!({ "amount": text });
    let recent = ["gone", "yen", "pending", "approved", "transit", "settled"];
    let recent = recent.map(|invoice| json!({ "invoiceId": invoice }));
    let expected = json!({
        "currency": "EUR", "asOf": null,
        "totalRevenueGenerated": amount("1000.00"),
        "totalCommissionsEarned": amount("150.00"), "totalCommissionsPaid": amount("45.00"),
        "outstandingBalance": amount("105.00"),
        "currentMonthRevenue": amount("1000.00"), "currentMonthCommissions": amount("150.00"),
        "currentMonthPayouts": amount("15.00"),
        "totalReferrals": 3, "convertedReferrals": 1, "conversionRate": 100.0 / 3.0, "activeReferrals": 1,
        "totalCustomers": 1, "activeCustomers": 1, "pendingCommissionEvents": 2, "nextPayoutDate": null,
        "recentCommissionEvents": recent,
        "recentPayouts": [{ "totalAmount": amount("30.00") }, { "totalAmount": amount("15.00") }],
        "balance": {
            "pending": amount("60.00"), "approved": amount("45.00"), "inTransit": amount("30.00"), "settled": amount("15.00"),
            "earned": amount("150.00"), "paid": amount("45.00"), "outstanding": amount("105.00"),
        },
    });
    assert_eq!(found, expected);
    let yen = dashboard(&acme, &partner, "(currency:\"JPY\")").await;
    assert_eq!(yen["totalCommissionsEarned"]["amount"], "150");
    assert_eq!(yen["pendingCommissionEvents"], 2);
}

#[tokio::test]
async fn a_month_begins_at_midnight_where_the_tenant_is() {
    let (acme, partner) = acme_with_partner().await;
    acme.commission_event_at("p", "october", "100.00", "EUR", "2024-10-31T22:30:00Z").await;
    acme.commission_event_at("p", "november", "200.00", "EUR", "2024-10-31T23:00:00Z").await;
    let month = async || {
        let dashboard = dashboard(&acme, &partner, "(asOf:\"2024-11-10T00:00:00Z\")").await;
        dashboard["currentMonthRevenue"]["amount"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(month().await, "0.00");
    acme.admin()
        .mutate_ok("updateTenantSettings", json!({ "timeZone": "Europe/Berlin" }), "tenant{id}")
        .await;
    assert_eq!(month().await, "200.00");
    acme.admin().mutate_ok("updateTenantSettings", json!({ "timeZone": "Asia/Kolkata" }), "tenant{id}").await;
    assert_eq!(month().await, "300.00");
}

#[tokio::test]
async fn as_of_leaves_out_what_is_dated_later() {
    let (acme, partner) = acme_with_partner().await;
    for (invoice, at) in [("old", -20), ("new", -2)] {
        let event = acme.commission_event_at("p", invoice, "100.00", "EUR", &in_days(at)).await;
        acme.approve(&[event]).await;
    }
    let before_payout = in_days(0);
    acme.create_payout(&partner).await;
    let young = json!({ "partnerId": partner, "customerId": "young", "startsAt": in_days(-1) });
    acme.admin().mutate_ok("assignManagedAccount", young, "managedAccount{id}").await;
    let past = dashboard(&acme, &partner, &format!("(asOf:\"{}\")", in_days(-10))).await;
    assert_eq!(past["totalCommissionsEarned"]["amount"], "15.00");
    assert_eq!(past["totalCommissionsPaid"]["amount"], "0.00");
    assert_eq!(past["outstandingBalance"]["amount"], "15.00");
    assert_eq!(past["recentCommissionEvents"], json!([{ "invoiceId": "old" }]));
    assert_eq!(past["recentPayouts"], json!([]));
    assert_eq!((&past["totalCustomers"], &past["activeCustomers"]), (&json!(1), &json!(1)));
    let then = dashboard(&acme, &partner, &format!("(asOf:\"{before_payout}\")")).await;
    assert_eq!(then["totalCommissionsEarned"]["amount"], "30.00");
    assert_eq!(then["balance"]["approved"]["amount"], "30.00");
    let now = dashboard(&acme, &partner, "").await;
    assert_eq!(now["balance"]["inTransit"]["amount"], "30.00");
    let long_ago = dashboard(&acme, &partner, "(asOf:\"2019-01-01T00:00:00Z\")").await;
    assert_eq!((&long_ago["totalCustomers"], &long_ago["totalReferrals"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn the_next_payout_date_is_never_invented() {
    let (acme, partner) = acme_with_partner().await;
    let next = async || dashboard(&acme, &partner, "").await["nextPayoutDate"].clone();
    acme.admin().mutate_ok("updateTenantSettings", json!({ "payoutDay": 15 }), "tenant{id}").await;
    assert_eq!(next().await, Value::Null, "nothing to pay");
    acme.commission_event("p", "pending", "100.00", "EUR").await;
    assert_eq!(next().await, Value::Null, "nothing approved");
    acme.approved_event("p", "approved", "100.00", "EUR").await;
    let day = next().await;
    assert!(day.as_str().is_some_and(|day| day.ends_with("-15T00:00:00Z")), "{day}");
    let minimum = json!({ "minimumPayouts": [{ "amount": "15.01", "currency": "EUR" }] });
    acme.admin().mutate_ok("updateTenantSettings", minimum, "tenant{id}").await;
    assert_eq!(next().await, Value::Null, "below the minimum");
    acme.admin().mutate_ok("updateTenantSettings", json!({ "minimumPayouts": [] }), "tenant{id}").await;
    acme.admin()
        .mutate_ok("updatePartner", json!({ "id": partner, "status": "SUSPENDED" }), "partner{id}")
        .await;
    assert_eq!(next().await, Value::Null, "not payable");
    acme.admin()
        .mutate_ok("updatePartner", json!({ "id": partner, "status": "ACTIVE" }), "partner{id}")
        .await;
    let mut batch = batch_input(&partner);
    batch["payoutDate"] = json!("2031-05-06T07:08:09Z");
    acme.finance().mutate_ok("createPayoutBatch", batch, "payout{id}").await;
    assert_eq!(next().await, "2031-05-06T07:08:09Z");
}

#[tokio::test]
async fn balances_of_the_past_go_by_the_dates_of_events_and_the_times_of_payouts() {
    let (acme, partner) = acme_with_partner().await;
    let event = acme.commission_event_at("p", "i", "100.00", "EUR", "2026-01-15T00:00:00Z").await;
    acme.approve(&[event]).await;
    let mut moments = vec![("2026-01-15T00:00:00Z".to_owned(), ["0.00", "15.00", "0.00", "0.00"])];
    for (act, after) in [
        ("failPayout", ["0.00", "15.00", "0.00", "0.00"]),
        ("completePayout", ["0.00", "0.00", "0.00", "15.00"]),
    ] {
        let payout = acme.create_payout(&partner).await;
        moments.push((in_days(0), ["0.00", "0.00", "15.00", "0.00"]));
        acme.transition_payout(act, &payout).await;
        moments.push((in_days(0), after));
    }
    for (moment, expected) in &moments {
        assert_eq!(buckets_at(&acme, &partner, moment).await, *expected, "{moment}");
    }
    // What is told later changes what was owed then, by its own date.
    acme.refund("i", "r", "100.00").await;
    assert_eq!(buckets_at(&acme, &partner, "2026-01-31T00:00:00Z").await, moments[0].1);
    assert_eq!(buckets_at(&acme, &partner, "2026-02-01T00:00:00Z").await, ["0.00", "0.00", "0.00", "0.00"]);
    assert_eq!(buckets_at(&acme, &partner, &moments[4].0).await, ["0.00", "-15.00", "0.00", "15.00"]);
    let before =
        acme.admin().query("{partners{nodes{balances(asOf:\"2026-01-14T23:59:59Z\"){currency}}}}").await;
    assert_eq!(before.data()["partners"]["nodes"][0]["balances"], json!([]));
}

/// pending, approved, in transit and settled at a moment, which balances and dashboard agree on.
async fn buckets_at(tenant: &TestTenant, partner: &str, moment: &str) -> [String; 4] {
    let fields = "pending{amount} approved{amount} inTransit{amount} settled{amount}";
    let query = format!(
        "{{partner(id:\"{partner}\"){{balances(asOf:\"{moment}\"){{{fields}}} dashboard(asOf:\"{moment}\"){{balance{{{fields}}}}}}}}}"
    );
    let answer = tenant.admin().query(&query).await.data()["partner"].clone();
    assert_eq!(answer["balances"][0], answer["dashboard"]["balance"], "{moment}");
    ["pending", "approved", "inTransit", "settled"]
        .map(|name| answer["balances"][0][name]["amount"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn figures_are_per_currency() {
    let (acme, partner) = acme_with_partner().await;
    acme.approved_event("p", "euro", "100.00", "EUR").await;
    acme.commission_event("p", "yen", "1000", "JPY").await;
    let fields = "dashboard(currency:CODE){currency totalRevenueGenerated{amount currency} totalCommissionsEarned{amount} pendingCommissionEvents recentCommissionEvents{invoiceId}}";
    let in_currency = async |code: &str| {
        let query =
            format!("{{partner(id:\"{partner}\"){{{}}}}}", fields.replace("CODE", &format!("{code:?}")));
        acme.admin().query(&query).await.data()["partner"]["dashboard"].clone()
    };
    for (code, revenue, earned) in
        [("EUR", "100.00", "15.00"), ("JPY", "1000", "150"), ("KWD", "0.000", "0.000")]
    {
        let shown = in_currency(code).await;
        assert_eq!(shown["totalRevenueGenerated"], json!({ "amount": revenue, "currency": code }));
        assert_eq!(shown["totalCommissionsEarned"]["amount"], earned);
        // Of all currencies, whichever is asked for.
        assert_eq!(shown["pendingCommissionEvents"], 1);
        assert_eq!(shown["recentCommissionEvents"].as_array().map(Vec::len), Some(2));
    }
    let balances =
        acme.admin().query("{partners{nodes{balances{currency earned{amount currency}}}}}").await.data();
    let balance = |code: &str, earned: &str| json!({ "currency": code, "earned": { "amount": earned, "currency": code } });
    assert_eq!(
        balances["partners"]["nodes"][0]["balances"],
        json!([balance("EUR", "15.00"), balance("JPY", "150")])
    );
}

#[tokio::test]
async fn customers_are_counted_once_and_accounts_while_in_force() {
    let (acme, partner) = acme_with_partner().await;
    let assign = async |customer: &str, starts: &str, ends: Option<&str>| {
        let input =
            json!({ "partnerId": partner, "customerId": customer, "startsAt": starts, "endsAt": ends });
        acme.admin().mutate_ok("assignManagedAccount", input, "managedAccount{id}").await;
    };
    assign("left and back", "2024-01-01T00:00:00Z", Some("2024-02-01T00:00:00Z")).await;
    assign("left and back", "2025-01-01T00:00:00Z", None).await;
    assign("left", "2024-01-01T00:00:00Z", Some("2025-01-01T00:00:00Z")).await;
    assign("to come", &in_days(10), None).await;
    let counts = async |arguments: &str| {
        let shown = dashboard(&acme, &partner, arguments).await;
        [shown["totalCustomers"].as_i64(), shown["activeCustomers"].as_i64()].map(Option::unwrap_or_default)
    };
    // With the customer of every test.
    assert_eq!(counts("").await, [3, 2]);
    assert_eq!(counts("(asOf:\"2024-01-15T00:00:00Z\")").await, [3, 3]);
    assert_eq!(counts("(asOf:\"2024-06-15T00:00:00Z\")").await, [3, 2]);
}
