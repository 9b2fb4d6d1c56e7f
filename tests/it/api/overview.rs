//! `overview`: its figures are the sums of the partners, of the lists, and of the reconciliation.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::support::{TestTenant, acme_with_partner, in_days, money};

const OVERVIEW: &str = "query($months: Int!) { overview(months: $months) {
    balances {
        currency partnersInDebt
        pending { amount } approved { amount } held { amount } inTransit { amount } settled { amount }
        outstanding { amount } debts { amount }
    }
    months { month startsAt endsAt currency revenue { amount } commissions { amount } payouts { amount } }
    largestDebts { partner { id } amount { amount currency } }
    largestEarners { partner { id } commissions { amount currency } }
    workQueue { pendingCommissions payoutsReady }
} }";

const PARTNERS: &str = "query { partners(first: 10) { nodes {
    id
    balances {
        currency pending { amount } approved { amount } held { amount } inTransit { amount } settled { amount }
    }
    euros: months(currency: \"EUR\", count: 12) { month revenue { amount } commissions { amount } payouts { amount } }
    dollars: months(currency: \"USD\", count: 12) { month revenue { amount } commissions { amount } payouts { amount } }
} } }";

const DEBTS: &str =
    "query { reconciliation { balanced debts { partner { id } amount { amount currency } } } }";

const EVENTS: &str = "query($filter: CommissionEventFilter!) {
    commissionEvents(filter: $filter, first: 100) { totalCount nodes { commissionAmount { amount } } }
}";

const PAYOUTS: &str = "query($filter: PayoutFilter!) {
    payouts(filter: $filter, first: 100) { totalCount nodes { totalAmount { amount } } }
}";

fn decimal(value: &Value) -> Decimal {
    value.as_str().expect("an amount").parse().expect("a number")
}

/// Returns the sum of a list, all of whose rows are on one page.
async fn sum(tenant: &TestTenant, query: &str, list: &str, amount: &str, filter: Value) -> Decimal {
    let page = tenant.finance().query_with(query, json!({ "filter": filter })).await.data()[list].clone();
    let rows = page["nodes"].as_array().expect("rows");
    assert_eq!(page["totalCount"], json!(rows.len()));
    rows.iter().map(|row| decimal(&row[amount]["amount"])).sum()
}

async fn event_sum(tenant: &TestTenant, filter: Value) -> Decimal {
    sum(tenant, EVENTS, "commissionEvents", "commissionAmount", filter).await
}

async fn payout_sum(tenant: &TestTenant, filter: Value) -> Decimal {
    sum(tenant, PAYOUTS, "payouts", "totalAmount", filter).await
}

async fn overview(tenant: &TestTenant) -> Value {
    tenant.finance().query_with(OVERVIEW, json!({ "months": 12 })).await.data()["overview"].clone()
}

/// A tenant in New York with partners in two currencies, with amounts in every state and a debt in each currency.
async fn acme_with_everything() -> TestTenant {
    let (acme, partner) = acme_with_partner().await;
    acme.update_settings(json!({ "timeZone": "America/New_York", "holdDays": 0 })).await;
    let other = acme.create_partner_with_account("q").await;
    for (days, invoice) in [(-3, "recent"), (-40, "older"), (-200, "old"), (-300, "oldest")] {
        acme.approved_event_at("p", &format!("p-{invoice}"), "200.00", "EUR", &in_days(days)).await;
        acme.approved_event_at("q", &format!("q-{invoice}"), "300.00", "USD", &in_days(days)).await;
    }
    let completed = acme.create_payout(&partner).await;
    acme.complete_payout(&completed).await;
    let failed = acme.finance().mutate_ok("createPayoutBatch", usd(&other), "payout { id }").await;
    acme.fail_payout(failed["payout"]["id"].as_str().expect("an id")).await;
    acme.finance().mutate_ok("createPayoutBatch", usd(&other), "payout { id }").await;
    // Paid before: the refunds are debts.
    acme.refund("p-recent", "refund-p", "150.00").await;
    let refund = json!({ "invoiceId": "q-old", "refundId": "refund-q", "amount": money("30.00", "USD"), "refundedAt": in_days(0) });
    acme.billing().mutate_ok("recordInvoiceRefunded", refund, "outcome").await;
    acme.commission_event("p", "pending", "80.00", "EUR").await;
    let withdrawn = acme.commission_event("q", "withdrawn", "90.00", "USD").await;
    acme.cancel(&[withdrawn]).await;
    let held = acme.approved_event("p", "held", "40.00", "EUR").await;
    let input = json!({ "ids": [held], "reason": "doubtful" });
    acme.finance().mutate_ok("holdCommissionEvents", input, "commissionEvents { id }").await;
    acme
}

