//! Files of lists: their rows, who may have them, and what is refused.

use axum::body::Body;
use axum::http::{Request, Response};
use serde_json::{Value, json};

use crate::support::{Client, TestApp, acme_with_partner, in_days};

/// The path of a file, with these parameters.
fn path(file: &str, parameters: &[(&str, &Value)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in parameters {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        query.append_pair(name, &text);
    }
    format!("/download/{file}?{}", query.finish())
}

async fn download(app: &TestApp, client: &Client, path: &str) -> Response<String> {
    app.send(client.request(Request::get(path)).body(Body::empty()).expect("a request")).await
}

/// Returns the records of a CSV file, by the names of its columns.
fn records(csv: &str) -> Vec<Value> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let names = reader.headers().expect("names").clone();
    let record = |record: csv::StringRecord| {
        let fields = names.iter().zip(&record).map(|(name, value)| (name.to_owned(), json!(value)));
        Value::Object(fields.collect())
    };
    reader.records().map(|found| record(found.expect("a record"))).collect()
}

/// Returns the values of a column.
fn column(csv: &str, name: &str) -> Vec<String> {
    let value = |record: &Value| record[name].as_str().expect("a column").to_owned();
    records(csv).iter().map(value).collect()
}

#[tokio::test]
async fn a_file_has_the_rows_of_its_list_in_order() {
    let (acme, p) = acme_with_partner().await;
    acme.create_partner_with_account("q").await;
    for n in 0..7 {
        let customer = if n % 3 == 0 { "q" } else { "p" };
        acme.approved_event_at(
            customer,
            &format!("i{n}"),
            &format!("{}0.00", 1 + n % 4),
            "EUR",
            &in_days(-n),
        )
        .await;
    }
    acme.commission_event("p", "pending", "10.00", "EUR").await;
    acme.commission_event("p", "dollars", "10.00", "USD").await;
    let filter =
        json!({ "status": ["APPROVED"], "currency": "EUR", "eventDateFrom": in_days(-6), "partnerId": p });
    let document = "query($filter: CommissionEventFilter, $orderBy: CommissionEventOrder) {
        commissionEvents(filter: $filter, orderBy: $orderBy) { totalCount nodes { id commissionAmount { amount } } }
    }";
    for order in [
        json!({ "field": "EVENT_DATE", "direction": "ASC" }),
        json!({ "field": "COMMISSION_AMOUNT", "direction": "DESC" }),
        json!({ "field": "CHANGED_AT", "direction": "DESC" }),
    ] {
        let variables = json!({ "filter": filter, "orderBy": order });
        let list = acme.admin().query_with(document, variables).await.data()["commissionEvents"].clone();
        let file = download(
            &acme.app,
            &acme.admin(),
            &path("commission-events.csv", &[("filter", &filter), ("orderBy", &order)]),
        )
        .await;
        assert_eq!(file.status(), 200, "{}", file.body());
        let nodes = list["nodes"].as_array().expect("nodes").iter();
        let ids: Vec<_> = nodes.clone().map(|node| node["id"].as_str().expect("an id").to_owned()).collect();
        let amounts: Vec<_> = nodes
            .map(|node| node["commissionAmount"]["amount"].as_str().expect("an amount").to_owned())
            .collect();
        assert_eq!(json!(ids.len()), list["totalCount"]);
        assert_eq!(column(file.body(), "event_id"), ids, "{order}");
        assert_eq!(column(file.body(), "commission_amount"), amounts);
    }
}
