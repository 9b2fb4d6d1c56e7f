//! Connections: stalled ones, slow ones, and what becomes of requests when the server is told to stop.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use diesel_async::SimpleAsyncConnection;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use revshare::access::{Identity, Role};
use revshare::id::TenantId;
use serde_json::json;

use crate::support::{Folder, Program, SECRET, TestApp, superuser};

/// The first line that a server answers to a request in so many words; empty if it only hangs up.
fn sent(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(40))).expect("a socket");
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an end");
    String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
}

fn get(address: &str, path: &str) -> String {
    sent(address, &format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
}

#[test]
fn stalled_connections_keep_nobody_from_being_answered_and_are_closed() {
    let folder = Folder::new();
    let server = Program::start(&folder);
    let beginnings = ["", "P", "PRI * HTTP/2", "GET /livez HTTP/1.1\r\nHost: x\r\n", "POST"];
    let mut stalled: Vec<_> = (0..200)
        .map(|n| {
            let mut stream = TcpStream::connect(&server.address).expect("a connection");
            stream.write_all(beginnings[n % beginnings.len()].as_bytes()).expect("a beginning");
            stream
        })
        .collect();
    assert_eq!(get(&server.address, "/livez"), "HTTP/1.1 200 OK");
    assert_eq!(server.paste(&server.curls[0])["errors"], json!(null));
    let token =
        server.curls[0].split("Bearer ").nth(1).and_then(|rest| rest.split('\'').next()).expect("a token");
    let without_its_body = format!(
        "POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Authorization: Bearer {token}\r\nContent-Length: 100\r\n\r\n{{"
    );
    assert_eq!(sent(&server.address, &without_its_body), "HTTP/1.1 408 Request Timeout");
    for stream in &mut stalled {
        stream.set_read_timeout(Some(Duration::from_secs(40))).expect("a socket");
        let mut rest = Vec::new();
        // Closed, perhaps with a word of why.
        let _ = stream.read_to_end(&mut rest);
        assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&rest));
    }
    assert!(server.signal(Signal::SIGTERM).success());
}

/// A program that may have so many files open, and could raise that to so many.
fn program_with_files(folder: &Folder, soft: u32, hard: u32) -> Program {
    let program = folder.command(&["serve"]);
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("ulimit -Sn {soft} && ulimit -Hn {hard} && exec \"$0\" \"$@\"")]);
    shell.arg(program.get_program()).args(program.get_args()).env("RUST_LOG", "warn");
    for (name, value) in program.get_envs().filter(|(name, _)| *name != "RUST_LOG") {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    Program::start_with(&mut shell)
}

#[test]
fn as_many_connections_are_kept_as_the_system_lets_files_be_open() {
    let folder = Folder::new();
    let said = || std::fs::read_to_string(folder.0.with_extension("log")).expect("a log");
    let idle = |server: &Program, count: usize| -> Vec<_> {
        (0..count).map(|_| TcpStream::connect(&server.address).expect("a connection")).collect()
    };
    let server = program_with_files(&folder, 100, 400);
    let open = idle(&server, 150);
    assert_eq!(get(&server.address, "/readyz"), "HTTP/1.1 200 OK", "beside {} others", open.len());
    assert!(server.signal(Signal::SIGTERM).success());
    assert!(said().contains("too few files"), "a thousand are wanted: {}", said());
    let server = program_with_files(&folder, 128, 128);
    let open = idle(&server, 80);
    let waits = std::thread::spawn({
        let address = server.address.clone();
        move || get(&address, "/readyz")
    });
    std::thread::sleep(Duration::from_secs(1));
    assert!(!waits.is_finished(), "all places are taken");
    drop(open);
    assert_eq!(waits.join().expect("an answer"), "HTTP/1.1 200 OK");
    assert!(server.signal(Signal::SIGTERM).success());
    assert!(!said().contains("cannot accept"), "{}", said());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_is_finished_although_client_and_server_go() {
    let app = TestApp::new().await;
    let acme = app.tenant("acme").await;
    let partner = acme.create_partner("before").await;
    let urls = app.database.urls();
    let folder = Folder::new();
    let mut command = folder.command(&["serve"]);
    command.env("DATABASE_URL", urls.serving).env("MIGRATION_DATABASE_URL", urls.owner);
    let mut server =
        Program::start_with(command.env("AUTH_HS256_SECRET", String::from_utf8_lossy(SECRET).as_ref()));
    let identity = Identity::operator(TenantId("acme".to_owned()), "adam", Role::Admin);
    let token = app
        .tokens
        .mint(&identity, Duration::from_secs(60))
        .map_err(|error| error.describe())
        .expect("a token");
    // Somebody else holds the partner's row.
    let mut holder = superuser(&app.database).await;
    holder.batch_execute("BEGIN; SELECT * FROM partners FOR UPDATE").await.expect("a lock");
    let mutation = format!(
        "mutation{{updatePartner(input:{{id:\"{partner}\",companyName:\"after\"}}){{partner{{id}}}}}}"
    );
    let body = json!({ "query": mutation }).to_string();
    let request = format!(
        "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer {token}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut client = TcpStream::connect(&server.address).expect("a connection");
    client.write_all(request.as_bytes()).expect("a request");
    wait_for_a_lock(&app).await;
    drop(client);
    let pid = Pid::from_raw(i32::try_from(server.process.id()).expect("a process"));
    kill(pid, Signal::SIGTERM).expect("a signal");
    let begun = Instant::now();
    while get(&server.address, "/readyz") != "HTTP/1.1 503 Service Unavailable" {
        assert!(begun.elapsed() < Duration::from_secs(10), "it is still ready");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(get(&server.address, "/livez"), "HTTP/1.1 200 OK");
    assert_eq!(sent(&server.address, &request), "HTTP/1.1 503 Service Unavailable");
    holder.batch_execute("COMMIT").await.expect("the lock's end");
    assert!(server.process.wait().expect("an end").success());
    let name = acme.admin().query("{partners{nodes{companyName}}}").await.data();
    assert_eq!(name["partners"]["nodes"][0]["companyName"], "after");
}

/// Waits until a statement waits for a lock.
async fn wait_for_a_lock(app: &TestApp) {
    let begun = Instant::now();
    let waits = "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'
        AND datname = current_database()) THEN RAISE 'nobody waits'; END IF; END $$";
    while crate::support::with_superuser(&app.database, waits).await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(10), "nobody waits for the lock");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
