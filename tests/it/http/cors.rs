//! Pages of other sites: which may ask from a browser, and that none can ask in its visitor's name.

use axum::body::Body;
use axum::http::{Method, Request};
use revshare::http::{DemoUser, Options};
use serde_json::Value;

use crate::support::{Client, TestApp};

const PORTAL: &str = "https://portal.example.com";

/// What a browser is told when a page of a site wants to ask: the origin that may, if any.
async fn preflight(app: &TestApp, origin: &str) -> (u16, Option<String>) {
    let request = Request::options("/graphql")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type");
    let response = app.send(request.body(Body::empty()).expect("a request")).await;
    let allowed = response.headers().get("access-control-allow-origin");
    assert!(response.headers().get("access-control-allow-credentials").is_none());
    (response.status().as_u16(), allowed.map(|origin| origin.to_str().expect("text").to_owned()))
}

#[tokio::test]
async fn no_other_site_may_ask_unless_it_is_named() {
    let closed = TestApp::new().await;
    assert_eq!(preflight(&closed, PORTAL).await, (405, None));
    let origins = vec![PORTAL.parse().expect("an origin")];
    let open = TestApp::with(Options { origins, ..Options::default() }).await;
    assert_eq!(preflight(&open, PORTAL).await, (200, Some(PORTAL.to_owned())));
    for other in [
        "https://evil.example",
        "https://portal.example.com.evil.example",
        "http://portal.example.com",
        "null",
    ] {
        assert_eq!(preflight(&open, other).await.1, None, "{other}");
    }
    let acme = open.tenant("acme").await;
    let ask = async |origin: &str| {
        let request = acme.admin().request(Request::post("/graphql").header("origin", origin));
        let response =
            open.send(request.body(Body::from(r#"{"query":"{__typename}"}"#)).expect("a request")).await;
        assert!(
            response
                .headers()
                .get_all("vary")
                .iter()
                .any(|vary| vary.to_str().is_ok_and(|vary| vary.contains("origin")))
        );
        response.headers().get("access-control-allow-origin").is_some()
    };
    assert!(ask(PORTAL).await);
    assert!(!ask("https://evil.example").await);
}

#[tokio::test]
async fn what_a_page_can_send_without_asking_first_is_refused() {
    let app = TestApp::new().await;
    let acme = app.tenant("acme").await;
    let mutation = r#"{"query":"mutation{createPartner(input:{companyName:\"x\"}){partner{id}}}"}"#;
    // Forms and simple requests: by these media types, and without a header of their own.
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
    {
        let request =
            Request::post("/graphql").header("content-type", content_type).header("cookie", "token=x");
        let response = app.send(request.body(Body::from(mutation)).expect("a request")).await;
        assert!([401, 415].contains(&response.status().as_u16()), "{content_type}");
    }
    let by_cookie = Client::anonymous(&app).request(Request::post("/graphql").header("cookie", "token=x"));
    let response = app.send(by_cookie.body(Body::from(mutation)).expect("a request")).await;
    assert_eq!(response.status().as_u16(), 401);
    let partners = acme.admin().query("{partners{totalCount}}").await.data();
    assert_eq!(partners["partners"]["totalCount"], 0);
}

#[tokio::test]
async fn demo_tokens_are_for_whoever_sits_at_the_machine() {
    let get = async |app: &TestApp, host: &str| {
        let mut request =
            Request::get("/sign-in/options").header("host", host).body(Body::empty()).expect("a request");
        *request.method_mut() = Method::GET;
        let response = app.send(request).await;
        (response.status().as_u16(), response.body().clone())
    };
    let plain = TestApp::new().await;
    let none = (200, r#"{"demo":[],"oidc":null}"#.to_owned());
    assert_eq!(get(&plain, "localhost:8000").await, none);
    let identity = revshare::auth::Identity::operator(
        revshare::primitives::id::TenantId("acme".to_owned()),
        "ada",
        revshare::auth::Role::Admin,
    );
    let ada = DemoUser { what: "an admin", identity, good_for: std::time::Duration::from_secs(60) };
    let app = TestApp::with(Options { demo: vec![ada], ..Options::default() }).await;
    app.tenant("acme").await;
    for host in ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "localhost"] {
        let (status, body) = get(&app, host).await;
        let options: Value = serde_json::from_str(&body).expect("JSON");
        let tokens = &options["demo"];
        assert_eq!(
            (status, &tokens[0]["user"], &tokens[0]["role"]),
            (200, &"ada".into(), &"admin".into()),
            "{host}"
        );
        let token = tokens[0]["token"].as_str().expect("a token");
        Client::with_token(&app, token).query("{viewer{userId}}").await.data();
    }
    // A name of somebody else's that was made to mean this machine.
    assert_eq!(get(&app, "evil.example:8000").await, none);
    assert_eq!(get(&app, "").await, none);
}
