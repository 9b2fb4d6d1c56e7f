//! Migrations: brings the database to the schema of this program, and the serving role to its privileges.

use std::fmt::Display;
use std::time::Duration;

use backon::{ConstantBuilder, Retryable};
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_async::{
    AnsiTransactionManager, AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
    TransactionManager,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use tokio::sync::Mutex;

use super::connect::connect;
use super::pool::Pool;
use crate::primitives::error::{Error, Result};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// The key of the advisory lock that serializes migrations; it spells "revshare".
const ADVISORY_LOCK: i64 = 0x7265_7673_6861_7265;

/// Migrations change and check the rows of all tenants; a policy admits the owner if it sets this.
const EVERY_TENANT: &str = "SET app.every_tenant = 'on'";

/// How long a migration waits for the lock of a table; other statements wait behind it.
const LOCK_TIMEOUT: &str = "SET lock_timeout = '3s'";

/// How often a migration is retried after a lock timeout or a deadlock.
const RETRIES_MAX: usize = 29;
const RETRY_DELAY: Duration = Duration::from_secs(1);
const LOCK_ERRORS: [&str; 2] = ["deadlock detected", "canceling statement due to lock timeout"];

/// How long the database may take to answer the readiness probe.
const PROBE_TIMEOUT: Duration = Duration::from_millis(1_500);

/// The privileges of the serving role.
const GRANTS: &str = include_str!("grants.sql");

/// Row-level security, which restricts a connection to the rows of one tenant.
const ROW_LEVEL_SECURITY: &str = include_str!("row_level_security.sql");

/// Restores the owner's own privileges: a role that both owns and serves has revoked some that a migration may need.
const RESTORE_OWNER_PRIVILEGES: &str = "DO $$ DECLARE owned record; BEGIN
    FOR owned IN SELECT schemaname, tablename FROM pg_tables
        WHERE schemaname = 'public' AND tableowner = current_user
    LOOP EXECUTE format('GRANT ALL ON %I.%I TO CURRENT_USER', owned.schemaname, owned.tablename); END LOOP;
END $$";

/// Applies the pending migrations as the owner of the tables, and grants the serving role its privileges and no others;
/// returns the names of the migrations applied. A concurrent call of another process waits.
///
/// Both roles may be the same one: then it revokes privileges from itself, which it could grant again. A role that owns
/// nothing can only verify that nothing is pending. Blocks its thread: call it on a multi-threaded runtime.
pub async fn run(owner_url: &str, database_url: &str) -> Result<Vec<String>> {
    let mut serving_connection = connect(database_url).await?;
    let serving = Role::of(&mut serving_connection).await?;
    let mut connection = connect_exclusively(owner_url).await?;
    let pending = pending(&mut connection).await?;
    if !Role::of(&mut connection).await?.may_migrate {
        return match pending.as_slice() {
            [] => Ok(Vec::new()),
            [first, ..] => Err(Error::internal(format!(
                "the schema of the database is older than this program and lacks {first}: run `revshare migrate` with \
                 MIGRATION_DATABASE_URL set to the role that owns the tables"
            ))),
        };
    }
    connection.batch_execute(LOCK_TIMEOUT).await?;
    let connection = Mutex::new(Some(connection));
    let backoff = ConstantBuilder::default().with_delay(RETRY_DELAY).with_max_times(RETRIES_MAX);
    (async || migrate_once(&connection, &serving, !pending.is_empty()).await)
        .retry(backoff)
        .when(|error| matches!(error, Error::SerializationFailure))
        .notify(|_, _| tracing::warn!("lock timeout during migration; retrying"))
        .await
        .map_err(|error| {
            if !matches!(error, Error::SerializationFailure) {
                return error;
            }
            Error::internal(
                "cannot migrate the database: other transactions keep its tables locked; try again when they have ended",
            )
        })?;
    require_same_database(&mut serving_connection).await?;
    Ok(pending)
}

/// Migrates in one transaction: a serving program sees the schema and its privileges before or after, and nothing in
/// between.
async fn migrate_once(
    connection: &Mutex<Option<AsyncPgConnection>>,
    serving: &Role,
    has_pending: bool,
) -> Result<()> {
    let mut slot = connection.lock().await;
    let Some(mut connection) = slot.take() else {
        return Err(Error::internal("the connection of the migration was closed"));
    };
    AnsiTransactionManager::begin_transaction(&mut connection).await?;
    let (mut connection, result) = apply(connection, serving, has_pending).await;
    match &result {
        Ok(()) => AnsiTransactionManager::commit_transaction(&mut connection).await?,
        Err(_) => AnsiTransactionManager::rollback_transaction(&mut connection).await?,
    }
    *slot = Some(connection);
    result
}

/// Rejects a serving URL that names another database than the one that was migrated.
pub(super) async fn require_same_database(serving: &mut AsyncPgConnection) -> Result<()> {
    if pending(serving).await?.is_empty() {
        return Ok(());
    }
    Err(Error::internal(
        "DATABASE_URL and MIGRATION_DATABASE_URL name different databases: the one that was migrated would not be served",
    ))
}

async fn apply(
    mut connection: AsyncPgConnection,
    serving: &Role,
    has_pending: bool,
) -> (AsyncPgConnection, Result<()>) {
    if has_pending
        && let Err(error) =
            connection.batch_execute(&format!("{RESTORE_OWNER_PRIVILEGES}; {ROW_LEVEL_SECURITY}")).await
    {
        return (connection, Err(failed(error)));
    }
    let (mut connection, migrated) = with_harness(connection, |harness| {
        harness.run_pending_migrations(MIGRATIONS)?;
        Ok(())
    });
    let rest = async {
        migrated?;
        connection.batch_execute(ROW_LEVEL_SECURITY).await.map_err(failed)?;
        grant(&mut connection, serving, has_pending).await
    };
    let result = rest.await;
    (connection, result)
}

/// Returns whether the latest migration of this program is applied, as seen by the serving role.
pub async fn is_up_to_date(pool: &Pool) -> Result<bool> {
    let latest = latest()?;
    let query = "SELECT EXISTS (SELECT FROM __diesel_schema_migrations WHERE version = $1) AS is_applied";
    let mut connection = pool.acquire_for_lookup().await?;
    let found = diesel::sql_query(query).bind::<Text, _>(latest).get_result::<Found>(connection.connection());
    match tokio::time::timeout(PROBE_TIMEOUT, found).await {
        Ok(found) => Ok(found?.is_applied),
        Err(_) => {
            // The next probe must not wait for the answer to this one.
            connection.close();
            Err(Error::Unavailable)
        }
    }
}

/// Returns the version of the latest migration of this program.
fn latest() -> Result<String> {
    let known = MigrationSource::<Pg>::migrations(&MIGRATIONS).map_err(Error::internal)?;
    let versions = known.iter().map(|migration| migration.name().version().to_string());
    versions.max().ok_or_else(|| Error::internal("this program has no migrations"))
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Bool)]
    is_applied: bool,
}

