//! Where a private cluster lives, and as whom it runs.
//!
//! Every folder that is handed over to another account lies in a folder that nobody else can write to: whoever runs
//! as that account cannot put a link in its place.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, lchown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::unistd::{Uid, User, geteuid};

use super::at;
use crate::error::{Error, Result};

/// What the path of a Unix socket may have (107 bytes), less the name of the socket in its folder.
const SOCKET_FOLDER_BYTES_MAX: usize = 85;

/// What of the environment would change where PostgreSQL looks and listens.
const AMBIENT: [&str; 6] = ["PGPORT", "PGDATA", "PGHOST", "PGOPTIONS", "PGDATESTYLE", "PGCLIENTENCODING"];

/// The folders of a cluster.
pub struct Place {
    /// Holds the others; ours.
    root: PathBuf,
    socket: PathBuf,
    log: PathBuf,
    /// Whom the cluster belongs to, when that is not us: PostgreSQL refuses to run as root.
    owner: Option<User>,
}

impl Place {
    /// The place of the cluster of a data folder, made if need be. Only for whoever holds the folder's lock.
    pub fn prepare(data_dir: &Path) -> Result<Self> {
        let remembered = data_dir.join("postgres-folder");
        let near = data_dir.join("postgres");
        let owner = owner(&near.join("data"))?;
        let root = match fs::read_to_string(&remembered) {
            Ok(text) => PathBuf::from(text.trim()),
            Err(_) if near.exists() || owner.as_ref().is_none_or(|user| reachable(data_dir, user)) => near,
            Err(_) => {
                let elsewhere = random_name("/var/lib");
                write(&remembered, &elsewhere)?;
                elsewhere
            }
        };
        if owner.is_some() {
            for folder in [data_dir, &root] {
                make(folder)?;
                let open = fs::metadata(folder).map(|found| found.permissions().mode() | 0o001);
                let opened =
                    open.and_then(|mode| fs::set_permissions(folder, fs::Permissions::from_mode(mode)));
                opened.map_err(|error| at(folder, &error))?;
            }
        }
        make(&root)?;
        let place = Self { socket: root.join("socket"), root, log: data_dir.join("postgres.log"), owner };
        place.with_socket(data_dir)
    }

    /// The place of a cluster that another program prepared.
    pub fn prepared(data_dir: &Path) -> Result<Self> {
        let socket = data_dir.join("socket-folder");
        let socket = fs::read_to_string(&socket).map_err(|error| at(&socket, &error))?;
        let log = data_dir.join("postgres.log");
        Ok(Self { root: data_dir.to_owned(), socket: PathBuf::from(socket.trim()), log, owner: None })
    }

    /// Makes the socket's folder, where its path is short enough, and writes down where.
    fn with_socket(mut self, data_dir: &Path) -> Result<Self> {
        if self.socket.as_os_str().as_bytes().len() > SOCKET_FOLDER_BYTES_MAX {
            // A new name each time: one that lasted could be taken by others while it is not in use.
            self.socket = random_name("/tmp");
        }
        self.hand_over(&self.socket)?;
        write(&data_dir.join("socket-folder"), &self.socket)?;
        Ok(self)
    }

    /// The cluster's files.
    pub fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// What the server says; ours.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Where its socket is.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The version of PostgreSQL that made the cluster, if there is one.
    pub fn version(&self) -> Option<u32> {
        fs::read_to_string(self.data().join("PG_VERSION")).ok()?.trim().parse().ok()
    }

    /// The URL of one of its databases.
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

    /// Makes an empty folder that the cluster's account may fill, or finds it made.
    pub fn hand_over(&self, folder: &Path) -> Result<()> {
        make(folder)?;
        if let Some(user) = &self.owner {
            lchown(folder, Some(user.uid.as_raw()), Some(user.gid.as_raw()))
                .map_err(|error| at(folder, &error))?;
        }
        Ok(())
    }

    /// Has a command run as whom the cluster belongs to.
    pub fn as_owner<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.current_dir("/");
        for variable in AMBIENT {
            command.env_remove(variable);
        }
        match &self.owner {
            Some(user) => command.uid(user.uid.as_raw()).gid(user.gid.as_raw()),
            None => command,
        }
    }

    /// Removes what is only of use while the server runs.
    pub fn clean_up(&self) {
        let _ = fs::remove_dir(&self.socket);
    }
}

/// Who the cluster belongs to: us, or for root whoever made it, or else the account that PostgreSQL's package made, or
/// nobody.
fn owner(data: &Path) -> Result<Option<User>> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    let maker = fs::symlink_metadata(data).ok().map(|found| Uid::from_raw(found.uid()));
    let maker = maker.filter(|uid| !uid.is_root()).and_then(|uid| User::from_uid(uid).ok().flatten());
    let named = |name| User::from_name(name).ok().flatten();
    let user = maker.or_else(|| named("postgres")).or_else(|| named("nobody"));
    user.map(Some).ok_or_else(|| {
        Error::internal(
            "PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody",
        )
    })
}

/// Whether a user can go as far as the folder that holds this one.
fn reachable(folder: &Path, user: &User) -> bool {
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
    written.map_err(|error| at(file, &error))
}

/// Makes a folder for ourselves only, unless it is there; a link is no folder.
fn make(folder: &Path) -> Result<()> {
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(at(folder, &error)),
        Ok(()) | Err(_) => match fs::symlink_metadata(folder) {
            Ok(found) if found.is_dir() => Ok(()),
            Ok(_) => Err(Error::internal(format!("{} is not a folder", folder.display()))),
            Err(error) => Err(at(folder, &error)),
        },
    }
}
