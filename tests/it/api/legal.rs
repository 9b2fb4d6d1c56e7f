//! Legal identities: who changes them, what is refused, and what the audit trail says of them.

use serde_json::{Value, json};

use super::audit::findings;
use crate::support::{TestTenant, UNKNOWN_ID, acme, acme_with_partner, in_days, with_fields, with_superuser};

const LEGAL: &str = "partner {
    legal { name addressLines country vatId taxTreatment taxNote selfBillingAgreedAt isSelfBilled }
}";

/// The legal identity of a partner in Austria.
pub fn partner_legal(partner: &str) -> Value {
    json!({
        "partnerId": partner, "name": "Paula Partner e.U.", "addressLines": ["Ring 1", "1010 Wien"], "country": "AT",
        "vatId": "ATU 1234.5678", "taxTreatment": "REVERSE_CHARGE", "selfBillingAgreedAt": in_days(-1),
    })
}

/// The legal identity of a tenant in Germany.
pub fn tenant_legal() -> Value {
    json!({ "name": "Acme GmbH", "addressLines": ["Weg 2", "10115 Berlin"], "country": "DE", "vatId": "DE123456789" })
}

async fn set(acme: &TestTenant, input: Value) -> Value {
    acme.admin().mutate_ok("updatePartnerLegal", input, LEGAL).await["partner"]["legal"].clone()
}

/// Returns the field of the top-level error that a mutation is refused with.
async fn refused_field(acme: &TestTenant, mutation: &str, input: Value) -> Value {
    let input_type = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let document = format!(
        "mutation($input: {input_type}!) {{ {mutation}(input: $input) {{ userErrors {{ code field }} }} }}"
    );
    let response = acme.admin().query_with(&document, json!({ "input": input })).await;
    assert_eq!(response.code(), "BAD_USER_INPUT", "{:#}", response.body);
    response.body["errors"][0]["extensions"]["field"].clone()
}

