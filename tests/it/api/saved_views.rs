//! Saved views: what is saved is a filter of its list, and a colleague sees the rows of it.

use revshare::auth::Role;
use serde_json::{Value, json};

use super::audit::findings;
use crate::support::{Client, TestTenant, acme_with_partner, user_errors, with_fields};

const FIELDS: &str = "savedView { id list name filter orderBy isShared owner isOwn }";

const VIEWS: &str =
    "query($list: SavedViewList) { savedViews(list: $list) { id name filter orderBy isOwn owner } }";

fn view(name: &str, fields: Value) -> Value {
    with_fields(json!({ "list": "COMMISSION_EVENTS", "name": name }), fields)
}

async fn create(client: &Client, input: Value) -> Value {
    client.mutate_ok("createSavedView", input, FIELDS).await["savedView"].clone()
}

async fn names(client: &Client, list: Value) -> Vec<String> {
    let data = client.query_with(VIEWS, json!({ "list": list })).await.data();
    let views = data["savedViews"].as_array().expect("views").iter();
    views.map(|view| view["name"].as_str().expect("a name").to_owned()).collect()
}

fn auditor(acme: &TestTenant) -> Client {
    acme.client("anna", Role::Auditor)
}

#[tokio::test]
async fn a_shared_view_shows_a_colleague_the_rows_of_its_filter() {
    let (acme, _) = acme_with_partner().await;
    for (invoice, amount) in [("INV-1", "100.00"), ("INV-2", "200.00"), ("OTHER", "300.00")] {
        acme.commission_event("p", invoice, amount, "EUR").await;
    }
    let definition = json!({
        "filter": r#"{ "invoiceIdPrefix": " inv- ", "currency": "EUR", "amountTo": "20.00", "customerId": null }"#,
        "orderBy": r#"{ "field": "COMMISSION_AMOUNT", "direction": "ASC" }"#,
        "isShared": true,
    });
    let saved = create(&acme.finance(), view("Small ones", definition)).await;
    assert_eq!(saved["owner"], "fiona");
    assert_eq!(saved["isOwn"], true);

    let data = auditor(&acme).query_with(VIEWS, json!({ "list": "COMMISSION_EVENTS" })).await.data();
    let shared = data["savedViews"][0].clone();
    assert_eq!([&shared["id"], &shared["isOwn"]], [&saved["id"], &json!(false)]);
    let parsed =
        |field: &str| -> Value { serde_json::from_str(shared[field].as_str().expect("JSON")).expect("JSON") };
    // As the list normalizes it.
    let filter = json!({ "invoiceIdPrefix": "inv-", "currency": "EUR", "amountTo": "20.00" });
    assert_eq!(parsed("filter"), filter);
    let rows = "query($filter: CommissionEventFilter, $orderBy: CommissionEventOrder) {
        commissionEvents(filter: $filter, orderBy: $orderBy) { nodes { invoiceId } } }";
    let variables = json!({ "filter": parsed("filter"), "orderBy": parsed("orderBy") });
    let data = auditor(&acme).query_with(rows, variables).await.data();
    assert_eq!(data["commissionEvents"]["nodes"], json!([{ "invoiceId": "INV-1" }]));
    let node = "query($id: ID!) { node(id: $id) { id } }";
    assert_eq!(
        auditor(&acme).query_with(node, json!({ "id": saved["id"] })).await.data()["node"]["id"],
        saved["id"]
    );
}

#[tokio::test]
async fn a_view_of_ones_own_is_seen_by_nobody_else() {
    let (acme, partner) = acme_with_partner().await;
    let own = create(&acme.finance(), view("Mine", json!({}))).await;
    assert_eq!([&own["filter"], &own["orderBy"]], [&json!("{}"), &Value::Null]);
    create(&acme.finance(), json!({ "list": "PAYOUTS", "name": "Mine" })).await;
    assert_eq!(names(&acme.finance(), json!("COMMISSION_EVENTS")).await, ["Mine"]);
    assert_eq!(names(&acme.finance(), Value::Null).await, ["Mine", "Mine"]);
    assert_eq!(names(&acme.admin(), Value::Null).await, Vec::<String>::new());
    let node = "query($id: ID!) { node(id: $id) { id } }";
    assert_eq!(acme.admin().query_with(node, json!({ "id": own["id"] })).await.data()["node"], Value::Null);
    for (mutation, input) in [
        ("updateSavedView", json!({ "id": own["id"], "name": "Yours" })),
        ("deleteSavedView", json!({ "id": own["id"] })),
    ] {
        assert_eq!(acme.admin().error_code(mutation, input).await, "NOT_FOUND", "{mutation}");
    }
    let globex = acme.app.tenant("globex").await;
    assert_eq!(names(&globex.client("fiona", Role::Finance), Value::Null).await, Vec::<String>::new());
    let user = acme.partner_user(&partner, "ursula").await;
    for client in [&user, &acme.billing()] {
        assert_eq!(client.query("{ savedViews { id } }").await.code(), "FORBIDDEN");
        assert_eq!(client.error_code("createSavedView", view("x", json!({}))).await, "FORBIDDEN");
    }
}

