//! Invoices: zero amounts, dates that were never set, payments in parts, and the list of what earned nothing.

use futures_util::future::join_all;
use revshare::auth::Role;
use serde_json::{Value, json};

use crate::support::{
    TestTenant, acme_with_partner, euros, in_days, invoice_input, money, refund_input, with_fields,
};

const INVOICE: &str = "query($invoice: String!, $payment: String) {
    invoice(invoiceId: $invoice, paymentId: $payment) {
        id invoiceId paymentId customerId totalAmount { amount } commissionableAmount { amount }
        refundedAmount { amount } paidAt receivedAt outcome commissionEvent { commissionAmount { amount } }
        revisions { number outcome actor reason commissionEvent { status } }
    }
}";

const INVOICES: &str = "query($filter: InvoiceFilter, $after: String) {
    invoices(filter: $filter, first: 2, after: $after) {
        totalCount nodes { invoiceId outcome } pageInfo { hasNextPage endCursor }
    }
}";

const JANUARY: &str = "2026-01-15T00:00:00Z";

async fn record(tenant: &TestTenant, input: Value) -> Value {
    let selection = "outcome commissionEvent { id commissionAmount { amount } }";
    tenant.billing().mutate_ok("recordInvoicePaid", input, selection).await
}

async fn error(tenant: &TestTenant, mutation: &str, input: Value) -> String {
    tenant.billing().error_code(mutation, input).await
}

/// The input of a payment of the invoice `i` by the customer `p`.
fn payment_input(payment: &str, amount: &str) -> Value {
    with_fields(invoice_input("p", "i", amount, "EUR", JANUARY), json!({ "paymentId": payment }))
}

#[tokio::test]
async fn an_invoice_with_a_date_that_was_never_set_is_rejected_and_not_stored() {
    let (acme, _) = acme_with_partner().await;
    for unset in ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1999-12-31T23:59:59.999999Z"] {
        let input = invoice_input("p", "i", "100.00", "EUR", unset);
        assert_eq!(error(&acme, "recordInvoicePaid", input).await, "BAD_USER_INPUT", "{unset}");
    }
    assert_eq!(record(&acme, invoice_input("p", "i", "100.00", "EUR", JANUARY)).await["outcome"], "RECORDED");
    let first = invoice_input("p", "first", "100.00", "EUR", "2000-01-01T00:00:00Z");
    assert_eq!(record(&acme, first).await["outcome"], "NO_MANAGED_ACCOUNT");
}

