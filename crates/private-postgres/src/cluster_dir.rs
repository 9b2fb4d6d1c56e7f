//! The folders of a private cluster, and the account that it runs as.
//!
//! A folder that is owned by another account is always created in a folder that only this account can write to, so that
//! no process of the other account can replace it by a link.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, lchown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::unistd::{Uid, User, geteuid};

use super::error::{Error, Result};
use super::file_error;

/// The limit of the path of a Unix socket (107 bytes), less the name of the socket in its folder.
const SOCKET_FOLDER_BYTES_MAX: usize = 85;

/// Environment variables that would change the configuration of the server.
const POSTGRES_VARIABLES: [&str; 6] =
    ["PGPORT", "PGDATA", "PGHOST", "PGOPTIONS", "PGDATESTYLE", "PGCLIENTENCODING"];

/// The folders of a cluster.
pub struct ClusterDir {
    /// The folder that holds the data and the socket.
    root: PathBuf,
    socket: PathBuf,
    log: PathBuf,
    /// The account of the server, if it is not this one: PostgreSQL refuses to run as root.
    owner: Option<User>,
}

impl ClusterDir {
    /// Creates the folders of a data folder unless they exist. The caller must hold the lock of the data folder.
    pub fn prepare(data_dir: &Path) -> Result<Self> {
        let pointer = data_dir.join("postgres-folder");
        let inside = data_dir.join("postgres");
        let owner = owner(&inside.join("data"))?;
        let root = match fs::read_to_string(&pointer) {
            Ok(text) => PathBuf::from(text.trim()),
            Err(_) if inside.exists() || owner.as_ref().is_none_or(|user| is_reachable(data_dir, user)) => {
                inside
            }
            Err(_) => {
                let elsewhere = random_name("/var/lib");
                write(&pointer, &elsewhere)?;
                elsewhere
            }
        };
        if owner.is_some() {
            for folder in [data_dir, &root] {
                make(folder)?;
                let mode = fs::metadata(folder).map(|found| found.permissions().mode() | 0o001);
                let opened =
                    mode.and_then(|mode| fs::set_permissions(folder, fs::Permissions::from_mode(mode)));
                opened.map_err(|error| file_error(folder, &error))?;
            }
        }
        make(&root)?;
        let directory = Self { socket: root.join("socket"), root, log: data_dir.join("postgres.log"), owner };
        directory.with_socket(data_dir)
    }

    /// Returns the folders that another process has prepared.
    pub fn open(data_dir: &Path) -> Result<Self> {
        let socket = data_dir.join("socket-folder");
        let socket = fs::read_to_string(&socket).map_err(|error| file_error(&socket, &error))?;
        let log = data_dir.join("postgres.log");
        Ok(Self { root: data_dir.to_owned(), socket: PathBuf::from(socket.trim()), log, owner: None })
    }

    /// Creates the folder of the socket where its path is short enough, and records its path in the data folder.
    fn with_socket(mut self, data_dir: &Path) -> Result<Self> {
        if self.socket.as_os_str().as_bytes().len() > SOCKET_FOLDER_BYTES_MAX {
            // A new name each time: another account could occupy a fixed one while it is not in use.
            self.socket = random_name("/tmp");
        }
        self.hand_over(&self.socket)?;
        write(&data_dir.join("socket-folder"), &self.socket)?;
        Ok(self)
    }

    /// Returns the folder of the cluster's files.
    pub fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// Returns the log file of the server.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Returns the folder of the socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Returns the major version of the cluster, if there is one.
    pub fn version(&self) -> Option<u32> {
        fs::read_to_string(self.data().join("PG_VERSION")).ok()?.trim().parse().ok()
    }

    /// Returns the URL of a database for a role.
    pub fn url(&self, role: &str, database: &str) -> String {
        let escaped = |byte: &u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' => {
                char::from(*byte).to_string()
            }
            other => format!("%{other:02X}"),
        };
        let socket: String = self.socket.as_os_str().as_bytes().iter().map(escaped).collect();
        format!("postgres://{role}@/{database}?host={socket}")
    }

    /// Creates a folder that the server's account owns, unless it exists.
    pub fn hand_over(&self, folder: &Path) -> Result<()> {
        make(folder)?;
        if let Some(user) = &self.owner {
            lchown(folder, Some(user.uid.as_raw()), Some(user.gid.as_raw()))
                .map_err(|error| file_error(folder, &error))?;
        }
        Ok(())
    }

    /// Makes a command run as the server's account, without variables that configure PostgreSQL.
    pub fn run_as_owner<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.current_dir("/");
        for variable in POSTGRES_VARIABLES {
            command.env_remove(variable);
        }
        match &self.owner {
            Some(user) => command.uid(user.uid.as_raw()).gid(user.gid.as_raw()),
            None => command,
        }
    }

    /// Removes the folder of the socket.
    pub fn clean_up(&self) {
        let _ = fs::remove_dir(&self.socket);
    }
}

/// Returns the account of the server: this one, or for root the owner of the cluster, or else `postgres` or `nobody`.
fn owner(data: &Path) -> Result<Option<User>> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    let creator = fs::symlink_metadata(data).ok().map(|found| Uid::from_raw(found.uid()));
    let creator = creator.filter(|uid| !uid.is_root()).and_then(|uid| User::from_uid(uid).ok().flatten());
    let named = |name| User::from_name(name).ok().flatten();
    let user = creator.or_else(|| named("postgres")).or_else(|| named("nobody"));
    user.map(Some).ok_or_else(|| {
        Error::new(
            "PostgreSQL refuses to run as root, and there is neither a user postgres nor a user nobody: create one, or run as another user",
        )
    })
}

/// Returns whether a user can reach the parent of a folder.
fn is_reachable(folder: &Path, user: &User) -> bool {
    folder.ancestors().skip(1).all(|folder| {
        fs::metadata(folder).is_ok_and(|found| {
            let mode = found.permissions().mode();
            mode & 0o001 != 0 || (found.uid() == user.uid.as_raw() && mode & 0o100 != 0)
        })
    })
}

fn random_name(parent: &str) -> PathBuf {
    Path::new(parent).join(format!("revshare-{:016x}", rand::random::<u64>()))
}

fn write(file: &Path, path: &Path) -> Result<()> {
    let opened = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file);
    let written =
        opened.and_then(|mut file| std::io::Write::write_all(&mut file, path.as_os_str().as_bytes()));
    written.map_err(|error| file_error(file, &error))
}

/// Creates a folder for this account only, unless it exists; rejects links.
fn make(folder: &Path) -> Result<()> {
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(file_error(folder, &error)),
        Ok(()) | Err(_) => match fs::symlink_metadata(folder) {
            Ok(found) if found.is_dir() => Ok(()),
            Ok(_) => Err(Error::new(format!("{} is not a folder", folder.display()))),
            Err(error) => Err(file_error(folder, &error)),
        },
    }
}
