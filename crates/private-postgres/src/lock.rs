//! The lock of a data folder: one process runs the server there, and others may use it.
//!
//! The file `lock` is locked by the process that runs the server. It holds the id of that process while the server can be
//! used, and is empty while it starts and stops. The file `users` is locked, shared, by each process that uses the server
//! of another one, which waits for them before it stops the server.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::error::Result;
use super::file_error;

/// How long the process that runs the server waits for those that use it, before it stops the server nevertheless.
const USERS_GRACE: Duration = Duration::from_secs(10);
const CHECK_INTERVAL: Duration = Duration::from_millis(10);

/// The lock of the process that runs the server. It is released when the process ends, even by SIGKILL.
pub struct ServerLock {
    file: File,
    path: PathBuf,
    users: File,
}

impl ServerLock {
    /// Takes the lock of a data folder; `None` if another process holds it.
    pub fn take(data_dir: &Path) -> Result<Option<Self>> {
        let path = data_dir.join("lock");
        let file = open(&path)?;
        if !is_taken(&path, file.try_lock())? {
            return Ok(None);
        }
        file.set_len(0).map_err(|error| file_error(&path, &error))?;
        Ok(Some(Self { file, path, users: open(&data_dir.join("users"))? }))
    }

    /// Announces to other processes that the server can be used.
    pub fn announce(&mut self) -> Result<()> {
        write!(self.file, "{}", std::process::id()).map_err(|error| file_error(&self.path, &error))
    }

    /// Announces that the server stops, and waits until no other process uses it, for at most 10 seconds.
    pub fn close(&self) {
        let _ = self.file.set_len(0);
        let started = Instant::now();
        while self.users.try_lock().is_err() && started.elapsed() < USERS_GRACE {
            std::thread::sleep(CHECK_INTERVAL);
        }
    }
}

/// The use of a server that another process runs: it is not stopped meanwhile.
pub struct Lease {
    /// Locked until it is dropped.
    _users: File,
    /// The id of the process that runs the server.
    pub process: String,
}

impl Lease {
    /// Returns a lease of the server of a data folder; `None` while it starts or stops.
    pub fn take(data_dir: &Path) -> Result<Option<Self>> {
        let path = data_dir.join("users");
        let users = open(&path)?;
        if !is_taken(&path, users.try_lock_shared())? {
            return Ok(None);
        }
        let process = fs::read_to_string(data_dir.join("lock")).unwrap_or_default().trim().to_owned();
        Ok((!process.is_empty()).then_some(Self { _users: users, process }))
    }
}

fn is_taken(path: &Path, result: std::result::Result<(), TryLockError>) -> Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(file_error(path, &error)),
    }
}

fn open(path: &Path) -> Result<File> {
    let mut options = File::options();
    let options = options.create(true).truncate(false).read(true).write(true).mode(0o600);
    options.open(path).map_err(|error| file_error(path, &error))
}
