//! Files of lists: what is in them, who may have them, what is refused, and how they are sent.

mod access;
mod cells;
mod delivery;
mod refusals;
mod rows;

use axum::body::Body;
use axum::http::{Request, Response};
use serde_json::{Value, json};

use crate::support::{Client, TestApp, TestTenant, with_superuser};

/// Returns the path of a file with these parameters.
fn path(file: &str, parameters: &[(&str, &Value)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in parameters {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        query.append_pair(name, &text);
    }
    format!("/download/{file}?{}", query.finish())
}

/// Asks for a file with the token of a client.
async fn download(app: &TestApp, client: &Client, path: &str) -> Response<String> {
    app.send(client.request(Request::get(path)).body(Body::empty()).expect("a request")).await
}

/// Returns a CSV file that the client may have.
async fn csv_file(app: &TestApp, client: &Client, path: &str) -> String {
    let response = download(app, client, path).await;
    assert_eq!(response.status(), 200, "{path}: {}", response.body());
    response.into_body()
}

/// Returns the names of the columns.
fn names(csv: &str) -> Vec<String> {
    csv::Reader::from_reader(csv.as_bytes()).headers().expect("names").iter().map(str::to_owned).collect()
}

/// Returns the values of a column.
fn column(csv: &str, name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let position =
        reader.headers().expect("names").iter().position(|other| other == name).expect("the column");
    reader.records().map(|record| record.expect("a record")[position].to_owned()).collect()
}

/// Copies the only adjustment of a tenant this many times, each a second earlier, directly in the database.
async fn copy_adjustment(acme: &TestTenant, count: u32) {
    let copy = format!(
        "INSERT INTO commission_events (tenant_id, id, partner_id, event_type, status, currency, commission_amount,
             event_date, recorded_at, payable_at, changed_at, notes)
         SELECT tenant_id, gen_random_uuid(), partner_id, event_type, status, currency, commission_amount,
             event_date - n * interval '1 second', recorded_at, payable_at, changed_at, notes
         FROM commission_events CROSS JOIN generate_series(1, {count}) AS n WHERE event_type = 'ADJUSTMENT'"
    );
    with_superuser(&acme.app.database, &copy).await.expect("copies");
}

/// Records an adjustment of a partner.
async fn adjust(acme: &TestTenant, partner: &str, reason: &str) {
    let input = json!({
        "partnerId": partner,
        "amount": { "amount": "10.00", "currency": "EUR" },
        "eventDate": "2026-01-31T12:00:00Z",
        "reason": reason,
        "idempotencyKey": "adjustment",
    });
    acme.finance().mutate_ok("recordAdjustment", input, "commissionEvent { id }").await;
}
