//! A private PostgreSQL with default settings, and access to it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use private_postgres::{Started, Urls};
use revshare::primitives::error::Error;

use crate::process_stats::{all_processes, stat};

/// Settings of the program's connections, which those of the thin service have as well.
pub const CONNECTION_SETTINGS: &str = "-c jit=off -c TimeZone=UTC";
/// Begins every entry of PostgreSQL's log: an entry can have several lines.
pub const LOG_PREFIX: &str = "@@ ";

/// Returns the value; panics with the description of the error.
pub fn ok<T>(result: Result<T, Error>) -> T {
    result.map_err(|error| error.describe()).expect("no error")
}

/// A database of the server.
#[derive(Clone)]
pub struct Database {
    pub urls: Urls,
    pub superuser_url: String,
}

/// The running PostgreSQL.
pub struct Postgres {
    server: Box<private_postgres::Server>,
    folder: PathBuf,
    postmaster: u32,
}

impl Postgres {
    /// Starts PostgreSQL.
    pub async fn start() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("load-postgres");
        let prefix = format!("log_line_prefix={LOG_PREFIX}");
        let started = private_postgres::start(&folder, &[&prefix, "max_wal_size=4GB"]).await;
        let Started::Started(server) = started.expect("a server") else {
            panic!("another benchmark is running");
        };
        let data = psql(&server.superuser_url("postgres"), "SHOW data_directory");
        let pid_file = fs::read_to_string(Path::new(data.trim()).join("postmaster.pid")).expect("a pid file");
        let postmaster = pid_file.lines().next().and_then(|pid| pid.trim().parse().ok()).expect("a pid");
        Self { server, folder, postmaster }
    }

    /// Returns the folder of the server, for files that are needed for a while.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Executes statements as superuser, outside of the databases that are measured; returns their output.
    pub fn execute(&self, sql: &str) -> String {
        psql(&self.server.superuser_url("postgres"), sql)
    }

    /// Returns a database of the server, which need not exist yet.
    pub fn database(&self, name: &str) -> Database {
        Database { urls: self.server.urls_of(name), superuser_url: self.server.superuser_url(name) }
    }

    /// Creates a database as a copy of another one, which replaces an earlier one of this name.
    pub fn copy(&self, template: &str, name: &str) -> Database {
        self.execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        self.execute(&format!(
            "CREATE DATABASE {name} OWNER revshare TEMPLATE {template} STRATEGY file_copy"
        ));
        self.execute("CHECKPOINT");
        self.database(name)
    }

    /// Turns the log of statements on or off.
    pub async fn log_statements(&self, is_on: bool) {
        let level = if is_on { "all" } else { "none" };
        self.execute(&format!("ALTER SYSTEM SET log_statement = '{level}'"));
        self.execute("SELECT pg_reload_conf()");
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    }

    /// Returns the number of entries of the log so far that are statements.
    pub fn logged_statements(&self) -> usize {
        let log = fs::read(self.folder.join("postgres.log")).unwrap();
        let entries = String::from_utf8_lossy(&log);
        let is_statement =
            |entry: &&str| entry.starts_with("LOG:  statement: ") || entry.starts_with("LOG:  execute ");
        entries.split(LOG_PREFIX).filter(is_statement).count()
    }

    /// Returns the CPU time that all processes of the server have used so far.
    pub fn cpu_seconds(&self) -> f64 {
        let postmaster =
            stat(self.postmaster).map_or(0.0, |stat| stat.cpu_seconds + stat.ended_children_cpu_seconds);
        let children = all_processes().into_iter().filter_map(stat);
        let children = children.filter(|stat| stat.parent == self.postmaster);
        postmaster + children.map(|stat| stat.cpu_seconds).sum::<f64>()
    }

    /// Stops the server.
    pub fn stop(self) {
        self.server.stop();
    }
}

/// Returns the path of a client program of PostgreSQL: from the folder of the running server, or else from `PATH`.
pub fn client_program(name: &str) -> PathBuf {
    let beside_server = all_processes().into_iter().find_map(|pid| {
        let program = fs::read_link(format!("/proc/{pid}/exe")).ok()?;
        program.ends_with("postgres").then(|| program.with_file_name(name))
    });
    beside_server.filter(|program| program.exists()).unwrap_or_else(|| PathBuf::from(name))
}

/// Runs a script in psql; returns its output, values only. Panics with the messages if it fails.
pub fn psql(url: &str, script: &str) -> String {
    let mut child = Command::new(client_program("psql"))
        .env("PGOPTIONS", CONNECTION_SETTINGS)
        .args(["-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("psql");
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
