//! Isolation: what callers of another tenant, users of another partner and revoked users can find out.

use revshare::auth::Role;
use serde_json::json;

use super::populated_tenant::PopulatedTenant;
use crate::support::{Client, TestApp, UNKNOWN_ID, batch_input, in_days, invoice_input, with_fields};

/// Queries for the rows of a tenant: by id, by a filter, and unfiltered.
const SEARCHES: [&str; 11] = [
    "query ($partner: ID!, $event: ID!, $payout: ID!) {
        a: node(id: $partner) { id }
        b: node(id: $event) { id }
        c: node(id: $payout) { id }
    }",
    "query ($partner: ID!, $payout: ID!, $account: ID!, $lead: ID!) {
        partner(id: $partner) { id }
        payout(id: $payout) { id }
        managedAccount(id: $account) { id }
        referralLead(id: $lead) { id }
    }",
    "query ($partner: ID!) { commissionEvents(filter: { partnerId: $partner }) { totalCount nodes { id } } }",
    r#"{ commissionEvents(filter: { customerId: "secret-customer" }) { totalCount nodes { id } } }"#,
    r#"{ commissionEvents(filter: { invoiceId: "secret-invoice-1" }) { totalCount nodes { id } } }"#,
    "query ($cursor: String!) { commissionEvents(before: $cursor) { nodes { id partner { companyName } } } }",
    "query ($partner: ID!) { payouts(filter: { partnerId: $partner }) { totalCount nodes { id } } }",
    "query ($partner: ID!) { referralLeads(filter: { partnerId: $partner }) { totalCount nodes { id } } }",
    "query ($partner: ID!) { managedAccounts(filter: { partnerId: $partner }) { totalCount nodes { id } } }",
    r#"{ partners(filter: { search: "Secret" }) { totalCount nodes { id } } }"#,
    "{
        viewer { tenant { name } partners { id } }
        partners { totalCount nodes { companyName dashboard { totalRevenueGenerated { amount } } } }
    }",
];

const FIRST_CURSOR: &str = "{ commissionEvents(first: 1) { pageInfo { endCursor } } }";

#[tokio::test]
async fn data_of_another_tenant_is_unreachable() {
    let app = TestApp::new().await;
    let acme = PopulatedTenant::new(&app).await;
    let globex = app.tenant("globex").await;
    globex.create_partner_with_account("g").await;
    globex.commission_event("g", "g-1", "10.00", "EUR").await;
    let first_page = acme.tenant.admin().query(FIRST_CURSOR).await.data();
    let cursor = &first_page["commissionEvents"]["pageInfo"]["endCursor"];
    assert!(cursor.is_string());
    let variables = json!({
        "partner": acme.ids["Partner"],
        "event": acme.ids["CommissionEvent"],
        "payout": acme.ids["Payout"],
        "account": acme.ids["ManagedAccount"],
        "lead": acme.ids["ReferralLead"],
        "cursor": cursor,
    });
    for query in SEARCHES {
        for client in [globex.admin(), globex.finance()] {
            let response = client.query_with(query, variables.clone()).await;
            assert!(!acme.leaks_into(&response.body), "{query}: {:#}", response.body);
            assert_eq!(response.code(), "", "{query}");
            for list in ["payouts", "referralLeads"] {
                assert_eq!(response.body["data"][list]["totalCount"].as_i64().unwrap_or(0), 0, "{query}");
            }
        }
    }
    // Invoice and customer ids are scoped to the tenant: here, they refer to nothing.
    let input = invoice_input("secret-customer", "secret-invoice-1", "10.00", "EUR", &in_days(0));
    let payload = globex.billing().mutate_ok("recordInvoicePaid", input, "outcome").await;
    assert_eq!(payload["outcome"], "NO_MANAGED_ACCOUNT");
    let foreign = json!({ "partnerId": acme.ids["Partner"], "customerId": "c" });
    assert_eq!(globex.admin().error_code("assignManagedAccount", foreign).await, "NOT_FOUND");
}

const PARTNER: &str = "query ($id: ID!) { partner(id: $id) { id } }";

const EVENTS_OF_PARTNER: &str = "
    query ($id: ID!) {
        commissionEvents(filter: { partnerId: $id }) { totalCount }
    }";

const EVERYTHING_VISIBLE: &str = "
    {
        commissionEvents { totalCount nodes { invoiceId } }
        partners { nodes { companyName } }
        payouts { totalCount }
        viewer { kind role userId partners { companyName } tenant { id } }
    }";

#[tokio::test]
async fn a_partner_user_sees_its_own_partners_only() {
    let app = TestApp::new().await;
    let acme = PopulatedTenant::new(&app).await;
    let sister = acme.tenant.create_partner_with_account("sister").await;
    acme.tenant.commission_event("sister", "s-1", "10.00", "EUR").await;
    let user = acme.tenant.partner_user(&sister, "sister-owner").await;
    // The same response for a partner that exists and for one that does not.
    for id in [acme.ids["Partner"].as_str(), UNKNOWN_ID] {
        for query in [PARTNER, EVENTS_OF_PARTNER] {
            assert_eq!(user.query_with(query, json!({ "id": id })).await.code(), "FORBIDDEN", "{query}");
        }
        let lead = json!({ "partnerId": id, "contactName": "x", "contactEmail": "x@example.com" });
        assert_eq!(user.error_code("submitReferralLead", lead).await, "NOT_FOUND");
    }
    assert_eq!(user.query_with(PARTNER, json!({ "id": "x" })).await.code(), "BAD_USER_INPUT");
    let expected = json!({
        "commissionEvents": { "totalCount": 1, "nodes": [{ "invoiceId": "s-1" }] },
        "partners": { "nodes": [{ "companyName": "sister" }] },
        "payouts": { "totalCount": 0 },
        "viewer": {
            "kind": "PARTNER_USER",
            "role": "partner",
            "userId": "sister-owner",
            "partners": [{ "companyName": "sister" }],
            "tenant": { "id": "acme" },
        },
    });
    assert_eq!(user.query(EVERYTHING_VISIBLE).await.data(), expected);
}

