//! Referral leads and their customers, and the erasure of persons.

use futures_util::future::join;
use revshare::auth::Role;
use serde_json::{Value, json};

use crate::support::{
    TestTenant, UNKNOWN_ID, acme, euros, in_days, invoice_input, user_errors, with_fields, with_superuser,
};

/// Submits a lead; returns its id.
async fn submit(tenant: &TestTenant, partner: &str, fields: Value) -> String {
    let lead =
        json!({ "partnerId": partner, "contactName": "Lena Lead", "contactEmail": "lena@example.com" });
    let input = with_fields(lead, fields);
    let payload = tenant.admin().mutate_ok("submitReferralLead", input, "referralLead { id }").await;
    payload["referralLead"]["id"].as_str().expect("an id").to_owned()
}

fn conversion(lead: &str, customer: &str) -> Value {
    json!({ "id": lead, "status": "CONVERTED", "convertedCustomerId": customer })
}

#[tokio::test]
async fn a_customer_converts_one_lead() {
    let acme = acme().await;
    let admin = acme.admin();
    let (one, two) = (acme.create_partner("one").await, acme.create_partner("two").await);
    let (first, second) = (acme.submit_lead(&one).await, acme.submit_lead(&two).await);
    admin.mutate_ok("advanceReferralLead", conversion(&first, "c"), "referralLead { id }").await;
    let rejected =
        admin.mutate("advanceReferralLead", conversion(&second, " c "), "referralLead { id }").await;
    let duplicate = json!([{ "code": "DUPLICATE", "field": ["input", "convertedCustomerId"], "id": second }]);
    assert_eq!((&rejected["referralLead"], user_errors(&rejected)), (&Value::Null, duplicate));
    // Without a customer, any number of leads is converted; and a lead that leaves CONVERTED frees its customer.
    acme.advance_lead(&second, "CONVERTED").await;
    acme.advance_lead(&second, "QUALIFIED").await;
    acme.advance_lead(&first, "LOST").await;
    admin.mutate_ok("advanceReferralLead", conversion(&second, "c"), "referralLead { id }").await;
    // Another tenant has customers of its own.
    let globex = acme.app.tenant("globex").await;
    let other = globex.create_partner("other").await;
    let lead = globex.submit_lead(&other).await;
    globex.admin().mutate_ok("advanceReferralLead", conversion(&lead, "c"), "referralLead { id }").await;
}

#[tokio::test]
async fn two_conversions_of_a_customer_at_once_are_one() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    let (first, second) = (acme.submit_lead(&partner).await, acme.submit_lead(&partner).await);
    let admin = acme.admin();
    let convert = |lead| admin.error_code("advanceReferralLead", conversion(lead, "c"));
    let (one, two) = join(convert(&first), convert(&second)).await;
    let mut codes = [one, two];
    codes.sort();
    assert_eq!(codes, ["", "DUPLICATE"]);
}

const DUPLICATES: &str = "{ referralLeads { nodes { contactName possibleDuplicates { contactName } } } }";

