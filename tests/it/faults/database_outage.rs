//! A database that is unreachable or does not respond: requests fail fast as retryable, and recover by themselves.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Request;
use nix::sys::signal::Signal;
use serde_json::json;

use super::database::Database;
use super::proxied_tenant::ProxiedTenant;
use crate::support::{Folder, Program, TestApp};

async fn status(app: &TestApp, path: &str) -> u16 {
    let request = Request::get(path).body(Body::empty()).expect("a request");
    app.send(request).await.status().as_u16()
}

#[tokio::test]
async fn an_unreachable_database_is_retryable_and_recovers() {
    let tenant = ProxiedTenant::new().await;
    let (app, admin) = (&tenant.proxied.app, tenant.proxied.admin());
    let query = "{ viewer { userId } partners { totalCount } }";
    admin.query(query).await.data();
    assert_eq!(status(app, "/readyz").await, 200);
    for _ in 0..3 {
        tenant.proxy.go_down();
        for _ in 0..20 {
            let response = admin.query(query).await;
            let error = &response.body["errors"][0]["extensions"];
            assert_eq!(error, &json!({ "code": "UNAVAILABLE", "retryable": true }), "{}", response.body);
        }
        assert_eq!(status(app, "/readyz").await, 503);
        assert_eq!(status(app, "/livez").await, 200);
        tenant.proxy.come_up();
        let begun = Instant::now();
        while status(app, "/readyz").await != 200 {
            assert!(begun.elapsed() < Duration::from_secs(5), "not ready again");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        admin.query(query).await.data();
    }
}

const COUNT_PARTNERS: &str = r#"{"query":"{ partners { totalCount } }"}"#;

#[test]
fn a_hanging_database_is_reported_within_seconds_and_recovers() {
    let (database, folder) = (Database::start(), Folder::new());
    let create_tenant = folder.command_for(database.urls(), &["tenant", "create", "demo"]).output();
    assert!(create_tenant.expect("a program").status.success());
    let token = folder.token("ada", "admin");
    let server = Program::start_with(&mut folder.command_for(database.urls(), &["serve"]));
    let create_partner = json!({
        "query": r#"mutation { createPartner(input: { companyName: "p" }) { partner { id } } }"#,
    });
    let bodies = [COUNT_PARTNERS.to_owned(), create_partner.to_string()];
    // Fills the pool with connections that will hang, and look like good ones.
    std::thread::scope(|scope| {
        (0..8).for_each(|_| drop(scope.spawn(|| server.post(&token, COUNT_PARTNERS))));
    });
    database.signal_all_processes(Signal::SIGSTOP);
    for body in bodies.iter().cycle().take(6) {
        let begun = Instant::now();
        let error = server.post(&token, body)["errors"][0]["extensions"].clone();
        assert_eq!(error["code"], "UNAVAILABLE");
        assert_eq!(error["retryable"], true);
        assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    }
    assert!(server.get("/readyz").starts_with("HTTP/1.1 503 "));
    assert!(server.get("/livez").starts_with("HTTP/1.1 200 "));
    database.signal_all_processes(Signal::SIGCONT);
    let begun = Instant::now();
    while !server.get("/readyz").starts_with("HTTP/1.1 200 ") {
        assert!(begun.elapsed() < Duration::from_secs(5), "not ready again");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(server.post(&token, COUNT_PARTNERS)["data"]["partners"]["totalCount"], 0);
    assert!(server.signal(Signal::SIGTERM).success());
}
