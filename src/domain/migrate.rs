//! Bringing a database to the schema that this program speaks, and the role that serves to the rights that it needs.

use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_async::{
    AsyncConnection, AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::error::{Error, Result};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// The advisory lock that one migration at a time holds; any constant does, this one spells "revshare".
const LOCK: i64 = 0x7265_7673_6861_7265;

/// What the role that serves may do.
const GRANTS: &str = include_str!("grants.sql");

/// Applies what is missing as the role that owns the tables, gives the role that serves its rights, and says what it
/// applied. A second program that starts meanwhile waits.
///
/// Both may be one role: then it gives up what it does not need, and could take it back. Blocks its thread in between:
/// call it on a multi-threaded runtime.
pub async fn up(owner_url: &str, database_url: &str) -> Result<Vec<String>> {
    let role = role(database_url).await?;
    let (mut connection, applied) = with_lock(owner_url, |harness| {
        let applied = harness.run_pending_migrations(MIGRATIONS)?;
        Ok(applied.iter().map(ToString::to_string).collect())
    })
    .await?;
    if role.is_superuser {
        tracing::warn!(
            "the role of DATABASE_URL is a superuser, whom no right can be taken; serve as another role"
        );
        return Ok(applied);
    }
    let grants = GRANTS.replace(":role", &format!("\"{}\"", role.name.replace('"', "\"\"")));
    connection.batch_execute(&format!("BEGIN; {grants} COMMIT")).await?;
    Ok(applied)
}

/// Who a connection is to the database.
#[derive(QueryableByName)]
struct DatabaseRole {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Bool)]
    is_superuser: bool,
}

async fn role(database_url: &str) -> Result<DatabaseRole> {
    let query =
        "SELECT rolname::text AS name, rolsuper AS is_superuser FROM pg_roles WHERE rolname = current_user";
    Ok(diesel::sql_query(query).get_result(&mut connect(database_url).await?).await?)
}

/// Takes everything back, down to an empty database; all its data is lost.
pub async fn down(owner_url: &str) -> Result<()> {
    with_lock(owner_url, |harness| {
        harness.revert_all_migrations(MIGRATIONS)?;
        Ok(())
    })
    .await?;
    Ok(())
}

type HarnessResult<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

async fn connect(url: &str) -> Result<AsyncPgConnection> {
    AsyncPgConnection::establish(url)
        .await
        .map_err(|error| Error::internal(format!("cannot connect to the database: {error}")))
}

async fn with_lock<T>(
    owner_url: &str,
    migrate: impl FnOnce(&mut AsyncMigrationHarness<AsyncPgConnection>) -> HarnessResult<T>,
) -> Result<(AsyncPgConnection, T)> {
    let mut connection = connect(owner_url).await?;
    connection.batch_execute(&format!("SELECT pg_advisory_lock({LOCK})")).await?;
    // The lock goes with the connection.
    let mut harness = AsyncMigrationHarness::new(connection);
    let done = migrate(&mut harness)
        .map_err(|error| Error::internal(format!("cannot migrate the database: {error}")))?;
    Ok((harness.into_inner(), done))
}
