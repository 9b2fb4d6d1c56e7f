//! What the program tells of itself: figures, traces, and a log that names no secret.

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::body::Bytes;
use axum::http::{Request, Response};
use axum::routing::post;
use nix::sys::signal::Signal;
use revshare::http::{MetricsAccess, Options};
use serde_json::{Value, json};

use crate::support::{Folder, Program, TestApp, in_days, invoice_input, refund_input};

/// The figures, as somebody with a token is told them.
async fn figures(app: &TestApp, token: Option<&str>) -> Response<String> {
    let mut request = Request::get("/metrics");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    app.send(request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn the_figures_tell_what_was_asked_and_what_came_of_it() {
    let app = TestApp::with(Options { figures: MetricsAccess::Public, ..Options::default() }).await;
    let acme = app.tenant("acme").await;
    acme.create_partner_with_account("secret-customer").await;
    let invoice = invoice_input("secret-customer", "i-1", "10.00", "EUR", &in_days(0));
    for _ in 0..3 {
        acme.billing().mutate_ok("recordInvoicePaid", invoice.clone(), "outcome").await;
    }
    acme.billing().mutate_ok("recordInvoiceRefunded", refund_input("i-1", "r-1", "1.00"), "outcome").await;
    let other = invoice_input("secret-customer", "i-1", "11.00", "EUR", &in_days(0));
    assert_eq!(acme.billing().error_code("recordInvoicePaid", other).await, "CONFLICT");
    acme.admin().query("query Mine{commissionEvents{nodes{partner{id}}}}").await.data();
    acme.admin().query("{nothing}").await;
    let documents: Value =
        serde_json::from_str(include_str!("../../../portal/src/gql/persisted-documents.json")).expect("JSON");
    let sign_in = documents
        .as_object()
        .expect("documents")
        .iter()
        .find(|(_, text)| text.to_string().contains("query PartnerContext"));
    acme.admin().query(sign_in.expect("an operation").1.as_str().expect("text")).await.data();
    let answer = figures(&app, None).await;
    assert_eq!(
        answer.headers()["content-type"],
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    let text = answer.body();
    for line in [
        "revshare_invoices_total{act=\"paid\",outcome=\"RECORDED\"} 1",
        "revshare_invoices_total{act=\"paid\",outcome=\"ALREADY_RECORDED\"} 2",
        "revshare_invoices_total{act=\"paid\",outcome=\"REFUSED\"} 1",
        "revshare_invoices_total{act=\"refunded\",outcome=\"RECORDED\"} 1",
        "revshare_requests_total{operation=\"other\",kind=\"mutation\",outcome=\"user_error\"} 1",
        "revshare_requests_total{operation=\"PartnerContext\",kind=\"query\",outcome=\"ok\"} 1",
        "revshare_requests_total{operation=\"other\",kind=\"query\",outcome=\"client_error\"} 1",
        "revshare_refusals_total{reason=\"invalid document\"} 1",
        "revshare_errors_total{code=\"BAD_USER_INPUT\"} 1",
        "revshare_requests_in_flight 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    for name in [
        "revshare_request_seconds_bucket",
        "revshare_request_cost_sum",
        "revshare_request_statements_sum",
        "revshare_loader_batch_keys_count",
        "revshare_database_connections{state=\"idle\"}",
    ] {
        assert!(text.contains(name), "{name} is not in\n{text}");
    }
    for secret in ["acme", "secret", "Mine", "i-1"] {
        assert!(!text.contains(secret), "{secret} is in\n{text}");
    }
}

#[tokio::test]
async fn the_figures_are_not_for_everybody() {
    let app = TestApp::new().await;
    assert_eq!(figures(&app, None).await.status().as_u16(), 404);
    let token = "a token for those who watch".to_owned();
    let app =
        TestApp::with(Options { figures: MetricsAccess::BearerToken(token), ..Options::default() }).await;
    for (sent, status) in [(None, 401), (Some("a token"), 401), (Some("a token for those who watch"), 200)] {
        assert_eq!(figures(&app, sent).await.status().as_u16(), status, "{sent:?}");
    }
}

/// A server that takes the log of a program in, too.
fn logging(folder: &Folder, variables: &[(&str, &str)]) -> (Program, PathBuf) {
    let path = folder.0.with_extension("log");
    let mut command = folder.command(&[]);
    command.env("RUST_LOG", "info").env("LOG_FORMAT", "json").envs(variables.iter().copied());
    command.stderr(File::create(&path).expect("a file"));
    (Program::start_with(&mut command), path)
}

#[test]
fn the_log_tells_the_story_of_a_request_and_no_secret() {
    let folder = Folder::new();
    let (server, log) = logging(&folder, &[]);
    let token = folder.token("ada", "admin");
    let body = json!({
        "query": "query Search($s:String){partners(filter:{search:$s}){totalCount}}", "variables": { "s": "Hush Hush Ltd" },
    });
    let answer = server.request(&token, "X-Request-Id: story-1\r\n", &body.to_string());
    assert!(answer.to_lowercase().contains("\r\nx-request-id: story-1\r\n"), "{answer}");
    server.request(&token, "X-Request-Id: story-2\r\n", r#"{"query":"{nothing}"}"#);
    assert!(server.signal(Signal::SIGTERM).success());
    let text = std::fs::read_to_string(&log).expect("a log");
    std::fs::remove_file(&log).expect("a file");
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();
    let story = |id: &str| {
        let line = lines
            .iter()
            .find(|line| line["span"]["id"] == id)
            .unwrap_or_else(|| panic!("{id} is not in {text}"));
        line["fields"].clone()
    };
    let first = story("story-1");
    for (field, expected) in [
        ("operation", json!("Search")),
        ("kind", json!("query")),
        ("outcome", json!("ok")),
        ("status", json!(200)),
        ("cost", json!(2)),
        ("tenant", json!("demo")),
        ("role", json!("admin")),
    ] {
        assert_eq!(first[field], expected, "{first}");
    }
    assert_eq!(first["hash"].as_str().map(str::len), Some(64));
    let second = story("story-2");
    assert_eq!(
        (&second["error_codes"], &second["refusal"]),
        (&json!("BAD_USER_INPUT"), &json!("invalid document"))
    );
    let signature = token.rsplit('.').next().expect("a signature");
    assert!(!text.contains("Hush") && !text.contains(signature), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn traces_go_where_they_are_collected_and_belong_to_their_clients_trace() {
    let received = Arc::new(Mutex::new(Vec::new()));
    let collect = {
        let received = Arc::clone(&received);
        async move |body: Bytes| received.lock().expect("a list").extend_from_slice(&body)
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    let router = Router::new().route("/v1/traces", post(collect));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let folder = Folder::new();
    tokio::task::spawn_blocking(move || {
        let (server, log) = logging(&folder, &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]);
        let traceparent = "Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n";
        let token = folder.token("ada", "admin");
        server.request(
            &token,
            traceparent,
            r#"{"query":"query Traced{commissionEvents{nodes{partner{id}}}}"}"#,
        );
        assert!(server.signal(Signal::SIGTERM).success());
        let text = std::fs::read_to_string(&log).expect("a log");
        assert!(text.contains("0af7651916cd43dd8448eb211c80319c"), "{text}");
        std::fs::remove_file(&log).expect("a file");
    })
    .await
    .expect("a server");
    let received = received.lock().expect("a list").clone();
    let has = |part: &[u8]| received.windows(part.len()).any(|found| found == part);
    let trace_id =
        [0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c];
    assert!(has(&trace_id), "the trace of the client");
    for word in ["revshare", "request", "admit", "execute", "load", "Traced", "graphql.operation.name"] {
        assert!(has(word.as_bytes()), "{word}");
    }
}
