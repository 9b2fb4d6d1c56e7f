//! Objects by their ids: `node` and `nodes`.

use serde_json::{Value, json};

use crate::support::{UNKNOWN_ID, acme, acme_with_partner};

const NODES: &str = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";

#[tokio::test]
async fn nodes_are_returned_in_order_with_null_for_what_does_not_exist() {
    let (acme, partner) = acme_with_partner().await;
    let event = acme.commission_event("p", "i", "100.00", "EUR").await;
    let lead = acme.submit_lead(&partner).await;
    acme.partner_user(&partner, "paula").await;
    let users = "query($id: ID!) { partner(id: $id) { users { id } managedAccounts { nodes { id } } } }";
    let data = acme.admin().query_with(users, json!({ "id": partner })).await.data();
    let user = data["partner"]["users"][0]["id"].as_str().expect("an id");
    let account = data["partner"]["managedAccounts"]["nodes"][0]["id"].as_str().expect("an id");
    let ids = [&lead, UNKNOWN_ID, "acme", &partner, user, &event, "globex", account, &partner];
    let nodes = acme.admin().query_with(NODES, json!({ "ids": ids })).await.data();
    let types = [
        "ReferralLead",
        "",
        "Tenant",
        "Partner",
        "PartnerUser",
        "CommissionEvent",
        "",
        "ManagedAccount",
        "Partner",
    ];
    let expected = ids.iter().zip(types).map(|(id, name)| match name {
        "" => Value::Null,
        name => json!({ "__typename": name, "id": id }),
    });
    assert_eq!(nodes["nodes"], json!(expected.collect::<Vec<_>>()));
}

#[tokio::test]
async fn nodes_of_others_are_null() {
    let acme = acme().await;
    let (own, foreign) = (acme.create_partner("own").await, acme.create_partner("foreign").await);
    acme.app.tenant("globex").await;
    let user = acme.partner_user(&own, "paula").await;
    let ids = json!({ "ids": [own, foreign, "acme", "globex", "nowhere"] });
    let data = user.query_with(NODES, ids.clone()).await.data();
    let expected = json!([
        { "__typename": "Partner", "id": own }, null, { "__typename": "Tenant", "id": "acme" }, null, null,
    ]);
    assert_eq!(data["nodes"], expected);
    assert_eq!(acme.billing().query_with(NODES, ids).await.code(), "FORBIDDEN");
    let tenant =
        "{ node(id: \"acme\") { ... on Tenant { name timeZone } } other: node(id: \"globex\") { id } }";
    let data = user.query(tenant).await.data();
    assert_eq!(data, json!({ "node": { "name": "Tenant acme", "timeZone": "UTC" }, "other": null }));
}

#[tokio::test]
async fn nodes_accepts_at_most_a_hundred_ids_and_takes_a_statement_for_each_type() {
    let acme = acme().await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(acme.create_partner(name).await);
    }
    let statements = async |ids: &[String]| {
        let before = acme.app.statements();
        acme.admin().query_with(NODES, json!({ "ids": ids })).await.data();
        acme.app.statements() - before
    };
    statements(&ids).await;
    assert_eq!(statements(&ids[..1]).await, statements(&ids).await);
    let hundred = vec![ids[0].clone(); 100];
    acme.admin().query_with(NODES, json!({ "ids": hundred })).await.data();
    let more = vec![ids[0].clone(); 101];
    assert_eq!(acme.admin().query_with(NODES, json!({ "ids": more })).await.code(), "BAD_USER_INPUT");
    assert_eq!(acme.admin().query_with(NODES, json!({ "ids": ["no id"] })).await.code(), "BAD_USER_INPUT");
}
