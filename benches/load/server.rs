//! The program that is measured, serving over a private PostgreSQL, and tokens for it.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use private_postgres::Urls;
use revshare::auth::token::jwt::JwtKeys;
use revshare::auth::{Identity, Role};
use revshare::primitives::id::TenantId;

use crate::postgres::ok;
use crate::process_stats::{resident_memory, stat};

const HS256_SECRET: &str = "the signing secret of the benchmark, which is public";

/// Set in the environment of this executable when it is started as the program.
const IS_PROGRAM: &str = "BENCH_IS_PROGRAM";

/// Returns whether this process is to be the program.
pub fn is_program() -> bool {
    std::env::var_os(IS_PROGRAM).is_some()
}

/// Returns a command that runs the program: this executable, or another build of the program to compare with.
///
/// Cargo gives the path of the program (`CARGO_BIN_EXE_revshare`) to the benchmarks of its own package only, and
/// would not build it for these.
fn program(urls: &Urls) -> Command {
    let this = || std::env::current_exe().expect("the path of this executable");
    let mut command = Command::new(std::env::var_os("PROGRAM").map_or_else(this, PathBuf::from));
    command
        .env(IS_PROGRAM, "1")
        .env("DATABASE_URL", &urls.serving)
        .env("MIGRATION_DATABASE_URL", &urls.owner);
    command
}

/// Runs a command of the program; panics with its output if it fails.
pub fn run_command(urls: &Urls, arguments: &[&str]) {
    let output = program(urls).args(arguments).output().expect("the program");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The running program.
pub struct Server {
    child: Child,
    /// Its URL, without a path.
    pub address: String,
    /// The time from its start until it was ready.
    pub startup_time: Duration,
}

impl Server {
    /// Starts the program with the settings of production, and waits until it is ready.
    pub fn start(urls: &Urls, log: &Path) -> Self {
        let started = Instant::now();
        let mut child = program(urls)
            .args(["--listen-addr", "127.0.0.1:0", "--log-format", "json", "serve"])
            .env("AUTH_HS256_SECRET", HS256_SECRET)
            .env("RUST_LOG", "info")
            // The limiter works as always, but the few users of the small dataset must not exceed it.
            .env("RATE_PARTNER", "1000000000")
            .stdout(Stdio::piped())
            .stderr(File::create(log).unwrap())
            .spawn()
            .expect("the program");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let health = lines.find_map(|line| Some(line.trim().strip_prefix("Health")?.trim().to_owned()));
        let health = health.expect("the address of the server");
        let address = health.trim_end_matches("/health").to_owned();
        let mut socket = TcpStream::connect(address.trim_start_matches("http://")).expect("a connection");
        write!(socket, "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut response = String::new();
        socket.read_to_string(&mut response).unwrap();
        assert!(response.starts_with("HTTP/1.1 200"), "{response}");
        Self { child, address, startup_time: started.elapsed() }
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