#[tokio::test]
async fn leads_with_the_same_address_or_company_are_possible_duplicates() {
    let acme = acme().await;
    let (one, two) = (acme.create_partner("one").await, acme.create_partner("two").await);
    let lead = |name: &str, email: &str, company: Option<&str>| json!({ "contactName": name, "contactEmail": email, "companyName": company });
    submit(&acme, &one, lead("a", "jane@example.com", None)).await;
    submit(&acme, &two, lead("b", " JANE@Example.com ", Some("Straße  &\u{a0}Söhne"))).await;
    submit(&acme, &two, lead("c", "c@example.com", Some("STRASSE & SO\u{308}HNE"))).await;
    submit(&acme, &two, lead("f", "f@example.com", Some("Ｓtraße ＆ Söhne"))).await;
    submit(&acme, &one, lead("d", "d@example.com", None)).await;
    let data = acme.admin().query(DUPLICATES).await.data();
    let found = |name: &str| {
        let nodes = data["referralLeads"]["nodes"].as_array().expect("leads");
        let lead = nodes.iter().find(|lead| lead["contactName"] == name).expect("the lead");
        let duplicates = lead["possibleDuplicates"].as_array().expect("duplicates").iter();
        duplicates.map(|lead| lead["contactName"].as_str().unwrap_or_default()).collect::<String>()
    };
    assert_eq!(["a", "b", "c", "f", "d"].map(found), ["b", "fca", "fb", "cb", ""]);

    let user = acme.partner_user(&two, "ursula").await;
    let data = user.query(DUPLICATES).await.data();
    for lead in data["referralLeads"]["nodes"].as_array().expect("leads") {
        assert_eq!(lead["possibleDuplicates"], json!([]));
    }
    let globex = acme.app.tenant("globex").await;
    let other = globex.create_partner("other").await;
    submit(&globex, &other, lead("e", "jane@example.com", Some("Straße & Söhne"))).await;
    let data = globex.admin().query(DUPLICATES).await.data();
    assert_eq!(data["referralLeads"]["nodes"][0]["possibleDuplicates"], json!([]));
}

#[tokio::test]
async fn a_conversion_with_account_warns_if_its_invoices_earn_nothing() {
    let acme = acme().await;
    let admin = acme.admin();
    let partner = acme.create_partner("p").await;
    let warnings = async |customer: &str| {
        let lead = acme.submit_lead(&partner).await;
        let input = with_fields(conversion(&lead, customer), json!({ "assignAccount": true }));
        admin.mutate_ok("advanceReferralLead", input, "warnings").await["warnings"].to_string()
    };
    acme.update_partner(&partner, json!({ "status": "PENDING" })).await;
    assert!(warnings("one").await.contains("the partner is PENDING"));
    acme.update_partner(&partner, json!({ "status": "ACTIVE", "defaultCommissionRate": null })).await;
    assert!(warnings("two").await.contains("neither the partner nor the account has a rate"));
    acme.update_partner(&partner, json!({ "defaultCommissionRate": "0.1000" })).await;
    assert_eq!(warnings("three").await, "[]");
}

#[tokio::test]
async fn a_conversion_assigns_the_account_when_asked() {
    let acme = acme().await;
    let admin = acme.admin();
    let (one, two) = (acme.create_partner("one").await, acme.create_partner("two").await);
    let assign = |lead: &str, customer: &str| {
        with_fields(conversion(lead, customer), json!({ "assignAccount": true }))
    };
    let selection = "referralLead { status convertedCustomerId } warnings";

    let lead = acme.submit_lead(&one).await;
    let payload = admin.mutate_ok("advanceReferralLead", assign(&lead, "c"), selection).await;
    let converted = json!({ "status": "CONVERTED", "convertedCustomerId": "c" });
    assert_eq!(payload, json!({ "referralLead": converted, "warnings": [] }));
    let invoice = invoice_input("c", "i", "100.00", "EUR", &in_days(0));
    let paid = acme.billing().mutate_ok("recordInvoicePaid", invoice, "outcome").await;
    assert_eq!(paid["outcome"], "RECORDED");
    assert_eq!(acme.balance(&one).await.earned, "15.00");

    // Another partner's customer: rejected, and nothing changes.
    acme.assign_account(&two, "taken", None).await;
    let lead = acme.submit_lead(&one).await;
    let rejected = admin.mutate("advanceReferralLead", assign(&lead, "taken"), selection).await;
    let overlap =
        json!([{ "code": "ACCOUNT_OVERLAPS", "field": ["input", "convertedCustomerId"], "id": null }]);
    assert_eq!((&rejected["referralLead"], user_errors(&rejected)), (&Value::Null, overlap));
    assert_eq!(
        admin.error_code("advanceReferralLead", json!({ "id": lead, "status": "NEW" })).await,
        "INVALID_STATE"
    );
    // The partner's own customer: there is nothing to assign.
    acme.assign_account(&one, "own", None).await;
    let payload = admin.mutate_ok("advanceReferralLead", assign(&lead, "own"), selection).await;
    assert_eq!(payload["warnings"], json!([]));

    let lead = acme.submit_lead(&one).await;
    for input in [
        json!({ "id": lead, "status": "CONVERTED", "assignAccount": true }),
        json!({ "id": lead, "status": "LOST", "assignAccount": true }),
        json!({ "id": lead, "status": "LOST", "convertedCustomerId": "x" }),
    ] {
        assert_eq!(admin.error_code("advanceReferralLead", input).await, "BAD_USER_INPUT");
    }
}

