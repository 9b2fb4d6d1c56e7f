//! Cross-origin requests: which sites may send them from a browser, and that none can act on a visitor's behalf.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use revshare::auth::{Identity, Role};
use revshare::http::{DemoUser, Options};
use revshare::primitives::id::TenantId;
use serde_json::{Value, json};

use crate::support::{Client, TestApp, acme};

const PORTAL: &str = "https://portal.example.com";

/// Sends a preflight request for a GraphQL request of an origin.
async fn preflight(app: &TestApp, origin: &str) -> Response<String> {
    let request = Request::options("/graphql")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type");
    let response = app.send(request.body(Body::empty()).expect("a request")).await;
    assert!(response.headers().get("access-control-allow-credentials").is_none());
    response
}

/// Returns the origin that a response allows.
fn allowed_origin(response: &Response<String>) -> Option<&str> {
    let origin = response.headers().get("access-control-allow-origin")?;
    Some(origin.to_str().expect("text"))
}

async fn app_for_portal() -> TestApp {
    let origins = vec![PORTAL.parse().expect("an origin")];
    TestApp::with(Options { cors_origins: origins, ..Options::default() }).await
}

#[tokio::test]
async fn preflight_requests_are_allowed_for_configured_origins_only() {
    let response = preflight(&TestApp::new().await, PORTAL).await;
    assert_eq!(response.status().as_u16(), 405, "no origin is allowed by default");
    assert_eq!(allowed_origin(&response), None);
    let app = app_for_portal().await;
    let response = preflight(&app, PORTAL).await;
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(allowed_origin(&response), Some(PORTAL));
    for other in [
        "https://evil.example",
        "https://portal.example.com.evil.example",
        "http://portal.example.com",
        "null",
    ] {
        assert_eq!(allowed_origin(&preflight(&app, other).await), None, "{other}");
    }
}

