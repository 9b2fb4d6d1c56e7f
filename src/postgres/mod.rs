//! A private PostgreSQL: the real one, from the binaries on this machine, in a folder of its own, for those who name
//! no database. It listens on a Unix socket only, and it ends with this program, however this program ends.

mod binaries;
mod place;

use std::fs::{self, File, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::error::{Error, Result};
use binaries::Binaries;
use place::Place;

/// The role that owns the database, and the database: no superuser, as in production.
const OWNER: &str = "revshare";
/// The role that serves: it owns nothing.
const SERVING: &str = "revshare_app";
const READY_WITHIN: Duration = Duration::from_secs(60);
const STOPPED_WITHIN: Duration = Duration::from_secs(60);
/// How often it is looked whether the server still runs.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Runs the server, and stops it (SIGINT: a fast, clean shutdown) as soon as standard input ends, which it does when
/// this program ends, even by SIGKILL. It says so until the server is gone: one that has only just begun to start
/// does not listen yet. A shell, because it has no other job that could go wrong, and because no system call that
/// says the same is both portable and safe.
const GUARD: &str = r#"
exec 3<&0
"$@" 3<&- </dev/null & server=$!
{ cat <&3 >/dev/null; while kill -INT "$server"; do sleep 1; done; } 2>/dev/null & watch=$!
exec 3<&-
wait "$server"; status=$?
kill "$watch" 2>/dev/null
exit "$status"
"#;

/// Settings for a cluster whose data need not outlive a crash of the machine.
pub const THROWAWAY: &[&str] =
    &["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300"];

/// A running private PostgreSQL.
pub struct Server {
    guard: Mutex<Child>,
    place: Place,
    binaries: Binaries,
    settings: Vec<String>,
    lock: File,
}

/// Whether a folder's server could be started.
pub enum Started {
    /// It runs, and is ours to stop.
    Ours(Box<Server>),
    /// Another program runs it: the URLs of its database, and who that is.
    Theirs {
        /// The URLs of its database.
        urls: Urls,
        /// The process that runs it.
        process: String,
    },
}

/// How a database is reached.
#[derive(Clone, Debug)]
pub struct Urls {
    /// As the role that serves.
    pub serving: String,
    /// As the role that owns the tables.
    pub owner: String,
}

/// Starts the private PostgreSQL of a folder, creating both if need be.
pub async fn start(data_dir: &Path, settings: &[&str]) -> Result<Started> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data_dir)
        .map_err(|error| at(data_dir, &error))?;
    let data_dir = &data_dir.canonicalize().map_err(|error| at(data_dir, &error))?;
    let Some(lock) = take_lock(&data_dir.join("lock"))? else {
        let process = fs::read_to_string(data_dir.join("lock")).unwrap_or_default().trim().to_owned();
        return Ok(Started::Theirs { urls: Urls::of(&Place::prepared(data_dir)?, OWNER), process });
    };
    let place = Place::prepare(data_dir)?;
    let binaries = Binaries::find(place.version())?;
    create_cluster(&binaries, &place)?;
    stop_left_over(&place)?;
    let settings: Vec<_> = settings.iter().copied().map(str::to_owned).collect();
    let guard = Mutex::new(spawn(&binaries, &place, &settings)?);
    let server = Server { guard, place, binaries, settings, lock };
    if let Err(error) = server.prepare().await {
        server.stop();
        return Err(error);
    }
    Ok(Started::Ours(Box::new(server)))
}

impl Urls {
    fn of(place: &Place, database: &str) -> Self {
        Self { serving: place.url(SERVING, database), owner: place.url(OWNER, database) }
    }
}

impl Server {
    /// The URLs of its database.
    pub fn urls(&self) -> Urls {
        self.urls_of(OWNER)
    }

    /// The URLs of another database of the cluster.
    pub fn urls_of(&self, database: &str) -> Urls {
        Urls::of(&self.place, database)
    }

    /// The URL of another database of the cluster, as its superuser.
    pub fn superuser_url(&self, database: &str) -> String {
        self.place.url("postgres", database)
    }

