//! Identifiers, names and e-mail addresses, as the API accepts them.

use revshare::auth::Role;
use serde_json::{Value, json};

use crate::support::{
    TestTenant, acme, acme_with_partner, batch_input, in_days, invoice_input, refund_input, reversal_input,
    with_fields,
};

/// Characters that an identifier must not contain: format, private-use and unassigned ones, variation selectors, and others
/// that are not displayed.
const HIDDEN: [&str; 26] = [
    "\u{feff}",
    "\u{200b}",
    "\u{200d}",
    "\u{202e}",
    "\u{2060}",
    "\u{ad}",
    "\u{e000}",
    "\u{378}",
    "\u{fe0f}",
    "\u{34f}",
    "\u{3164}",
    "\u{e0041}",
    "\u{180e}",
    "\u{e0001}",
    "\u{115f}",
    "\u{1160}",
    "\u{ffa0}",
    "\u{17b4}",
    "\u{fe00}",
    "\u{e0100}",
    "\u{2066}",
    "\u{200e}",
    "\u{fff9}",
    "\u{1d173}",
    "\u{61c}",
    "\u{ffffe}",
];

/// Returns the message of the error with which a mutation is rejected as a whole.
async fn rejection(tenant: &TestTenant, mutation: &str, input: &Value) -> String {
    let input_type = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let document = format!(
        "mutation($input: {input_type}!) {{ {mutation}(input: $input) {{ userErrors {{ code }} }} }}"
    );
    let response = tenant.admin().query_with(&document, json!({ "input": input })).await;
    assert_eq!(response.code(), "BAD_USER_INPUT", "{mutation} {input} {:#}", response.body);
    response.body["errors"][0]["message"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn an_identifier_has_no_hidden_character() {
    let (acme, partner) = acme_with_partner().await;
    acme.commission_event("p", "CSV-1", "100.00", "EUR").await;
    let lead = acme.submit_lead(&partner).await;
    let invoice = invoice_input("p", "CSV-1", "100.00", "EUR", &in_days(0));
    let correction = with_fields(invoice.clone(), json!({ "reason": "r", "idempotencyKey": "k" }));
    let user = json!({ "partnerId": partner, "userId": "u", "email": "u@example.com", "role": "OWNER" });
    let adjustment =
        json!({ "partnerId": partner, "amount": { "amount": "1.00", "currency": "EUR" }, "reason": "r" });
    let inputs = [
        ("recordInvoicePaid", "invoiceId", invoice.clone()),
        ("recordInvoicePaid", "customerId", invoice.clone()),
        ("recordInvoiceRefunded", "invoiceId", refund_input("CSV-1", "R-1", "10.00")),
        ("recordInvoiceRefunded", "refundId", refund_input("CSV-1", "R-1", "10.00")),
        ("assignManagedAccount", "customerId", json!({ "partnerId": partner })),
        ("createPartner", "partnerNumber", json!({ "companyName": "x" })),
        ("addPartnerUser", "userId", user),
        ("recordAdjustment", "idempotencyKey", adjustment),
        ("createPayoutBatch", "idempotencyKey", batch_input(&partner)),
        ("completePayout", "paymentReference", json!({ "id": partner })),
        ("advanceReferralLead", "convertedCustomerId", json!({ "id": lead, "status": "CONVERTED" })),
        ("recordInvoicePaid", "paymentId", invoice.clone()),
        ("recordInvoiceRefunded", "paymentId", refund_input("CSV-1", "R-1", "10.00")),
        ("recordRefundReversed", "refundId", reversal_input("R-1")),
        ("correctPaymentReference", "paymentReference", json!({ "id": partner, "reason": "r" })),
        ("correctInvoice", "customerId", correction.clone()),
        ("correctInvoice", "paymentId", correction.clone()),
        ("correctInvoice", "idempotencyKey", correction),
    ];
    for (mutation, field, input) in &inputs {
        for hidden in HIDDEN {
            for (text, position) in [(format!("{hidden}CSV-1"), 1), (format!("CSV-1{hidden}"), 6)] {
                let code = u32::from(hidden.chars().next().expect("a character"));
                let message =
                    rejection(&acme, mutation, &with_fields(input.clone(), json!({ *field: text }))).await;
                let expected = format!("{field}: contains U+{code:04X} (");
                assert!(message.starts_with(&expected), "{message}");
                assert!(message.contains(&format!("at position {position};")), "{message}");
            }
        }
    }
    assert_eq!(acme.balance(&partner).await.earned, "15.00");
}

const BY_IDENTIFIER: &str = "query($text: String!) {
    commissionEvents(filter: { invoiceId: $text }) { totalCount }
}";

#[tokio::test]
async fn a_look_up_puts_an_identifier_right_as_it_was_stored() {
    let (acme, _) = acme_with_partner().await;
    acme.commission_event("p", "  jose\u{301}-1 ", "100.00", "EUR").await;
    for text in ["jos\u{e9}-1", "jose\u{301}-1", "\u{a0}jos\u{e9}-1\u{3000}"] {
        let data = acme.admin().query_with(BY_IDENTIFIER, json!({ "text": text })).await.data();
        assert_eq!(data["commissionEvents"]["totalCount"], 1, "{text:?}");
    }
    let hidden = acme.admin().query_with(BY_IDENTIFIER, json!({ "text": "jos\u{e9}-1\u{200b}" })).await;
    assert_eq!(hidden.code(), "BAD_USER_INPUT");
}

#[tokio::test]
async fn the_user_of_a_token_is_compared_in_the_form_of_the_link() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    acme.partner_user(&partner, "jose\u{301}").await;
    for user in ["jose\u{301}", "jos\u{e9}", " jos\u{e9} "] {
        let data =
            acme.client(user, Role::Partner).query("{ viewer { userId partners { id } } }").await.data();
        assert_eq!(data["viewer"], json!({ "userId": "jos\u{e9}", "partners": [{ "id": partner }] }));
    }
    let hidden = acme.client("jos\u{e9}\u{200b}", Role::Partner).query("{ viewer { userId } }").await;
    assert_eq!((hidden.status, hidden.code().as_str()), (401, "UNAUTHENTICATED"));
}