/// The batch of a partner in dollars.
fn usd(partner: &str) -> Value {
    let mut input = crate::support::batch_input(partner);
    input["currency"] = json!("USD");
    input
}

#[tokio::test]
async fn the_balances_are_the_sums_of_the_partners_and_of_the_lists() {
    let acme = acme_with_everything().await;
    let overview = overview(&acme).await;
    let partners = acme.finance().query(PARTNERS).await.data();
    let mut sums = BTreeMap::<(String, &str), Decimal>::new();
    for partner in partners["partners"]["nodes"].as_array().expect("partners") {
        for balance in partner["balances"].as_array().expect("balances") {
            for part in ["pending", "approved", "held", "inTransit", "settled"] {
                let currency = balance["currency"].as_str().expect("a currency").to_owned();
                *sums.entry((currency, part)).or_default() += decimal(&balance[part]["amount"]);
            }
        }
    }
    let balances = overview["balances"].as_array().expect("balances");
    assert_eq!(balances.len(), 2);
    for balance in balances {
        let currency = balance["currency"].as_str().expect("a currency");
        let part = |name: &str| decimal(&balance[name]["amount"]);
        for name in ["pending", "approved", "held", "inTransit", "settled"] {
            assert_eq!(sums[&(currency.to_owned(), name)], part(name), "{name} in {currency}");
        }
        let filter = |status: &str| json!({ "status": [status], "currency": currency });
        assert_eq!(event_sum(&acme, filter("PENDING")).await, part("pending"));
        assert_eq!(event_sum(&acme, filter("APPROVED")).await, part("approved"));
        let held = json!({ "status": ["APPROVED"], "isHeld": true, "currency": currency });
        assert_eq!(event_sum(&acme, held).await, part("held"));
        let open = json!({ "status": ["READY", "PROCESSING"], "currency": currency });
        assert_eq!(payout_sum(&acme, open).await, part("inTransit"));
        assert_eq!(payout_sum(&acme, filter("COMPLETED")).await, part("settled"));
        assert_eq!(part("outstanding"), part("pending") + part("approved"));
    }
    // By hand: 15 % of four invoices of 200.00 EUR are paid; of four of 300.00 USD they are in a payout.
    let euros = json!(["12.00", "-16.50", "6.00", "0.00", "120.00"]);
    let dollars = json!(["0.00", "-4.50", "0.00", "180.00", "0.00"]);
    let parts = |balance: &Value| {
        ["pending", "approved", "held", "inTransit", "settled"].map(|part| balance[part]["amount"].clone())
    };
    assert_eq!([json!(parts(&balances[0])), json!(parts(&balances[1]))], [euros, dollars]);
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn the_debts_are_those_of_the_reconciliation() {
    let acme = acme_with_everything().await;
    let overview = overview(&acme).await;
    let report = acme.finance().query(DEBTS).await.data()["reconciliation"].clone();
    assert_eq!(report["balanced"], true);
    let mut debts = report["debts"].as_array().expect("debts").clone();
    debts.sort_by_key(|debt| debt["amount"]["currency"].to_string());
    assert_eq!(overview["largestDebts"], json!(debts));
    let amounts: Vec<_> = debts.iter().map(|debt| &debt["amount"]["amount"]).collect();
    assert_eq!(amounts, ["-22.50", "-4.50"]);
    for (balance, debt) in overview["balances"].as_array().expect("balances").iter().zip(&debts) {
        assert_eq!(balance["debts"]["amount"], debt["amount"]["amount"]);
        assert_eq!(balance["partnersInDebt"], 1);
    }
}

#[tokio::test]
async fn the_months_are_the_sums_of_the_partners_and_of_the_lists() {
    let acme = acme_with_everything().await;
    let overview = overview(&acme).await;
    let partners = acme.finance().query(PARTNERS).await.data();
    let mut sums = BTreeMap::<(String, String, &str), Decimal>::new();
    for partner in partners["partners"]["nodes"].as_array().expect("partners") {
        for (currency, months) in [("EUR", &partner["euros"]), ("USD", &partner["dollars"])] {
            for month in months.as_array().expect("months") {
                for part in ["revenue", "commissions", "payouts"] {
                    let key =
                        (currency.to_owned(), month["month"].as_str().expect("a month").to_owned(), part);
                    *sums.entry(key).or_default() += decimal(&month[part]["amount"]);
                }
            }
        }
    }
    let months = overview["months"].as_array().expect("months");
    assert_eq!(months.len(), 24);
    let mut earned = BTreeMap::<&str, Decimal>::new();
    for (number, month) in months.iter().enumerate() {
        let currency = month["currency"].as_str().expect("a currency");
        let name = month["month"].as_str().expect("a month");
        for part in ["revenue", "commissions", "payouts"] {
            let key = (currency.to_owned(), name.to_owned(), part);
            assert_eq!(sums[&key], decimal(&month[part]["amount"]), "{part} of {name} in {currency}");
        }
        let mut events = json!({
            "status": ["PENDING", "APPROVED", "PAID"], "currency": currency, "eventDateFrom": month["startsAt"],
        });
        let mut payouts =
            json!({ "status": ["COMPLETED"], "currency": currency, "completedFrom": month["startsAt"] });
        // What is dated in the future counts in the current month.
        if number < 22 {
            events["eventDateTo"] = month["endsAt"].clone();
            payouts["completedTo"] = month["endsAt"].clone();
        }
        assert_eq!(event_sum(&acme, events).await, decimal(&month["commissions"]["amount"]), "{name}");
        assert_eq!(payout_sum(&acme, payouts).await, decimal(&month["payouts"]["amount"]), "{name}");
        *earned.entry(currency).or_default() += decimal(&month["commissions"]["amount"]);
    }
    // One partner has earned everything in each currency.
    let earners: Vec<_> = overview["largestEarners"].as_array().expect("earners").iter().collect();
    assert_eq!(earners.len(), 2);
    for earner in earners {
        let currency = earner["commissions"]["currency"].as_str().expect("a currency");
        assert_eq!(earned[currency], decimal(&earner["commissions"]["amount"]));
    }
}

#[tokio::test]
async fn the_largest_come_first_and_at_most_ten_of_a_currency() {
    let (acme, _) = acme_with_partner().await;
    for number in 1..=12 {
        acme.create_partner_with_account(&format!("customer-{number}")).await;
        let invoice = format!("INV-{number}");
        acme.commission_event(&format!("customer-{number}"), &invoice, &format!("{number}00.00"), "EUR")
            .await;
    }
    let earners = overview(&acme).await["largestEarners"].clone();
    let amounts: Vec<_> =
        earners.as_array().expect("earners").iter().map(|row| &row["commissions"]["amount"]).collect();
    let expected: Vec<_> = (3..=12).rev().map(|number| format!("{}.00", number * 15)).collect();
    assert_eq!(amounts, expected.iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn the_number_of_months_is_limited() {
    let (acme, _) = acme_with_partner().await;
    for months in [0, 25, -1] {
        let response = acme.finance().query_with(OVERVIEW, json!({ "months": months })).await;
        assert_eq!(response.code(), "BAD_USER_INPUT", "{months}");
    }
    let empty = acme.app.tenant("empty").await;
    let data = overview(&empty).await;
    assert_eq!(
        [&data["balances"], &data["months"], &data["largestDebts"]],
        [&json!([]), &json!([]), &json!([])]
    );
}
