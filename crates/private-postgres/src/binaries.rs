//! Finds the programs of the PostgreSQL server on this machine.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::{Error, Result};

/// The oldest supported version: the first with SQL functions whose body is parsed at creation.
const VERSION_MIN: u32 = 14;

/// The programs of one version of PostgreSQL.
pub struct Binaries {
    /// The path of `initdb`.
    pub initdb: PathBuf,
    /// The path of `postgres`.
    pub postgres: PathBuf,
}

impl Binaries {
    /// Returns the programs of a major version, or of the newest one installed.
    ///
    /// Searches `PG_BIN` only, if it is set; or else `PATH` and the folders of Debian, Fedora and Homebrew.
    pub fn find(version: Option<u32>) -> Result<Self> {
        let installed: Vec<_> = folders().into_iter().filter_map(|folder| in_folder(&folder)).collect();
        let newest = installed.iter().map(|(version, _)| *version).max();
        let supported = installed.into_iter().filter(|(installed, _)| *installed >= VERSION_MIN);
        let mut matching: Vec<_> = match version {
            Some(version) => supported.filter(|(installed, _)| *installed == version).collect(),
            None => supported.collect(),
        };
        matching.sort_by_key(|(version, _)| *version);
        matching.pop().map(|(_, binaries)| binaries).ok_or_else(|| missing(version, newest))
    }
}

fn missing(wanted: Option<u32>, newest: Option<u32>) -> Error {
    let found = match (wanted, newest) {
        (Some(wanted), Some(newest)) => {
            format!("the data folder needs PostgreSQL {wanted}, but only {newest} is installed")
        }
        (Some(wanted), None) => format!("the data folder needs PostgreSQL {wanted}, but none is installed"),
        (None, Some(newest)) => {
            format!("PostgreSQL {newest} is too old; version {VERSION_MIN} or later is required")
        }
        (None, None) => "no PostgreSQL server found".to_owned(),
    };
    Error::new(format!(
        "{found}: install it (Debian: apt-get install postgresql; Fedora: dnf install postgresql-server \
         postgresql-contrib; macOS: brew install postgresql@17), or set DATABASE_URL to use a database of your own"
    ))
}

fn folders() -> Vec<PathBuf> {
    if let Some(named) = env::var_os("PG_BIN") {
        return vec![PathBuf::from(named)];
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let well_known = [
        ("/usr/lib/postgresql", "bin"),
        ("/usr", "bin"),
        ("/opt/homebrew/opt", "bin"),
        ("/usr/local/opt", "bin"),
        ("/Applications/Postgres.app/Contents/Versions", "bin"),
    ];
    let versions = well_known.iter().flat_map(|(parent, bin)| {
        let entries = fs::read_dir(parent).into_iter().flatten().flatten();
        entries.map(move |entry| entry.path().join(bin))
    });
    env::split_paths(&path).chain(versions).collect()
}

fn in_folder(folder: &Path) -> Option<(u32, Binaries)> {
    let binaries = Binaries { initdb: folder.join("initdb"), postgres: folder.join("postgres") };
    if !binaries.initdb.is_file() || !binaries.postgres.is_file() {
        return None;
    }
    // "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"
    let output = Command::new(&binaries.postgres).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let version =
        text.split_whitespace().nth(2)?.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?;
    Some((version, binaries))
}
