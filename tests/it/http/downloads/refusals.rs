//! What a file is refused for: what its list is refused for, in the same words, and bad parameters.

use axum::body::Body;
use axum::http::{Request, Version};
use serde_json::{Value, json};

use super::{download, path};
use crate::http::status_and_code;
use crate::support::{acme, acme_with_partner, in_days};

fn message(body: &str) -> Value {
    serde_json::from_str::<Value>(body).expect("JSON")["errors"][0]["message"].clone()
}

#[tokio::test]
async fn a_file_is_refused_as_its_list_is_in_the_same_words() {
    let (acme, _) = acme_with_partner().await;
    let events = "query($filter: CommissionEventFilter, $orderBy: CommissionEventOrder) {
        commissionEvents(filter: $filter, orderBy: $orderBy) { nodes { id } }
    }";
    let by_date = json!({ "field": "EVENT_DATE", "direction": "ASC" });
    for (filter, order) in [
        (json!({ "eventDateFrom": in_days(0), "eventDateTo": in_days(-1) }), by_date.clone()),
        (json!({ "status": ["PAYED"] }), by_date.clone()),
        (json!({ "partnerId": "P-1" }), by_date.clone()),
        (json!({ "invoiceId": " " }), by_date.clone()),
        (json!({ "eventDateFrom": "2026-02-30" }), by_date.clone()),
        (json!({ "unknown": 1 }), by_date.clone()),
        (json!({ "status": [[]] }), by_date),
        (json!({}), json!({ "field": "NAME", "direction": "ASC" })),
        (json!({}), json!({ "field": "EVENT_DATE" })),
    ] {
        let list = acme.admin().query_with(events, json!({ "filter": filter, "orderBy": order })).await;
        let path = path("commission-events.csv", &[("filter", &filter), ("orderBy", &order)]);
        let file = download(&acme.app, &acme.admin(), &path).await;
        assert_eq!(status_and_code(&file), (400, list.code()), "{filter} {order}");
        assert_eq!(message(file.body()), list.body["errors"][0]["message"], "{filter} {order}");
    }
}

#[tokio::test]
async fn bad_parameters_are_refused_with_what_would_be_right() {
    let (acme, _) = acme_with_partner().await;
    for (query, words) in [
        ("filter=%7B", "filter must be a JSON object, URL-encoded"),
        ("filter=%5B%5D", "filter must be a JSON object, URL-encoded"),
        ("filter=1", "filter must be a JSON object"),
        ("columns=company", "partner_id, partner_number, company_name"),
        ("columns=status,status", "occurs twice"),
        ("columns=,", "is not a column of this file"),
        ("raw=1", "raw must be true or false"),
        ("first=10", "it has filter, orderBy, columns and raw"),
        ("columns=tier&columns=tier", "occurs twice"),
    ] {
        let file = download(&acme.app, &acme.admin(), &format!("/download/partners.csv?{query}")).await;
        assert_eq!(status_and_code(&file), (400, "BAD_USER_INPUT".to_owned()), "{query}");
        let message = message(file.body());
        assert!(message.as_str().is_some_and(|message| message.contains(words)), "{query}: {message}");
    }
    let ordered = download(&acme.app, &acme.admin(), "/download/audit.csv?orderBy=%7B%7D").await;
    assert_eq!(status_and_code(&ordered), (400, "BAD_USER_INPUT".to_owned()));
    let message = message(ordered.body());
    assert!(message.as_str().is_some_and(|message| message.contains("one order only")), "{message}");
    let nested = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let deep = download(
        &acme.app,
        &acme.admin(),
        &format!("/download/partners.csv?filter={{\"status\":{nested}}}")
            .replace(['{', '}', '"', '[', ']'], "%5B"),
    )
    .await;
    assert_eq!(status_and_code(&deep), (400, "BAD_USER_INPUT".to_owned()));
}

#[tokio::test]
async fn requests_that_are_no_downloads_are_refused() {
    let acme = acme().await;
    let (app, admin) = (&acme.app, acme.admin());
    for name in ["partners", "partners.pdf", "partner.csv", "..%2Fpartners.csv", ".csv"] {
        let file = download(app, &admin, &format!("/download/{name}")).await;
        assert_eq!(status_and_code(&file), (404, "NOT_FOUND".to_owned()), "{name}");
    }
    let send = async |request: axum::http::request::Builder, body: &str| {
        app.send(request.body(Body::from(body.to_owned())).expect("a request")).await.status().as_u16()
    };
    let path = "/download/partners.csv";
    assert_eq!(send(admin.request(Request::put(path)), "").await, 405);
    assert_eq!(send(admin.request(Request::head(path)), "").await, 405);
    assert_eq!(send(admin.request(Request::post(path)), "{}").await, 415);
    assert_eq!(send(admin.request(Request::get(path)).version(Version::HTTP_10), "").await, 505);
    let form = || Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(send(form(), &format!("filter={}", "x".repeat(40_000))).await, 413);
    assert_eq!(send(form(), "%zz=%ff&=&&").await, 401);
}
