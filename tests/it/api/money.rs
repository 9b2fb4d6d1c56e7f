//! Amounts, currencies and rates as the API accepts, rounds and stores them.

use diesel::prelude::*;
use diesel::sql_types::{Integer, Nullable, Text};
use diesel_async::RunQueryDsl;
use iso_currency::{Currency, IntoEnumIterator};
use serde_json::json;

use crate::support::{acme, acme_with_partner, batch_input, in_days, invoice_input, superuser, with_fields};

const RATE: &str = "query($partner: ID!) { partner(id: $partner) { defaultCommissionRate } }";

/// The commission on an invoice.
async fn commission(rate: &str, amount: &str, currency: &str) -> String {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    acme.assign_account(&partner, "c", Some(rate)).await;
    let input = invoice_input("c", "i", amount, currency, &in_days(0));
    let selection = "commissionEvent { commissionAmount { amount } }";
    let payload = acme.billing().mutate_ok("recordInvoicePaid", input, selection).await;
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
async fn a_rate_of_zero_earns_a_commission_of_zero() {
    assert_eq!(commission("0", "100.00", "EUR").await, "0.00");
}

#[tokio::test]
async fn the_total_of_a_payout_is_the_sum_of_its_rounded_commissions() {
    let (acme, partner) = acme_with_partner().await;
    for invoice in ["1", "2", "3"] {
        acme.approved_event("p", invoice, "33.35", "EUR").await;
    }
    let selection = "payout { totalAmount { amount } commissionCount }";
    let payload = acme.finance().mutate_ok("createPayoutBatch", batch_input(&partner), selection).await;
    assert_eq!(payload["payout"], json!({ "totalAmount": { "amount": "15.00" }, "commissionCount": 3 }));
}

#[tokio::test]
async fn invalid_amounts_are_rejected_and_nothing_is_stored() {
    let (acme, _) = acme_with_partner().await;
    let valid = invoice_input("p", "i", "10.00", "EUR", &in_days(0));
    for (amount, currency) in [
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
        (json!("-1.00"), "EUR"),
        (json!("99999999999999.00"), "EUR"),
    ] {
        let total = json!({ "totalAmount": { "amount": amount, "currency": currency } });
        let code = acme.billing().error_code("recordInvoicePaid", with_fields(valid.clone(), total)).await;
        assert_eq!(code, "BAD_USER_INPUT", "{amount} {currency}");
    }
    let payload = acme.billing().mutate_ok("recordInvoicePaid", valid, "outcome").await;
    assert_eq!(payload["outcome"], "RECORDED");
}

#[tokio::test]
async fn a_decimal_is_not_written_as_a_number_literal() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    for literal in ["0.5", "1", "1e3", "true", "[\"0.5\"]", "{ a: 1 }"] {
        // A variable would be JSON; the literal must stand in the document.
        let document = "mutation($partner: ID!) {
            updatePartner(input: { id: $partner, defaultCommissionRate: LITERAL }) { partner { id } }
        }";
        let document = document.replace("LITERAL", literal);
        let response = acme.admin().query_with(&document, json!({ "partner": partner })).await;
        assert_eq!(response.code(), "BAD_USER_INPUT", "{literal}");
    }
}

#[tokio::test]
async fn rates_outside_of_zero_to_one_or_with_over_four_decimals_are_rejected() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    for rate in ["1.5", "-0.1", "0.12345", "15", "1.0001", "0.15%"] {
        let input = json!({ "id": partner, "defaultCommissionRate": rate });
        assert_eq!(acme.admin().error_code("updatePartner", input).await, "BAD_USER_INPUT", "{rate}");
    }
    let data = acme.admin().query_with(RATE, json!({ "partner": partner })).await.data();
    assert_eq!(data["partner"]["defaultCommissionRate"], "0.1500");
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Nullable<Integer>)]
    decimals: Option<i32>,
}

#[tokio::test]
async fn the_database_has_the_decimals_of_every_currency() {
    let acme = acme().await;
    let mut connection = superuser(&acme.app.database).await;
    for currency in Currency::iter() {
        let query =
            diesel::sql_query("SELECT currency_decimals($1) AS decimals").bind::<Text, _>(currency.code());
        let row: Row = query.get_result(&mut connection).await.expect("a row");
        assert_eq!(row.decimals, currency.exponent().map(i32::from), "{}", currency.code());
    }
}
