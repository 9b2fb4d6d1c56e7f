//! Search: what a text finds, in which order, and for whom.

use serde_json::{Value, json};

use crate::support::{Client, TestTenant, acme_with_partner, with_fields};

const SEARCH: &str = "query($text: String!, $first: Int) {
    search(text: $text, first: $first) { field text isExact node { __typename id } }
}";

/// Searches; returns each hit as `Type FIELD text`, with a `!` for an exact one.
async fn hits(client: &Client, text: &str) -> Vec<String> {
    let data = client.query_with(SEARCH, json!({ "text": text })).await.data();
    let word = |value: &Value| value.as_str().expect("a text").to_owned();
    let line = |hit: &Value| {
        let exact = if hit["isExact"] == true { "!" } else { "" };
        let kind = word(&hit["node"]["__typename"]);
        format!("{kind} {} {}{exact}", word(&hit["field"]), word(&hit["text"]))
    };
    data["search"].as_array().expect("hits").iter().map(line).collect()
}

/// Searches with invalid arguments; returns the code and the field of the error.
async fn rejection(client: &Client, arguments: Value) -> (String, Value) {
    let response = client.query_with(SEARCH, arguments).await;
    (response.code(), response.body["errors"][0]["extensions"]["field"].clone())
}

async fn add_user(acme: &TestTenant, partner: &str, user: &str, email: &str) -> Value {
    let link = json!({ "partnerId": partner, "userId": user, "email": email, "role": "OWNER" });
    acme.admin().mutate_ok("addPartnerUser", link, "partnerUser { id }").await["partnerUser"]["id"].clone()
}

async fn submit_lead(client: &Client, partner: &str, fields: Value) -> Value {
    let lead =
        json!({ "partnerId": partner, "contactName": "Lena Lead", "contactEmail": "lena@lead.example" });
    let input = with_fields(lead, fields);
    client.mutate_ok("submitReferralLead", input, "referralLead { id }").await["referralLead"]["id"].clone()
}

#[tokio::test]
async fn a_text_finds_what_it_is_and_then_what_begins_with_it() {
    let (acme, partner) = acme_with_partner().await;
    for invoice in ["INV-771", "INV-77", "Inv-770", "INV-78"] {
        acme.approved_event("p", invoice, "10.00", "EUR").await;
    }
    add_user(&acme, &partner, "ursula", "ursula@partner.example").await;
    let payout = acme.create_payout(&partner).await;
    let completion = json!({ "id": payout, "paymentReference": "WIRE-1" });
    acme.finance().mutate_ok("completePayout", completion, "payout { id }").await;
    acme.refund("INV-78", "RE-5", "1.00").await;
    submit_lead(&acme.admin(), &partner, json!({ "companyName": "Straßenbau GmbH" })).await;

    let staff = acme.finance();
    let invoices = ["INVOICE_ID INV-77!", "INVOICE_ID Inv-770", "INVOICE_ID INV-771"];
    assert_eq!(hits(&staff, "inv-77").await, invoices.map(|hit| format!("CommissionEvent {hit}")));
    assert_eq!(hits(&staff, " wire-1 ").await, ["Payout PAYMENT_REFERENCE WIRE-1!"]);
    assert_eq!(hits(&staff, "P-0000").await, ["Partner PARTNER_NUMBER P-00001"]);
    assert_eq!(hits(&staff, "URSULA@PARTNER").await, ["Partner USER_EMAIL ursula@partner.example"]);
    assert_eq!(hits(&staff, "STRASSEN").await, ["ReferralLead COMPANY_NAME Straßenbau GmbH"]);
    assert_eq!(hits(&staff, "lena@").await, ["ReferralLead CONTACT_EMAIL lena@lead.example"]);
    assert_eq!(hits(&staff, "p cover").await, ["ManagedAccount CUSTOMER_NAME p Cover Name"]);
    assert_eq!(hits(&staff, "re-").await, ["CommissionEvent REFUND_ID RE-5"]);
    assert_eq!(hits(&staff, &payout).await, [format!("Payout ID {payout}!")]);
    // The first of each kind before the second of any; a partner once, although two of its texts begin so.
    let mixed = hits(&staff, "p").await;
    assert_eq!(mixed[..2], ["Partner COMPANY_NAME p!", "ManagedAccount CUSTOMER_ID p!"], "{mixed:?}");
    assert_eq!(mixed.iter().filter(|hit| hit.starts_with("CommissionEvent CUSTOMER_ID p")).count(), 3);
    assert_eq!(mixed.iter().filter(|hit| hit.starts_with("Partner ")).count(), 1);
    assert_eq!(hits(&staff, "nv-77").await, Vec::<String>::new(), "beginnings only");
}