    /// Starts the server again whenever it ends without having been told to, for as long as this is polled.
    pub async fn keep(&self) -> ! {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if !self.has_ended() {
                continue;
            }
            tracing::error!(log = %self.place.log().display(), "the private PostgreSQL has ended: starting it again");
            // What it left behind must be gone first, and that is waited for without a break.
            let started = tokio::task::block_in_place(|| {
                stop_left_over(&self.place)?;
                spawn(&self.binaries, &self.place, &self.settings)
            });
            match started {
                Ok(guard) => *self.guard() = guard,
                Err(error) => {
                    tracing::error!(cause = error.describe(), "cannot start the private PostgreSQL")
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

    /// Stops the server and waits until it has.
    pub fn stop(self) {
        drop(self.guard().stdin.take());
        let begun = Instant::now();
        while matches!(self.guard().try_wait(), Ok(None)) && begun.elapsed() < STOPPED_WITHIN {
            std::thread::sleep(Duration::from_millis(10));
        }
        if matches!(self.guard().try_wait(), Ok(None)) {
            tracing::error!(within = ?STOPPED_WITHIN, "the private PostgreSQL does not end, and is left to itself");
        }
        // Somebody may have killed the guard.
        if let Some(orphan) = left_over(&self.place) {
            let _ = kill(orphan, Signal::SIGINT);
        }
        self.place.clean_up();
        let _ = self.lock.set_len(0);
    }

    /// Waits until the server answers, and makes sure that it has our roles and database.
    async fn prepare(&self) -> Result<()> {
        let mut connection = self.connect().await?;
        for role in [OWNER, SERVING] {
            let create_role = format!(
                "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN \
                 CREATE ROLE {role} LOGIN; END IF; END $$"
            );
            connection.batch_execute(&create_role).await?;
        }
        // CREATE DATABASE knows no IF NOT EXISTS.
        match connection.batch_execute(&format!("CREATE DATABASE {OWNER} OWNER {OWNER}")).await {
            Err(diesel::result::Error::DatabaseError(_, information))
                if !information.message().contains("already exists") =>
            {
                Err(Error::internal(information.message()))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    async fn connect(&self) -> Result<AsyncPgConnection> {
        let url = self.superuser_url("postgres");
        let begun = Instant::now();
        loop {
            match AsyncPgConnection::establish(&url).await {
                Ok(connection) => return Ok(connection),
                Err(error) => {
                    if self.has_ended() || begun.elapsed() > READY_WITHIN {
                        return Err(Error::internal(format!(
                            "the private PostgreSQL does not answer ({error}); the end of its log {}:\n{}",
                            self.place.log().display(),
                            tail(self.place.log())
                        )));
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
    }
}

/// The lock of the folder, unless somebody else holds it. It goes when its holder does, however that ends.
fn take_lock(path: &Path) -> Result<Option<File>> {
    let mut file = File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| at(path, &error))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(at(path, &error)),
    }
    let written = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
    written.map_err(|error| at(path, &error))?;
    Ok(Some(file))
}

/// Creates the cluster, if there is none: beside its place first, so that half a cluster never stands in it.
fn create_cluster(binaries: &Binaries, place: &Place) -> Result<()> {
    if place.data().exists() {
        return Ok(());
    }
    tracing::info!(folder = %place.data().display(), "creating a private PostgreSQL cluster");
    let unfinished = place.data().with_extension("unfinished");
    let _ = fs::remove_dir_all(&unfinished);
    place.hand_over(&unfinished)?;
    // Letters are folded by Unicode's rules, names sorted by code point: the same on every machine.
    let letters = if cfg!(target_os = "macos") { "en_US.UTF-8" } else { "C.UTF-8" };
    let mut initdb = Command::new(&binaries.initdb);
    initdb.arg("-D").arg(&unfinished).args(["-U", "postgres", "--encoding=UTF8", "--locale=C", "--lc-ctype"]);
    initdb.args([letters, "--auth-local=trust", "--auth-host=reject"]);
    let output = place
        .as_owner(&mut initdb)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| at(&binaries.initdb, &error))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Error::internal(format!("initdb failed: {}", said.trim())));
    }
    fs::rename(&unfinished, place.data()).map_err(|error| at(&unfinished, &error))
}

/// Stops a server that was left without its guard, when both were killed.
fn stop_left_over(place: &Place) -> Result<()> {
    let begun = Instant::now();
    let mut told = false;
    while let Some(pid) = left_over(place) {
        // A guard that still lives needs a moment to stop it; without one, nobody else will.
        if begun.elapsed() > Duration::from_secs(5) && !told {
            tracing::warn!(%pid, "stopping a PostgreSQL that an earlier run left behind");
            kill(pid, Signal::SIGINT)
                .map_err(|error| Error::internal(format!("cannot stop process {pid}: {error}")))?;
            told = true;
        }
        if begun.elapsed() > STOPPED_WITHIN {
            return Err(Error::internal(format!("process {pid} still uses {}", place.data().display())));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    // What is left says that somebody else runs, who by now may be anybody.
    for stale in [place.data().join("postmaster.pid"), place.socket().join(".s.PGSQL.5432.lock")] {
        let _ = fs::remove_file(stale);
    }
    Ok(())
}

/// The server that runs on the cluster, if one does: its file may be older than the machine's last start, and name a
/// process that is something else by now.
fn left_over(place: &Place) -> Option<Pid> {
    let text = fs::read_to_string(place.data().join("postmaster.pid")).ok()?;
    let pid: i32 = text.lines().next()?.trim().parse().ok().filter(|pid| *pid > 1)?;
    let serves = match command_of(pid) {
        Some(command) => command.contains(&*place.data().to_string_lossy()),
        // Nobody can tell: better to wait in vain than to start a second server on the same files.
        None => kill(Pid::from_raw(pid), None).is_ok(),
    };
    serves.then(|| Pid::from_raw(pid))
}

/// The command line of a process; empty if there is no such process.
fn command_of(pid: i32) -> Option<String> {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    if Path::new("/proc/self/cmdline").exists() {
        return Some(fs::read(format!("/proc/{pid}/cmdline")).map(text).unwrap_or_default());
    }
    let output = Command::new("ps").args(["-o", "args=", "-p", &pid.to_string()]).output().ok()?;
    Some(text(output.stdout))
}

fn spawn(binaries: &Binaries, place: &Place, settings: &[String]) -> Result<Child> {
    let log = File::options()
        .create(true)
        .append(true)
        .open(place.log())
        .map_err(|error| at(place.log(), &error))?;
    let mut command = Command::new("/bin/sh");
    command.args(["-c", GUARD, "guard"]).arg(&binaries.postgres).arg("-D").arg(place.data());
    // A list, in which quotes keep a comma from being its next item.
    let folder = place.socket().display().to_string().replace('"', "\"\"");
    let socket = format!("unix_socket_directories=\"{folder}\"");
    let settings = [
        "listen_addresses=",
        "port=5432",
        &socket,
        "unix_socket_permissions=0700",
        "lc_messages=C",
        // Tables grow by large imports here, too: what they hold now should be known soon.
        "autovacuum_naptime=10s",
    ]
    .into_iter()
    .chain(settings.iter().map(String::as_str));
    for setting in settings {
        command.args(["-c", setting]);
    }
    let errors = log.try_clone().map_err(|error| at(place.log(), &error))?;
    place
        .as_owner(&mut command)
        // Ctrl-C reaches this program only, which first finishes its requests and then stops the server.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(log)
        .stderr(errors)
        .spawn()
        .map_err(|error| at(Path::new("/bin/sh"), &error))
}

fn tail(path: &Path) -> String {
    let mut text = String::new();
    let _ = File::open(path).and_then(|mut file| file.read_to_string(&mut text));
    let lines: Vec<_> = text.lines().rev().take(10).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

fn at(path: &Path, error: &std::io::Error) -> Error {
    let path: PathBuf = path.to_owned();
    Error::internal(format!("{}: {error}", path.display()))
}