#[tokio::test]
async fn a_legal_identity_is_set_once_and_changed_field_by_field() {
    let (acme, partner) = acme_with_partner().await;
    let query =
        "query($id: ID!) { partner(id: $id) { legal { name } } viewer { tenant { legal { name } } } }";
    let none = acme.admin().query_with(query, json!({ "id": partner })).await.data();
    assert_eq!((&none["partner"]["legal"], &none["viewer"]["tenant"]["legal"]), (&json!(null), &json!(null)));
    let legal = set(&acme, partner_legal(&partner)).await;
    assert_eq!(legal["vatId"], "ATU12345678");
    assert_eq!(legal["addressLines"], json!(["Ring 1", "1010 Wien"]));
    assert_eq!(legal["isSelfBilled"], false, "the tenant has no legal identity");
    let selection = "tenant { legal { name addressLines country vatId } }";
    let tenant = acme.admin().mutate_ok("updateTenantLegal", tenant_legal(), selection).await;
    assert_eq!(tenant["tenant"]["legal"], tenant_legal());

    let moved = set(&acme, json!({ "partnerId": partner, "country": "CH", "vatId": null })).await;
    assert_eq!((&moved["name"], &moved["country"]), (&legal["name"], &json!("CH")));
    assert_eq!((&moved["vatId"], &moved["isSelfBilled"]), (&json!(null), &json!(true)));
    let repeated = set(&acme, json!({ "partnerId": partner, "country": "CH", "vatId": null })).await;
    assert_eq!(repeated, moved);
    let without = json!({ "vatId": null });
    acme.admin().mutate_ok("updateTenantLegal", without, "tenant { id }").await;
    let legal = set(&acme, json!({ "partnerId": partner })).await;
    assert_eq!(legal["isSelfBilled"], false, "reverse charge needs the VAT id of the tenant");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn each_field_is_checked() {
    let (acme, partner) = acme_with_partner().await;
    let first = json!({ "partnerId": partner, "name": "Paula" });
    assert_eq!(refused_field(&acme, "updatePartnerLegal", first).await, "addressLines");
    for (field, value) in [
        ("name", json!("")),
        ("name", json!("x".repeat(256))),
        ("name", json!(null)),
        ("addressLines", json!([])),
        ("addressLines", json!(["1", "2", "3", "4", "5", "6", "7"])),
        ("addressLines", json!(["a\nb"])),
        ("addressLines", json!(["x".repeat(101)])),
        ("country", json!("Germany")),
        ("country", json!("UK")),
        ("vatId", json!("ATU1")),
        ("vatId", json!("12345678")),
        ("vatId", json!(null)),
        ("taxNote", json!("x".repeat(256))),
        ("selfBillingAgreedAt", json!(in_days(1))),
        ("taxTreatment", json!(null)),
    ] {
        let input = with_fields(partner_legal(&partner), json!({ field: value }));
        assert_eq!(refused_field(&acme, "updatePartnerLegal", input).await, field, "{value}");
    }
    let exempt = with_fields(partner_legal(&partner), json!({ "taxTreatment": "EXEMPT" }));
    assert_eq!(refused_field(&acme, "updatePartnerLegal", exempt.clone()).await, "taxNote");
    let noted = set(&acme, with_fields(exempt, json!({ "taxNote": "Small business, § 6 UStG" }))).await;
    assert_eq!(noted["taxTreatment"], "EXEMPT");
    let without_note = json!({ "partnerId": partner, "taxNote": " " });
    assert_eq!(refused_field(&acme, "updatePartnerLegal", without_note).await, "taxNote");
    for (field, value) in [("country", json!("XX")), ("vatId", json!("123")), ("addressLines", json!([" "]))]
    {
        let input = with_fields(tenant_legal(), json!({ field: value }));
        assert_eq!(refused_field(&acme, "updateTenantLegal", input).await, field);
    }
}

#[tokio::test]
async fn domestic_tax_is_refused_when_it_is_set() {
    let (acme, partner) = acme_with_partner().await;
    let domestic = with_fields(partner_legal(&partner), json!({ "taxTreatment": "DOMESTIC" }));
    let payload = acme.admin().mutate("updatePartnerLegal", domestic, "partner { id }").await;
    assert_eq!(payload["partner"], json!(null));
    let error = &payload["userErrors"][0];
    assert_eq!((&error["code"], &error["id"]), (&json!("TAX_NOT_SUPPORTED"), &json!(partner)));
    assert_eq!(error["field"], json!(["input", "taxTreatment"]));
    let query = "query($id: ID!) { partner(id: $id) { legal { name } } }";
    let data = acme.admin().query_with(query, json!({ "id": partner })).await.data();
    assert_eq!(data["partner"]["legal"], json!(null));
}

#[tokio::test]
async fn owners_and_admins_of_the_partner_and_support_change_it() {
    let (acme, partner) = acme_with_partner().await;
    let other = acme.create_partner("other").await;
    for (user, role, expected) in [
        ("olga", "OWNER", ""),
        ("ada", "ADMIN", ""),
        ("finn", "FINANCE", "FORBIDDEN"),
        ("mia", "ACCOUNT_MANAGER", "FORBIDDEN"),
    ] {
        let link = json!({ "partnerId": partner, "userId": user, "email": "u@example.com", "role": role });
        acme.admin().mutate_ok("addPartnerUser", link, "partnerUser { id }").await;
        let client = acme.client(user, revshare::auth::Role::Partner);
        assert_eq!(
            client.error_code("updatePartnerLegal", partner_legal(&partner)).await,
            expected,
            "{role}"
        );
        assert_eq!(client.error_code("updatePartnerLegal", partner_legal(&other)).await, "FORBIDDEN");
        assert_eq!(client.error_code("updatePartnerLegal", partner_legal(UNKNOWN_ID)).await, "FORBIDDEN");
        assert_eq!(client.error_code("updateTenantLegal", tenant_legal()).await, "FORBIDDEN");
    }
    for (role, of_partner, of_tenant) in [
        (revshare::auth::Role::Support, "", "FORBIDDEN"),
        (revshare::auth::Role::Admin, "", ""),
        (revshare::auth::Role::Finance, "FORBIDDEN", "FORBIDDEN"),
        (revshare::auth::Role::Auditor, "FORBIDDEN", "FORBIDDEN"),
        (revshare::auth::Role::Billing, "FORBIDDEN", "FORBIDDEN"),
    ] {
        let client = acme.client("s", role);
        assert_eq!(
            client.error_code("updatePartnerLegal", partner_legal(&partner)).await,
            of_partner,
            "{role}"
        );
        assert_eq!(client.error_code("updateTenantLegal", tenant_legal()).await, of_tenant, "{role}");
    }
    let unknown = acme.admin().error_code("updatePartnerLegal", partner_legal(UNKNOWN_ID)).await;
    assert_eq!(unknown, "NOT_FOUND");
}

/// Returns the changes of the newest entry of an act.
async fn changes(acme: &TestTenant, act: &str) -> Value {
    let query = "query($act: String!) { auditEntries(filter: { act: $act }, first: 1) {
        nodes { subject { id } changes { field before after } } totalCount
    } }";
    acme.admin().query_with(query, json!({ "act": act })).await.data()["auditEntries"].clone()
}

