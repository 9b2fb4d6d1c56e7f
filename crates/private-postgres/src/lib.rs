//! A private PostgreSQL server: the programs installed on this machine, a cluster in a folder, a Unix socket.
//!
//! It ends with the process that started it, even if that process is killed, and it also starts as root, by running
//! PostgreSQL as another account. `postgresql_embedded`, which can also start installed servers, does neither.

mod binaries;
mod cluster_dir;
mod error;
mod lock;
mod process;

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

pub use error::{Error, Result};
pub use lock::Lease;

use binaries::Binaries;
use cluster_dir::ClusterDir;
use lock::ServerLock;
use process::running_server;

/// The role that owns the database, and the name of the database: not a superuser, as in production.
const OWNER: &str = "revshare";
/// The role of the serving program: it owns nothing.
const SERVING: &str = "revshare_app";
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// How long another process may take to start its server, or to stop it.
const OTHER_TIMEOUT: Duration = Duration::from_secs(60);
/// How long the server of another process may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long the server may take to stop; then its processes are killed. Nothing that was committed is lost: the next
/// start recovers it from the write-ahead log.
pub const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// How long killed processes may take to end.
pub const KILL_TIMEOUT: Duration = Duration::from_secs(2);
/// How long the guard of an earlier process may take before its server is stopped without it.
const ORPHAN_GRACE: Duration = Duration::from_secs(5);
/// How often it is checked whether the server is running.
const CHECK_INTERVAL: Duration = Duration::from_millis(200);

/// Runs the server and stops it (SIGINT: fast shutdown) when standard input is closed, which happens when this process
/// ends, even by SIGKILL. The signal is repeated until the server has ended: one that is just starting does not handle
/// it yet. A shell, because no system call for this is both portable and safe.
const GUARD: &str = r#"
exec 3<&0
"$@" 3<&- </dev/null & server=$!
{ cat <&3 >/dev/null; while kill -INT "$server"; do sleep 1; done; } 2>/dev/null & watch=$!
exec 3<&-
wait "$server"; status=$?
kill "$watch" 2>/dev/null
exit "$status"
"#;

/// Settings for a cluster whose data need not survive a crash of the machine.
pub const THROWAWAY: &[&str] =
    &["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300"];

/// A running private PostgreSQL.
pub struct Server {
    guard: Mutex<Child>,
    directory: ClusterDir,
    binaries: Binaries,
    settings: Vec<String>,
    lock: ServerLock,
}

/// The result of starting the server of a data folder.
pub enum Started {
    /// The server was started by this process.
    Started(Box<Server>),
    /// Another process has started it.
    AlreadyRunning {
        /// The URLs of its database.
        urls: Urls,
        /// Keeps that process from stopping it, and has its id.
        lease: Lease,
    },
}

/// The URLs of a database.
#[derive(Clone, Debug)]
pub struct Urls {
    /// For the role of the serving program.
    pub serving: String,
    /// For the role that owns the tables.
    pub owner: String,
}

