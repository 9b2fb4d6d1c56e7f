//! The database of a command: the configured one, or the private one of the data folder.

use private_postgres::{Lease, Server, Started, Urls, start};

use super::output::print_note;
use super::settings::Settings;
use crate::domain::db::migrate;
use crate::domain::db::pool::Pool;
use crate::primitives::error::{Error, Result};

/// The size of the pool of a command.
const CONNECTIONS_MAX: usize = 4;

/// The database of a command, and its server if this process runs it.
pub struct Database {
    urls: Urls,
    server: Option<Box<Server>>,
    /// Keeps the server from being stopped by the process that runs it.
    _lease: Option<Lease>,
}

impl Database {
    /// Opens the database for the server; fails if another process uses the data folder.
    pub async fn open_exclusive(settings: &Settings) -> Result<Self> {
        if let Some(urls) = configured(settings)? {
            return Ok(Self { urls, server: None, _lease: None });
        }
        match start(&settings.data_dir, &[]).await.map_err(Error::internal)? {
            Started::Started(server) => Ok(Self { urls: server.urls(), server: Some(server), _lease: None }),
            Started::AlreadyRunning { lease, .. } => Err(Error::internal(format!(
                "another revshare (process {}) uses the data folder {}; stop it, or choose another folder with \
                 --data-dir",
                lease.process,
                settings.data_dir.display()
            ))),
        }
    }

    /// Opens the database for a command; another process may use the data folder.
    pub async fn open(settings: &Settings) -> Result<Self> {
        if let Some(urls) = configured(settings)? {
            return Ok(Self { urls, server: None, _lease: None });
        }
        match start(&settings.data_dir, &[]).await.map_err(Error::internal)? {
            Started::Started(server) => Ok(Self { urls: server.urls(), server: Some(server), _lease: None }),
            Started::AlreadyRunning { urls, lease } => Ok(Self { urls, server: None, _lease: Some(lease) }),
        }
    }

    /// Migrates the database; returns the names of the migrations applied.
    pub async fn migrate(&self) -> Result<Vec<String>> {
        migrate::run(&self.urls.owner, &self.urls.serving).await
    }

    /// Returns the URLs of the database.
    pub fn urls(&self) -> &Urls {
        &self.urls
    }

    /// Returns the URL for the role of the serving program.
    pub fn url(&self) -> &str {
        &self.urls.serving
    }

    /// Returns whether this process runs the server of the database.
    pub fn is_private(&self) -> bool {
        self.server.is_some()
    }

    /// Runs a future while the private server, if there is one, is supervised.
    pub async fn supervised<T>(&self, work: impl Future<Output = T>) -> T {
        let Some(server) = &self.server else { return work.await };
        tokio::select! {
            result = work => result,
            never = server.supervise() => never,
        }
    }

    /// Stops the private server, if there is one.
    pub fn close(self) {
        if let Some(server) = self.server {
            server.stop();
        }
    }
}

/// Runs work on the migrated database; notes the migrations on standard error.
pub async fn with_pool<T>(settings: &Settings, work: impl AsyncFnOnce(&Pool) -> Result<T>) -> Result<T> {
    let note = |line: &str| {
        print_note(line);
        Ok(())
    };
    with_database(settings, note, work).await
}

/// Runs work on the migrated database; `report` receives a line for each migration.
pub async fn with_database<T>(
    settings: &Settings,
    report: impl Fn(&str) -> Result<()>,
    work: impl AsyncFnOnce(&Pool) -> Result<T>,
) -> Result<T> {
    let database = Database::open(settings).await?;
    let result = async {
        for migration in database.migrate().await? {
            report(&format!("applied migration {migration}"))?;
        }
        let pool = Pool::new(database.url(), CONNECTIONS_MAX)?;
        let result = work(&pool).await;
        pool.close();
        result
    }
    .await;
    database.close();
    result
}

/// Returns the URLs of the configured database, if there is one.
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
