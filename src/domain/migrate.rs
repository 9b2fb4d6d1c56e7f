//! Bringing a database to the schema that this program speaks, and the role that serves to the rights that it needs.

use std::fmt::Display;
use std::time::Duration;

use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_async::{
    AnsiTransactionManager, AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
    TransactionManager,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connect::connect;
use super::session::Pool;
use crate::error::{Error, Result};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// The advisory lock that one migration at a time holds; any constant does, this one spells "revshare".
const LOCK: i64 = 0x7265_7673_6861_7265;

/// A migration works on the rows of every tenant, and checks them: the owner has a policy for that, if it asks.
const EVERY_TENANT: &str = "SET app.every_tenant = 'on'";

/// How long a migration waits for whoever works on a table. Whoever comes later waits behind it.
const WAITS: &str = "SET lock_timeout = '3s'";

/// How often it is tried when it waited too long, or when it and the others waited for each other.
const TRIES_MAX: u32 = 30;
const PAUSE: Duration = Duration::from_secs(1);
const OTHERS: [&str; 2] = ["deadlock detected", "canceling statement due to lock timeout"];

/// How long the database may take to say which migrations it has.
const ANSWERS_WITHIN: Duration = Duration::from_millis(1_500);

/// What the role that serves may do.
const GRANTS: &str = include_str!("grants.sql");

/// What keeps it to the rows of one tenant.
const WALL: &str = include_str!("wall.sql");

/// A role that owns the tables and serves has given up rights that a migration may need.
const REGAIN: &str = "DO $$ DECLARE owned record; BEGIN
    FOR owned IN SELECT schemaname, tablename FROM pg_tables
        WHERE schemaname = 'public' AND tableowner = current_user
    LOOP EXECUTE format('GRANT ALL ON %I.%I TO CURRENT_USER', owned.schemaname, owned.tablename); END LOOP;
END $$";

/// Applies what is missing as the role that owns the tables, sees to it that the role that serves has its rights and no
/// others, and says what it applied. A second program that starts meanwhile waits.
///
/// Both may be one role: then it gives up what it does not need, and could take it back. A role that owns nothing can
/// only find that nothing is missing. Blocks its thread in between: call it on a multi-threaded runtime.
pub async fn up(owner_url: &str, database_url: &str) -> Result<Vec<String>> {
    let mut served = connect(database_url).await?;
    let serving = Role::of(&mut served).await?;
    let mut connection = connect_alone(owner_url).await?;
    let missing = missing(&mut connection).await?;
    if !Role::of(&mut connection).await?.may_migrate {
        return match missing.as_slice() {
            [] => Ok(Vec::new()),
            [first, ..] => Err(Error::internal(format!(
                "the database's schema is older than this program, it lacks {first}: run `revshare migrate` with \
                 MIGRATION_DATABASE_URL, as the role that owns the tables"
            ))),
        };
    }
    connection.batch_execute(WAITS).await?;
    let mut tries = 1;
    loop {
        AnsiTransactionManager::begin_transaction(&mut connection).await?;
        let (back, done) = bring_up(connection, &serving, !missing.is_empty()).await;
        connection = back;
        let Err(error) = done else {
            AnsiTransactionManager::commit_transaction(&mut connection).await?;
            return is_seen(&mut served).await.map(|()| missing);
        };
        AnsiTransactionManager::rollback_transaction(&mut connection).await?;
        if !matches!(error, Error::Overtaken) {
            return Err(error);
        }
        if tries == TRIES_MAX {
            return Err(Error::internal(
                "cannot migrate the database: others hold its tables for long; try again when they have ended",
            ));
        }
        tracing::warn!(tries, "others work on the tables; trying to migrate once more");
        tokio::time::sleep(PAUSE).await;
        tries += 1;
    }
}

/// Refuses a database to serve from that is not the one that was migrated.
pub(super) async fn is_seen(served: &mut AsyncPgConnection) -> Result<()> {
    if missing(served).await?.is_empty() {
        return Ok(());
    }
    Err(Error::internal(
        "DATABASE_URL and MIGRATION_DATABASE_URL name different databases: what was migrated is not what would be served from",
    ))
}

/// Everything in one transaction: a program that serves meanwhile finds the schema before with its rights or the one after
/// with its rights, and nothing in between.
async fn bring_up(
    mut connection: AsyncPgConnection,
    serving: &Role,
    is_missing_any: bool,
) -> (AsyncPgConnection, Result<()>) {
    if is_missing_any && let Err(error) = connection.batch_execute(&format!("{REGAIN}; {WALL}")).await {
        return (connection, Err(failed(error)));
    }
    let (mut connection, migrated) = with_harness(connection, |harness| {
        harness.run_pending_migrations(MIGRATIONS)?;
        Ok(())
    });
    let rest = async {
        migrated?;
        connection.batch_execute(WALL).await.map_err(failed)?;
        grant(&mut connection, serving, is_missing_any).await
    };
    let done = rest.await;
    (connection, done)
}

/// Whether the database has what the latest migration of this program made, as the role that serves sees it.
pub async fn latest_is_applied(pool: &Pool) -> Result<bool> {
    let latest = latest()?;
    let query = "SELECT EXISTS (SELECT FROM __diesel_schema_migrations WHERE version = $1) AS is_applied";
    let mut speaker = pool.speaker().await?;
    let found = diesel::sql_query(query).bind::<Text, _>(latest).get_result::<Found>(speaker.connection());
    match tokio::time::timeout(ANSWERS_WITHIN, found).await {
        Ok(found) => Ok(found?.is_applied),
        Err(_) => {
            // Whoever asks next should not wait for what this one waited for.
            speaker.close();
            Err(Error::Unavailable)
        }
    }
}

/// The version of the latest migration that this program knows.
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

/// Takes everything back, down to an empty database; all its data is lost.
pub async fn down(owner_url: &str) -> Result<()> {
    let connection = connect_alone(owner_url).await?;
    let revert = |harness: &mut AsyncMigrationHarness<_>| harness.revert_all_migrations(MIGRATIONS).map(drop);
    with_harness(connection, revert).1
}

/// A connection that migrates while no other does. The lock goes with it.
async fn connect_alone(url: &str) -> Result<AsyncPgConnection> {
    let mut connection = connect(url).await?;
    connection.batch_execute(&format!("SELECT pg_advisory_lock({LOCK}); {EVERY_TENANT}")).await?;
    Ok(connection)
}

/// What the database lacks of the migrations that this program knows; refuses a database that has others.
pub(super) async fn missing(connection: &mut AsyncPgConnection) -> Result<Vec<String>> {
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
    if let Some(newer) =
        applied.iter().find(|applied| !known.iter().any(|known| version(&**known) == applied.version))
    {
        return Err(Error::internal(format!(
            "the database's schema is newer than this program, it has {}: use the program that made it, or a newer one",
            newer.version
        )));
    }
    let lacks =
        |migration: &dyn Migration<Pg>| !applied.iter().any(|applied| applied.version == version(migration));
    Ok(known.iter().filter(|known| lacks(&***known)).map(|known| known.name().to_string()).collect())
}

/// Gives the role that serves its rights, if a migration has changed what they should be, or if they are not what they
/// should be.
///
/// Not every time: an older program beside a newer one must not take rights away that the newer one needs.
async fn grant(connection: &mut AsyncPgConnection, serving: &Role, changed: bool) -> Result<()> {
    if serving.is_superuser {
        tracing::warn!(
            "the role of DATABASE_URL is a superuser, from whom no right can be taken and no row be kept; serve as \
             another role"
        );
        return Ok(());
    }
    if serving.bypasses_policies {
        tracing::warn!(
            "the role of DATABASE_URL has BYPASSRLS, and no row can be kept from it; serve as another role"
        );
    }
    let query = "SELECT NOT has_table_privilege($1, 'tenants', 'SELECT')
            OR has_column_privilege($1, 'commission_events', 'commission_amount', 'UPDATE') AS are_wrong";
    let rights: Rights =
        diesel::sql_query(query).bind::<Text, _>(serving.name.clone()).get_result(connection).await?;
    if changed || rights.are_wrong {
        let name = format!("\"{}\"", serving.name.replace('"', "\"\""));
        connection.batch_execute(&GRANTS.replace(":role", &name)).await.map_err(failed)?;
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Rights {
    #[diesel(sql_type = Bool)]
    are_wrong: bool,
}

/// Who a connection is to the database.
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
    /// Whom a connection speaks as.
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
    let done = migrate(&mut harness).map_err(failed);
    (harness.into_inner(), done)
}

/// Tells whether the others were in the way, or it is the migration. By the text, because the type of the harness's errors is
/// not public.
fn failed(error: impl Display) -> Error {
    let text = format!("cannot migrate the database: {error}");
    if OTHERS.iter().any(|says| text.contains(says)) { Error::Overtaken } else { Error::internal(text) }
}