#[tokio::test]
async fn responses_name_the_origin_if_it_is_allowed_and_always_vary_by_it() {
    let app = app_for_portal().await;
    let admin = app.tenant("acme").await.admin();
    for (origin, expected) in [(PORTAL, Some(PORTAL)), ("https://evil.example", None)] {
        let request = admin.request(Request::post("/graphql").header("origin", origin));
        let body = Body::from(r#"{"query":"{ __typename }"}"#);
        let response = app.send(request.body(body).expect("a request")).await;
        assert_eq!(allowed_origin(&response), expected);
        let mut vary = response.headers().get_all("vary").iter();
        assert!(vary.any(|vary| vary.to_str().is_ok_and(|vary| vary.contains("origin"))), "{origin}");
    }
}

/// Form submissions and other requests that a browser sends across origins without a preflight.
#[tokio::test]
async fn requests_without_a_preflight_execute_nothing() {
    let acme = acme().await;
    let query = r#"mutation { createPartner(input: { companyName: "x" }) { partner { id } } }"#;
    let mutation = json!({ "query": query }).to_string();
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
    {
        let request =
            Request::post("/graphql").header("content-type", content_type).header("cookie", "token=x");
        let response = acme.app.send(request.body(Body::from(mutation.clone())).expect("a request")).await;
        assert!([401, 415].contains(&response.status().as_u16()), "{content_type}");
    }
    let by_cookie =
        Client::anonymous(&acme.app).request(Request::post("/graphql").header("cookie", "token=x"));
    let response = acme.app.send(by_cookie.body(Body::from(mutation)).expect("a request")).await;
    assert_eq!(response.status().as_u16(), 401);
    let data = acme.admin().query("{ partners { totalCount } }").await.data();
    assert_eq!(data["partners"]["totalCount"], 0);
}

/// The ways to sign in that a request to this URI, with these headers, is offered.
async fn sign_in_options(app: &TestApp, uri: &str, headers: &[(&str, &str)]) -> Value {
    let request =
        headers.iter().fold(Request::get(uri), |request, (name, value)| request.header(*name, *value));
    let response = app.send(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(response.status().as_u16(), 200, "{uri} {headers:?}");
    serde_json::from_str(response.body()).expect("JSON")
}

/// A server with one demo user, who is an admin of acme.
async fn demo() -> TestApp {
    let identity = Identity::operator(TenantId("acme".to_owned()), "ada", Role::Admin);
    let ada = DemoUser { description: "an admin", identity, token_ttl: Duration::from_secs(60) };
    let app = TestApp::with(Options { demo_users: vec![ada], ..Options::default() }).await;
    app.tenant("acme").await;
    app
}

const OPTIONS: &str = "/sign-in/options";
const HOST: (&str, &str) = ("host", "127.0.0.1:8000");

fn no_options() -> Value {
    json!({ "demo": [], "oidc": null })
}

/// A site can make its own host name resolve to this machine, but cannot use the machine's own names.
#[tokio::test]
async fn demo_tokens_are_issued_to_the_local_machine_only() {
    assert_eq!(sign_in_options(&TestApp::new().await, OPTIONS, &[HOST]).await, no_options());
    let app = demo().await;
    for host in ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "localhost", "[::1]", "LOCALHOST:1"] {
        let options = sign_in_options(&app, OPTIONS, &[("host", host)]).await;
        let user = &options["demo"][0];
        assert_eq!(user["user"], "ada", "{host}");
        assert_eq!(user["role"], "admin", "{host}");
        let token = user["token"].as_str().expect("a token");
        Client::with_token(&app, token).query("{ viewer { userId } }").await.data();
    }
    for host in
        ["evil.example:8000", "", "localhost.evil.example", "a@localhost", "127.0.0.1.nip.io", "\u{e9}"]
    {
        assert_eq!(sign_in_options(&app, OPTIONS, &[("host", host)]).await, no_options(), "{host}");
    }
    assert_eq!(sign_in_options(&app, OPTIONS, &[]).await, no_options());
    assert_eq!(sign_in_options(&app, OPTIONS, &[HOST, ("host", "evil.example")]).await, no_options());
}

/// HTTP/2 has the host in the URI.
#[tokio::test]
async fn demo_tokens_depend_on_the_host_of_the_uri_as_well() {
    let app = demo().await;
    let local = "http://127.0.0.1:8000/sign-in/options";
    assert_eq!(sign_in_options(&app, local, &[]).await["demo"][0]["user"], "ada");
    assert_eq!(sign_in_options(&app, local, &[HOST]).await["demo"][0]["user"], "ada");
    assert_eq!(sign_in_options(&app, local, &[("host", "evil.example")]).await, no_options());
    assert_eq!(sign_in_options(&app, "http://evil.example/sign-in/options", &[HOST]).await, no_options());
}

#[tokio::test]
async fn demo_tokens_are_not_issued_through_a_proxy() {
    let app = demo().await;
    for name in [
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-real-ip",
        "via",
        "cf-ray",
        "cf-connecting-ip",
        "true-client-ip",
        "fly-client-ip",
        "fly-region",
        "x-original-host",
        "x-original-url",
        "x-client-ip",
        "x-cluster-client-ip",
        "proxy-connection",
        "x-proxyuser-ip",
        "client-ip",
        "x-envoy-internal",
        "x-amzn-trace-id",
        "x-remote-addr",
        "x-originating-ip",
        "wl-proxy-client-ip",
        "cdn-loop",
        "x-azure-socketip",
        "ngrok-trace-id",
        "tailscale-user-login",
        "x-vercel-id",
    ] {
        assert_eq!(sign_in_options(&app, OPTIONS, &[HOST, (name, "")]).await, no_options(), "{name}");
    }
    // What browsers send without a proxy.
    let browser = [
        HOST,
        ("user-agent", "Mozilla/5.0"),
        ("accept", "application/json"),
        ("accept-encoding", "gzip"),
        ("accept-language", "en"),
        ("cache-control", "no-cache"),
        ("connection", "keep-alive"),
        ("dnt", "1"),
        ("pragma", "no-cache"),
        ("priority", "u=4"),
        ("referer", "http://127.0.0.1:8000/sign-in"),
        ("sec-ch-ua", "x"),
        ("sec-ch-ua-platform", "Linux"),
        ("sec-fetch-dest", "empty"),
        ("sec-fetch-mode", "cors"),
        ("sec-fetch-site", "same-origin"),
        ("sec-gpc", "1"),
        ("upgrade-insecure-requests", "1"),
        ("cookie", "a=b"),
        ("if-none-match", "x"),
        ("origin", "http://127.0.0.1:8000"),
    ];
    assert_eq!(sign_in_options(&app, OPTIONS, &browser).await["demo"][0]["user"], "ada");
}

#[tokio::test]
async fn demo_tokens_are_not_issued_to_the_pages_of_other_origins() {
    let app = demo().await;
    for (name, value, is_issued) in [
        ("sec-fetch-site", "same-origin", true),
        ("sec-fetch-site", "none", false),
        ("sec-fetch-site", "same-site", false),
        ("sec-fetch-site", "cross-site", false),
        ("sec-fetch-site", "", false),
        ("origin", "http://127.0.0.1:8000", true),
        ("origin", "http://127.0.0.1:3000", false),
        ("origin", "http://localhost:8000", false),
        ("origin", "https://evil.example", false),
        ("origin", "null", false),
    ] {
        let options = sign_in_options(&app, OPTIONS, &[HOST, (name, value)]).await;
        assert_eq!(options["demo"][0]["user"] == "ada", is_issued, "{name}: {value}");
    }
}
