//! The servers that are measured: the program, another build of it, and the thin service; and tokens for the program.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use revshare::auth::token::jwt::JwtKeys;
use revshare::auth::{Identity, Role};
use revshare::primitives::id::TenantId;

use crate::postgres::{Database, ok};
use crate::process_stats::{resident_memory, stat};

const HS256_SECRET: &str = "the signing secret of the benchmark, which is public";

/// 32 bytes in base64.
const SECRETS_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// Set in the environment of this executable when it is started as a server, to the name of the server.
const ROLE: &str = "BENCH_ROLE";

/// A server, by the executable that it is.
#[derive(Clone)]
pub enum Program {
    /// The program, which this executable contains.
    Present,
    /// Another build of the program.
    Other(PathBuf),
    /// The thin service, which this executable contains.
    Thin,
}

impl Program {
    /// Returns which server this process is to be, if any.
    pub fn of_this_process() -> Option<Self> {
        match std::env::var(ROLE).ok()?.as_str() {
            "thin" => Some(Self::Thin),
            _ => Some(Self::Present),
        }
    }

    /// Returns a command of the program over a database.
    ///
    /// This executable contains the program because Cargo gives the path of the program (`CARGO_BIN_EXE_revshare`)
    /// to the benchmarks of its own package only, and would not build it for these.
    fn command(&self, database: &Database) -> Command {
        let this = || std::env::current_exe().expect("the path of this executable");
        let (executable, role, url) = match self {
            Self::Present => (this(), "program", &database.urls.serving),
            Self::Other(path) => (path.clone(), "program", &database.urls.serving),
            Self::Thin => (this(), "thin", &database.superuser_url),
        };
        let mut command = Command::new(executable);
        command.env(ROLE, role).env("DATABASE_URL", url).env("MIGRATION_DATABASE_URL", &database.urls.owner);
        command
    }

    /// Runs a command of the program; panics with its output if it fails.
    pub fn run(&self, database: &Database, arguments: &[&str]) {
        let output = self.command(database).args(arguments).output().expect("the program");
        assert!(
            output.status.success(),
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// A running server.
pub struct Server {
    child: Child,
    /// The database that it serves.
    pub database: Database,
    /// Its URL, without a path.
    pub address: String,
    /// The time from its start until it was ready.
    pub startup_time: Duration,
}

impl Server {
    /// Starts a server with the settings of production, and waits until it is ready.
    pub fn start(program: &Program, database: Database, log: &Path) -> Self {
        let started = Instant::now();
        let mut child = program
            .command(&database)
            .args(["--listen-addr", "127.0.0.1:0", "--log-format", "json", "serve"])
            .env("AUTH_HS256_SECRET", HS256_SECRET)
            // Seals the secrets of webhooks; without it, a key would be made in the working folder.
            .env("SECRETS_KEY", SECRETS_KEY)
            .env("RUST_LOG", "info")
            // The limiter works as always, but the few users of the small dataset must not exceed it.
            .env("RATE_PARTNER", "1000000000")
            .stdout(Stdio::piped())
            .stderr(File::create(log).unwrap())
            .spawn()
            .expect("the program");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let health = lines.find_map(|line| Some(line.trim().strip_prefix("Health")?.trim().to_owned()));
        let health = health.unwrap_or_else(|| panic!("the server did not start: see {}", log.display()));
        let address = health.trim_end_matches("/health").to_owned();
        let mut socket = TcpStream::connect(address.trim_start_matches("http://")).expect("a connection");
        write!(socket, "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut response = String::new();
        socket.read_to_string(&mut response).unwrap();
        assert!(response.starts_with("HTTP/1.1 200"), "{response}");
        Self { child, database, address, startup_time: started.elapsed() }
    }

    /// Returns the CPU time used so far.
    pub fn cpu_seconds(&self) -> f64 {
        stat(self.child.id()).map_or(0.0, |stat| stat.cpu_seconds)
    }

    /// Returns the resident memory, in MiB.
    pub fn memory(&self) -> u64 {
        resident_memory(self.child.id())
    }

    /// Stops the server, and waits for its end.
    pub fn stop(mut self) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
        assert!(self.child.wait().unwrap().success(), "the program failed");
    }
}

/// A benchmark that panics leaves no server running.
impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

/// Returns a signed token of a user.
pub fn token(tenant: &str, user: &str, role: Role) -> String {
    let keys = ok(JwtKeys::with_secret(HS256_SECRET.as_bytes(), None, None));
    let identity = Identity::operator(TenantId(tenant.to_owned()), user, role);
    ok(keys.sign(&identity, Duration::from_secs(12 * 3_600)))
}
