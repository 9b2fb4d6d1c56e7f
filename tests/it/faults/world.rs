//! Two servers over one database, the way between them, and everything that may befall them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use revshare::access::token::Tokens;
use revshare::access::{Identity, Role};
use revshare::id::TenantId;
use serde_json::{Value, json};

use super::database::Database;
use super::proxy::{Cut, Proxy};
use crate::support::{Folder, Program, SECRET, output_text};

/// How long anything may take that should take a moment.
const WITHIN: Duration = Duration::from_secs(30);

/// What may befall them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Connections are cut.
    Cut(Cut),
    /// The database ends a connection.
    Terminate,
    /// A process of the database is killed: all of them start anew.
    KillBackend,
    /// The database gets a signal: killed, stopped at once, or stopped in order.
    Database(Signal),
    /// A server gets a signal, and is started again.
    Server(Signal),
}

/// In which order they come, again and again.
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

/// The servers and their database.
pub struct World {
    // Dropped in this order.
    servers: [Mutex<Option<Program>>; 2],
    addresses: [Mutex<String>; 2],
    proxy: Proxy,
    folder: Folder,
    token: String,
    pub database: Database,
    /// The longest that a server took to be ready after its database was back, in milliseconds.
    pub ready_after: AtomicU64,
}

impl World {
    /// Two servers, with a tenant that is paid in EUR.
    pub fn new() -> Self {
        let database = Database::start();
        let (proxy, folder) = (Proxy::to(&database.urls().serving), Folder::new());
        let tokens = Tokens::new(SECRET, None, None).map_err(|error| error.describe()).expect("tokens");
        let identity = Identity::operator(TenantId("storm".to_owned()), "ada", Role::Admin);
        let token = tokens.mint(&identity, Duration::from_secs(20 * 3_600));
        let world = Self {
            servers: Default::default(),
            addresses: Default::default(),
            proxy,
            folder,
            token: token.map_err(|error| error.describe()).expect("a token"),
            database,
            ready_after: AtomicU64::new(0),
        };
        let made =
            world.command(&["tenant", "create", "storm", "--currency", "EUR"]).output().expect("a program");
        assert!(made.status.success(), "{}", output_text(&made));
        (0..2).for_each(|n| world.start(n));
        world
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = self.folder.command(arguments);
        command
            .env("DATABASE_URL", self.proxy.url("revshare_app", "revshare"))
            .env("MIGRATION_DATABASE_URL", &self.database.urls().owner)
            .env("AUTH_HS256_SECRET", String::from_utf8_lossy(SECRET).as_ref())
            .env("RUST_LOG", "warn");
        command
    }

    fn start(&self, n: usize) {
        self.proxy.disarm();
        let server = Program::start_with(&mut self.command(&["serve"]));
        *self.addresses[n].lock().expect("an address") = server.address.clone();
        *self.servers[n].lock().expect("a server") = Some(server);
    }

    /// Sends a request to one of the servers; answers nothing if no whole answer came.
    pub fn query(&self, n: usize, query: &str, variables: &Value) -> Option<(u16, Value)> {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let head = format!(
            "POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Authorization: Bearer {}\r\nContent-Length: {}\r\n\r\n",
            self.token,
            body.len()
        );
        let (status, body) = self.send(n, &(head + &body))?;
        Some((status, serde_json::from_str(&body).ok()?))
    }

    fn send(&self, n: usize, request: &str) -> Option<(u16, String)> {
        let address = self.addresses[n].lock().expect("an address").clone();
        let mut stream = TcpStream::connect(address).ok()?;
        stream.set_read_timeout(Some(WITHIN)).ok()?;
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }

    /// Has one thing befall them, and waits until they are well again.
    pub fn strike(&self, fault: Fault) {
        match fault {
            Fault::Cut(cut) => self.proxy.cut(cut),
            Fault::Terminate => self.database.terminate_backend(),
            Fault::KillBackend => self.database.kill_backend(),
            Fault::Database(signal) => self.database.signal(signal),
            Fault::Server(signal) => {
                let n = usize::from(rand::random::<bool>());
                let server = self.servers[n].lock().expect("a server").take().expect("a server");
                let status = server.signal(signal);
                assert!(signal == Signal::SIGKILL || status.success(), "it stopped in order");
                self.start(n);
            }
        }
        if matches!(fault, Fault::KillBackend | Fault::Database(_)) {
            std::thread::sleep(Duration::from_millis(100));
            self.database.wait();
            self.wait();
        }
    }

    /// Waits until both servers are ready.
    pub fn wait(&self) {
        let begun = Instant::now();
        for n in 0..2 {
            let ready = "GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
            while self.send(n, ready).is_none_or(|(status, _)| status != 200) {
                assert!(begun.elapsed() < WITHIN, "a server is not ready again");
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.ready_after.fetch_max(took, Ordering::Relaxed);
    }

    /// Lets nothing more befall them.
    pub fn calm(&self) {
        self.proxy.disarm();
        self.database.wait();
        self.wait();
    }

    /// How many connections were cut.
    pub fn cuts(&self) -> usize {
        self.proxy.cuts()
    }

    /// Stops the servers in order, which must say that the books agree.
    pub fn end(&self) {
        for server in &self.servers {
            let server = server.lock().expect("a server").take().expect("a server");
            assert!(server.signal(Signal::SIGTERM).success());
        }
        let reconciled = self.command(&["reconcile"]).output().expect("a program");
        assert!(reconciled.status.success(), "{}", output_text(&reconciled));
    }
}
