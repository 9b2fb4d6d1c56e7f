//! Which database a command works on: the one it is told of, or the private one of the data folder.

use crate::cli::Settings;
use crate::error::{Error, Result};
use crate::postgres::{self, Server, Started};

/// A database to work on.
pub struct Database {
    url: String,
    server: Option<Server>,
}

impl Database {
    /// The database for a program that serves it: a private one must not be in use.
    pub async fn own(settings: &Settings) -> Result<Self> {
        if let Some(url) = &settings.database_url {
            return Ok(Self { url: url.clone(), server: None });
        }
        match postgres::start(&settings.data_dir, &[]).await? {
            Started::Ours(server) => Ok(Self { url: server.database_url(), server: Some(server) }),
            Started::Theirs { process, .. } => Err(Error::internal(format!(
                "revshare is running already on the data folder {} (process {process}); stop it, or choose another \
                 folder with --data-dir",
                settings.data_dir.display()
            ))),
        }
    }

    /// The database for a command: a private one may be in use.
    pub async fn any(settings: &Settings) -> Result<Self> {
        if let Some(url) = &settings.database_url {
            return Ok(Self { url: url.clone(), server: None });
        }
        match postgres::start(&settings.data_dir, &[]).await? {
            Started::Ours(server) => Ok(Self { url: server.database_url(), server: Some(server) }),
            Started::Theirs { database_url, .. } => Ok(Self { url: database_url, server: None }),
        }
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether it is the private one of the data folder, and run by us.
    pub fn is_ours(&self) -> bool {
        self.server.is_some()
    }

    /// Stops its server, if it is ours.
    pub fn close(self) {
        if let Some(server) = self.server {
            server.stop();
        }
    }
}