/// Reverts all migrations, down to an empty database; all data is lost.
pub async fn revert_all(owner_url: &str) -> Result<()> {
    let connection = connect_exclusively(owner_url).await?;
    let revert = |harness: &mut AsyncMigrationHarness<_>| harness.revert_all_migrations(MIGRATIONS).map(drop);
    with_harness(connection, revert).1
}

/// Returns a connection that holds the advisory lock of migrations until it is closed.
async fn connect_exclusively(url: &str) -> Result<AsyncPgConnection> {
    let mut connection = connect(url).await?;
    connection.batch_execute(&format!("SELECT pg_advisory_lock({ADVISORY_LOCK}); {EVERY_TENANT}")).await?;
    Ok(connection)
}

/// Returns the names of the migrations that are not applied; rejects a database with migrations that this program does not
/// know.
pub(super) async fn pending(connection: &mut AsyncPgConnection) -> Result<Vec<String>> {
    #[derive(QueryableByName)]
    struct Applied {
        #[diesel(sql_type = Text)]
        version: String,
    }
    let exists = diesel::dsl::sql::<Bool>("to_regclass('__diesel_schema_migrations') IS NOT NULL");
    let mut applied: Vec<Applied> = Vec::new();
    if diesel::select(exists).get_result(connection).await? {
        let query =
            diesel::sql_query("SELECT version::text FROM __diesel_schema_migrations ORDER BY version");
        applied = query.load(connection).await?;
    }
    let known = MigrationSource::<Pg>::migrations(&MIGRATIONS).map_err(Error::internal)?;
    let version = |migration: &dyn Migration<Pg>| migration.name().version().to_string();
    if let Some(unknown) =
        applied.iter().find(|applied| !known.iter().any(|known| version(&**known) == applied.version))
    {
        let first = known.iter().map(|known| version(&**known)).min();
        return Err(Error::internal(unknown_migration(&unknown.version, first.as_deref())));
    }
    let is_pending =
        |migration: &dyn Migration<Pg>| !applied.iter().any(|applied| applied.version == version(migration));
    Ok(known.iter().filter(|known| is_pending(&***known)).map(|known| known.name().to_string()).collect())
}

