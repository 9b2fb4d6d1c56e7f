//! A PostgreSQL server that tests may kill: started and supervised by the product's own code.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use private_postgres::{self, Server, Started, Urls};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio_postgres::{NoTls, SimpleQueryMessage};

use crate::support::Folder;

/// How long crash recovery may take.
const RECOVERY_MAX: Duration = Duration::from_secs(60);

/// The server; stopped and deleted when dropped.
pub struct Database {
    /// `None` only while it is being dropped.
    server: Option<Arc<Server>>,
    supervisor: JoinHandle<()>,
    runtime: Runtime,
    urls: Urls,
    superuser_url: String,
    folder: Folder,
}

impl Database {
    /// Starts a server with durable commits, as in production.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server with further PostgreSQL settings, written as `name=value`.
    pub fn start_with(settings: &[&str]) -> Self {
        let folder = Folder::new();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let server = match runtime.block_on(private_postgres::start(&folder.0, settings)) {
            Ok(Started::Started(server)) => Arc::new(*server),
            Ok(Started::AlreadyRunning { .. }) => panic!("another process uses the data folder"),
            Err(error) => panic!("{error}"),
        };
        let supervised = Arc::clone(&server);
        let supervisor = runtime.spawn(async move {
            supervised.supervise().await;
        });
        let (urls, superuser_url) = (server.urls(), server.superuser_url("revshare"));
        Self { server: Some(server), supervisor, runtime, urls, superuser_url, folder }
    }

    pub fn urls(&self) -> &Urls {
        &self.urls
    }

    /// Runs SQL as superuser and returns the rows as text, or `None` while the server is unavailable.
    pub fn query(&self, sql: &str) -> Option<Vec<Vec<String>>> {
        let messages = self.runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(&self.superuser_url, NoTls).await?;
            tokio::spawn(connection);
            client.simple_query(sql).await
        });
        let rows = messages.ok()?.into_iter().filter_map(|message| {
            let SimpleQueryMessage::Row(row) = message else { return None };
            Some((0..row.len()).map(|n| row.get(n).unwrap_or_default().to_owned()).collect())
        });
        Some(rows.collect())
    }

    /// Returns the number that a `SELECT count(*)` finds.
    pub fn count(&self, sql: &str) -> usize {
        self.query(sql).expect("rows")[0][0].parse().expect("a count")
    }

    pub fn data_folder(&self) -> PathBuf {
        self.folder.cluster().join("data")
    }

    /// Requires a password of the serving role over the socket, and adds further lines to `pg_hba.conf`.
    pub fn require_password(&self, password: &str, further_rules: &str) {
        self.query(&format!("ALTER ROLE revshare_app PASSWORD '{password}'")).expect("a password");
        let path = self.data_folder().join("pg_hba.conf");
        let rules = std::fs::read_to_string(&path).expect("rules");
        let rules = format!("local all revshare_app scram-sha-256\n{further_rules}\n{rules}");
        std::fs::write(&path, rules).expect("rules");
        self.query("SELECT pg_reload_conf()").expect("a reload");
        while self.query("SELECT 1 FROM pg_hba_file_rules WHERE auth_method = 'scram-sha-256'").is_none() {
            std::thread::sleep(Duration::from_millis(20));
        }
        // The postmaster applies them a moment later.
        std::thread::sleep(Duration::from_millis(500));
    }

    /// Waits until the server accepts queries.
    pub fn wait_until_ready(&self) {
        let begun = Instant::now();
        while self.query("SELECT 1").is_none() {
            assert!(begun.elapsed() < RECOVERY_MAX, "the database did not recover");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn signal_postmaster(&self, signal: Signal) {
        if let Some(postmaster) = self.folder.postmaster() {
            let _ = kill(postmaster, signal);
        }
    }

    pub fn signal_all_processes(&self, signal: Signal) {
        let postmaster = self.folder.postmaster().expect("a PostgreSQL");
        let children = std::fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children"));
        let children = children.expect("its processes");
        let children = children.split_whitespace().map(|pid| Pid::from_raw(pid.parse().expect("a number")));
        for process in children.chain([postmaster]) {
            let _ = kill(process, signal);
        }
    }

    /// Kills the backend process of one of the servers' connections, which makes PostgreSQL restart all of them.
    pub fn kill_backend(&self) {
        let pid = self.for_one_backend("pid");
        if let Some(pid) = pid.and_then(|pid| pid.parse().ok()) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }

    /// Terminates one of the servers' connections.
    pub fn terminate_backend(&self) {
        self.for_one_backend("pg_terminate_backend(pid)");
    }

    /// Evaluates an expression for one of the servers' connections, preferably an active one.
    fn for_one_backend(&self, expression: &str) -> Option<String> {
        let rows = self.query(&format!(
            "SELECT {expression} FROM (SELECT pid FROM pg_stat_activity WHERE usename = 'revshare_app'
             ORDER BY state <> 'active', random() LIMIT 1) AS one"
        ));
        rows?.pop()?.pop()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.supervisor.abort();
        while !self.supervisor.is_finished() {
            std::thread::sleep(Duration::from_millis(10));
        }
        if let Some(server) = self.server.take().and_then(Arc::into_inner) {
            server.stop();
        }
    }
}
