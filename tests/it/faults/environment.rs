//! Two servers behind a proxy over one database, and the faults that can be injected into them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use private_postgres::Urls;
use revshare::auth::token::jwt::JwtKeys;
use revshare::auth::{Identity, Role};
use revshare::primitives::id::TenantId;
use serde_json::{Value, json};

use super::database::Database;
use super::proxy::{Cut, Proxy};
use crate::support::{Folder, Program, SECRET, ok, output_text};

/// How long a request or a recovery may take.
const TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A connection to the database is cut.
    Cut(Cut),
    /// The database terminates a connection.
    Terminate,
    /// A backend process is killed, upon which PostgreSQL restarts all of them.
    KillBackend,
    /// The database's postmaster receives a signal: SIGKILL, or for an immediate or a fast shutdown.
    Database(Signal),
    /// A server receives a signal, and is started again.
    Server(Signal),
}

/// The order in which faults are injected, again and again.
pub const FAULTS: [Fault; 16] = [
    Fault::Cut(Cut::AfterCommit),
    Fault::Terminate,
    Fault::Server(Signal::SIGKILL),
    Fault::Cut(Cut::BeforeCommit),
    Fault::Cut(Cut::AfterCommit),
    Fault::KillBackend,
    Fault::Cut(Cut::Anywhere),
    Fault::Cut(Cut::AfterCommit),
    Fault::Server(Signal::SIGTERM),
    Fault::Database(Signal::SIGKILL),
    Fault::Terminate,
    Fault::Cut(Cut::AfterCommit),
    Fault::Database(Signal::SIGQUIT),
    Fault::Terminate,
    Fault::Cut(Cut::Anywhere),
    Fault::Database(Signal::SIGINT),
];

/// The servers and their database, with the tenant "storm" that is paid in EUR.
pub struct Environment {
    // Dropped in this order.
    servers: [Mutex<Option<Program>>; 2],
    addresses: [Mutex<String>; 2],
    proxy: Proxy,
    folder: Folder,
    token: String,
    pub database: Database,
    /// The longest time that the servers took to be ready after the database was, in milliseconds.
    pub slowest_recovery: AtomicU64,
}

pub struct Response {
    pub status: u16,
    pub body: Value,
}

impl Environment {
    pub fn new() -> Self {
        let database = Database::start();
        let (proxy, folder) = (Proxy::to(&database.urls().serving), Folder::new());
        let environment = Self {
            servers: Default::default(),
            addresses: Default::default(),
            proxy,
            folder,
            token: admin_token(),
            database,
            slowest_recovery: AtomicU64::new(0),
        };
        let create = environment.command(&["tenant", "create", "storm", "--currency", "EUR"]).output();
        let created = create.expect("a program");
        assert!(created.status.success(), "{}", output_text(&created));
        (0..2).for_each(|n| environment.start_server(n));
        environment
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let serving = self.proxy.url("revshare_app", "revshare");
        let urls = Urls { serving, owner: self.database.urls().owner.clone() };
        let mut command = self.folder.command_for(&urls, arguments);
        command.env("AUTH_HS256_SECRET", String::from_utf8_lossy(SECRET).as_ref()).env("RUST_LOG", "warn");
        command
    }

    fn start_server(&self, n: usize) {
        self.proxy.disarm();
        let server = Program::start_with(&mut self.command(&["serve"]));
        *self.addresses[n].lock().expect("an address") = server.address.clone();
        *self.servers[n].lock().expect("a server") = Some(server);
    }

    /// Sends a GraphQL request to one of the servers; `None` if no complete response arrives.
    pub fn query(&self, server: usize, query: &str, variables: &Value) -> Option<Response> {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let head = format!(
            "POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Authorization: Bearer {}\r\nContent-Length: {}\r\n\r\n",
            self.token,
            body.len()
        );
        let (status, body) = self.exchange(server, &(head + &body))?;
        Some(Response { status, body: serde_json::from_str(&body).ok()? })
    }

    /// Sends a raw request and returns the status and the body of the response.
    fn exchange(&self, server: usize, request: &str) -> Option<(u16, String)> {
        let address = self.addresses[server].lock().expect("an address").clone();
        let mut stream = TcpStream::connect(address).ok()?;
        stream.set_read_timeout(Some(TIMEOUT)).ok()?;
        stream.write_all(request.as_bytes()).ok()?;
        let mut response = String::new();
        stream.read_to_string(&mut response).ok()?;
        let (head, body) = response.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }

    /// Injects a fault and waits until database and servers have recovered from it.
    pub fn inject(&self, fault: Fault) {
        match fault {
            Fault::Cut(cut) => self.proxy.cut(cut),
            Fault::Terminate => self.database.terminate_backend(),
            Fault::KillBackend => self.database.kill_backend(),
            Fault::Database(signal) => self.database.signal_postmaster(signal),
            Fault::Server(signal) => self.restart_a_server(signal),
        }
        if matches!(fault, Fault::KillBackend | Fault::Database(_)) {
            std::thread::sleep(Duration::from_millis(100));
            self.database.wait_until_ready();
            self.wait_until_ready();
        }
    }

    fn restart_a_server(&self, signal: Signal) {
        let n = usize::from(rand::random::<bool>());
        let server = self.servers[n].lock().expect("a server").take().expect("a server");
        let status = server.signal(signal);
        assert!(signal == Signal::SIGKILL || status.success(), "the shutdown failed: {status}");
        self.start_server(n);
    }

    fn wait_until_ready(&self) {
        let begun = Instant::now();
        for server in 0..2 {
            let readyz = "GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
            while self.exchange(server, readyz).is_none_or(|(status, _)| status != 200) {
                assert!(begun.elapsed() < TIMEOUT, "server {server} is not ready");
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.slowest_recovery.fetch_max(took, Ordering::Relaxed);
    }

    /// Discards the faults that have not happened yet and waits until everything is ready.
    pub fn recover(&self) {
        self.proxy.disarm();
        self.database.wait_until_ready();
        self.wait_until_ready();
    }

    /// Returns how many connections were cut.
    pub fn cuts(&self) -> usize {
        self.proxy.cuts()
    }

    /// Shuts the servers down, and requires `revshare reconcile` to find the books balanced.
    pub fn shut_down(&self) {
        for server in &self.servers {
            let server = server.lock().expect("a server").take().expect("a server");
            assert!(server.signal(Signal::SIGTERM).success());
        }
        let reconciled = self.command(&["reconcile"]).output().expect("a program");
        assert!(reconciled.status.success(), "{}", output_text(&reconciled));
    }
}

fn admin_token() -> String {
    let identity = Identity::operator(TenantId("storm".to_owned()), "ada", Role::Admin);
    ok(ok(JwtKeys::with_secret(SECRET, None, None)).sign(&identity, Duration::from_secs(20 * 3_600)))
}
