//! The routes beside `/graphql`: pages, their assets, and health checks.

use axum::body::Body;
use axum::http::{Method, Request, Response};
use serde_json::json;

use super::status_and_code;
use crate::support::{Client, TestApp, acme, built_pages, with_superuser};

async fn send(app: &TestApp, method: Method, path: &str) -> Response<String> {
    app.send(Request::builder().method(method).uri(path).body(Body::empty()).expect("a request")).await
}

async fn get(app: &TestApp, path: &str) -> Response<String> {
    send(app, Method::GET, path).await
}

fn header<'r>(response: &'r Response<String>, name: &str) -> &'r str {
    response.headers()[name].to_str().expect("text")
}

#[tokio::test]
async fn pages_run_their_own_scripts_only() {
    built_pages();
    let app = TestApp::new().await;
    let page = get(&app, "/graphiql").await;
    assert_eq!(page.status().as_u16(), 200);
    assert_eq!(header(&page, "content-type"), "text/html");
    assert_eq!(header(&page, "cache-control"), "no-cache");
    let policy = header(&page, "content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    for path in ["/", "/sign-in", "/partners", "/partners/", "/partners/revenue", "/staff/", "/staff/payouts"]
    {
        let page = get(&app, path).await;
        assert_eq!(page.status().as_u16(), 200, "{path}");
        let policy = header(&page, "content-security-policy");
        let forms_and_styles = "form-action 'self'; frame-src 'self'; style-src 'self'; connect-src 'self'";
        assert!(policy.ends_with(forms_and_styles), "{policy}");
    }
    let head = send(&app, Method::HEAD, "/graphiql").await;
    assert_eq!(head.status().as_u16(), 200);
    assert_eq!(head.body(), "");
}

#[tokio::test]
async fn assets_are_cached_forever_and_revalidated_by_etag() {
    built_pages();
    let app = TestApp::new().await;
    let path = script_path(&app).await;
    let script = get(&app, &path).await;
    assert_eq!(header(&script, "content-type"), "text/javascript");
    assert_eq!(header(&script, "cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(header(&script, "x-content-type-options"), "nosniff");
    let conditional = Request::get(&path).header("if-none-match", header(&script, "etag"));
    let not_modified = app.send(conditional.body(Body::empty()).expect("a request")).await;
    assert_eq!(not_modified.status().as_u16(), 304);
    assert_eq!(not_modified.body(), "");
}

/// The path of the script of GraphiQL's page.
async fn script_path(app: &TestApp) -> String {
    let page = get(app, "/graphiql").await;
    let path = page.body().split("src=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a script");
    path.to_owned()
}

/// Requests a path with these headers; returns the status, the headers and the bytes of the body.
async fn get_bytes(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> Response<Vec<u8>> {
    let request =
        headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
    app.send_bytes(request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn pages_and_assets_are_sent_as_the_build_has_compressed_them() {
    let built = built_pages().join("dist");
    let app = TestApp::new().await;
    let script = script_path(&app).await;
    for (path, file) in [(script.as_str(), &script[1..]), ("/graphiql", "graphiql/index.html")] {
        let mut tags = Vec::new();
        for (accepted, encoding, extension) in [
            ("gzip, deflate, br, zstd", Some("br"), ".br"),
            ("gzip, deflate", Some("gzip"), ".gz"),
            ("*", Some("br"), ".br"),
            ("br;q=0, *", Some("gzip"), ".gz"),
            ("BR; q=0.000, GZip;q=0.5", Some("gzip"), ".gz"),
            ("br;q=0.001", Some("br"), ".br"),
            ("br;q=0, gzip;q=0.0", None, ""),
            ("identity", None, ""),
            ("deflate, zstd", None, ""),
            ("", None, ""),
        ] {
            let response = get_bytes(&app, path, &[("accept-encoding", accepted)]).await;
            assert_eq!(response.status().as_u16(), 200);
            let header = |name: &str| response.headers().get(name).map(|value| value.to_str().expect("text"));
            assert_eq!(header("content-encoding"), encoding, "{path} {accepted}");
            assert_eq!(header("vary"), Some("accept-encoding"));
            let mime = if path == "/graphiql" { "text/html" } else { "text/javascript" };
            assert_eq!(header("content-type"), Some(mime));
            let expected = std::fs::read(built.join(format!("{file}{extension}"))).expect("a built file");
            assert_eq!(response.body(), &expected, "{path} {accepted}");
            let etag = header("etag").expect("a tag").to_owned();
            for known in [etag.clone(), format!("W/{etag}"), format!("\"x\", {etag}")] {
                let headers = [("accept-encoding", accepted), ("if-none-match", known.as_str())];
                let response = get_bytes(&app, path, &headers).await;
                assert_eq!(response.status().as_u16(), 304, "{known}");
                assert_eq!(response.headers()["vary"], "accept-encoding");
            }
            tags.push(etag);
        }
        tags.sort();
        tags.dedup();
        assert_eq!(tags.len(), 3, "one for each encoding");
        assert_eq!(get(&app, &format!("{path}.br")).await.status().as_u16(), 404);
    }
}

#[tokio::test]
async fn only_long_responses_of_the_api_are_compressed() {
    let acme = acme().await;
    for number in 0..8 {
        acme.create_partner(&format!("{number}{}", "x".repeat(200))).await;
    }
    for (client, query, is_compressed) in [
        (acme.admin(), "{ partners(first: 8) { nodes { companyName } } }", true),
        (acme.admin(), "{ partners(first: 2) { nodes { companyName } } }", false),
        (Client::anonymous(&acme.app), "{ partners { nodes { companyName } } }", false),
    ] {
        let request = client.request(Request::post("/graphql").header("accept-encoding", "br"));
        let body = json!({ "query": query }).to_string();
        let response = acme.app.send_bytes(request.body(Body::from(body)).expect("a request")).await;
        assert_eq!(response.headers().contains_key("content-encoding"), is_compressed, "{query}");
    }
}

#[tokio::test]
async fn no_file_outside_the_assets_is_served() {
    built_pages();
    let app = TestApp::new().await;
    for path in [
        "/nothing",
        "/assets/",
        "/assets/nothing.js",
        "/assets/../graphiql/index.html",
        "/assets/%2e%2e/%2e%2e/package.json",
        "/assets//etc/passwd",
    ] {
        assert_eq!(status_and_code(&get(&app, path).await), (404, "NOT_FOUND".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn graphql_accepts_get_and_post_only() {
    let app = TestApp::new().await;
    assert_eq!(status_and_code(&get(&app, "/graphql").await), (401, "UNAUTHENTICATED".to_owned()));
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let response = send(&app, method, "/graphql").await;
        assert_eq!(status_and_code(&response), (405, "BAD_USER_INPUT".to_owned()));
        assert_eq!(header(&response, "allow"), "GET, POST");
    }
}

#[tokio::test]
async fn health_checks_report_a_missing_migration_and_an_unavailable_database() {
    let app = TestApp::new().await;
    let health = get(&app, "/health").await;
    assert_eq!(health.status().as_u16(), 200);
    assert_eq!(health.body(), r#"{"status":"ok"}"#);
    let undo = "DELETE FROM __diesel_schema_migrations
        WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)";
    with_superuser(&app.database, undo).await.expect("a missing migration");
    let readyz = get(&app, "/readyz").await;
    assert_eq!(readyz.status().as_u16(), 503);
    assert!(readyz.body().contains("lacks a migration"), "{}", readyz.body());
    app.pool.close();
    let health = get(&app, "/health").await;
    assert_eq!(health.status().as_u16(), 503);
    assert!(health.body().contains("database"), "{}", health.body());
    assert_eq!(get(&app, "/livez").await.status().as_u16(), 200);
}
