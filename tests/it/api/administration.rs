//! Partners, their users, managed accounts and referral leads, as admins create and change them.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    TestTenant, UNKNOWN_ID, acme, acme_with_partner, euros, in_days, with_fields, with_superuser,
};

const USERS: &str = "query($partner: ID!) { partner(id: $partner) { users { userId isActive } } }";

const REFERRALS: &str = "query($partner: ID!) {
    partner(id: $partner) { dashboard { convertedReferrals conversionRate activeReferrals } }
}";

/// Three updates in one document; a variable that is not provided leaves its field out.
const UPDATES: &str = "mutation(
    $partner: ID!, $account: ID!, $name: String, $rate: Decimal, $payoutDay: Int
) {
    updatePartner(input: { id: $partner, companyName: $name, defaultCommissionRate: $rate }) {
        partner { companyName defaultCommissionRate }
    }
    updateManagedAccount(input: { id: $account, customCommissionRate: $rate, customerName: $name }) {
        managedAccount { customCommissionRate }
    }
    updateTenantSettings(input: { payoutDay: $payoutDay, name: $name }) { tenant { name payoutDay } }
}";

/// Creates a partner; returns its number.
async fn create_partner(tenant: &TestTenant, number: Option<&str>) -> Value {
    let input = json!({ "companyName": "p", "partnerNumber": number });
    let payload = tenant.admin().mutate_ok("createPartner", input, "partner { partnerNumber }").await;
    payload["partner"]["partnerNumber"].clone()
}

#[tokio::test]
async fn a_partner_starts_with_the_defaults_of_its_tenant() {
    let acme = acme().await;
    let input = json!({ "companyName": "  Café GmbH " });
    let selection = "partner { partnerNumber companyName status tier defaultCommissionRate payoutCurrency }";
    let payload = acme.admin().mutate_ok("createPartner", input, selection).await;
    insta::assert_json_snapshot!(payload["partner"], @r#"
    {
      "companyName": "Café GmbH",
      "defaultCommissionRate": null,
      "partnerNumber": "P-00001",
      "payoutCurrency": "EUR",
      "status": "ACTIVE",
      "tier": "BRONZE"
    }
    "#);
}

#[tokio::test]
async fn partner_numbers_are_unique_per_tenant_and_assigned_in_sequence() {
    let acme = acme().await;
    assert_eq!(create_partner(&acme, Some("P-00002")).await, "P-00002");
    let taken = json!({ "companyName": "p", "partnerNumber": "P-00002" });
    assert_eq!(acme.admin().error_code("createPartner", taken).await, "DUPLICATE");
    assert_eq!(create_partner(&acme, None).await, "P-00001");
    assert_eq!(create_partner(&acme, None).await, "P-00003");

    let other = acme.app.tenant("other").await;
    assert_eq!(create_partner(&other, Some("P-00002")).await, "P-00002");
}

#[tokio::test]
async fn a_partner_is_created_once_per_idempotency_key() {
    let acme = acme().await;
    let input = json!({ "companyName": "Café", "defaultCommissionRate": "0.1", "idempotencyKey": "k" });
    let create = async |input: Value| acme.admin().mutate_ok("createPartner", input, "partner { id }").await;
    let first = create(input.clone()).await;
    let again =
        with_fields(input.clone(), json!({ "companyName": " Café ", "defaultCommissionRate": "0.1000" }));
    assert_eq!(create(again).await, first);
    let other = with_fields(input, json!({ "companyName": "Another" }));
    assert_eq!(acme.admin().error_code("createPartner", other).await, "CONFLICT");
    assert_eq!(create_partner(&acme, None).await, "P-00002");
}

#[tokio::test]
async fn an_update_keeps_the_fields_it_leaves_out_and_null_clears_a_field() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    let update = async |fields: Value| {
        let input = with_fields(json!({ "id": partner }), fields);
        let selection = "partner { companyName tier status defaultCommissionRate payoutCurrency }";
        acme.admin().mutate_ok("updatePartner", input, selection).await["partner"].clone()
    };

    let unchanged = update(json!({})).await;
    let expected = json!({
        "companyName": "p",
        "tier": "BRONZE",
        "status": "ACTIVE",
        "defaultCommissionRate": "0.1500",
        "payoutCurrency": "EUR",
    });
    assert_eq!(unchanged, expected);
    let changes = json!({ "tier": "GOLD", "defaultCommissionRate": null });
    assert_eq!(update(changes.clone()).await, with_fields(expected, changes));
}

