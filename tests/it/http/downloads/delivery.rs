//! How a file is sent: how many at a time, to clients that stall or disconnect, and with a database that fails.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use axum::body::{Body, HttpBody};
use axum::http::Request;
use http_body_util::BodyExt;
use revshare::auth::Role;

use super::{adjust, copy_adjustment};
use crate::http::status_and_code;
use crate::support::{Client, Folder, Program, SECRET, TestTenant, acme_with_partner, with_superuser};

const PATH: &str = "/download/commission-events.csv";
/// Far more than fits in what waits to be sent.
const ROWS: u32 = 30_000;

async fn tenant_with_a_long_list() -> TestTenant {
    let (acme, p) = acme_with_partner().await;
    adjust(&acme, &p, &"note ".repeat(100)).await;
    copy_adjustment(&acme, ROWS).await;
    acme
}

/// Begins a download, of which nothing is read; returns its body.
async fn begin(acme: &TestTenant, client: &Client) -> Body {
    let request = client.request(Request::get(PATH)).body(Body::empty()).expect("a request");
    let response = acme.app.open(request).await;
    assert_eq!(response.status(), 200);
    response.into_body()
}

async fn status(acme: &TestTenant, client: &Client) -> (u16, String) {
    let request = client.request(Request::get(PATH)).body(Body::empty()).expect("a request");
    let response = acme.app.open(request).await;
    let (parts, body) = response.into_parts();
    if parts.status == 200 {
        return (200, String::new());
    }
    let text = String::from_utf8(body.collect().await.expect("a body").to_bytes().to_vec()).expect("UTF-8");
    status_and_code(&axum::http::Response::from_parts(parts, text))
}

/// Fails as long as another transaction is open.
const NO_SNAPSHOT: &str = "DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL
        AND backend_type = 'client backend' AND pid <> pg_backend_pid()) THEN RAISE 'a snapshot is open'; END IF;
END $$";

/// Waits until no snapshot of a download is open; returns how long that took.
async fn wait_for_the_end_of_snapshots(acme: &TestTenant) -> Duration {
    let begun = Instant::now();
    while with_superuser(&acme.app.database, NO_SNAPSHOT).await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(60), "a snapshot is still open");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    begun.elapsed()
}

#[tokio::test]
async fn a_user_has_two_downloads_at_a_time_and_a_tenant_four() {
    let acme = tenant_with_a_long_list().await;
    let [ada, ben, cleo] = ["ada", "ben", "cleo"].map(|user| acme.client(user, Role::Auditor));
    let first = begin(&acme, &ada).await;
    let mut others = vec![begin(&acme, &ada).await];
    let exceeded = (429, "LIMIT_EXCEEDED".to_owned());
    assert_eq!(status(&acme, &ada).await, exceeded);
    others.extend([begin(&acme, &ben).await, begin(&acme, &ben).await]);
    assert_eq!(status(&acme, &cleo).await, exceeded);
    // Downloads have connections of their own: queries and mutations go on.
    assert_eq!(acme.admin().query("{ partners { totalCount } }").await.data()["partners"]["totalCount"], 1);
    acme.create_partner("q").await;
    drop(first);
    let begun = Instant::now();
    while status(&acme, &cleo).await == exceeded {
        assert!(begun.elapsed() < Duration::from_secs(10), "the place of a download is not free");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_client_that_disconnects_or_stalls_holds_no_snapshot() {
    let acme = tenant_with_a_long_list().await;
    let stalled = begin(&acme, &acme.admin()).await;
    let disconnected = begin(&acme, &acme.admin()).await;
    drop(disconnected);
    let stalled_for = wait_for_the_end_of_snapshots(&acme).await;
    assert!(stalled_for > Duration::from_secs(20), "{stalled_for:?}");
    assert!(stalled.collect().await.is_err(), "a part of the file does not look like all of it");
}

#[tokio::test]
async fn a_file_whose_connection_to_the_database_is_lost_is_not_complete() {
    let acme = tenant_with_a_long_list().await;
    let mut body = begin(&acme, &acme.admin()).await;
    assert!(body.frame().await.expect("a frame").is_ok());
    assert!(!body.is_end_stream());
    terminate(&acme).await;
    assert!(body.collect().await.is_err());
}

/// Terminates the connections of downloads to the database; fails as long as there is none.
const TERMINATE: &str = "DO $$ BEGIN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND query LIKE 'FETCH%' AND xact_start IS NOT NULL;
    IF NOT FOUND THEN RAISE 'no download reads'; END IF;
END $$";

/// Terminates the connections of downloads to the database, as soon as one of them reads rows.
async fn terminate(acme: &TestTenant) {
    let begun = Instant::now();
    while with_superuser(&acme.app.database, TERMINATE).await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(60), "no download reads rows");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_that_breaks_off_has_no_last_chunk() {
    let acme = tenant_with_a_long_list().await;
    let folder = Folder::new();
    let mut command = folder.command_for(&acme.app.database.urls(), &["serve"]);
    command.env("AUTH_HS256_SECRET", String::from_utf8_lossy(SECRET).as_ref());
    let server = Program::start_with(&mut command);
    let head = acme.admin().request(Request::get(PATH)).body(()).expect("a request");
    let authorization = head.headers()["authorization"].to_str().expect("text").to_owned();
    let request = format!(
        "GET {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: {authorization}\r\n\r\n"
    );
    let read = |is_cut: bool| {
        let mut client = TcpStream::connect(&server.address).expect("a connection");
        client.set_read_timeout(Some(Duration::from_secs(40))).expect("a socket");
        client.write_all(request.as_bytes()).expect("a request");
        let mut part = [0; 1_000];
        client.read_exact(&mut part).expect("the beginning");
        if is_cut {
            let runtime = tokio::runtime::Handle::current();
            tokio::task::block_in_place(|| runtime.block_on(terminate(&acme)));
        }
        let mut rest = Vec::new();
        // A connection that is reset ends with an error.
        let _ = client.read_to_end(&mut rest);
        rest.ends_with(b"\r\n0\r\n\r\n")
    };
    assert!(read(false), "complete");
    assert!(!read(true), "cut");
}