#[tokio::test]
async fn a_definition_that_the_list_rejects_is_not_saved() {
    let (acme, _) = acme_with_partner().await;
    let staff = acme.finance();
    for (list, field, value) in [
        ("COMMISSION_EVENTS", "filter", r#"{ "colour": "red" }"#),
        ("COMMISSION_EVENTS", "filter", r#"{ "status": ["LOST"] }"#),
        (
            "COMMISSION_EVENTS",
            "filter",
            r#"{ "recordedFrom": "2026-02-01T00:00:00Z", "recordedTo": "2026-01-01T00:00:00Z" }"#,
        ),
        ("COMMISSION_EVENTS", "filter", r#"{ "amountFrom": "1.00" }"#),
        ("COMMISSION_EVENTS", "filter", "[]"),
        ("COMMISSION_EVENTS", "filter", "not JSON"),
        ("COMMISSION_EVENTS", "orderBy", r#"{ "field": "NAME", "direction": "ASC" }"#),
        ("COMMISSION_EVENTS", "orderBy", r#"{ "field": "EVENT_DATE" }"#),
        ("PARTNERS", "filter", r#"{ "invoiceIdPrefix": "x" }"#),
        ("INVOICES", "orderBy", r#"{ "field": "PAID_AT", "direction": "ASC" }"#),
        ("PAYOUTS", "name", " "),
    ] {
        let input = with_fields(json!({ "list": list, "name": "x" }), json!({ field: value }));
        let document = "mutation($input: CreateSavedViewInput!) { createSavedView(input: $input) { userErrors { code } } }";
        let response = staff.query_with(document, json!({ "input": input })).await;
        assert_eq!(response.code(), "BAD_USER_INPUT", "{list} {value}: {:#}", response.body);
    }
    assert_eq!(names(&staff, Value::Null).await, Vec::<String>::new());
    for list in ["PARTNERS", "PAYOUTS", "MANAGED_ACCOUNTS", "REFERRAL_LEADS", "INVOICES", "AUDIT_ENTRIES"] {
        create(&staff, json!({ "list": list, "name": "all", "filter": "{}" })).await;
    }
}

#[tokio::test]
async fn a_view_is_changed_and_deleted_by_its_owner_or_an_admin() {
    let (acme, _) = acme_with_partner().await;
    let owner = acme.finance();
    let shared =
        create(&owner, view("Shared", json!({ "isShared": true, "filter": r#"{"isHeld":true}"# }))).await;
    create(&owner, view("Second", json!({}))).await;
    let id = shared["id"].clone();
    let rename = json!({ "id": id, "name": "Renamed" });
    assert_eq!(auditor(&acme).error_code("updateSavedView", rename.clone()).await, "INVALID_STATE");
    assert_eq!(auditor(&acme).error_code("deleteSavedView", json!({ "id": id })).await, "INVALID_STATE");
    let taken =
        owner.mutate("updateSavedView", json!({ "id": id, "name": "Second" }), "savedView { id }").await;
    assert_eq!(user_errors(&taken)[0]["code"], "DUPLICATE");
    assert_eq!(owner.error_code("createSavedView", view("Second", json!({}))).await, "DUPLICATE");

    let renamed = owner.mutate_ok("updateSavedView", rename, FIELDS).await["savedView"].clone();
    assert_eq!([&renamed["name"], &renamed["filter"]], [&json!("Renamed"), &json!(r#"{"isHeld":true}"#)]);
    let all = json!({ "id": id, "filter": null });
    assert_eq!(acme.admin().mutate_ok("updateSavedView", all, FIELDS).await["savedView"]["filter"], "{}");
    assert_eq!(
        owner.error_code("updateSavedView", json!({ "id": id, "isShared": null })).await,
        "BAD_USER_INPUT"
    );
    let deleted = acme.admin().mutate_ok("deleteSavedView", json!({ "id": id }), "deletedId").await;
    assert_eq!(deleted["deletedId"], id);
    assert_eq!(names(&owner, Value::Null).await, ["Second"]);
    assert_eq!(owner.error_code("deleteSavedView", json!({ "id": id })).await, "NOT_FOUND");
    create(&owner, view("Renamed", json!({}))).await;
    assert_eq!(findings(&acme).await, Vec::<String>::new(), "the trail agrees with the rows");
}

#[tokio::test]
async fn a_member_of_staff_has_a_hundred_views() {
    let (acme, _) = acme_with_partner().await;
    for n in 0..100 {
        create(&acme.finance(), view(&format!("{n}"), json!({}))).await;
    }
    assert_eq!(acme.finance().error_code("createSavedView", view("more", json!({}))).await, "LIMIT_EXCEEDED");
    create(&acme.admin(), view("more", json!({}))).await;
}