#[tokio::test]
async fn an_update_of_an_unknown_partner_or_without_a_name_is_rejected() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    let unknown = json!({ "id": UNKNOWN_ID, "tier": "GOLD" });
    assert_eq!(acme.admin().error_code("updatePartner", unknown).await, "NOT_FOUND");
    let nameless = json!({ "id": partner, "companyName": " " });
    assert_eq!(acme.admin().error_code("updatePartner", nameless).await, "BAD_USER_INPUT");
}

#[tokio::test]
async fn an_update_keeps_the_fields_whose_variables_are_not_provided() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    let account = acme.assign_account(&partner, "c", Some("0.3")).await;
    acme.update_settings(json!({ "payoutDay": 5 })).await;
    let variables = json!({ "partner": partner, "account": account, "name": "N" });

    let left_out = acme.admin().query_with(UPDATES, variables.clone()).await.data();
    assert_eq!(
        left_out,
        json!({
            "updatePartner": { "partner": { "companyName": "N", "defaultCommissionRate": "0.1500" } },
            "updateManagedAccount": { "managedAccount": { "customCommissionRate": "0.3000" } },
            "updateTenantSettings": { "tenant": { "name": "N", "payoutDay": 5 } },
        })
    );
    let nulls = with_fields(variables, json!({ "rate": null, "payoutDay": null }));
    let cleared = acme.admin().query_with(UPDATES, nulls).await.data();
    assert_eq!(
        cleared,
        json!({
            "updatePartner": { "partner": { "companyName": "N", "defaultCommissionRate": null } },
            "updateManagedAccount": { "managedAccount": { "customCommissionRate": null } },
            "updateTenantSettings": { "tenant": { "name": "N", "payoutDay": null } },
        })
    );
}

#[tokio::test]
async fn a_user_is_linked_to_a_partner_once_and_can_be_linked_again_after_deactivation() {
    let acme = acme().await;
    let admin = acme.admin();
    let partner = acme.create_partner("p").await;
    let link =
        json!({ "partnerId": partner, "userId": "ada", "email": " Ada@Example.COM ", "role": "FINANCE" });
    let selection = "partnerUser { id email isActive }";
    let invalid_email = with_fields(link.clone(), json!({ "email": "ada.example.com" }));
    assert_eq!(admin.error_code("addPartnerUser", invalid_email).await, "BAD_USER_INPUT");

    let user = admin.mutate_ok("addPartnerUser", link.clone(), selection).await["partnerUser"].clone();
    assert_eq!(user["email"], "ada@example.com");
    assert_eq!(admin.error_code("addPartnerUser", link.clone()).await, "DUPLICATE");

    let deactivate = json!({ "id": user["id"] });
    let payload = admin.mutate_ok("deactivatePartnerUser", deactivate.clone(), selection).await;
    assert_eq!(payload["partnerUser"]["isActive"], false);
    assert_eq!(admin.error_code("deactivatePartnerUser", deactivate).await, "INVALID_STATE");
    assert_eq!(admin.error_code("deactivatePartnerUser", json!({ "id": UNKNOWN_ID })).await, "NOT_FOUND");

    admin.mutate_ok("addPartnerUser", link, selection).await;
    let data = admin.query_with(USERS, json!({ "partner": partner })).await.data();
    assert_eq!(
        data["partner"]["users"],
        json!([{ "userId": "ada", "isActive": false }, { "userId": "ada", "isActive": true }])
    );
}

/// The input that assigns the customer `c` to a partner; the period is given in days from now.
fn assignment(partner: &str, starts_in_days: i64, ends_in_days: Option<i64>) -> Value {
    json!({
        "partnerId": partner,
        "customerId": "c",
        "startsAt": in_days(starts_in_days),
        "endsAt": ends_in_days.map(in_days),
    })
}

