//! The addresses beside /graphql: pages, what they load, and what operators ask.

use axum::body::Body;
use axum::http::{Method, Request, Response};
use serde_json::Value;

use crate::support::{TestApp, built_pages, with_superuser};

async fn sent(app: &TestApp, method: Method, path: &str, headers: &[(&str, &str)]) -> Response<String> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.send(request.body(Body::empty()).expect("a request")).await
}

fn code(response: &Response<String>) -> (u16, String) {
    let body: Value = serde_json::from_str(response.body()).unwrap_or_default();
    let code = body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned();
    (response.status().as_u16(), code)
}

#[tokio::test]
async fn pages_run_their_own_scripts_only_and_are_kept_by_their_contents() {
    built_pages();
    let app = TestApp::new().await;
    let page = sent(&app, Method::GET, "/graphiql", &[]).await;
    assert_eq!(
        (page.status().as_u16(), &page.headers()["content-type"]),
        (200, &"text/html".parse().expect("a header"))
    );
    let policy = page.headers()["content-security-policy"].to_str().expect("text");
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    assert_eq!(page.headers()["cache-control"], "no-cache");
    let script =
        page.body().split("src=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a script");
    let script_file = sent(&app, Method::GET, script, &[]).await;
    assert_eq!(script_file.headers()["content-type"], "text/javascript");
    assert_eq!(script_file.headers()["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(script_file.headers()["x-content-type-options"], "nosniff");
    let etag = script_file.headers()["etag"].to_str().expect("text");
    let again = sent(&app, Method::GET, script, &[("if-none-match", etag)]).await;
    assert_eq!((again.status().as_u16(), again.body().as_str()), (304, ""));
    for address in
        ["/", "/sign-in", "/partners", "/partners/", "/partners/revenue", "/staff/", "/staff/payouts"]
    {
        let page = sent(&app, Method::GET, address, &[]).await;
        assert_eq!(page.status().as_u16(), 200, "{address}");
        let policy = page.headers()["content-security-policy"].to_str().expect("text");
        assert!(policy.ends_with("style-src 'self'; connect-src 'self'"), "{policy}");
    }
    let head = sent(&app, Method::HEAD, "/graphiql", &[]).await;
    assert_eq!((head.status().as_u16(), head.body().as_str()), (200, ""));
    for nowhere in [
        "/assets/",
        "/assets/nothing.js",
        "/assets/../graphiql/index.html",
        "/assets/%2e%2e/%2e%2e/package.json",
        "/assets//etc/passwd",
    ] {
        assert_eq!(
            code(&sent(&app, Method::GET, nowhere, &[]).await),
            (404, "NOT_FOUND".to_owned()),
            "{nowhere}"
        );
    }
}

#[tokio::test]
async fn the_other_addresses_answer_too() {
    let app = TestApp::new().await;
    let get = async |method: Method, path: &str| sent(&app, method, path, &[]).await;
    let health = get(Method::GET, "/health").await;
    assert_eq!((health.status().as_u16(), health.body().as_str()), (200, r#"{"status":"ok"}"#));
    assert_eq!(code(&get(Method::GET, "/graphql").await), (401, "UNAUTHENTICATED".to_owned()));
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let answer = get(method, "/graphql").await;
        assert_eq!(code(&answer), (405, "BAD_USER_INPUT".to_owned()));
        assert_eq!(answer.headers()["allow"], "GET, POST");
    }
    assert_eq!(code(&get(Method::GET, "/nothing").await), (404, "NOT_FOUND".to_owned()));
    let forget = "DELETE FROM __diesel_schema_migrations
        WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)";
    with_superuser(&app.database, forget).await.expect("a superuser");
    let lacking = get(Method::GET, "/readyz").await;
    assert!(
        lacking.status().as_u16() == 503 && lacking.body().contains("lacks a migration"),
        "{}",
        lacking.body()
    );
    app.pool.close();
    let health = get(Method::GET, "/health").await;
    assert!(health.status().as_u16() == 503 && health.body().contains("database"), "{}", health.body());
    assert_eq!(get(Method::GET, "/livez").await.status().as_u16(), 200);
}
