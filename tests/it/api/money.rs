//! What is true about amounts and rates, through the API.

use serde_json::json;

use crate::support::{TestApp, acme, batch_input, in_days, invoice_input};

/// The commission on an invoice, or the code of the refusal.
async fn commission(rate: &str, amount: &str, currency: &str) -> String {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    acme.assign_account(&partner, "c", Some(rate)).await;
    let input = invoice_input("c", "i", amount, currency, &in_days(0));
    let payload = acme
        .billing()
        .mutate_ok("recordInvoicePaid", input, "commissionEvent{commissionAmount{amount}}")
        .await;
    payload["commissionEvent"]["commissionAmount"]["amount"].as_str().expect("an amount").to_owned()
}

#[tokio::test]
async fn commission_is_rounded_once_half_away_from_zero() {
    assert_eq!(commission("0.15", "0.30", "EUR").await, "0.05");
    assert_eq!(commission("0.15", "33.35", "EUR").await, "5.00");
    assert_eq!(commission("0.15", "1.05", "EUR").await, "0.16");
}

#[tokio::test]
async fn commission_has_the_decimals_of_its_currency() {
    assert_eq!(commission("0.15", "341", "JPY").await, "51");
    assert_eq!(commission("0.1501", "8.230", "KWD").await, "1.235");
    assert_eq!(commission("0.15", "10", "EUR").await, "1.50");
}

#[tokio::test]
async fn a_custom_rate_of_zero_earns_a_visible_nothing() {
    assert_eq!(commission("0", "100.00", "EUR").await, "0.00");
}

#[tokio::test]
async fn a_total_is_the_sum_of_rounded_lines() {
    let acme = acme().await;
    let partner = acme.create_partner_with_account("p").await;
    for invoice in ["1", "2", "3"] {
        acme.approved_event("p", invoice, "33.35", "EUR").await;
    }
    let payload = acme
        .finance()
        .mutate_ok("createPayoutBatch", batch_input(&partner), "payout{totalAmount{amount} commissionCount}")
        .await;
    assert_eq!(payload["payout"], json!({ "totalAmount": { "amount": "15.00" }, "commissionCount": 3 }));
}

#[tokio::test]
async fn amounts_that_are_no_money_are_refused_and_leave_nothing() {
    let acme = acme().await;
    acme.create_partner_with_account("p").await;
    let refused = [
        (json!("10.5"), "JPY"),
        (json!("1.2345"), "KWD"),
        (json!("1.234"), "EUR"),
        (json!("10.00"), "EURO"),
        (json!("10.00"), "eur"),
        (json!("10.00"), "XXX"),
        (json!(10), "EUR"),
        (json!(10.5), "EUR"),
        (json!("1e3"), "EUR"),
        (json!("NaN"), "EUR"),
        (json!("Infinity"), "EUR"),
        (json!(" 1.00"), "EUR"),
        (json!("+1.00"), "EUR"),
        (json!("1,00"), "EUR"),
        (json!(""), "EUR"),
        (json!("0"), "EUR"),
        (json!("-1.00"), "EUR"),
        (json!("99999999999999.00"), "EUR"),
    ];
    for (amount, currency) in refused {
        let mut input = invoice_input("p", "i", "", currency, &in_days(0));
        input["totalAmount"]["amount"] = amount.clone();
        assert_eq!(
            acme.billing().error_code("recordInvoicePaid", input).await,
            "BAD_USER_INPUT",
            "{amount} {currency}"
        );
    }
    // The invoice is as new.
    let input = invoice_input("p", "i", "10.00", "EUR", &in_days(0));
    let payload = acme.billing().mutate_ok("recordInvoicePaid", input, "outcome").await;
    assert_eq!(payload["outcome"], "RECORDED");
}

#[tokio::test]
async fn a_number_literal_is_no_decimal() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    for literal in ["0.5", "1", "1e3", "true", "[\"0.5\"]", "{a: 1}"] {
        let query = format!(
            "mutation{{updatePartner(input:{{id:\"{partner}\",defaultCommissionRate:{literal}}}){{partner{{id}}}}}}"
        );
        assert_eq!(acme.admin().query(&query).await.code(), "BAD_USER_INPUT", "{literal}");
    }
}

#[tokio::test]
async fn rates_that_are_no_fractions_are_refused() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    for rate in ["1.5", "-0.1", "0.12345", "15", "1.0001", "0.15%"] {
        let input = json!({ "id": partner, "defaultCommissionRate": rate });
        assert_eq!(acme.admin().error_code("updatePartner", input).await, "BAD_USER_INPUT", "{rate}");
    }
    let query = format!("{{partner(id:\"{partner}\"){{defaultCommissionRate}}}}");
    assert_eq!(acme.admin().query(&query).await.data()["partner"]["defaultCommissionRate"], "0.1500");
}

#[tokio::test]
async fn the_database_knows_the_decimals_of_every_currency() {
    use diesel::prelude::*;
    use iso_currency::{Currency, IntoEnumIterator};

    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Integer>)]
        decimals: Option<i32>,
    }
    let app = TestApp::new().await;
    let mut connection = crate::support::superuser(&app.database).await;
    for currency in Currency::iter() {
        let query = diesel::sql_query("SELECT currency_decimals($1) AS decimals")
            .bind::<diesel::sql_types::Text, _>(currency.code());
        let row: Row = diesel_async::RunQueryDsl::get_result(query, &mut connection).await.expect("a row");
        assert_eq!(row.decimals, currency.exponent().map(i32::from), "{}", currency.code());
    }
}