#[tokio::test]
async fn a_conversion_warns_if_the_partner_does_not_manage_the_customer() {
    let acme = acme().await;
    let (one, two) = (acme.create_partner("one").await, acme.create_partner("two").await);
    acme.assign_account(&two, "taken", None).await;
    for (customer, warning) in [("unassigned", "no partner manages"), ("taken", "another partner manages")] {
        let lead = acme.submit_lead(&one).await;
        let payload =
            acme.admin().mutate_ok("advanceReferralLead", conversion(&lead, customer), "warnings").await;
        let warnings = payload["warnings"].as_array().expect("warnings");
        assert!(
            warnings.len() == 1 && warnings[0].as_str().unwrap_or_default().starts_with(warning),
            "{payload}"
        );
    }
}

#[tokio::test]
async fn null_removes_the_note_and_the_value_of_a_lead() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    let lead = acme.submit_lead(&partner).await;
    let advance = async |fields: Value| {
        let input = with_fields(json!({ "id": lead }), fields);
        let selection = "referralLead { notes actualValue { amount } }";
        acme.admin().mutate_ok("advanceReferralLead", input, selection).await["referralLead"].clone()
    };
    let set = advance(json!({ "status": "CONTACTED", "notes": "n", "actualValue": euros("1.00") })).await;
    assert_eq!(set, json!({ "notes": "n", "actualValue": { "amount": "1.00" } }));
    assert_eq!(advance(json!({ "status": "QUALIFIED" })).await, set);
    let removed = advance(json!({ "status": "LOST", "notes": null, "actualValue": null })).await;
    assert_eq!(removed, json!({ "notes": null, "actualValue": null }));
}

const ERASED_LEAD: &str = "referralLead {
    companyName contactName contactEmail contactPhone source notes status convertedCustomerId
    estimatedValue { amount } possibleDuplicates { id } erasure { actor reason }
}";

/// Fails the test if a text occurs anywhere in the database.
async fn assert_nowhere(tenant: &TestTenant, word: &str) {
    for table in [
        "referral_leads",
        "partner_users",
        "idempotency_keys",
        "status_changes",
        "erasures",
        "mails",
        "notification_preferences",
    ] {
        let check = format!(
            "DO $$ BEGIN IF EXISTS (SELECT FROM {table} AS t WHERE t::text ILIKE '%{word}%') THEN
                 RAISE 'found in {table}'; END IF; END $$"
        );
        with_superuser(&tenant.app.database, &check).await.expect(word);
    }
}

