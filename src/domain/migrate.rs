//! Bringing a database to the schema that this program speaks.

use diesel_async::{AsyncConnection, AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::error::{Error, Result};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// The advisory lock that one migration at a time holds; any constant does, this one spells "revshare".
const LOCK: i64 = 0x7265_7673_6861_7265;

/// Applies what is missing and says what it applied. A second program that starts meanwhile waits.
///
/// Blocks its thread in between: call it on a multi-threaded runtime.
pub async fn up(database_url: &str) -> Result<Vec<String>> {
    with_lock(database_url, |harness| {
        let applied = harness.run_pending_migrations(MIGRATIONS)?;
        Ok(applied.iter().map(ToString::to_string).collect())
    })
    .await
}

/// Takes everything back, down to an empty database; all its data is lost.
pub async fn down(database_url: &str) -> Result<()> {
    with_lock(database_url, |harness| {
        harness.revert_all_migrations(MIGRATIONS)?;
        Ok(())
    })
    .await
}

type HarnessResult<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

async fn with_lock<T>(
    database_url: &str,
    migrate: impl FnOnce(&mut AsyncMigrationHarness<AsyncPgConnection>) -> HarnessResult<T>,
) -> Result<T> {
    let mut connection = AsyncPgConnection::establish(database_url)
        .await
        .map_err(|error| Error::internal(format!("cannot connect to the database: {error}")))?;
    connection.batch_execute(&format!("SELECT pg_advisory_lock({LOCK})")).await?;
    // The lock goes with the connection.
    migrate(&mut AsyncMigrationHarness::new(connection))
        .map_err(|error| Error::internal(format!("cannot migrate the database: {error}")))
}
