//! Where a private cluster lives, and as whom it runs.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::unistd::{User, geteuid};

use super::at;
use crate::error::{Error, Result};

/// What the path of a Unix socket may have (107 bytes), less the name of the socket in its folder.
const SOCKET_FOLDER_BYTES_MAX: usize = 85;

/// The folders of a cluster.
pub struct Place {
    /// Holds the others.
    root: PathBuf,
    socket: PathBuf,
    /// Whom the cluster belongs to, when that is not us: PostgreSQL refuses to run as root.
    owner: Option<User>,
}

impl Place {
    /// The place of the cluster of a data folder.
    pub fn of(data_dir: &Path) -> Result<Self> {
        let owner = owner()?;
        let root = match &owner {
            Some(user) if !reachable(data_dir, user) => elsewhere(data_dir)?,
            Some(_) | None => data_dir.join("postgres"),
        };
        make(&root, owner.as_ref())?;
        let near = root.join("socket");
        let socket = if near.as_os_str().as_bytes().len() <= SOCKET_FOLDER_BYTES_MAX {
            near
        } else {
            remembered(&data_dir.join("socket-folder"), "/tmp")?
        };
        make(&socket, owner.as_ref())?;
        Ok(Self { root, socket, owner })
    }

    /// The cluster's files.
    pub fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// What the server says.
    pub fn log(&self) -> PathBuf {
        self.root.join("log")
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
        let socket: String = self
            .socket
            .as_os_str()
            .as_bytes()
            .iter()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' => {
                    char::from(*byte).to_string()
                }
                other => format!("%{other:02X}"),
            })
            .collect();
        format!("postgres://{role}@/{database}?host={socket}")
    }

    /// Has a command run as whom the cluster belongs to.
    pub fn as_owner<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.current_dir(&self.root);
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

/// Who the cluster belongs to: us, or for root the account that PostgreSQL's package made, or nobody.
fn owner() -> Result<Option<User>> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    let named = |name| User::from_name(name).ok().flatten();
    let user = named("postgres").or_else(|| named("nobody"));
    user.map(Some).ok_or_else(|| {
        Error::internal(
            "PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody",
        )
    })
}

/// Whether a user can go into a folder.
fn reachable(folder: &Path, user: &User) -> bool {
    // The data folder itself is ours, and closed to others: only the folders above it must let the user through.
    folder.ancestors().skip(1).all(|folder| {
        fs::metadata(folder).is_ok_and(|metadata| {
            let mode = metadata.permissions().mode();
            mode & 0o001 != 0 || (metadata.uid() == user.uid.as_raw() && mode & 0o100 != 0)
        })
    }) && fs::set_permissions(folder, fs::Permissions::from_mode(0o711)).is_ok()
}

/// A folder in the system's place for the data of services, for a data folder that PostgreSQL cannot reach.
fn elsewhere(data_dir: &Path) -> Result<PathBuf> {
    remembered(&data_dir.join("postgres-folder"), "/var/lib")
}

/// A folder of a random name, which a file remembers: the data folder decides which cluster is its own, so that a new
/// one of the same path never finds an old cluster.
fn remembered(file: &Path, parent: &str) -> Result<PathBuf> {
    if let Ok(text) = fs::read_to_string(file) {
        return Ok(PathBuf::from(text.trim()));
    }
    let folder = Path::new(parent).join(format!("revshare-{:016x}", rand::random::<u64>()));
    fs::write(file, folder.as_os_str().as_bytes()).map_err(|error| at(file, &error))?;
    Ok(folder)
}

fn make(folder: &Path, owner: Option<&User>) -> Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| at(folder, &error))?;
    if let Some(user) = owner {
        let ids = (Some(user.uid.as_raw()), Some(user.gid.as_raw()));
        chown(folder, ids.0, ids.1).map_err(|error| at(folder, &error))?;
    }
    Ok(())
}
