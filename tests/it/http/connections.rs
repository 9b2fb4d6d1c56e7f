//! Connections of the program: stalled ones, too many, and requests in flight when client or server go away.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use diesel_async::SimpleAsyncConnection;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use revshare::auth::{Identity, Role};
use revshare::primitives::id::TenantId;
use serde_json::json;

use crate::support::{Folder, Program, SECRET, TestApp, ok, superuser, with_superuser};

const TIMEOUT: Duration = Duration::from_secs(40);

/// Sends a raw request and returns the status line, or an empty string if the server only closes the connection.
fn exchange(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(TIMEOUT)).expect("a socket");
    stream.write_all(request.as_bytes()).expect("a request");
    let mut response = Vec::new();
    stream.read_to_end(&mut response).expect("the end of the response");
    String::from_utf8_lossy(&response).lines().next().unwrap_or_default().to_owned()
}

fn get(address: &str, path: &str) -> String {
    exchange(address, &format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
}

/// Returns a GraphQL request that announces a body of `length` bytes and sends `body`.
fn post(token: &str, length: usize, body: &str) -> String {
    format!(
        "POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Authorization: Bearer {token}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

#[test]
fn stalled_connections_are_closed_and_do_not_block_others() {
    let folder = Folder::new();
    let server = Program::start(&folder);
    let incomplete = ["", "P", "PRI * HTTP/2", "GET /livez HTTP/1.1\r\nHost: x\r\n", "POST"];
    let open_stalled = |n: usize| {
        let mut stream = TcpStream::connect(&server.address).expect("a connection");
        stream.write_all(incomplete[n % incomplete.len()].as_bytes()).expect("the start of a request");
        stream
    };
    let stalled: Vec<_> = (0..200).map(open_stalled).collect();
    assert_eq!(get(&server.address, "/livez"), "HTTP/1.1 200 OK");
    assert_eq!(server.paste(&server.curls[0])["errors"], json!(null));
    let incomplete_body = post(&folder.token("ada", "admin"), 100, "{");
    assert_eq!(exchange(&server.address, &incomplete_body), "HTTP/1.1 408 Request Timeout");
    for mut stream in stalled {
        stream.set_read_timeout(Some(TIMEOUT)).expect("a socket");
        let mut rest = Vec::new();
        // The server may close the connection with or without a response.
        let _ = stream.read_to_end(&mut rest);
        assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&rest));
    }
    assert!(server.signal(Signal::SIGTERM).success());
}

/// Starts a server with these limits of open files; it may raise the soft limit to the hard one.
fn start_with_file_limits(folder: &Folder, soft: u32, hard: u32) -> Program {
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

fn open_connections(server: &Program, count: usize) -> Vec<TcpStream> {
    (0..count).map(|_| TcpStream::connect(&server.address).expect("a connection")).collect()
}

#[test]
fn the_server_raises_its_file_limit_and_warns_if_it_stays_low() {
    let folder = Folder::new();
    let server = start_with_file_limits(&folder, 100, 400);
    let _open = open_connections(&server, 150);
    assert_eq!(get(&server.address, "/readyz"), "HTTP/1.1 200 OK");
    assert!(server.signal(Signal::SIGTERM).success());
    let log = std::fs::read_to_string(folder.0.with_extension("log")).expect("a log");
    assert!(log.contains("the limit of open files is too low"), "{log}");
}

#[test]
fn connections_beyond_the_file_limit_get_503_instead_of_failing() {
    let folder = Folder::new();
    let server = start_with_file_limits(&folder, 128, 128);
    let open = open_connections(&server, 200);
    assert_eq!(get(&server.address, "/readyz"), "HTTP/1.1 200 OK");
    assert_eq!(get(&server.address, "/sign-in/options"), "HTTP/1.1 503 Service Unavailable");
    drop(open);
    let begun = Instant::now();
    while get(&server.address, "/sign-in/options") != "HTTP/1.1 200 OK" {
        assert!(begun.elapsed() < Duration::from_secs(5), "closed connections still count");
    }
    assert!(server.signal(Signal::SIGTERM).success());
    let log = std::fs::read_to_string(folder.0.with_extension("log")).expect("a log");
    assert!(!log.contains("cannot accept"), "{log}");
    assert_eq!(log.matches("too many connections").count(), 1, "{log}");
}

#[test]
fn a_flood_of_readiness_probes_is_answered_from_one_check() {
    let folder = Folder::new();
    // All clients of this test have one address.
    let server = Program::start_with(folder.command(&["serve"]).env("LIMIT_CONNECTIONS_PER_ADDRESS", "0"));
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let ask = || assert_eq!(get(&server.address, "/readyz"), "HTTP/1.1 200 OK");
        let clients: Vec<_> = (0..200).map(|_| scope.spawn(ask)).collect();
        // Clients that leave at once do not interrupt the check that others wait for.
        for _ in 0..200 {
            let mut stream = TcpStream::connect(&server.address).expect("a connection");
            stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n").expect("a request");
        }
        clients.into_iter().for_each(|client| client.join().expect("an answer"));
    });
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(server.signal(Signal::SIGTERM).success());
}

const RENAME_PARTNER: &str = r#"
    mutation ($id: ID!) {
        updatePartner(input: { id: $id, companyName: "after" }) { partner { id } }
    }"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_mutation_in_flight_completes_although_the_client_disconnects_and_the_server_shuts_down() {
    let app = TestApp::new().await;
    let acme = app.tenant("acme").await;
    let partner = acme.create_partner("before").await;
    let folder = Folder::new();
    let mut command = folder.command_for(&app.database.urls(), &["serve"]);
    command.env("AUTH_HS256_SECRET", String::from_utf8_lossy(SECRET).as_ref());
    let mut server = Program::start_with(&mut command);
    let identity = Identity::operator(TenantId("acme".to_owned()), "adam", Role::Admin);
    let token = ok(app.tokens.sign(&identity, Duration::from_secs(60)));

    // A lock on the row keeps the mutation in flight.
    let mut holder = superuser(&app.database).await;
    holder.batch_execute("BEGIN; SELECT * FROM partners FOR UPDATE").await.expect("a lock");
    let body = json!({ "query": RENAME_PARTNER, "variables": { "id": partner } }).to_string();
    let request = post(&token, body.len(), &body);
    let mut client = TcpStream::connect(&server.address).expect("a connection");
    client.write_all(request.as_bytes()).expect("a request");
    wait_for_a_blocked_statement(&app).await;
    drop(client);
    let pid = Pid::from_raw(i32::try_from(server.process.id()).expect("a process"));
    kill(pid, Signal::SIGTERM).expect("a signal");

    let begun = Instant::now();
    while get(&server.address, "/readyz") != "HTTP/1.1 503 Service Unavailable" {
        assert!(begun.elapsed() < Duration::from_secs(10), "it is still ready");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(get(&server.address, "/livez"), "HTTP/1.1 200 OK");
    assert_eq!(exchange(&server.address, &request), "HTTP/1.1 503 Service Unavailable");
    holder.batch_execute("COMMIT").await.expect("the end of the lock");
    assert!(server.process.wait().expect("an exit").success());
    let data = acme.admin().query("{ partners { nodes { companyName } } }").await.data();
    assert_eq!(data["partners"]["nodes"][0]["companyName"], "after");
}

async fn wait_for_a_blocked_statement(app: &TestApp) {
    let begun = Instant::now();
    let assert_blocked = "DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database())
            THEN RAISE 'no statement is blocked'; END IF;
        END $$";
    while with_superuser(&app.database, assert_blocked).await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(10), "no statement is blocked");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
