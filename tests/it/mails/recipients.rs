//! The recipients of each notification, in the transaction of the act.

use serde_json::json;

use super::{add_user, told};
use crate::support::{TestTenant, acme_with_partner};

/// Links a user of every role to a partner.
async fn add_users(acme: &TestTenant, partner: &str) {
    for (user, role) in
        [("olga", "OWNER"), ("adam", "ADMIN"), ("fred", "FINANCE"), ("mary", "ACCOUNT_MANAGER")]
    {
        add_user(acme, partner, user, role).await;
    }
}

#[tokio::test]
async fn owners_admins_and_finance_users_are_told_of_payouts() {
    let (acme, partner) = acme_with_partner().await;
    add_users(&acme, &partner).await;
    add_user(&acme, &partner, "gone", "OWNER").await;
    let query = "query ($partner: ID!) { partner(id: $partner) { users { id userId } } }";
    let data = acme.admin().query_with(query, json!({ "partner": partner })).await.data();
    let gone = data["partner"]["users"].as_array().expect("users").iter();
    let gone = gone.filter(|user| user["userId"] == "gone").map(|user| user["id"].clone()).next();
    acme.admin().mutate_ok("deactivatePartnerUser", json!({ "id": gone }), "partnerUser { id }").await;
    let other = acme.create_partner("other").await;
    add_user(&acme, &other, "stranger", "OWNER").await;

    acme.approved_event("p", "one", "100.00", "EUR").await;
    let payout = acme.create_payout(&partner).await;
    acme.transition_payout("startPayout", &payout).await;
    acme.complete_payout(&payout).await;
    acme.complete_payout(&payout).await;
    let each = |kind: &str| ["adam", "fred", "olga"].map(|user| format!("{kind} {user}@example.com"));
    assert_eq!(told(&acme).await, [each("PAYOUT_COMPLETED"), each("PAYOUT_CREATED")].concat());

    acme.approved_event("p", "two", "100.00", "EUR").await;
    let payout = acme.create_payout(&partner).await;
    acme.fail_payout(&payout).await;
    let payout = acme.create_payout(&partner).await;
    acme.cancel_payout(&payout).await;
    let failed = told(&acme).await.into_iter().filter(|mail| mail.starts_with("PAYOUT_FAILED"));
    assert_eq!(failed.collect::<Vec<_>>(), each("PAYOUT_FAILED"));
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn an_act_that_is_rolled_back_tells_nobody() {
    let (acme, partner) = acme_with_partner().await;
    add_users(&acme, &partner).await;
    acme.approved_event("p", "one", "100.00", "EUR").await;
    let payout = acme.create_payout(&partner).await;
    let before = told(&acme).await;
    let too_early = json!({ "id": payout, "paymentReference": "W", "completedAt": "2020-01-01T00:00:00Z" });
    assert_eq!(acme.finance().error_code("completePayout", too_early).await, "BAD_USER_INPUT");
    let duplicate =
        json!({ "partnerId": partner, "userId": "olga", "email": "new@example.com", "role": "OWNER" });
    assert_eq!(acme.admin().error_code("addPartnerUser", duplicate).await, "DUPLICATE");
    assert_eq!(told(&acme).await, before);
    let invited = super::mails(&acme).await;
    assert!(invited.iter().all(|mail| mail["address"] != "new@example.com"), "{invited:#?}");
}

#[tokio::test]
async fn mails_of_a_tenant_are_seen_by_its_staff_only() {
    let (acme, partner) = acme_with_partner().await;
    let paula = acme.partner_user(&partner, "paula").await;
    let other = acme.app.tenant("other").await;
    assert_eq!(super::mails(&acme).await.len(), 1);
    assert_eq!(super::mails(&other).await.len(), 0);
    let query = "{ mails { nodes { id } } }";
    for client in [&paula, &acme.billing()] {
        assert_eq!(client.query(query).await.code(), "FORBIDDEN");
    }
    let id = super::mails(&acme).await[0]["id"].clone();
    let node = "query ($id: ID!) { node(id: $id) { id } }";
    for client in [paula, other.admin()] {
        assert_eq!(client.query_with(node, json!({ "id": id })).await.data(), json!({ "node": null }));
    }
}
