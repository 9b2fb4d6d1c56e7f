//! Metrics, logs and traces: what they report, and that they contain no confidential data.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Request, Response};
use axum::routing::post;
use nix::sys::signal::Signal;
use revshare::http::{MetricsAccess, Options};
use serde_json::{Value, json};

use super::sign_in_document;
use crate::support::{Folder, Program, TestApp, TestTenant, in_days, invoice_input, refund_input};

/// Requests the metrics with this bearer token.
async fn get_metrics(app: &TestApp, token: Option<&str>) -> Response<String> {
    let mut request = Request::get("/metrics");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    app.send(request.body(Body::empty()).expect("a request")).await
}

/// Sends one request of each kind that the metrics distinguish.
async fn generate_traffic(acme: &TestTenant) {
    acme.create_partner_with_account("secret-customer").await;
    let billing = acme.billing();
    let invoice = invoice_input("secret-customer", "i-1", "10.00", "EUR", &in_days(0));
    for _ in 0..3 {
        billing.mutate_ok("recordInvoicePaid", invoice.clone(), "outcome").await;
    }
    billing.mutate_ok("recordInvoiceRefunded", refund_input("i-1", "r-1", "1.00"), "outcome").await;
    let conflict = invoice_input("secret-customer", "i-1", "11.00", "EUR", &in_days(0));
    assert_eq!(billing.error_code("recordInvoicePaid", conflict).await, "CONFLICT");
    let admin = acme.admin();
    admin.query("query Mine { commissionEvents { nodes { partner { id } } } }").await.data();
    admin.query("{ nothing }").await;
    admin.query(&sign_in_document().1).await.data();
}

const METRICS: [&str; 12] = [
    r#"revshare_invoices_total{kind="paid",outcome="RECORDED"} 1"#,
    r#"revshare_invoices_total{kind="paid",outcome="ALREADY_RECORDED"} 2"#,
    r#"revshare_invoices_total{kind="paid",outcome="REJECTED"} 1"#,
    r#"revshare_invoices_total{kind="refunded",outcome="RECORDED"} 1"#,
    r#"revshare_requests_total{operation="other",kind="mutation",outcome="user_error"} 1"#,
    r#"revshare_requests_total{operation="PartnerContext",kind="query",outcome="ok"} 1"#,
    r#"revshare_requests_total{operation="other",kind="query",outcome="client_error"} 1"#,
    r#"revshare_rejections_total{reason="invalid document"} 1"#,
    r#"revshare_errors_total{code="BAD_USER_INPUT"} 1"#,
    "revshare_requests_in_flight 0",
    r#"revshare_jobs{lane="WEBHOOK",state="due"} 0"#,
    r#"revshare_jobs{lane="FAN_OUT",state="dead"} 0"#,
];

const METRICS_OF_ANY_VALUE: [&str; 14] = [
    "revshare_request_seconds_bucket",
    "revshare_request_cost_sum",
    "revshare_request_statements_sum",
    "revshare_loader_batch_keys_count",
    r#"revshare_database_connections{state="idle"}"#,
    "revshare_prepared_statements",
    r#"revshare_job_oldest_due_seconds{lane="WEBHOOK"}"#,
    "revshare_request_memory_bytes",
    r#"revshare_cache_bytes{cache="parsed_documents"}"#,
    r#"revshare_cache_bytes{cache="registered_documents"}"#,
    r#"revshare_cache_entries{cache="accepted_tokens"}"#,
    r#"revshare_cache_entries{cache="caller_rates"}"#,
    r#"revshare_cache_entries{cache="lookup_rates"}"#,
    r#"revshare_cache_entries{cache="rejection_rates"}"#,
];

#[tokio::test]
async fn metrics_count_requests_by_outcome_and_contain_no_confidential_data() {
    let app = TestApp::with(Options { metrics_access: MetricsAccess::Public, ..Options::default() }).await;
    generate_traffic(&app.tenant("acme").await).await;
    let response = get_metrics(&app, None).await;
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(response.headers()["content-type"], content_type);
    let text = response.body();
    for metric in METRICS {
        assert!(text.lines().any(|line| line == metric), "{metric} is missing in\n{text}");
    }
    for name in METRICS_OF_ANY_VALUE {
        assert!(text.contains(name), "{name} is missing in\n{text}");
    }
    for confidential in ["acme", "secret", "Mine", "i-1"] {
        assert!(!text.contains(confidential), "{confidential} is in\n{text}");
    }
}