#[tokio::test]
async fn a_customer_has_one_partner_at_a_time() {
    let acme = acme().await;
    let admin = acme.admin();
    let (first, second) = (acme.create_partner("first").await, acme.create_partner("second").await);
    let selection = "managedAccount { id isActive }";
    let open = admin.mutate_ok("assignManagedAccount", assignment(&first, -20, None), selection).await;
    let account = open["managedAccount"]["id"].clone();

    for overlapping in
        [assignment(&second, 0, None), assignment(&second, -30, Some(-10)), assignment(&first, -10, Some(-5))]
    {
        assert_eq!(admin.error_code("assignManagedAccount", overlapping).await, "ACCOUNT_OVERLAPS");
    }
    admin.mutate_ok("assignManagedAccount", assignment(&second, -40, Some(-30)), selection).await;

    let end = json!({ "id": account, "endsAt": in_days(-10) });
    let ended = admin.mutate_ok("endManagedAccount", end, selection).await;
    assert_eq!(ended["managedAccount"]["isActive"], false);
    admin.mutate_ok("assignManagedAccount", assignment(&second, -5, None), selection).await;
    let reopen = json!({ "id": account, "endsAt": in_days(1) });
    assert_eq!(admin.error_code("endManagedAccount", reopen).await, "ACCOUNT_OVERLAPS");
}

#[tokio::test]
async fn a_managed_account_ends_after_it_starts() {
    let acme = acme().await;
    let admin = acme.admin();
    let partner = acme.create_partner("p").await;
    let mut empty = assignment(&partner, -50, None);
    empty["endsAt"] = empty["startsAt"].clone();
    assert_eq!(admin.error_code("assignManagedAccount", empty).await, "BAD_USER_INPUT");

    let input = assignment(&partner, -20, None);
    let payload = admin.mutate_ok("assignManagedAccount", input, "managedAccount { id }").await;
    let backwards = json!({ "id": payload["managedAccount"]["id"], "endsAt": in_days(-21) });
    assert_eq!(admin.error_code("endManagedAccount", backwards).await, "BAD_USER_INPUT");
    let unknown = json!({ "id": UNKNOWN_ID, "endsAt": in_days(0) });
    assert_eq!(admin.error_code("endManagedAccount", unknown).await, "NOT_FOUND");
}

#[tokio::test]
async fn an_account_without_a_rate_of_its_own_has_the_rate_of_its_partner() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    let account = acme.assign_account(&partner, "c", Some("0")).await;
    let update = async |fields: Value| {
        let input = with_fields(json!({ "id": account }), fields);
        let selection =
            "managedAccount { customCommissionRate effectiveCommissionRate engagementType customerName }";
        acme.admin().mutate_ok("updateManagedAccount", input, selection).await["managedAccount"].clone()
    };

    let zero = update(json!({ "engagementType": "consulting", "customerName": null })).await;
    insta::assert_json_snapshot!(zero, @r#"
    {
      "customCommissionRate": "0.0000",
      "customerName": null,
      "effectiveCommissionRate": "0.0000",
      "engagementType": "consulting"
    }
    "#);
    let cleared = update(json!({ "customCommissionRate": null })).await;
    assert_eq!(cleared["customCommissionRate"], Value::Null);
    assert_eq!(cleared["effectiveCommissionRate"], "0.1500");
}

/// Moves a referral lead to a status; returns the lead.
async fn advance(tenant: &TestTenant, lead: &str, status: &str, fields: Value) -> Value {
    let input = with_fields(json!({ "id": lead, "status": status }), fields);
    let selection = "referralLead {
        status firstContactAt qualifiedAt convertedAt convertedCustomerId actualValue { amount } notes
    }";
    tenant.admin().mutate_ok("advanceReferralLead", input, selection).await["referralLead"].clone()
}

/// The referral counts of a partner's dashboard.
async fn referrals(tenant: &TestTenant, partner: &str) -> Value {
    let data = tenant.admin().query_with(REFERRALS, json!({ "partner": partner })).await.data();
    data["partner"]["dashboard"].clone()
}

