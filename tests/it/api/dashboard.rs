//! The dashboard of a partner and its balances, now and in the past.

use serde_json::{Value, json};

use crate::support::{TestTenant, acme_with_partner, batch_input, euros, in_days, with_fields};

const DASHBOARD: &str = "query($partner: ID!, $currency: CurrencyCode, $asOf: DateTime) {
    partner(id: $partner) {
        dashboard(currency: $currency, asOf: $asOf) {
            currency asOf
            totalRevenueGenerated { amount } totalCommissionsEarned { amount } totalCommissionsPaid { amount }
            outstandingBalance { amount }
            currentMonthRevenue { amount } currentMonthCommissions { amount } currentMonthPayouts { amount }
            totalReferrals convertedReferrals conversionRate activeReferrals
            totalCustomers activeCustomers
            pendingCommissionEvents nextPayoutDate
            recentCommissionEvents { invoiceId }
            recentPayouts { totalAmount { amount } }
            balance {
                pending { amount } approved { amount } inTransit { amount } settled { amount }
                earned { amount } paid { amount } outstanding { amount }
            }
        }
    }
}";

const BALANCES: &str = "query($partner: ID!) {
    partner(id: $partner) { balances { currency earned { amount currency } } }
}";

const BALANCE_AS_OF: &str = "query($partner: ID!, $asOf: DateTime!) {
    partner(id: $partner) {
        balances(asOf: $asOf) { ...Buckets }
        dashboard(asOf: $asOf) { balance { ...Buckets } }
    }
}
fragment Buckets on PartnerBalance {
    pending { amount } approved { amount } inTransit { amount } settled { amount }
}";

/// The dashboard of a partner, by default in its payout currency and as of now.
async fn dashboard(tenant: &TestTenant, partner: &str, arguments: Value) -> Value {
    let variables = with_fields(arguments, json!({ "partner": partner }));
    tenant.admin().query_with(DASHBOARD, variables).await.data()["partner"]["dashboard"].clone()
}

/// The date of a partner's next payout.
async fn next_payout_date(tenant: &TestTenant, partner: &str) -> Value {
    dashboard(tenant, partner, json!({})).await["nextPayoutDate"].clone()
}

/// The buckets of a partner's balance that were not zero at a time, on which balances and dashboard must agree.
async fn buckets_at(tenant: &TestTenant, partner: &str, time: &str) -> Vec<String> {
    let variables = json!({ "partner": partner, "asOf": time });
    let data = tenant.admin().query_with(BALANCE_AS_OF, variables).await.data();
    let balance = &data["partner"]["balances"][0];
    assert_eq!(balance, &data["partner"]["dashboard"]["balance"], "{time}");
    ["pending", "approved", "inTransit", "settled"]
        .into_iter()
        .map(|bucket| format!("{bucket} {}", balance[bucket]["amount"].as_str().expect("an amount")))
        .filter(|bucket| !bucket.ends_with(" 0.00"))
        .collect()
}

fn amount(amount: &str) -> Value {
    json!({ "amount": amount })
}

#[tokio::test]
async fn the_dashboard_of_a_new_partner_shows_zeros() {
    let (acme, partner) = acme_with_partner().await;
    let dashboard = dashboard(&acme, &partner, json!({})).await;
    for field in
        ["totalRevenueGenerated", "totalCommissionsEarned", "outstandingBalance", "currentMonthPayouts"]
    {
        assert_eq!(dashboard[field], amount("0.00"), "{field}");
    }
    assert_eq!(dashboard["conversionRate"], 0.0);
    assert_eq!(dashboard["totalCustomers"], 1);
    assert_eq!(dashboard["activeCustomers"], 1);
    assert_eq!(dashboard["nextPayoutDate"], Value::Null);
}

#[tokio::test]
async fn every_field_of_the_dashboard_follows_from_the_rows() {
    let (acme, partner) = acme_with_partner().await;
    acme.approved_event("p", "settled", "100.00", "EUR").await;
    let completed = acme.create_payout(&partner).await;
    acme.complete_payout(&completed).await;
    acme.approved_event("p", "in transit", "200.00", "EUR").await;
    acme.create_payout(&partner).await;
    acme.approved_event("p", "approved", "300.00", "EUR").await;
    acme.commission_event("p", "pending", "400.00", "EUR").await;
    acme.commission_event("p", "yen", "1000", "JPY").await;
    let cancelled = acme.commission_event("p", "cancelled", "500.00", "EUR").await;
    acme.cancel(&[cancelled]).await;
    for status in ["CONVERTED", "LOST", "QUALIFIED"] {
        let lead = acme.submit_lead(&partner).await;
        acme.advance_lead(&lead, status).await;
    }

    let actual = dashboard(&acme, &partner, json!({})).await;
    assert!(actual["nextPayoutDate"].is_string(), "the payout in transit has a date");
    let recent = ["cancelled", "yen", "pending", "approved", "in transit", "settled"];
    let expected = json!({
        "currency": "EUR",
        "asOf": actual["asOf"],
        "totalRevenueGenerated": amount("1000.00"),
        "totalCommissionsEarned": amount("150.00"),
        "totalCommissionsPaid": amount("45.00"),
        "outstandingBalance": amount("105.00"),
        "currentMonthRevenue": amount("1000.00"),
        "currentMonthCommissions": amount("150.00"),
        "currentMonthPayouts": amount("15.00"),
        "totalReferrals": 3,
        "convertedReferrals": 1,
        "conversionRate": 100.0 / 3.0,
        "activeReferrals": 1,
        "totalCustomers": 1,
        "activeCustomers": 1,
        "pendingCommissionEvents": 2,
        "nextPayoutDate": actual["nextPayoutDate"],
        "recentCommissionEvents": recent.map(|invoice| json!({ "invoiceId": invoice })),
        "recentPayouts": [{ "totalAmount": amount("30.00") }, { "totalAmount": amount("15.00") }],
        "balance": {
            "pending": amount("60.00"),
            "approved": amount("45.00"),
            "inTransit": amount("30.00"),
            "settled": amount("15.00"),
            "earned": amount("150.00"),
            "paid": amount("45.00"),
            "outstanding": amount("105.00"),
        },
    });
    assert_eq!(actual, expected);
}