#[tokio::test]
async fn metrics_are_disabled_by_default_and_can_be_protected_by_a_token() {
    let app = TestApp::new().await;
    assert_eq!(get_metrics(&app, None).await.status().as_u16(), 404);
    let metrics_access = MetricsAccess::BearerToken("the token of the scraper".to_owned());
    let app = TestApp::with(Options { metrics_access, ..Options::default() }).await;
    for (token, status) in [(None, 401), (Some("the token"), 401), (Some("the token of the scraper"), 200)] {
        assert_eq!(get_metrics(&app, token).await.status().as_u16(), status, "{token:?}");
    }
}

/// A server with the demo that writes its log as JSON to a file.
struct LoggingServer {
    folder: Folder,
    program: Program,
    log: PathBuf,
}

impl LoggingServer {
    fn start(settings: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        let log = folder.0.with_extension("log");
        let mut command = folder.command(&[]);
        command.env("RUST_LOG", "info").env("LOG_FORMAT", "json").envs(settings.iter().copied());
        let program = Program::start_with(&mut command);
        Self { folder, program, log }
    }

    /// Stops the server and returns its log.
    fn stop(self) -> String {
        assert!(self.program.signal(Signal::SIGTERM).success());
        std::fs::read_to_string(&self.log).expect("a log")
    }
}

/// Returns the fields that the log has for a request.
fn fields_of_request<'l>(log: &'l [Value], id: &str) -> &'l Value {
    let line = log.iter().find(|line| line["span"]["id"] == id);
    &line.unwrap_or_else(|| panic!("{id} is missing in {log:#?}"))["fields"]
}

#[test]
fn the_log_describes_each_request_and_contains_no_confidential_data() {
    let server = LoggingServer::start(&[]);
    let token = server.folder.token("ada", "admin");
    let search = json!({
        "query": "query Search($s: String) { partners(filter: { search: $s }) { totalCount } }",
        "variables": { "s": "Hush Hush Ltd" },
    });
    let response = server.program.request(&token, "X-Request-Id: story-1\r\n", &search.to_string());
    assert!(response.to_lowercase().contains("\r\nx-request-id: story-1\r\n"), "{response}");
    server.program.request(&token, "X-Request-Id: story-2\r\n", r#"{"query":"{ nothing }"}"#);
    let text = server.stop();
    let log: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();

    let search = fields_of_request(&log, "story-1");
    let expected = json!({
        "operation": "Search", "kind": "query", "outcome": "ok", "status": 200, "cost": 2, "tenant": "demo",
        "role": "admin",
    });
    for (name, value) in expected.as_object().expect("fields") {
        assert_eq!(&search[name], value, "{name} in {search}");
    }
    assert_eq!(search["hash"].as_str().map(str::len), Some(64));
    let invalid = fields_of_request(&log, "story-2");
    assert_eq!(invalid["error_codes"], "BAD_USER_INPUT");
    assert_eq!(invalid["rejection"], "invalid document");
    let signature = token.rsplit('.').next().expect("a signature");
    assert!(!text.contains("Hush") && !text.contains(signature), "{text}");
}

/// Starts a collector that appends what it receives to a buffer, and returns its URL.
async fn start_trace_collector(received: Arc<Mutex<Vec<u8>>>) -> String {
    let collect = async move |body: Bytes| received.lock().expect("a list").extend_from_slice(&body);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let router = Router::new().route("/v1/traces", post(collect));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

const TRACE_ID: u128 = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c;

#[tokio::test(flavor = "multi_thread")]
async fn traces_are_exported_as_part_of_the_client_s_trace() {
    let received = Arc::new(Mutex::new(Vec::new()));
    let collector = start_trace_collector(Arc::clone(&received)).await;
    let trace_id = format!("{TRACE_ID:032x}");
    let traceparent = format!("Traceparent: 00-{trace_id}-b7ad6b7169203331-01\r\n");
    let log = tokio::task::spawn_blocking(move || {
        let server = LoggingServer::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector)]);
        let token = server.folder.token("ada", "admin");
        let body = r#"{"query":"query Traced { commissionEvents { nodes { partner { companyName } } } }"}"#;
        server.program.request(&token, &traceparent, body);
        server.stop()
    });
    let log = log.await.expect("a server");
    assert!(log.contains(&trace_id), "{log}");
    let received = received.lock().expect("a list").clone();
    let contains = |part: &[u8]| received.windows(part.len()).any(|window| window == part);
    assert!(contains(&TRACE_ID.to_be_bytes()), "the trace id is missing");
    for name in ["revshare", "request", "authenticate", "execute", "load", "Traced", "graphql.operation.name"]
    {
        assert!(contains(name.as_bytes()), "{name} is missing");
    }
}
