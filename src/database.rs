//! Which database a command works on: the one it is told of, or the private one of the data folder.

use crate::cli::Settings;
use crate::domain::migrate;
use crate::error::{Error, Result};
use crate::postgres::{self, Server, Started, Urls};

/// A database to work on.
pub struct Database {
    urls: Urls,
    server: Option<Box<Server>>,
}

impl Database {
    /// The database for a program that serves it: a private one must not be in use.
    pub async fn own(settings: &Settings) -> Result<Self> {
        if let Some(urls) = configured(settings)? {
            return Ok(Self { urls, server: None });
        }
        match postgres::start(&settings.data_dir, &[]).await? {
            Started::Ours(server) => Ok(Self { urls: server.urls(), server: Some(server) }),
            Started::Theirs { process, .. } => Err(Error::internal(format!(
                "revshare is running already on the data folder {} (process {process}); stop it, or choose another \
                 folder with --data-dir",
                settings.data_dir.display()
            ))),
        }
    }

    /// The database for a command: a private one may be in use.
    pub async fn any(settings: &Settings) -> Result<Self> {
        if let Some(urls) = configured(settings)? {
            return Ok(Self { urls, server: None });
        }
        match postgres::start(&settings.data_dir, &[]).await? {
            Started::Ours(server) => Ok(Self { urls: server.urls(), server: Some(server) }),
            Started::Theirs { urls, .. } => Ok(Self { urls, server: None }),
        }
    }

    /// Brings its schema up to date; says what that took.
    pub async fn migrate(&self) -> Result<Vec<String>> {
        migrate::up(&self.urls.owner, &self.urls.serving).await
    }

    /// Its URLs.
    pub fn urls(&self) -> &Urls {
        &self.urls
    }

    /// Its URL, as the role that serves.
    pub fn url(&self) -> &str {
        &self.urls.serving
    }

    /// Whether it is the private one of the data folder, and run by us.
    pub fn is_ours(&self) -> bool {
        self.server.is_some()
    }

    /// Does something while its server, if it is ours, is kept running.
    pub async fn while_kept<T>(&self, work: impl Future<Output = T>) -> T {
        let Some(server) = &self.server else { return work.await };
        tokio::select! {
            done = work => done,
            never = server.keep() => never,
        }
    }

    /// Stops its server, if it is ours.
    pub fn close(self) {
        if let Some(server) = self.server {
            server.stop();
        }
    }
}

/// The database that the settings name, if they name one.
fn configured(settings: &Settings) -> Result<Option<Urls>> {
    match (&settings.database_url, &settings.migration_database_url) {
        (None, None) => Ok(None),
        (None, Some(_)) => {
            Err(Error::bad_input("DATABASE_URL", "must be set when MIGRATION_DATABASE_URL is"))
        }
        (Some(serving), owner) => {
            let owner = owner.as_ref().unwrap_or(serving).clone();
            Ok(Some(Urls { serving: serving.clone(), owner }))
        }
    }
}
