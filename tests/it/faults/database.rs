//! A database that may be killed: a private PostgreSQL of its own, kept running by the product's own code.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use revshare::postgres::{self, Server, Started, Urls};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio_postgres::{NoTls, SimpleQueryMessage};

use crate::support::Folder;

/// How long PostgreSQL may take to come back from a crash.
const BACK_WITHIN: Duration = Duration::from_secs(60);

/// The database, gone when dropped.
pub struct Database {
    /// There until it is dropped.
    server: Option<Arc<Server>>,
    keeper: JoinHandle<()>,
    runtime: Runtime,
    urls: Urls,
    superuser_url: String,
    folder: Folder,
}

impl Database {
    /// Starts one that keeps what it has acknowledged, as in production.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with further settings of PostgreSQL.
    pub fn start_with(settings: &[&str]) -> Self {
        let folder = Folder::new();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let server = match runtime.block_on(postgres::start(&folder.0, settings)) {
            Ok(Started::Ours(server)) => Arc::new(*server),
            Ok(Started::Theirs { .. }) => panic!("somebody else's database"),
            Err(error) => panic!("{}", error.describe()),
        };
        let kept = Arc::clone(&server);
        let keeper = runtime.spawn(async move {
            kept.keep().await;
        });
        let (urls, superuser_url) = (server.urls(), server.superuser_url("revshare"));
        Self { server: Some(server), keeper, runtime, urls, superuser_url, folder }
    }

    /// The URLs of its database.
    pub fn urls(&self) -> &Urls {
        &self.urls
    }

    /// What a query finds, as text; `None` while the database is away.
    pub fn rows(&self, query: &str) -> Option<Vec<Vec<String>>> {
        let found = self.runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(&self.superuser_url, NoTls).await?;
            tokio::spawn(connection);
            client.simple_query(query).await
        });
        let rows = found.ok()?.into_iter().filter_map(|message| {
            let SimpleQueryMessage::Row(row) = message else { return None };
            Some((0..row.len()).map(|n| row.get(n).unwrap_or_default().to_owned()).collect())
        });
        Some(rows.collect())
    }

    /// Where its data is.
    pub fn data(&self) -> PathBuf {
        self.folder.cluster().join("data")
    }

    /// Lets the role that serves in with a password only, and otherwise by further rules.
    pub fn must_show_password(&self, password: &str, further: &str) {
        self.rows(&format!("ALTER ROLE revshare_app PASSWORD '{password}'")).expect("a password");
        let path = self.data().join("pg_hba.conf");
        let rules = std::fs::read_to_string(&path).expect("rules");
        std::fs::write(&path, format!("local all revshare_app scram-sha-256\n{further}\n{rules}"))
            .expect("rules");
        self.rows("SELECT pg_reload_conf()").expect("other rules");
        while self.rows("SELECT 1 FROM pg_hba_file_rules WHERE auth_method = 'scram-sha-256'").is_none() {
            std::thread::sleep(Duration::from_millis(20));
        }
        // The postmaster reads them a moment later.
        std::thread::sleep(Duration::from_millis(500));
    }

    /// Waits until it answers.
    pub fn wait(&self) {
        let begun = Instant::now();
        while self.rows("SELECT 1").is_none() {
            assert!(begun.elapsed() < BACK_WITHIN, "the database does not come back");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Sends a signal to its postmaster.
    pub fn signal(&self, signal: Signal) {
        if let Some(postmaster) = self.folder.postmaster() {
            let _ = kill(postmaster, signal);
        }
    }

    /// Sends a signal to all of its processes.
    pub fn signal_all(&self, signal: Signal) {
        let postmaster = self.folder.postmaster().expect("a PostgreSQL");
        let children = std::fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children"));
        let children = children.expect("its processes");
        let children = children.split_whitespace().map(|pid| Pid::from_raw(pid.parse().expect("a number")));
        for process in children.chain([postmaster]) {
            let _ = kill(process, signal);
        }
    }

    /// Kills the process behind one of the connections of those who serve.
    pub fn kill_backend(&self) {
        let pid = self.backend("pid");
        if let Some(pid) = pid.and_then(|pid| pid.parse().ok()) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }

    /// Has the database end one of the connections of those who serve.
    pub fn terminate_backend(&self) {
        self.backend("pg_terminate_backend(pid)");
    }

    fn backend(&self, what: &str) -> Option<String> {
        let rows = self.rows(&format!(
            "SELECT {what} FROM (SELECT pid FROM pg_stat_activity WHERE usename = 'revshare_app'
             ORDER BY state <> 'active', random() LIMIT 1) AS one"
        ));
        rows?.pop()?.pop()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.keeper.abort();
        while !self.keeper.is_finished() {
            std::thread::sleep(Duration::from_millis(10));
        }
        if let Some(server) = self.server.take().and_then(Arc::into_inner) {
            server.stop();
        }
    }
}