#[tokio::test]
async fn the_stages_of_a_lead_are_timed_once_and_leaving_converted_undoes_the_conversion() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    let lead = acme.submit_lead(&partner).await;

    let sale = json!({ "convertedCustomerId": "c", "actualValue": euros("10.00"), "notes": "good" });
    let converted = advance(&acme, &lead, "CONVERTED", sale).await;
    assert_eq!(converted["firstContactAt"], Value::Null);
    assert_eq!(converted["convertedCustomerId"], "c");
    assert_eq!(converted["notes"], "good");
    assert_eq!(
        referrals(&acme, &partner).await,
        json!({ "convertedReferrals": 1, "conversionRate": 100.0, "activeReferrals": 0 })
    );

    let contacted = advance(&acme, &lead, "CONTACTED", json!({})).await;
    assert_eq!(contacted["convertedAt"], converted["convertedAt"]);
    assert_eq!(contacted["actualValue"]["amount"], "10.00");
    assert_eq!(
        referrals(&acme, &partner).await,
        json!({ "convertedReferrals": 0, "conversionRate": 0.0, "activeReferrals": 1 })
    );

    let converted_again = advance(&acme, &lead, "CONVERTED", json!({})).await;
    assert_eq!(converted_again["convertedAt"], converted["convertedAt"]);
}

#[tokio::test]
async fn a_lead_is_not_moved_to_its_own_status_nor_given_a_customer_unless_converted() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    let lead = acme.submit_lead(&partner).await;
    advance(&acme, &lead, "CONVERTED", json!({})).await;

    let again = json!({ "id": lead, "status": "CONVERTED" });
    assert_eq!(acme.admin().error_code("advanceReferralLead", again).await, "INVALID_STATE");
    let lost = json!({ "id": lead, "status": "LOST", "convertedCustomerId": "c" });
    assert_eq!(acme.admin().error_code("advanceReferralLead", lost).await, "BAD_USER_INPUT");
}

#[tokio::test]
async fn the_users_of_a_partner_submit_at_most_a_hundred_leads_in_24_hours() {
    let (acme, partner) = acme_with_partner().await;
    let user = acme.partner_user(&partner, "olga").await;
    let input = json!({ "partnerId": partner, "contactName": "Lena", "contactEmail": "lena@example.com" });
    let submit = async || user.error_code("submitReferralLead", input.clone()).await;
    assert_eq!(submit().await, "");
    let ninety_nine =
        "INSERT INTO referral_leads (tenant_id, id, partner_id, contact_name, contact_email, status,
            submitted_by, submitted_by_partner, submitted_at)
        SELECT tenant_id, gen_random_uuid(), partner_id, contact_name, contact_email, status,
            submitted_by, submitted_by_partner, submitted_at - number * interval '1 minute'
        FROM referral_leads, generate_series(1, 98) AS number";
    with_superuser(&acme.app.database, ninety_nine).await.expect("leads");

    let concurrent = join_all((0..8).map(|_| submit())).await;
    assert_eq!(concurrent.iter().filter(|code| code.is_empty()).count(), 1, "{concurrent:?}");
    assert_eq!(concurrent.iter().filter(|code| *code == "LIMIT_EXCEEDED").count(), 7, "{concurrent:?}");
    let payload = user.mutate("submitReferralLead", input.clone(), "referralLead { id }").await;
    assert_eq!(payload["referralLead"], Value::Null);
    let message = payload["userErrors"][0]["message"].as_str().expect("a message");
    assert!(message.contains("the next one can be submitted at 20"), "{message}");

    acme.submit_lead(&partner).await;
    let other = acme.create_partner("other").await;
    let other_user = acme.partner_user(&other, "otto").await;
    let of_other = with_fields(input.clone(), json!({ "partnerId": other }));
    assert_eq!(other_user.error_code("submitReferralLead", of_other).await, "");

    let later = "UPDATE referral_leads SET submitted_at = submitted_at - interval '23 hours'";
    with_superuser(&acme.app.database, later).await.expect("older leads");
    assert_eq!(submit().await, "", "the earliest are older than 24 hours now");
}