/// Starts the private PostgreSQL of a data folder with these settings (`name=value`), and creates both unless they
/// exist. While another process starts or stops it, waits for that.
pub async fn start(data_dir: &Path, settings: &[&str]) -> Result<Started> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data_dir)
        .map_err(|error| file_error(data_dir, &error))?;
    let data_dir = &data_dir.canonicalize().map_err(|error| file_error(data_dir, &error))?;
    let begun = Instant::now();
    let lock = loop {
        if let Some(lock) = ServerLock::take(data_dir)? {
            break lock;
        }
        if let Some((urls, lease)) = running_elsewhere(data_dir).await? {
            return Ok(Started::AlreadyRunning { urls, lease });
        }
        if begun.elapsed() > OTHER_TIMEOUT {
            return Err(Error::new(format!(
                "another process has been starting or stopping the PostgreSQL of {} for {} seconds; stop that process",
                data_dir.display(),
                OTHER_TIMEOUT.as_secs()
            )));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let directory = ClusterDir::prepare(data_dir)?;
    let binaries = Binaries::find(directory.version())?;
    create_cluster(&binaries, &directory)?;
    stop_orphaned_server(&directory)?;
    let settings: Vec<_> = settings.iter().copied().map(str::to_owned).collect();
    let guard = Mutex::new(spawn(&binaries, &directory, &settings)?);
    let mut server = Server { guard, directory, binaries, settings, lock };
    let prepared = server.prepare().await;
    if let Err(error) = prepared.and_then(|()| server.lock.announce()) {
        server.stop();
        return Err(error);
    }
    Ok(Started::Started(Box::new(server)))
}

/// Returns the database of the server that another process runs, once it accepts connections.
async fn running_elsewhere(data_dir: &Path) -> Result<Option<(Urls, Lease)>> {
    let Some(lease) = Lease::take(data_dir)? else { return Ok(None) };
    let urls = Urls::of(&ClusterDir::open(data_dir)?, OWNER);
    let connecting = AsyncPgConnection::establish(&urls.owner);
    let is_ready = tokio::time::timeout(CONNECT_TIMEOUT, connecting).await.is_ok_and(|opened| opened.is_ok());
    Ok(is_ready.then_some((urls, lease)))
}

impl Urls {
    fn of(directory: &ClusterDir, database: &str) -> Self {
        Self { serving: directory.url(SERVING, database), owner: directory.url(OWNER, database) }
    }
}

impl Server {
    /// Returns the URLs of the database.
    pub fn urls(&self) -> Urls {
        self.urls_of(OWNER)
    }

    /// Returns the URLs of another database of the cluster.
    pub fn urls_of(&self, database: &str) -> Urls {
        Urls::of(&self.directory, database)
    }

    /// Returns the URL of a database of the cluster for its superuser.
    pub fn superuser_url(&self, database: &str) -> String {
        self.directory.url("postgres", database)
    }

    /// Restarts the server whenever it ends unexpectedly, for as long as this future is polled.
    pub async fn supervise(&self) -> ! {
        loop {
            tokio::time::sleep(CHECK_INTERVAL).await;
            if !self.has_ended() {
                continue;
            }
            tracing::error!(log = %self.directory.log().display(), "the private PostgreSQL ended unexpectedly; restarting it");
            // All processes of the old server must have ended first; waiting for that blocks the thread.
            let started = tokio::task::block_in_place(|| {
                stop_orphaned_server(&self.directory)?;
                spawn(&self.binaries, &self.directory, &self.settings)
            });
            match started {
                Ok(guard) => *self.guard() = guard,
                Err(error) => {
                    tracing::error!(%error, "cannot restart the private PostgreSQL")
                }
            }
        }
    }

    fn guard(&self) -> MutexGuard<'_, Child> {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_ended(&self) -> bool {
        matches!(self.guard().try_wait(), Ok(Some(_)))
    }

    /// Waits until no other process uses the server, for at most 10 seconds. Then stops it and waits until it has, for at
    /// most [`STOP_TIMEOUT`]; then kills it and waits at most [`KILL_TIMEOUT`].
    pub fn stop(self) {
        self.lock.close();
        drop(self.guard().stdin.take());
        if !self.ends_within(STOP_TIMEOUT) {
            tracing::error!(
                within = ?STOP_TIMEOUT,
                "the private PostgreSQL did not stop in time; it is killed, and recovers at the next start"
            );
            // Once the guard has ended, another process may have its id.
            let guard = (!self.has_ended()).then(|| self.guard().id());
            let guard = guard.and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
            process::kill_server(running_server(&self.directory), guard);
            if !self.ends_within(KILL_TIMEOUT) {
                tracing::error!("the private PostgreSQL could not be killed; it is left running");
            }
        }
        self.directory.clean_up();
    }

    /// Waits until the guard and the server have ended; the guard may have been killed before the server.
    fn ends_within(&self, time: Duration) -> bool {
        let started = Instant::now();
        let mut is_signalled = false;
        while started.elapsed() < time {
            if self.has_ended() {
                let Some(orphan) = running_server(&self.directory) else { return true };
                if !is_signalled {
                    let _ = kill(orphan, Signal::SIGINT);
                    is_signalled = true;
                }
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    /// Waits until the server accepts connections, and creates the roles and the database unless they exist.
    async fn prepare(&self) -> Result<()> {
        let mut connection = self.connect().await?;
        for role in [OWNER, SERVING] {
            let create_role = format!(
                "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN \
                 CREATE ROLE {role} LOGIN; END IF; END $$"
            );
            connection.batch_execute(&create_role).await?;
        }
        // CREATE DATABASE has no IF NOT EXISTS.
        match connection.batch_execute(&format!("CREATE DATABASE {OWNER} OWNER {OWNER}")).await {
            Err(diesel::result::Error::DatabaseError(_, information))
                if !information.message().contains("already exists") =>
            {
                Err(Error::new(information.message()))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    async fn connect(&self) -> Result<AsyncPgConnection> {
        let url = self.superuser_url("postgres");
        let started = Instant::now();
        loop {
            match AsyncPgConnection::establish(&url).await {
                Ok(connection) => return Ok(connection),
                Err(error) => {
                    if self.has_ended() || started.elapsed() > START_TIMEOUT {
                        return Err(Error::new(format!(
                            "the private PostgreSQL does not accept connections ({error}); the last lines of its log {}:\n{}",
                            self.directory.log().display(),
                            tail(self.directory.log())
                        )));
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
    }
}

/// Creates the cluster unless it exists: under another name first, so that an unfinished one is never used.
fn create_cluster(binaries: &Binaries, directory: &ClusterDir) -> Result<()> {
    if directory.data().exists() {
        return Ok(());
    }
    tracing::info!(folder = %directory.data().display(), "creating a private PostgreSQL cluster");
    let unfinished = directory.data().with_extension("unfinished");
    let _ = fs::remove_dir_all(&unfinished);
    directory.hand_over(&unfinished)?;
    // Case folding by Unicode, sorting by code point: the same on every machine.
    let lc_ctype = if cfg!(target_os = "macos") { "en_US.UTF-8" } else { "C.UTF-8" };
    let mut initdb = Command::new(&binaries.initdb);
    initdb.arg("-D").arg(&unfinished).args(["-U", "postgres", "--encoding=UTF8", "--locale=C", "--lc-ctype"]);
    initdb.args([lc_ctype, "--auth-local=trust", "--auth-host=reject"]);
    let output = directory
        .run_as_owner(&mut initdb)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| file_error(&binaries.initdb, &error))?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        return Err(Error::new(format!("initdb failed: {}", message.trim())));
    }
    fs::rename(&unfinished, directory.data()).map_err(|error| file_error(&unfinished, &error))
}

/// Stops a server whose guard was killed.
fn stop_orphaned_server(directory: &ClusterDir) -> Result<()> {
    let started = Instant::now();
    let (mut is_signalled, mut is_killed) = (false, false);
    while let Some(pid) = running_server(directory) {
        // A guard that is still running needs a moment to stop it; after that, there is none.
        if started.elapsed() > ORPHAN_GRACE && !is_signalled {
            tracing::warn!(%pid, "stopping a PostgreSQL that an earlier process left running");
            kill(pid, Signal::SIGINT)
                .map_err(|error| Error::new(format!("cannot stop process {pid}: {error}")))?;
            is_signalled = true;
        }
        if started.elapsed() > ORPHAN_GRACE + STOP_TIMEOUT && !is_killed {
            tracing::warn!(%pid, "it did not stop in time; it is killed, and recovers at the next start");
            process::kill_server(Some(pid), None);
            is_killed = true;
        }
        if started.elapsed() > ORPHAN_GRACE + STOP_TIMEOUT + KILL_TIMEOUT {
            return Err(Error::new(format!("process {pid} still uses {}", directory.data().display())));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    // Stale files name a process id that may belong to another process by now.
    for stale in [directory.data().join("postmaster.pid"), directory.socket().join(".s.PGSQL.5432.lock")] {
        let _ = fs::remove_file(stale);
    }
    Ok(())
}

fn spawn(binaries: &Binaries, directory: &ClusterDir, settings: &[String]) -> Result<Child> {
    let log = File::options()
        .create(true)
        .append(true)
        .open(directory.log())
        .map_err(|error| file_error(directory.log(), &error))?;
    let mut command = Command::new("/bin/sh");
    command.args(["-c", GUARD, "guard"]).arg(&binaries.postgres).arg("-D").arg(directory.data());
    // The setting is a list: quotes keep a comma in the path from separating items.
    let folder = directory.socket().display().to_string().replace('"', "\"\"");
    let socket = format!("unix_socket_directories=\"{folder}\"");
    let settings = [
        "listen_addresses=",
        "port=5432",
        &socket,
        "unix_socket_permissions=0700",
        "lc_messages=C",
        // After a large import, the statistics of the tables should be updated soon.
        "autovacuum_naptime=10s",
    ]
    .into_iter()
    .chain(settings.iter().map(String::as_str));
    for setting in settings {
        command.args(["-c", setting]);
    }
    let errors = log.try_clone().map_err(|error| file_error(directory.log(), &error))?;
    directory
        .run_as_owner(&mut command)
        // Ctrl-C reaches this process only, which finishes its requests and then stops the server.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(log)
        .stderr(errors)
        .spawn()
        .map_err(|error| file_error(Path::new("/bin/sh"), &error))
}

fn tail(path: &Path) -> String {
    let mut text = String::new();
    let _ = File::open(path).and_then(|mut file| file.read_to_string(&mut text));
    let lines: Vec<_> = text.lines().rev().take(10).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

fn file_error(path: &Path, error: &std::io::Error) -> Error {
    Error::new(format!("{}: {error}", path.display()))
}