async fn assert_rejected(client: &Client, query: &str, status: u16, code: &str) {
    let response = client.query(query).await;
    assert_eq!((response.status, response.code().as_str()), (status, code), "{query}");
}

#[tokio::test]
async fn a_deactivated_partner_user_loses_access_immediately() {
    let app = TestApp::new().await;
    let acme = PopulatedTenant::new(&app).await;
    let clerk = acme.tenant.client("secret-clerk", Role::Partner);
    clerk.query("{ viewer { userId } }").await.data();
    let link = json!({ "id": acme.ids["PartnerUser"] });
    acme.tenant.admin().mutate_ok("deactivatePartnerUser", link, "partnerUser { id }").await;
    for query in ["{ viewer { userId } }", "{ partners { totalCount } }", "{ __typename }"] {
        assert_rejected(&clerk, query, 403, "FORBIDDEN").await;
    }
}

#[tokio::test]
async fn requests_without_a_known_tenant_are_unauthenticated() {
    let app = TestApp::new().await;
    assert_rejected(&Client::anonymous(&app), "{ __typename }", 401, "UNAUTHENTICATED").await;
    let unknown_tenant = Client::new(&app, "nowhere", "x", Role::Admin);
    assert_rejected(&unknown_tenant, "{ viewer { userId } }", 401, "UNAUTHENTICATED").await;
}

const NAMES_AND_NOTES: &str = "
    {
        managedAccounts { nodes { customerId customerName } }
        referralLeads { nodes { contactName contactEmail notes } }
        payouts { nodes { notes } }
    }";

const HISTORIES: &str = "
    {
        commissionEvents { nodes { history { actor reason } } }
        payouts { nodes { history { actor reason } } }
    }";

/// Adds a lead with the partner's own notes, and notes by staff on the lead and on a payout.
async fn add_notes(acme: &PopulatedTenant, user: &Client) {
    let partner = &acme.ids["Partner"];
    let lead = json!({
        "partnerId": partner, "contactName": "Own Contact", "contactEmail": "own@example.com", "notes": "mine",
    });
    let submitted = user.mutate_ok("submitReferralLead", lead, "referralLead { id }").await;
    let contacted =
        json!({ "id": submitted["referralLead"]["id"], "status": "CONTACTED", "notes": "staff only" });
    acme.tenant.admin().mutate_ok("advanceReferralLead", contacted, "referralLead { id }").await;
    acme.tenant.approve_all_pending().await;
    let batch = with_fields(batch_input(partner), json!({ "notes": "staff only" }));
    acme.tenant.finance().mutate_ok("createPayoutBatch", batch, "payout { id }").await;
}

#[tokio::test]
async fn partner_users_see_masked_names_and_neither_staff_names_nor_staff_notes() {
    let app = TestApp::new().await;
    let acme = PopulatedTenant::new(&app).await;
    let user = acme.tenant.client("secret-owner", Role::Partner);
    add_notes(&acme, &user).await;
    let visible = user.query(NAMES_AND_NOTES).await.data();
    let expected = json!({
        "managedAccounts": { "nodes": [{ "customerId": "secret-customer", "customerName": "s*** C*** N***" }] },
        "referralLeads": {
            "nodes": [
                { "contactName": "Own Contact", "contactEmail": "own@example.com", "notes": "mine" },
                { "contactName": "L*** L***", "contactEmail": "l***", "notes": null },
            ],
        },
        "payouts": { "nodes": [{ "notes": null }, { "notes": null }] },
    });
    assert_eq!(visible, expected);
    let histories = user.query(HISTORIES).await.data();
    let text = histories.to_string();
    assert!(text.contains("\"staff\"") && !text.contains("fiona") && !text.contains("billing"), "{text}");
    let staff = acme.tenant.admin().query(NAMES_AND_NOTES).await.data();
    assert_eq!(staff["referralLeads"]["nodes"][0]["notes"], "staff only");
    assert_eq!(staff["managedAccounts"]["nodes"][0]["customerName"], "secret-customer Cover Name");
}

#[tokio::test]
async fn the_partner_role_finance_cannot_submit_leads() {
    let app = TestApp::new().await;
    let acme = PopulatedTenant::new(&app).await;
    let partner = &acme.ids["Partner"];
    let link =
        json!({ "partnerId": partner, "userId": "penny", "email": "p@example.com", "role": "FINANCE" });
    acme.tenant.admin().mutate_ok("addPartnerUser", link, "partnerUser { id }").await;
    let penny = acme.tenant.client("penny", Role::Partner);
    let lead = json!({ "partnerId": partner, "contactName": "x", "contactEmail": "x@example.com" });
    assert_eq!(penny.error_code("submitReferralLead", lead).await, "FORBIDDEN");
}
