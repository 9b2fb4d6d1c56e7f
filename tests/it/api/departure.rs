//! Partners that have left: what their users may still do, and that no customer is assigned to them.

use serde_json::json;

use crate::support::{acme_with_partner, in_days};

const OWN: &str = "{ viewer { partners { id status } } }";

#[tokio::test]
async fn the_users_of_a_terminated_partner_read_and_submit_nothing() {
    let (acme, partner) = acme_with_partner().await;
    let user = acme.partner_user(&partner, "paula").await;
    let lead =
        json!({ "partnerId": partner, "contactName": "Lena Lead", "contactEmail": "lena@example.com" });
    assert_eq!(user.error_code("submitReferralLead", lead.clone()).await, "");
    acme.update_partner(&partner, json!({ "status": "TERMINATED" })).await;
    assert_eq!(user.query(OWN).await.data()["viewer"]["partners"][0]["status"], "TERMINATED");
    assert_eq!(user.error_code("submitReferralLead", lead.clone()).await, "INVALID_STATE");
    assert_eq!(acme.admin().error_code("submitReferralLead", lead).await, "");
}

#[tokio::test]
async fn the_users_of_an_archived_partner_have_no_access_at_once() {
    let (acme, partner) = acme_with_partner().await;
    let other = acme.create_partner("q").await;
    let (paula, sam) = (acme.partner_user(&partner, "paula").await, acme.partner_user(&partner, "sam").await);
    acme.partner_user(&other, "sam").await;
    acme.update_partner(&partner, json!({ "status": "ARCHIVED" })).await;
    assert_eq!(paula.query(OWN).await.code(), "FORBIDDEN");
    let own = json!([{ "id": other, "status": "ACTIVE" }]);
    assert_eq!(sam.query(OWN).await.data()["viewer"]["partners"], own);

    acme.update_partner(&partner, json!({ "status": "ACTIVE" })).await;
    assert_eq!(paula.query(OWN).await.data()["viewer"]["partners"][0]["id"], partner);
    acme.update_partner(&partner, json!({ "status": "ARCHIVED", "effectiveFrom": in_days(1) })).await;
    assert_eq!(paula.query(OWN).await.data()["viewer"]["partners"][0]["status"], "ACTIVE");
}

#[tokio::test]
async fn no_customer_is_assigned_to_a_partner_that_has_left() {
    let (acme, partner) = acme_with_partner().await;
    for (status, code) in [
        ("TERMINATED", "INVALID_STATE"),
        ("ARCHIVED", "INVALID_STATE"),
        ("PENDING", ""),
        ("SUSPENDED", ""),
        ("ACTIVE", ""),
    ] {
        acme.update_partner(&partner, json!({ "status": status })).await;
        let input = json!({ "partnerId": partner, "customerId": status });
        assert_eq!(acme.admin().error_code("assignManagedAccount", input).await, code, "{status}");
    }
}