/// Explains why a database with a migration that this program does not know cannot be used, and what to do.
fn unknown_migration(version: &str, first: Option<&str>) -> String {
    if first.is_some_and(|first| version < first) {
        return format!(
            "the database was created by a version before the first release (migration {version}) and cannot be upgraded. \
             Move the data folder away if it is the private database; if it is your own, create an empty one"
        );
    }
    format!(
        "the schema of the database is newer than this program: it has migration {version}. Use the program that migrated \
         it, or a newer one"
    )
}

/// Grants the serving role its privileges, after a migration or if they differ from the expected ones.
///
/// Not on every start: an older program next to a newer one must not revoke privileges that the newer one needs.
async fn grant(connection: &mut AsyncPgConnection, serving: &Role, has_migrated: bool) -> Result<()> {
    if serving.is_superuser {
        tracing::warn!(
            "the role of DATABASE_URL is a superuser: neither privileges nor row-level security apply to it; serve as \
             another role"
        );
        return Ok(());
    }
    if serving.bypasses_policies {
        tracing::warn!(
            "the role of DATABASE_URL has BYPASSRLS: row-level security does not apply to it; serve as another role"
        );
    }
    let query = "SELECT NOT has_table_privilege($1, 'tenants', 'SELECT')
            OR has_column_privilege($1, 'commission_events', 'commission_amount', 'UPDATE') AS are_wrong";
    let privileges: Privileges =
        diesel::sql_query(query).bind::<Text, _>(serving.name.clone()).get_result(connection).await?;
    if has_migrated || privileges.are_wrong {
        let name = format!("\"{}\"", serving.name.replace('"', "\"\""));
        connection.batch_execute(&GRANTS.replace(":role", &name)).await.map_err(failed)?;
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Privileges {
    #[diesel(sql_type = Bool)]
    are_wrong: bool,
}

/// The role of a connection.
#[derive(QueryableByName)]
pub(super) struct Role {
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Bool)]
    pub is_superuser: bool,
    #[diesel(sql_type = Bool)]
    pub bypasses_policies: bool,
    /// Whether it owns the tables, or there are none yet.
    #[diesel(sql_type = Bool)]
    pub may_migrate: bool,
}

impl Role {
    /// Returns the role of a connection.
    pub async fn of(connection: &mut AsyncPgConnection) -> Result<Self> {
        let query =
            "SELECT rolname::text AS name, rolsuper AS is_superuser, rolbypassrls AS bypasses_policies,
                coalesce((SELECT pg_has_role(rolname, relowner, 'USAGE') FROM pg_class
                    WHERE oid = to_regclass('__diesel_schema_migrations')), true) AS may_migrate
            FROM pg_roles WHERE rolname = current_user";
        Ok(diesel::sql_query(query).get_result(connection).await?)
    }
}

type HarnessResult<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn with_harness<T>(
    connection: AsyncPgConnection,
    migrate: impl FnOnce(&mut AsyncMigrationHarness<AsyncPgConnection>) -> HarnessResult<T>,
) -> (AsyncPgConnection, Result<T>) {
    let mut harness = AsyncMigrationHarness::new(connection);
    let result = migrate(&mut harness).map_err(failed);
    (harness.into_inner(), result)
}

/// Converts an error of a migration; a lock timeout or a deadlock is a `SerializationFailure`. Distinguished by the message,
/// because the type of the harness's errors is not public.
fn failed(error: impl Display) -> Error {
    let text = format!("cannot migrate the database: {error}");
    if LOCK_ERRORS.iter().any(|message| text.contains(message)) {
        Error::SerializationFailure
    } else {
        Error::internal(text)
    }
}