#[tokio::test]
async fn amounts_are_per_currency() {
    let (acme, partner) = acme_with_partner().await;
    acme.approved_event("p", "euro", "100.00", "EUR").await;
    acme.commission_event("p", "yen", "1000", "JPY").await;

    for (currency, revenue, earned) in
        [("EUR", "100.00", "15.00"), ("JPY", "1000", "150"), ("KWD", "0.000", "0.000")]
    {
        let dashboard = dashboard(&acme, &partner, json!({ "currency": currency })).await;
        assert_eq!(dashboard["currency"], currency);
        assert_eq!(dashboard["totalRevenueGenerated"], amount(revenue), "{currency}");
        assert_eq!(dashboard["totalCommissionsEarned"], amount(earned), "{currency}");
        // Counts and recent events are those of all currencies.
        assert_eq!(dashboard["pendingCommissionEvents"], 1, "{currency}");
        assert_eq!(dashboard["recentCommissionEvents"].as_array().map(Vec::len), Some(2), "{currency}");
    }

    let data = acme.admin().query_with(BALANCES, json!({ "partner": partner })).await.data();
    let balances = json!([
        { "currency": "EUR", "earned": { "amount": "15.00", "currency": "EUR" } },
        { "currency": "JPY", "earned": { "amount": "150", "currency": "JPY" } },
    ]);
    assert_eq!(data["partner"]["balances"], balances);
}

#[tokio::test]
async fn a_month_begins_at_midnight_in_the_time_zone_of_the_tenant() {
    let (acme, partner) = acme_with_partner().await;
    acme.commission_event_at("p", "october", "100.00", "EUR", "2024-10-31T22:30:00Z").await;
    acme.commission_event_at("p", "november", "200.00", "EUR", "2024-10-31T23:00:00Z").await;

    for (time_zone, november) in [("UTC", "0.00"), ("Europe/Berlin", "200.00"), ("Asia/Kolkata", "300.00")] {
        acme.update_settings(json!({ "timeZone": time_zone })).await;
        let dashboard = dashboard(&acme, &partner, json!({ "asOf": "2024-11-10T00:00:00Z" })).await;
        assert_eq!(dashboard["currentMonthRevenue"], amount(november), "{time_zone}");
    }
}

#[tokio::test]
async fn as_of_excludes_everything_dated_later() {
    let (acme, partner) = acme_with_partner().await;
    acme.approved_event_at("p", "old", "100.00", "EUR", &in_days(-20)).await;
    acme.approved_event_at("p", "new", "100.00", "EUR", &in_days(-2)).await;
    let before_payout = in_days(0);
    acme.create_payout(&partner).await;
    let new_account = json!({ "partnerId": partner, "customerId": "new", "startsAt": in_days(-1) });
    acme.admin().mutate_ok("assignManagedAccount", new_account, "managedAccount { id }").await;

    let past = dashboard(&acme, &partner, json!({ "asOf": in_days(-10) })).await;
    assert_eq!(past["totalCommissionsEarned"], amount("15.00"));
    assert_eq!(past["totalCommissionsPaid"], amount("0.00"));
    assert_eq!(past["outstandingBalance"], amount("15.00"));
    assert_eq!(past["recentCommissionEvents"], json!([{ "invoiceId": "old" }]));
    assert_eq!(past["recentPayouts"], json!([]));
    assert_eq!(past["totalCustomers"], 1);
    assert_eq!(past["activeCustomers"], 1);

    let just_before = dashboard(&acme, &partner, json!({ "asOf": before_payout })).await;
    assert_eq!(just_before["totalCommissionsEarned"], amount("30.00"));
    assert_eq!(just_before["balance"]["approved"], amount("30.00"));

    let now = dashboard(&acme, &partner, json!({})).await;
    assert_eq!(now["balance"]["inTransit"], amount("30.00"));

    let long_ago = dashboard(&acme, &partner, json!({ "asOf": "2019-01-01T00:00:00Z" })).await;
    assert_eq!(long_ago["totalCustomers"], 0);
    assert_eq!(long_ago["totalReferrals"], 0);
}