#[tokio::test]
async fn a_person_is_erased_from_a_lead_whose_row_and_values_stay() {
    let acme = acme().await;
    let admin = acme.admin();
    let partner = acme.create_partner("p").await;
    let words = json!({
        "companyName": "Grete Gone", "contactName": "Grete Gone", "contactEmail": "grete@gone.example",
        "contactPhone": "555-gone", "source": "gone fair", "notes": "gone", "estimatedValue": euros("5.00"),
    });
    let (lead, twin) = (submit(&acme, &partner, words.clone()).await, submit(&acme, &partner, words).await);
    let advanced = with_fields(conversion(&lead, "c"), json!({ "notes": "staff: gone" }));
    admin.mutate_ok("advanceReferralLead", advanced, "referralLead { id }").await;
    let erase = |lead: &str, reason: &str| json!({ "referralLeadId": lead, "reason": reason });
    let payload = admin.mutate_ok("erasePerson", erase(&lead, "asked for it"), ERASED_LEAD).await;
    let expected = json!({
        "companyName": null, "contactName": "erased", "contactEmail": "erased@erased.invalid", "contactPhone": null,
        "source": null, "notes": null, "status": "CONVERTED", "convertedCustomerId": "c",
        "estimatedValue": { "amount": "5.00" }, "possibleDuplicates": [],
        "erasure": { "actor": "adam", "reason": "asked for it" },
    });
    assert_eq!(payload["referralLead"], expected);
    let again = admin.mutate_ok("erasePerson", erase(&lead, "again"), ERASED_LEAD).await;
    assert_eq!(again["referralLead"], expected);
    // Two erased leads are no duplicates of each other.
    let payload = admin.mutate_ok("erasePerson", erase(&twin, "the twin"), ERASED_LEAD).await;
    assert_eq!(payload["referralLead"]["possibleDuplicates"], json!([]));
    assert_nowhere(&acme, "gone").await;
    assert_eq!(admin.error_code("erasePerson", erase(UNKNOWN_ID, "r")).await, "NOT_FOUND");
    for wrong in [
        json!({ "reason": "r" }),
        json!({ "referralLeadId": lead, "partnerUserId": lead, "reason": "r" }),
        json!({ "referralLeadId": lead, "reason": " " }),
    ] {
        assert_eq!(admin.error_code("erasePerson", wrong).await, "BAD_USER_INPUT");
    }
    acme.assert_reconciled().await;
}

const USERS: &str = "query($partner: ID!) {
    partner(id: $partner) { users { id userId email isActive erasure { reason } } }
}";

#[tokio::test]
async fn a_partner_user_is_erased_from_all_links_and_has_no_access() {
    let acme = acme().await;
    let admin = acme.admin();
    let (one, two) = (acme.create_partner("one").await, acme.create_partner("two").await);
    let user = acme.partner_user(&one, "grete.gone").await;
    acme.partner_user(&two, "grete.gone").await;
    acme.partner_user(&two, "stays").await;
    let lead = json!({ "partnerId": one, "contactName": "x", "contactEmail": "x@example.com" });
    user.mutate_ok("submitReferralLead", lead, "referralLead { id }").await;
    let users = async |partner: &str| {
        let data = admin.query_with(USERS, json!({ "partner": partner })).await.data();
        data["partner"]["users"].clone()
    };
    let link = users(&one).await[0]["id"].clone();
    let erase = json!({ "partnerUserId": link, "reason": "asked for it" });
    for caller in [Role::Support, Role::Finance, Role::Auditor, Role::Billing] {
        let code = acme.client("c", caller).error_code("erasePerson", erase.clone()).await;
        assert_eq!(code, "FORBIDDEN");
    }
    for _ in 0..2 {
        let selection = "partnerUser { id userId email isActive }";
        let payload = admin.mutate_ok("erasePerson", erase.clone(), selection).await;
        let email = "erased@erased.invalid";
        let erased = json!({ "id": link, "userId": "erased", "email": email, "isActive": false });
        assert_eq!(payload["partnerUser"], erased);
    }
    let others = users(&two).await;
    assert_eq!(others[0]["userId"], "erased");
    assert_eq!(others[0]["erasure"], json!({ "reason": "asked for it" }));
    assert_eq!(others[1]["userId"], "stays");
    assert_eq!(user.query("{ viewer { userId } }").await.status, 403);
    assert_eq!(acme.client("erased", Role::Partner).query("{ viewer { userId } }").await.status, 403);
    assert_nowhere(&acme, "gone").await;
}
