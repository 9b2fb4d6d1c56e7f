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

#[tokio::test]
async fn the_account_of_a_partner_that_has_left_is_shortened_but_not_extended() {
    let (acme, partner) = acme_with_partner().await;
    let admin = acme.admin();
    let account = acme.assign_account(&partner, "c", None).await;
    let end = async |days: i64| {
        let input = json!({ "id": account, "endsAt": in_days(days) });
        admin.error_code("endManagedAccount", input).await
    };
    assert_eq!(end(10).await, "");
    acme.update_partner(&partner, json!({ "status": "TERMINATED" })).await;
    assert_eq!(end(11).await, "INVALID_STATE");
    assert_eq!(end(9).await, "");
    acme.update_partner(&partner, json!({ "status": "SUSPENDED" })).await;
    assert_eq!(end(11).await, "");
}

#[tokio::test]
async fn no_user_is_added_to_an_archived_partner() {
    let (acme, partner) = acme_with_partner().await;
    let user = json!({ "partnerId": partner, "userId": "u", "email": "u@example.com", "role": "OWNER" });
    acme.update_partner(&partner, json!({ "status": "ARCHIVED" })).await;
    assert_eq!(acme.admin().error_code("addPartnerUser", user.clone()).await, "INVALID_STATE");
    acme.update_partner(&partner, json!({ "status": "TERMINATED" })).await;
    assert_eq!(acme.admin().error_code("addPartnerUser", user).await, "");
}

/// The root fields that a partner user may read, for this partner and event.
fn own_reads(partner: &str, event: &str) -> Vec<String> {
    let mut documents = vec![
        format!("{{ node(id: \"{event}\") {{ id }} }}"),
        format!("{{ nodes(ids: [\"{event}\", \"{partner}\"]) {{ id }} }}"),
        format!("{{ partner(id: \"{partner}\") {{ id }} }}"),
        format!("{{ commissionEvent(id: \"{event}\") {{ id }} }}"),
        format!("{{ commissionEvents(filter: {{ partnerId: \"{partner}\" }}) {{ nodes {{ id }} }} }}"),
        "{ viewer { userId } }".to_owned(),
    ];
    for list in ["partners", "commissionEvents", "payouts", "referralLeads", "managedAccounts"] {
        documents.push(format!("{{ {list} {{ totalCount }} }}"));
    }
    for row in ["payout", "referralLead", "managedAccount"] {
        documents.push(format!("{{ {row}(id: \"{event}\") {{ id }} }}"));
    }
    documents
}

#[tokio::test]
async fn the_users_of_a_terminated_partner_read_everything_and_those_of_an_archived_one_nothing() {
    let (acme, partner) = acme_with_partner().await;
    let event = acme.commission_event("p", "i", "100.00", "EUR").await;
    let user = acme.partner_user(&partner, "paula").await;
    for (status, code) in [("TERMINATED", ""), ("ARCHIVED", "FORBIDDEN"), ("SUSPENDED", ""), ("PENDING", "")]
    {
        acme.update_partner(&partner, json!({ "status": status })).await;
        for document in own_reads(&partner, &event) {
            assert_eq!(user.query(&document).await.code(), code, "{status}: {document}");
        }
    }
    let lead =
        json!({ "partnerId": partner, "contactName": "Lena Lead", "contactEmail": "lena@example.com" });
    acme.update_partner(&partner, json!({ "status": "ARCHIVED" })).await;
    assert_eq!(user.error_code("submitReferralLead", lead).await, "FORBIDDEN");
}

#[tokio::test]
async fn a_user_of_several_partners_sees_nothing_of_the_archived_one() {
    let (acme, archived) = acme_with_partner().await;
    let present = acme.create_partner_with_account("q").await;
    let old = acme.commission_event("p", "old", "100.00", "EUR").await;
    let new = acme.commission_event("q", "new", "100.00", "EUR").await;
    let user = acme.partner_user(&archived, "sam").await;
    acme.partner_user(&present, "sam").await;
    acme.update_partner(&archived, json!({ "status": "ARCHIVED" })).await;

    let nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let data = user.query_with(nodes, json!({ "ids": [old, new, archived, present] })).await.data();
    assert_eq!(data["nodes"], json!([null, { "id": new }, null, { "id": present }]));
    let data =
        user.query("{ commissionEvents { totalCount nodes { id } } partners { totalCount } }").await.data();
    assert_eq!(data["commissionEvents"], json!({ "totalCount": 1, "nodes": [{ "id": new }] }));
    assert_eq!(data["partners"]["totalCount"], 1);
    for document in [
        format!("{{ partner(id: \"{archived}\") {{ id }} }}"),
        format!("{{ commissionEvents(filter: {{ partnerId: \"{archived}\" }}) {{ totalCount }} }}"),
        format!("{{ payouts(filter: {{ partnerId: \"{archived}\" }}) {{ totalCount }} }}"),
    ] {
        assert_eq!(user.query(&document).await.code(), "FORBIDDEN", "{document}");
    }
    let lead =
        |partner: &str| json!({ "partnerId": partner, "contactName": "x", "contactEmail": "x@example.com" });
    assert_eq!(user.error_code("submitReferralLead", lead(&archived)).await, "NOT_FOUND");
    assert_eq!(user.error_code("submitReferralLead", lead(&present)).await, "");
    acme.update_partner(&present, json!({ "status": "TERMINATED" })).await;
    assert_eq!(user.error_code("submitReferralLead", lead(&present)).await, "INVALID_STATE");
}

#[tokio::test]
async fn the_conversion_of_a_lead_assigns_no_customer_to_a_partner_that_has_left() {
    let (acme, partner) = acme_with_partner().await;
    let lead = acme.submit_lead(&partner).await;
    for status in ["TERMINATED", "ARCHIVED"] {
        acme.update_partner(&partner, json!({ "status": status })).await;
        let input = json!({
            "id": lead, "status": "CONVERTED", "convertedCustomerId": "c", "assignAccount": true,
        });
        assert_eq!(acme.admin().error_code("advanceReferralLead", input).await, "INVALID_STATE", "{status}");
    }
    let data = acme
        .admin()
        .query("{ referralLeads { nodes { status } } managedAccounts { totalCount } }")
        .await
        .data();
    assert_eq!(data["referralLeads"]["nodes"], json!([{ "status": "NEW" }]), "nothing was changed");
    assert_eq!(data["managedAccounts"]["totalCount"], 1);
}