#[tokio::test]
async fn the_audit_trail_has_the_changes_without_personal_data() {
    let (acme, partner) = acme_with_partner().await;
    set(&acme, partner_legal(&partner)).await;
    acme.admin().mutate_ok("updateTenantLegal", tenant_legal(), "tenant { id }").await;
    let set_entry = changes(&acme, "updatePartnerLegal").await;
    assert_eq!(set_entry["nodes"][0]["subject"]["id"], json!(partner));
    let text = set_entry.to_string();
    assert!(text.contains("P*** P*** e***") && text.contains("16 characters"), "{text}");
    for personal in ["Paula", "Ring", "12345678"] {
        assert!(!text.contains(personal), "{personal}: {text}");
    }
    set(&acme, json!({ "partnerId": partner, "vatId": "ATU87654321", "taxTreatment": "OUTSIDE_SCOPE" }))
        .await;
    let changed = changes(&acme, "updatePartnerLegal").await;
    assert_eq!(
        changed["nodes"][0]["changes"],
        json!([
            { "field": "legal.vatId", "before": "11 characters", "after": "11 characters" },
            { "field": "legal.taxTreatment", "before": "REVERSE_CHARGE", "after": "OUTSIDE_SCOPE" },
        ])
    );
    // Repeated, it changes nothing and leaves no entry.
    set(&acme, json!({ "partnerId": partner, "taxTreatment": "OUTSIDE_SCOPE" })).await;
    assert_eq!(changes(&acme, "updatePartnerLegal").await["totalCount"], 2);
    assert_eq!(findings(&acme).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_legal_identity_that_was_changed_past_the_program_is_found() {
    for (change, expected) in [
        ("UPDATE partner_legal SET country = 'FR'", "legal.country: is FR; AT by"),
        ("UPDATE partner_legal SET self_billing_agreed_at = NULL", "legal.selfBillingAgreedAt: is null"),
        ("UPDATE tenant_legal SET name = 'Zeta AG'", "legal.name: is Z*** A***; A*** G*** by"),
        ("DELETE FROM partner_legal", "legal.country: is missing"),
    ] {
        let (acme, partner) = acme_with_partner().await;
        set(&acme, partner_legal(&partner)).await;
        acme.admin().mutate_ok("updateTenantLegal", tenant_legal(), "tenant { id }").await;
        assert_eq!(findings(&acme).await, Vec::<String>::new());
        with_superuser(&acme.app.database, change).await.expect("a change");
        let found = findings(&acme).await;
        assert!(found.iter().any(|finding| finding.contains(expected)), "{change}: {found:?}");
    }
}

#[tokio::test]
async fn identities_of_two_tenants_are_apart() {
    let acme = acme().await;
    let globex = acme.app.tenant("globex").await;
    acme.admin().mutate_ok("updateTenantLegal", tenant_legal(), "tenant { id }").await;
    let query = "{ viewer { tenant { legal { name } } } }";
    assert_eq!(globex.admin().query(query).await.data()["viewer"]["tenant"]["legal"], json!(null));
    let theirs = with_fields(tenant_legal(), json!({ "name": "Globex" }));
    globex.admin().mutate_ok("updateTenantLegal", theirs, "tenant { id }").await;
    let own = acme.admin().query(query).await.data();
    assert_eq!(own["viewer"]["tenant"]["legal"]["name"], "Acme GmbH");
}