#[tokio::test]
async fn an_invoice_of_zero_is_kept_and_its_refunds_earn_nothing() {
    let (acme, _) = acme_with_partner().await;
    let free = invoice_input("p", "free", "0.00", "EUR", JANUARY);
    let coupon = with_fields(
        invoice_input("p", "coupon", "20.00", "EUR", JANUARY),
        json!({ "commissionableAmount": euros("0.00") }),
    );
    for input in [&free, &coupon, &free, &coupon] {
        let expected = json!({ "outcome": "ZERO_AMOUNT", "commissionEvent": null });
        assert_eq!(record(&acme, input.clone()).await, expected);
    }
    let other = with_fields(free, json!({ "totalAmount": euros("1.00") }));
    assert_eq!(error(&acme, "recordInvoicePaid", other).await, "CONFLICT");
    for negative in ["totalAmount", "commissionableAmount"] {
        let input = with_fields(coupon.clone(), json!({ negative: euros("-0.01") }));
        assert_eq!(error(&acme, "recordInvoicePaid", input).await, "BAD_USER_INPUT");
    }

    assert_eq!(acme.refund("coupon", "r", "20.00").await["outcome"], "NO_COMMISSION");
    assert_eq!(acme.refund("coupon", "r", "20.00").await["outcome"], "ALREADY_RECORDED");
    let too_much = refund_input("free", "s", "0.01");
    assert_eq!(error(&acme, "recordInvoiceRefunded", too_much).await, "REFUND_EXCEEDS_INVOICE");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn each_payment_of_an_invoice_accrues_once() {
    let (acme, partner) = acme_with_partner().await;
    let payments = [("a", "100.00"), ("b", "100.00"), ("c", "50.00")];
    let recorded = join_all((0..12).map(|n| {
        let (payment, amount) = payments[n % payments.len()];
        record(&acme, payment_input(payment, amount))
    }))
    .await;
    let count = |outcome: &str| recorded.iter().filter(|payload| payload["outcome"] == outcome).count();
    assert_eq!((count("RECORDED"), count("ALREADY_RECORDED")), (3, 9));
    assert_eq!(acme.balance(&partner).await.pending, "37.50");

    let other_data = payment_input("a", "99.00");
    assert_eq!(error(&acme, "recordInvoicePaid", other_data).await, "CONFLICT");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn the_payments_of_an_invoice_are_of_one_customer_and_currency() {
    let (acme, partner) = acme_with_partner().await;
    acme.assign_account(&partner, "q", None).await;
    record(&acme, payment_input("a", "100.00")).await;
    for other in [json!({ "customerId": "q" }), json!({ "totalAmount": money("100.00", "USD") })] {
        let input = with_fields(payment_input("b", "100.00"), other);
        assert_eq!(error(&acme, "recordInvoicePaid", input).await, "CONFLICT");
    }
    // Without a paymentId, an invoice is one payment: it cannot have others.
    let whole = invoice_input("p", "i", "100.00", "EUR", JANUARY);
    assert_eq!(error(&acme, "recordInvoicePaid", whole).await, "CONFLICT");
    record(&acme, invoice_input("p", "whole", "100.00", "EUR", JANUARY)).await;
    let part = with_fields(payment_input("a", "100.00"), json!({ "invoiceId": "whole" }));
    assert_eq!(error(&acme, "recordInvoicePaid", part).await, "CONFLICT");
    assert_eq!(record(&acme, payment_input("b", "20.00")).await["outcome"], "RECORDED");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn two_customers_cannot_pay_one_invoice_at_the_same_time() {
    let (acme, partner) = acme_with_partner().await;
    acme.assign_account(&partner, "q", None).await;
    for n in 0..4 {
        let invoice = json!({ "invoiceId": format!("i-{n}") });
        let inputs = [
            with_fields(payment_input("a", "10.00"), invoice.clone()),
            with_fields(with_fields(payment_input("b", "10.00"), invoice), json!({ "customerId": "q" })),
        ];
        let codes = join_all(inputs.map(|input| error(&acme, "recordInvoicePaid", input))).await;
        assert!(codes.contains(&String::new()) && codes.contains(&"CONFLICT".to_owned()), "{codes:?}");
    }
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn a_refund_of_several_payments_names_its_payment() {
    let (acme, partner) = acme_with_partner().await;
    record(&acme, payment_input("a", "100.00")).await;
    let unnamed = refund_input("i", "r-1", "40.00");
    assert_eq!(acme.refund("i", "r-1", "40.00").await["outcome"], "RECORDED");
    record(&acme, payment_input("b", "30.00")).await;

    // The refund of the only payment is known; another one has to name its payment.
    let of = |refund: &str, amount: &str, payment: &str| {
        with_fields(refund_input("i", refund, amount), json!({ "paymentId": payment }))
    };
    let send = async |input: Value| {
        acme.billing().mutate_ok("recordInvoiceRefunded", input, "outcome").await["outcome"].clone()
    };
    assert_eq!(send(unnamed).await, "ALREADY_RECORDED");
    assert_eq!(send(of("r-1", "40.00", "a")).await, "ALREADY_RECORDED");
    assert_eq!(error(&acme, "recordInvoiceRefunded", of("r-1", "30.00", "b")).await, "CONFLICT");
    let second = refund_input("i", "r-2", "10.00");
    assert_eq!(error(&acme, "recordInvoiceRefunded", second).await, "BAD_USER_INPUT");
    assert_eq!(error(&acme, "recordInvoiceRefunded", of("r-2", "10.00", "c")).await, "NOT_FOUND");
    assert_eq!(
        error(&acme, "recordInvoiceRefunded", of("r-2", "30.01", "b")).await,
        "REFUND_EXCEEDS_INVOICE"
    );
    assert_eq!(send(of("r-2", "30.00", "b")).await, "RECORDED");
    assert_eq!(acme.balance(&partner).await.pending, "9.00");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn an_invoice_shows_what_was_reported_and_what_came_of_it() {
    let (acme, _) = acme_with_partner().await;
    record(&acme, payment_input("a", "100.00")).await;
    acme.refund("i", "r", "40.00").await;
    let variables = json!({ "invoice": "i", "payment": null });
    let found = acme.admin().query_with(INVOICE, variables).await.data();
    insta::assert_json_snapshot!(found["invoice"], { ".id" => "[id]", ".receivedAt" => "[now]" }, @r#"
    {
      "commissionEvent": {
        "commissionAmount": {
          "amount": "15.00"
        }
      },
      "commissionableAmount": {
        "amount": "100.00"
      },
      "customerId": "p",
      "id": "[id]",
      "invoiceId": "i",
      "outcome": "RECORDED",
      "paidAt": "2026-01-15T00:00:00Z",
      "paymentId": "a",
      "receivedAt": "[now]",
      "refundedAmount": {
        "amount": "40.00"
      },
      "revisions": [
        {
          "actor": "billing",
          "commissionEvent": {
            "status": "PENDING"
          },
          "number": 1,
          "outcome": "RECORDED",
          "reason": null
        }
      ],
      "totalAmount": {
        "amount": "100.00"
      }
    }
    "#);
    record(&acme, payment_input("b", "10.00")).await;
    let client = acme.client("a", Role::Auditor);
    let unnamed = client.query_with(INVOICE, json!({ "invoice": "i" })).await;
    assert_eq!(unnamed.code(), "BAD_USER_INPUT");
    let named = client.query_with(INVOICE, json!({ "invoice": "i", "payment": "b" })).await.data();
    assert_eq!(named["invoice"]["totalAmount"]["amount"], "10.00");
    for (invoice, payment) in [("i", "c"), ("j", "a")] {
        let unknown = json!({ "invoice": invoice, "payment": payment });
        assert_eq!(client.query_with(INVOICE, unknown).await.data()["invoice"], Value::Null);
    }
}

#[tokio::test]
async fn the_invoices_that_earned_nothing_are_listed_by_outcome() {
    let (acme, partner) = acme_with_partner().await;
    let rateless = acme.create_partner("rateless").await;
    let rateless_since = json!({ "defaultCommissionRate": null, "effectiveFrom": "2000-01-01T00:00:00Z" });
    acme.update_partner(&rateless, rateless_since).await;
    acme.assign_account(&rateless, "r", None).await;
    for (n, (customer, amount)) in
        [("p", "10.00"), ("r", "10.00"), ("nobody", "10.00"), ("p", "0.00"), ("nobody", "5.00")]
            .into_iter()
            .enumerate()
    {
        let paid_at = format!("2026-01-{:02}T00:00:00Z", n + 1);
        record(&acme, invoice_input(customer, &format!("i-{n}"), amount, "EUR", &paid_at)).await;
    }
    let list = async |filter: Value, after: Value| {
        let variables = json!({ "filter": filter, "after": after });
        acme.client("a", Role::Auditor).query_with(INVOICES, variables).await.data()["invoices"].clone()
    };
    let ids = |page: &Value| -> Vec<String> {
        let nodes = page["nodes"].as_array().expect("nodes").iter();
        nodes.map(|node| node["invoiceId"].as_str().expect("an id").to_owned()).collect()
    };
    let unearned = json!({ "outcome": ["NO_MANAGED_ACCOUNT", "NO_RATE", "PARTNER_INELIGIBLE"] });
    let page = list(unearned.clone(), Value::Null).await;
    assert_eq!((ids(&page), &page["totalCount"]), (vec!["i-4".to_owned(), "i-2".to_owned()], &json!(3)));
    let next = list(unearned, page["pageInfo"]["endCursor"].clone()).await;
    assert_eq!(ids(&next), ["i-1"]);
    for (filter, expected) in [
        (json!({ "customerId": "nobody" }), 2),
        (json!({ "partnerId": partner }), 1),
        (json!({ "currency": "USD" }), 0),
        (json!({ "paidFrom": "2026-01-02T00:00:00Z", "paidTo": "2026-01-04T00:00:00Z" }), 2),
        (json!({ "receivedFrom": in_days(1) }), 0),
        (json!({ "outcome": ["ZERO_AMOUNT"] }), 1),
        (Value::Null, 5),
    ] {
        assert_eq!(list(filter.clone(), Value::Null).await["totalCount"], expected, "{filter}");
    }
}

#[tokio::test]
async fn invoices_are_for_staff_of_the_tenant() {
    let (acme, partner) = acme_with_partner().await;
    record(&acme, payment_input("a", "100.00")).await;
    let variables = json!({ "invoice": "i" });
    let id = acme.admin().query_with(INVOICE, variables.clone()).await.data()["invoice"]["id"].clone();
    let node = "query($id: ID!) { node(id: $id) { __typename id } }";
    let found = acme.admin().query_with(node, json!({ "id": id })).await.data();
    assert_eq!(found["node"], json!({ "__typename": "Invoice", "id": id }));

    let user = acme.partner_user(&partner, "u").await;
    for client in [&user, &acme.billing()] {
        assert_eq!(client.query_with(INVOICE, variables.clone()).await.code(), "FORBIDDEN");
        assert_eq!(client.query("{ invoices { totalCount } }").await.code(), "FORBIDDEN");
    }
    let other = acme.app.tenant("globex").await.admin();
    for client in [&user, &other] {
        assert_eq!(client.query_with(node, json!({ "id": id })).await.data()["node"], Value::Null);
    }
    assert_eq!(other.query_with(INVOICE, variables).await.data()["invoice"], Value::Null);
    let list = other.query("{ invoices { totalCount nodes { id } } }").await.data();
    assert_eq!(list["invoices"], json!({ "totalCount": 0, "nodes": [] }));
}
