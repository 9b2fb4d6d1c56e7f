//! Who may have a file, and how the token is sent.

use axum::body::Body;
use axum::http::{Request, Response};
use serde_json::json;

use super::{column, csv_file, download, names, path};
use crate::http::status_and_code;
use crate::support::{Client, TestApp, acme, acme_with_partner, in_days};

/// Sends a form.
async fn post_form(app: &TestApp, path: &str, fields: &[(&str, &str)]) -> Response<String> {
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    app.send(request.body(Body::from(form)).expect("a request")).await
}

/// Returns the token that a client sends.
fn token(client: &Client) -> String {
    let request = client.request(Request::get("/")).body(()).expect("a request");
    let header = request.headers()["authorization"].to_str().expect("text").to_owned();
    header.strip_prefix("Bearer ").expect("a bearer token").to_owned()
}

#[tokio::test]
async fn the_token_is_in_the_header_or_in_a_form_and_never_in_the_address() {
    let (acme, _) = acme_with_partner().await;
    let (app, token) = (&acme.app, token(&acme.admin()));
    let form =
        post_form(app, "/download/partners.csv", &[("access_token", &token), ("columns", "company_name")])
            .await;
    assert_eq!((form.status().as_u16(), form.body().as_str()), (200, "company_name\r\np\r\n"));
    let disposition = form.headers()["content-disposition"].to_str().expect("text");
    assert_eq!(disposition, "attachment; filename=\"partners.csv\"");
    assert_eq!(form.headers()["content-type"], "text/csv; charset=utf-8; header=present");
    assert_eq!(form.headers()["cache-control"], "no-store");
    let query_and_form =
        post_form(app, "/download/partners.csv?columns=company_name", &[("access_token", &token)]).await;
    assert_eq!(query_and_form.body(), form.body());

    let anonymous = Client::anonymous(app);
    let none = download(app, &anonymous, "/download/partners.csv").await;
    assert_eq!(status_and_code(&none), (401, "UNAUTHENTICATED".to_owned()));
    assert_eq!(none.headers()["www-authenticate"], "Bearer");
    let in_address = format!("/download/partners.csv?access_token={token}");
    for client in [&anonymous, &acme.admin()] {
        let refused = download(app, client, &in_address).await;
        assert_eq!(status_and_code(&refused), (401, "UNAUTHENTICATED".to_owned()));
        assert!(!refused.body().contains(&token), "the token is not repeated");
    }
    let empty = post_form(app, "/download/partners.csv", &[("access_token", "")]).await;
    assert_eq!(status_and_code(&empty), (401, "UNAUTHENTICATED".to_owned()));
    let forged = post_form(app, "/download/partners.csv", &[("access_token", &format!("{token}x"))]).await;
    assert_eq!(status_and_code(&forged), (401, "UNAUTHENTICATED".to_owned()));
}

#[tokio::test]
async fn a_partner_user_sees_its_own_rows_without_notes_and_names() {
    let (acme, p) = acme_with_partner().await;
    let q = acme.create_partner_with_account("q").await;
    acme.assign_account(&p, "ada@example.com", None).await;
    acme.submit_lead(&p).await;
    for (customer, invoice) in [("p", "i1"), ("q", "i2"), ("ada@example.com", "i3")] {
        acme.commission_event_at(customer, invoice, "100.00", "EUR", &in_days(-1)).await;
    }
    let paula = acme.partner_user(&p, "paula").await;
    let file = async |name: &str| csv_file(&acme.app, &paula, &format!("/download/{name}.csv")).await;
    let events = file("commission-events").await;
    let mut invoices = column(&events, "invoice_id");
    invoices.sort_unstable();
    assert_eq!(invoices, ["i1", "i3"]);
    assert!(column(&events, "customer_id").contains(&"a***".to_owned()));
    for list in ["commission-events", "payouts", "managed-accounts", "referral-leads"] {
        let names = names(&file(list).await);
        assert!(!names.iter().any(|name| name == "notes" || name == "customer_name"), "{list}: {names:?}");
    }
    assert_eq!(column(&file("referral-leads").await, "contact_name"), ["L*** L***"]);
    assert_eq!(column(&file("partners").await, "company_name"), ["p"]);

    let other = json!({ "partnerId": q });
    let forbidden = download(&acme.app, &paula, &path("commission-events.csv", &[("filter", &other)])).await;
    assert_eq!(status_and_code(&forbidden), (403, "FORBIDDEN".to_owned()));
    let notes = download(&acme.app, &paula, "/download/commission-events.csv?columns=event_id,notes").await;
    assert_eq!(status_and_code(&notes), (400, "BAD_USER_INPUT".to_owned()));
    assert!(!names(&csv_file(&acme.app, &acme.admin(), "/download/payouts.csv").await).is_empty());
    let invoices = download(&acme.app, &paula, "/download/invoices.csv").await;
    assert_eq!(status_and_code(&invoices), (403, "FORBIDDEN".to_owned()));
}

#[tokio::test]
async fn billing_has_no_files_and_tenants_have_their_own() {
    let acme = acme().await;
    acme.create_partner("p").await;
    let refused = download(&acme.app, &acme.billing(), "/download/partners.csv").await;
    assert_eq!(status_and_code(&refused), (403, "FORBIDDEN".to_owned()));
    let globex = acme.app.tenant("globex").await;
    let file = csv_file(&acme.app, &globex.admin(), "/download/partners.csv?columns=company_name").await;
    assert_eq!(file, "company_name\r\n");
}