#[tokio::test]
async fn a_name_neither_hides_nor_reverses_text() {
    let acme = acme().await;
    for name in [
        "Acme \u{202e}txt.exe",
        "a\u{200b}b",
        "\u{feff}a",
        "a\u{2066}b",
        "a \u{200d}b",
        "\u{200f}a",
        "a\u{61c}",
        "a\u{200e}b",
        "\u{202a}a",
        "a\u{2069}",
        "a\u{200d}",
        "\u{200c}a",
        "a\u{200c} b",
        "a\u{180e}b",
        "a\u{fe0f}",
        "\u{3164}",
        "a\u{2028}b",
    ] {
        let message = rejection(&acme, "createPartner", &json!({ "companyName": name })).await;
        assert!(message.starts_with("companyName: contains U+"), "{message}");
    }
    for name in
        ["می\u{200c}خواهم", "❤\u{fe0f}\u{200d}🔥", "שלום", "👩🏽\u{200d}💻 GmbH", "👨\u{200d}👩\u{200d}👧"]
    {
        let input = json!({ "companyName": name });
        let payload = acme.admin().mutate_ok("createPartner", input, "partner { companyName }").await;
        assert_eq!(payload["partner"]["companyName"], name);
    }
}

#[tokio::test]
async fn an_email_address_is_an_address_alone() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    let lead = |email: &str| json!({ "partnerId": partner, "contactName": "x", "contactEmail": email });
    let user = |email: &str| json!({ "partnerId": partner, "userId": "u", "email": email, "role": "OWNER" });
    for email in [
        "Jane Doe <jane@example.test>",
        "\"jane\"@example.test",
        "jane@[127.0.0.1]",
        "jane@localhost",
        "jane@example.test.",
        "jane@@example.test",
        "jane@example.test, joe@example.test",
        "ja ne@example.test",
        "jane(x)@example.test",
        "jane@example\u{200b}.test",
        "a@b",
        "a@-x.com",
        "a@x-.com",
        "\"a b\"@x.com",
        "a@x.com.",
        "a@.x.com",
        "a@x..com",
        "a..b@x.com",
        ".a@x.com",
        "a.@x.com",
        "@x.com",
        "a@",
        "a@x_y.com",
        "mailto:a@x.com",
        "a@x.com b",
        "a@x.com;b@x.com",
        "a\\@b@x.com",
        "a@x.com\u{ad}",
        "a\u{202e}@x.com",
    ] {
        rejection(&acme, "submitReferralLead", &lead(email)).await;
        rejection(&acme, "addPartnerUser", &user(email)).await;
    }
    let labels = "l.".repeat(120);
    let long = [
        format!("{}@x.com", "a".repeat(65)),
        format!("a@{}.com", "l".repeat(64)),
        format!("a@{labels}{labels}com"),
    ];
    for email in long {
        rejection(&acme, "submitReferralLead", &lead(&email)).await;
    }
    for email in ["a+b@x.com", "o'neil@x.co.uk", "a@xn--bcher-kva.example", "1@2.example", "a_b-c.d@x.com"] {
        acme.admin().mutate_ok("submitReferralLead", lead(email), "referralLead { id }").await;
    }
    let kept = lead(" Jos\u{65}\u{301}@M\u{fc}ller.DE ");
    let selection = "referralLead { contactEmail }";
    let payload = acme.admin().mutate_ok("submitReferralLead", kept, selection).await;
    assert_eq!(payload["referralLead"]["contactEmail"], "jos\u{e9}@m\u{fc}ller.de");
}

#[tokio::test]
async fn null_for_what_cannot_be_empty_is_rejected() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    let lead = acme.submit_lead(&partner).await;
    let account = json!({ "partnerId": partner, "customerId": "c" });
    for (mutation, input, fields) in [
        ("createPartner", json!({ "companyName": "x" }), &["tier", "status", "payoutCurrency"][..]),
        ("assignManagedAccount", account.clone(), &["engagementType", "startsAt"]),
        (
            "updateTenantSettings",
            json!({}),
            &["name", "timeZone", "defaultCurrency", "holdDays", "minimumPayouts"],
        ),
        ("advanceReferralLead", json!({ "id": lead, "status": "LOST" }), &["assignAccount"]),
        ("erasePerson", json!({ "reason": "r" }), &["referralLeadId", "partnerUserId"]),
    ] {
        for field in fields {
            let message =
                rejection(&acme, mutation, &with_fields(input.clone(), json!({ *field: null }))).await;
            assert!(message.starts_with(&format!("{field}: must not be null")), "{message}");
        }
    }
    let empty = json!({ "customerName": null, "customCommissionRate": null, "endsAt": null });
    acme.admin()
        .mutate_ok("assignManagedAccount", with_fields(account, empty), "managedAccount { id }")
        .await;
}