#[tokio::test]
async fn a_pattern_finds_itself_only_and_the_length_is_limited() {
    let (acme, _) = acme_with_partner().await;
    for invoice in ["50%_off", "50 percent", "a_b", "axb"] {
        acme.commission_event("p", invoice, "10.00", "EUR").await;
    }
    let staff = acme.finance();
    assert_eq!(hits(&staff, "50%").await, ["CommissionEvent INVOICE_ID 50%_off"]);
    assert_eq!(hits(&staff, "a_").await, ["CommissionEvent INVOICE_ID a_b"]);
    assert_eq!(hits(&staff, "%").await, Vec::<String>::new());
    assert_eq!(hits(&staff, &"ΐ".repeat(255)).await, Vec::<String>::new());
    for text in ["", "  ", &"x".repeat(256)] {
        let error = rejection(&staff, json!({ "text": text })).await;
        assert_eq!(error, ("BAD_USER_INPUT".to_owned(), json!("text")), "{text:?}");
    }
    for first in [0, 51, -1] {
        let error = rejection(&staff, json!({ "text": "a", "first": first })).await;
        assert_eq!(error, ("BAD_USER_INPUT".to_owned(), json!("first")));
    }
    let one = staff.query_with(SEARCH, json!({ "text": "5", "first": 1 })).await.data();
    assert_eq!(one["search"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn another_tenant_finds_nothing_by_the_same_statements() {
    let (acme, partner) = acme_with_partner().await;
    acme.commission_event("p", "INV-77", "10.00", "EUR").await;
    let globex = acme.app.tenant("globex").await;
    for text in ["inv-77", "p", "P-0000", &partner] {
        assert_eq!(hits(&globex.finance(), text).await, Vec::<String>::new(), "{text}");
    }
    let statements = async |tenant: &TestTenant| {
        let before = tenant.app.statements();
        hits(&tenant.finance(), "nothing-is-called-so").await;
        tenant.app.statements() - before
    };
    // Each tenant has been asked before, so that nothing is prepared for the first time.
    hits(&acme.finance(), "x").await;
    assert_eq!(statements(&acme).await, statements(&globex).await);
}

#[tokio::test]
async fn a_search_takes_one_statement_and_one_for_each_type_of_its_hits() {
    let (acme, _) = acme_with_partner().await;
    for n in 0..20 {
        acme.commission_event("p", &format!("INV-{n}"), "10.00", "EUR").await;
    }
    let statements = async |text: &str| {
        let before = acme.app.statements();
        assert!(!hits(&acme.finance(), text).await.is_empty());
        acme.app.statements() - before
    };
    let one = statements("INV-19").await;
    assert_eq!(statements("INV-").await, one, "twenty hits take as many statements as one");
}

#[tokio::test]
async fn partner_users_find_what_they_see_and_nothing_masked() {
    let (acme, partner) = acme_with_partner().await;
    let user = acme.partner_user(&partner, "ursula").await;
    let other = acme.create_partner_with_account("pother").await;
    acme.assign_account(&partner, "jane@customer.example", None).await;
    acme.commission_event("p", "INV-1", "100.00", "EUR").await;
    acme.commission_event("pother", "INV-2", "100.00", "EUR").await;
    acme.commission_event("jane@customer.example", "INV-jane@customer.example-3", "100.00", "EUR").await;
    acme.refund("INV-1", "RE-1", "10.00").await;
    submit_lead(&user, &partner, json!({ "companyName": "Own Lead" })).await;
    submit_lead(&acme.admin(), &partner, json!({ "companyName": "Owned by staff" })).await;
    submit_lead(&acme.admin(), &other, json!({ "companyName": "Own of another" })).await;

    assert_eq!(
        hits(&user, "INV-").await,
        ["CommissionEvent INVOICE_ID INV-1"],
        "neither another's nor masked"
    );
    assert_eq!(hits(&user, "pother").await, Vec::<String>::new());
    assert_eq!(hits(&user, &other).await, Vec::<String>::new());
    assert_eq!(hits(&user, "p cover").await, Vec::<String>::new(), "names of customers are masked");
    assert_eq!(hits(&user, "RE-1").await, Vec::<String>::new(), "refunds have no field");
    assert_eq!(hits(&user, "own").await, ["ReferralLead COMPANY_NAME Own Lead"]);
    assert_eq!(hits(&user, "jane@").await, Vec::<String>::new(), "the beginning of a masked id");
    // Whoever knows the id has it already; it is shown as everywhere else.
    let known = hits(&user, "jane@customer.example").await;
    assert_eq!(known, ["ManagedAccount CUSTOMER_ID j***!", "CommissionEvent CUSTOMER_ID j***!"]);
    let found = hits(&acme.finance(), "jane@").await;
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(acme.billing().query_with(SEARCH, json!({ "text": "p" })).await.code(), "FORBIDDEN");
}

const LISTS: &str = "query($prefix: String, $account: String, $lead: String) {
    commissionEvents(filter: { invoiceIdPrefix: $prefix }) { nodes { invoiceId } }
    managedAccounts(filter: { search: $account }) { nodes { customerId } }
    referralLeads(filter: { search: $lead }) { nodes { companyName } }
}";

#[tokio::test]
async fn filters_do_not_tell_partner_users_what_is_masked() {
    let (acme, partner) = acme_with_partner().await;
    let user = acme.partner_user(&partner, "ursula").await;
    acme.assign_account(&partner, "jane@customer.example", None).await;
    acme.commission_event("jane@customer.example", "INV-jane@customer.example-3", "100.00", "EUR").await;
    submit_lead(&acme.admin(), &partner, json!({ "companyName": "Secret" })).await;
    let variables = json!({ "prefix": "INV-", "account": "jane", "lead": "Sec" });
    let lengths = async |client: &Client| {
        let data = client.query_with(LISTS, variables.clone()).await.data();
        ["commissionEvents", "managedAccounts", "referralLeads"]
            .map(|list| data[list]["nodes"].as_array().map_or(9, Vec::len))
    };
    assert_eq!(lengths(&acme.finance()).await, [1, 1, 1]);
    assert_eq!(lengths(&user).await, [0, 0, 0]);
    let by_name = json!({ "prefix": "I", "account": "p cover", "lead": "Lena" });
    let data = user.query_with(LISTS, by_name).await.data();
    assert_eq!(data["managedAccounts"]["nodes"], json!([]), "the name of a customer");
    // A cursor in this order would have the id of a customer in it.
    let ordered = "{ managedAccounts(orderBy: { field: CUSTOMER_ID, direction: ASC }) { nodes { id } } }";
    assert_eq!(user.query(ordered).await.code(), "FORBIDDEN");
    assert_eq!(acme.finance().query(ordered).await.code(), "");
}

#[tokio::test]
async fn an_erased_person_is_not_found() {
    let (acme, partner) = acme_with_partner().await;
    let lead = submit_lead(&acme.admin(), &partner, json!({ "companyName": "Forgotten Ltd" })).await;
    let user = add_user(&acme, &partner, "fred", "fred@forgotten.example").await;
    let staff = acme.admin();
    for text in ["Forgotten", "Lena", "lena@", "fred@"] {
        assert_eq!(hits(&staff, text).await.len(), 1, "{text}");
    }
    for person in [json!({ "referralLeadId": lead }), json!({ "partnerUserId": user })] {
        let erasure = with_fields(person, json!({ "reason": "asked" }));
        staff.mutate_ok("erasePerson", erasure, "userErrors { code }").await;
    }
    for text in ["Forgotten", "Lena", "lena@", "fred@", "erased"] {
        assert_eq!(hits(&staff, text).await, Vec::<String>::new(), "{text}");
    }
}

#[tokio::test]
async fn a_renamed_partner_is_found_by_its_new_name_only() {
    let (acme, partner) = acme_with_partner().await;
    acme.update_partner(&partner, json!({ "companyName": "New Name" })).await;
    assert_eq!(hits(&acme.finance(), "NEW").await, ["Partner COMPANY_NAME New Name"]);
    acme.update_partner(&partner, json!({ "companyName": "Other" })).await;
    assert_eq!(hits(&acme.finance(), "new").await, Vec::<String>::new());
}
