//! Several mutations in one document: each is answered, whatever happens to the others.

use revshare::auth::Role;
use serde_json::{Value, json};

use crate::support::{TestTenant, acme, with_superuser};

/// Six mutations, of which the third is `third`.
fn document(third: &str) -> String {
    let valid = |n: u32| {
        format!(
            "m{n}: createPartner(input: {{ companyName: \"p{n}\" }}) {{ partner {{ companyName }} userErrors {{ code }} }}"
        )
    };
    let fields = [valid(1), valid(2), format!("m3: {third}"), valid(4), valid(5), valid(6)];
    // A variable that is not used is an error of the document.
    let declared = [("$rate", "Decimal"), ("$name", "String!")].into_iter();
    let used: Vec<_> = declared
        .filter(|(name, _)| third.contains(name))
        .map(|(name, of_type)| format!("{name}: {of_type}"))
        .collect();
    let variables = if used.is_empty() { String::new() } else { format!("({})", used.join(", ")) };
    format!("mutation{variables} {{ {} }}", fields.join(" "))
}

/// Sends six mutations of which the third fails; the other five must have been executed and answered. Returns the code of
/// the one error.
async fn code_of_third(tenant: &TestTenant, third: &str, variables: Value) -> String {
    let response = tenant.admin().query_with(&document(third), variables).await;
    let body = &response.body;
    assert_eq!(response.status, 200, "{body:#}");
    for n in [1, 2, 4, 5, 6] {
        assert_eq!(
            body["data"][format!("m{n}")]["partner"]["companyName"],
            format!("p{n}"),
            "{third} {body:#}"
        );
    }
    assert_eq!(body["data"]["m3"], Value::Null, "{body:#}");
    let errors = body["errors"].as_array().expect("errors");
    assert_eq!(errors.len(), 1, "{body:#}");
    assert_eq!(errors[0]["path"][0], "m3", "{body:#}");
    response.code()
}

#[tokio::test]
async fn a_malformed_mutation_nulls_itself_only() {
    let acme = acme().await;
    let partner = |fields: &str| format!("createPartner(input: {{ {fields} }}) {{ userErrors {{ code }} }}");
    for (third, variables) in [
        (partner("companyName: \"\""), json!({ "name": "x" })),
        (partner("companyName: \"x\", defaultCommissionRate: \"1.5\""), json!({ "name": "x" })),
        (partner("companyName: \"x\", tier: null"), json!({ "name": "x" })),
        (
            partner("companyName: \"x\", defaultCommissionRate: $rate"),
            json!({ "name": "x", "rate": "a lot" }),
        ),
        (partner("companyName: $name"), json!({ "name": "\u{202e}" })),
        (
            "endManagedAccount(input: { id: \"x\", endsAt: \"never\" }) { userErrors { code } }".to_owned(),
            json!({ "name": "x" }),
        ),
    ] {
        assert_eq!(code_of_third(&acme, &third, variables).await, "BAD_USER_INPUT", "{third}");
    }
}

#[tokio::test]
async fn a_forbidden_mutation_nulls_itself_only() {
    let acme = acme().await;
    let query = document("updateTenantSettings(input: { holdDays: 1 }) { userErrors { code } }");
    let response = acme.client("s", Role::Support).query_with(&query, json!({ "name": "x" })).await;
    assert_eq!((response.status, response.code().as_str()), (200, "FORBIDDEN"));
    assert_eq!(response.body["data"]["m3"], Value::Null);
    assert_eq!(response.body["data"]["m6"]["partner"]["companyName"], "p6");
}

#[tokio::test]
async fn a_user_error_is_data_and_stops_nothing() {
    let acme = acme().await;
    let unknown = "deactivatePartnerUser(input: { id: \"00000000-0000-7000-8000-000000000000\" }) { userErrors { code } }";
    let data = acme.admin().query_with(&document(unknown), json!({ "name": "x" })).await.data();
    assert_eq!(data["m3"]["userErrors"][0]["code"], "NOT_FOUND");
    assert_eq!(data["m6"]["partner"]["companyName"], "p6");
}

#[tokio::test]
async fn an_internal_error_of_a_mutation_nulls_itself_only() {
    let acme = acme().await;
    with_superuser(&acme.app.database, "ALTER TABLE partner_users RENAME TO gone; CREATE TABLE partner_users AS TABLE gone; GRANT SELECT ON partner_users TO revshare_app")
        .await
        .expect("a table that cannot be written");
    let partner = acme.create_partner("p").await;
    let link = format!(
        "addPartnerUser(input: {{ partnerId: \"{partner}\", userId: \"u\", email: \"u@example.com\", role: OWNER }}) {{ userErrors {{ code }} }}"
    );
    assert_eq!(code_of_third(&acme, &link, json!({ "name": "x" })).await, "INTERNAL_ERROR");
}
