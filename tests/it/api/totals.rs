//! The sums of whole lists: of all rows that match a filter, by currency.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::support::{Client, acme_with_partner};

const TOTALS: &str = "query($events: CommissionEventFilter, $payouts: PayoutFilter) {
    commissionEventTotals(filter: $events) { amount currency }
    payoutTotals(filter: $payouts) { amount currency }
    commissionEvents(filter: $events, first: 100) { nodes { commissionAmount { amount currency } } }
    payouts(filter: $payouts, first: 100) { nodes { totalAmount { amount currency } } }
}";

/// Asserts that the totals are those of the rows of the lists.
async fn assert_totals(client: &Client, filters: Value) -> Value {
    let data = client.query_with(TOTALS, filters.clone()).await.data();
    for (totals, list, amount) in [
        ("commissionEventTotals", "commissionEvents", "commissionAmount"),
        ("payoutTotals", "payouts", "totalAmount"),
    ] {
        let mut sums = BTreeMap::<String, Decimal>::new();
        let add = |sums: &mut BTreeMap<String, Decimal>, money: &Value| {
            let currency = money["currency"].as_str().expect("a currency").to_owned();
            *sums.entry(currency).or_default() +=
                money["amount"].as_str().expect("an amount").parse::<Decimal>().expect("a number");
        };
        for row in data[list]["nodes"].as_array().expect("rows") {
            add(&mut sums, &row[amount]);
        }
        let mut totalled = BTreeMap::new();
        for total in data[totals].as_array().expect("totals") {
            add(&mut totalled, total);
        }
        assert_eq!(totalled, sums, "{totals} {filters}");
    }
    data
}

#[tokio::test]
async fn the_totals_of_a_list_are_the_sums_of_its_rows() {
    let (acme, partner) = acme_with_partner().await;
    let other = acme.create_partner_with_account("q").await;
    acme.approved_event("p", "one", "100.00", "EUR").await;
    acme.approved_event("q", "two", "20000", "JPY").await;
    acme.refund("one", "refund", "10.00").await;
    let payout = acme.create_payout(&partner).await;
    acme.complete_payout(&payout).await;
    acme.approved_event("p", "three", "33.33", "EUR").await;
    let withdrawn = acme.commission_event("p", "four", "50.00", "EUR").await;
    acme.cancel(&[withdrawn]).await;

    let staff = acme.finance();
    for filters in [
        json!({}),
        json!({ "events": { "status": ["PAID"] }, "payouts": { "status": ["COMPLETED"] } }),
        json!({ "events": { "status": ["PAID", "APPROVED"], "currency": "EUR" }, "payouts": { "status": ["READY"] } }),
        json!({ "events": { "partnerId": other }, "payouts": { "partnerId": other } }),
        json!({ "events": { "payoutId": payout } }),
    ] {
        assert_totals(&staff, filters).await;
    }
    let everything = assert_totals(&staff, json!({})).await;
    let expected = json!([{ "amount": "26.00", "currency": "EUR" }, { "amount": "3000", "currency": "JPY" }]);
    assert_eq!(everything["commissionEventTotals"], expected);

    let paula = acme.partner_user(&partner, "paula").await;
    let own = assert_totals(&paula, json!({})).await;
    assert_eq!(own["commissionEventTotals"], json!([{ "amount": "26.00", "currency": "EUR" }]));
    let foreign = paula.query_with(TOTALS, json!({ "events": { "partnerId": other } })).await;
    assert_eq!(foreign.code(), "FORBIDDEN");
}