#[tokio::test]
async fn the_next_payout_date_is_null_unless_there_is_something_to_pay() {
    let (acme, partner) = acme_with_partner().await;
    acme.update_settings(json!({ "payoutDay": 15 })).await;
    assert_eq!(next_payout_date(&acme, &partner).await, Value::Null, "no event");
    acme.commission_event("p", "pending", "100.00", "EUR").await;
    assert_eq!(next_payout_date(&acme, &partner).await, Value::Null, "nothing approved");

    acme.approved_event("p", "approved", "100.00", "EUR").await;
    let date = next_payout_date(&acme, &partner).await;
    assert!(date.as_str().is_some_and(|date| date.ends_with("-15T00:00:00Z")), "{date}");

    acme.update_settings(json!({ "minimumPayouts": [euros("15.01")] })).await;
    assert_eq!(next_payout_date(&acme, &partner).await, Value::Null, "below the minimum");
    acme.update_settings(json!({ "minimumPayouts": [] })).await;
    acme.update_partner(&partner, json!({ "status": "SUSPENDED" })).await;
    assert_eq!(next_payout_date(&acme, &partner).await, Value::Null, "the partner is not payable");
    acme.update_partner(&partner, json!({ "status": "ACTIVE" })).await;

    let date = json!({ "payoutDate": "2031-05-06T07:08:09Z" });
    let input = with_fields(batch_input(&partner), date);
    acme.finance().mutate_ok("createPayoutBatch", input, "payout { id }").await;
    assert_eq!(next_payout_date(&acme, &partner).await, "2031-05-06T07:08:09Z");
}

#[tokio::test]
async fn past_balances_depend_on_the_dates_of_events_and_the_times_of_payouts() {
    let (acme, partner) = acme_with_partner().await;
    acme.approved_event_at("p", "i", "100.00", "EUR", "2026-01-15T00:00:00Z").await;
    let mut history = vec![("2026-01-15T00:00:00Z".to_owned(), "approved 15.00")];
    let failed = acme.create_payout(&partner).await;
    history.push((in_days(0), "inTransit 15.00"));
    acme.fail_payout(&failed).await;
    history.push((in_days(0), "approved 15.00"));
    let completed = acme.create_payout(&partner).await;
    history.push((in_days(0), "inTransit 15.00"));
    acme.complete_payout(&completed).await;
    let after_completion = in_days(0);
    history.push((after_completion.clone(), "settled 15.00"));
    for (time, bucket) in history {
        assert_eq!(buckets_at(&acme, &partner, &time).await, [bucket], "{time}");
    }

    // A refund changes past balances from its own date on, although it is recorded later.
    acme.refund_in_february("i", "r", "100.00").await;
    assert_eq!(buckets_at(&acme, &partner, "2026-01-31T00:00:00Z").await, ["approved 15.00"]);
    assert_eq!(buckets_at(&acme, &partner, "2026-02-01T00:00:00Z").await, [""; 0]);
    let now = buckets_at(&acme, &partner, &after_completion).await;
    assert_eq!(now, ["approved -15.00", "settled 15.00"]);
}

#[tokio::test]
async fn there_is_no_balance_before_the_first_event() {
    let (acme, partner) = acme_with_partner().await;
    acme.commission_event_at("p", "i", "100.00", "EUR", "2026-01-15T00:00:00Z").await;
    let variables = json!({ "partner": partner, "asOf": "2026-01-14T23:59:59Z" });
    let data = acme.admin().query_with(BALANCE_AS_OF, variables).await.data();
    assert_eq!(data["partner"]["balances"], json!([]));
}

#[tokio::test]
async fn customers_count_once_and_are_active_while_they_have_an_account() {
    let (acme, partner) = acme_with_partner().await;
    for (customer, starts_at, ends_at) in [
        ("returned", "2024-01-01T00:00:00Z", Some("2024-02-01T00:00:00Z")),
        ("returned", "2025-01-01T00:00:00Z", None),
        ("left", "2024-01-01T00:00:00Z", Some("2025-01-01T00:00:00Z")),
        ("future", &in_days(10), None),
    ] {
        let input = json!({
            "partnerId": partner, "customerId": customer, "startsAt": starts_at, "endsAt": ends_at,
        });
        acme.admin().mutate_ok("assignManagedAccount", input, "managedAccount { id }").await;
    }

    // The third one is the customer `p` of the fixture, which has an account since 2020.
    for (as_of, total, active) in
        [(json!(null), 3, 2), (json!("2024-01-15T00:00:00Z"), 3, 3), (json!("2024-06-15T00:00:00Z"), 3, 2)]
    {
        let dashboard = dashboard(&acme, &partner, json!({ "asOf": as_of })).await;
        assert_eq!(dashboard["totalCustomers"], total, "{as_of}");
        assert_eq!(dashboard["activeCustomers"], active, "{as_of}");
    }
}
