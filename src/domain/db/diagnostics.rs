//! Diagnostics: checks whether a database is fit to be served from, without changing anything.

use chrono::Utc;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::connect::connect;
use super::migrate::{self, Role};
use crate::primitives::error::Result;

/// The largest accepted difference between the clocks of the database and of this machine, in milliseconds.
const CLOCK_SKEW_MAX: i64 = 2_000;

/// The severity of a check's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Nothing to do.
    Ok,
    /// It works, but should be changed.
    Warning,
    /// It does not work, or is not safe.
    Error,
}

/// The result of a check: one line, with advice unless it is ok.
#[derive(Clone, Debug)]
pub struct Check {
    /// What was checked.
    pub subject: &'static str,
    /// The severity.
    pub level: Level,
    /// What was found, and what to do about it.
    pub message: String,
}

impl Check {
    /// Returns a result that needs no action.
    pub fn ok(subject: &'static str, message: impl Into<String>) -> Self {
        Self { subject, level: Level::Ok, message: message.into() }
    }

    /// Returns a result that should be acted on.
    pub fn warning(subject: &'static str, message: impl Into<String>) -> Self {
        Self { subject, level: Level::Warning, message: message.into() }
    }

    /// Returns a result that must be acted on.
    pub fn error(subject: &'static str, message: impl Into<String>) -> Self {
        Self { subject, level: Level::Error, message: message.into() }
    }
}

/// Checks a database for a server with a pool of this size: the server, the schema, and the privileges of both roles.
pub async fn run(owner_url: &str, database_url: &str, pool_size: i64) -> Vec<Check> {
    let checked = async {
        let mut connection = connect(database_url).await?;
        let mut checks = check_server(&mut connection, pool_size).await?;
        checks.extend(check_schema(owner_url, &mut connection).await?);
        Ok(checks)
    };
    let checked: Result<Vec<Check>> = checked.await;
    checked.unwrap_or_else(|error| vec![Check::error("database", error.describe())])
}

/// The facts about a server.
#[derive(QueryableByName)]
struct Server {
    #[diesel(sql_type = Text)]
    version: String,
    #[diesel(sql_type = Text)]
    database: String,
    #[diesel(sql_type = BigInt)]
    clock_ms: i64,
    #[diesel(sql_type = Array<Text>)]
    unsafe_settings: Vec<String>,
    #[diesel(sql_type = BigInt)]
    connections_left: i64,
    #[diesel(sql_type = Bool)]
    is_read_only: bool,
    #[diesel(sql_type = Nullable<Text>)]
    tls_version: Option<String>,
    #[diesel(sql_type = Bool)]
    is_remote: bool,
    #[diesel(sql_type = Bool)]
    has_english_messages: bool,
}

const SERVER: &str = "SELECT current_setting('server_version') AS version, current_database()::text AS database,
    (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS clock_ms,
    ARRAY(SELECT name::text FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off'
        ORDER BY name) AS unsafe_settings,
    current_setting('max_connections')::bigint - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')
        AS connections_left,
    pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool AS is_read_only,
    (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl) AS tls_version,
    coalesce(inet_client_addr() <> inet_server_addr(), false) AS is_remote,
    current_setting('lc_messages') ~ '^(C|POSIX|en)' OR current_setting('lc_messages') = '' AS has_english_messages";

async fn check_server(connection: &mut AsyncPgConnection, pool_size: i64) -> Result<Vec<Check>> {
    let before = Utc::now().timestamp_millis();
    let server: Server = diesel::sql_query(SERVER).get_result(connection).await?;
    let clock_skew = (server.clock_ms - before.midpoint(Utc::now().timestamp_millis())).abs();
    let checks = [
        Some(server.check_version()),
        server.check_encryption(),
        server.check_writable(),
        server.check_connections(pool_size),
        Some(server.check_durability()),
        server.check_language(),
        Some(check_clock(clock_skew)),
    ];
    Ok(checks.into_iter().flatten().collect())
}

impl Server {
    fn check_version(&self) -> Check {
        let tls = self.tls_version.as_ref().map_or_else(String::new, |version| format!(", over {version}"));
        Check::ok("database", format!("PostgreSQL {}, database {}{tls}", self.version, self.database))
    }

    fn check_encryption(&self) -> Option<Check> {
        (self.is_remote && self.tls_version.is_none()).then(|| {
            let advice =
                "the connection to another machine is not encrypted: add sslmode=verify-full to its URL";
            Check::warning("database", advice)
        })
    }

    fn check_writable(&self) -> Option<Check> {
        self.is_read_only.then(|| {
            let advice = "is read-only: name the primary, or set default_transaction_read_only to off";
            Check::error("database", advice)
        })
    }

    fn check_connections(&self, pool_size: i64) -> Option<Check> {
        let left = self.connections_left;
        (left < pool_size).then(|| {
            let advice = format!("{left} are left, a server opens up to {pool_size}: raise max_connections");
            Check::warning("connections", advice)
        })
    }

    /// `synchronous_commit` does not matter: the pool sets it for its connections.
    fn check_durability(&self) -> Check {
        match self.unsafe_settings.as_slice() {
            [] => Check::ok("durability", "acknowledged transactions survive a crash"),
            names => Check::error(
                "durability",
                format!("acknowledged transactions may be lost in a crash; set to on: {}", names.join(", ")),
            ),
        }
    }

    /// Some errors can be recognized by their English message only, since Diesel does not expose SQLSTATE.
    fn check_language(&self) -> Option<Check> {
        (!self.has_english_messages).then(|| {
            let advice = "messages are not in English, so that some errors are reported as internal: set lc_messages to C";
            Check::warning("language", advice)
        })
    }
}

fn check_clock(skew: i64) -> Check {
    if skew <= CLOCK_SKEW_MAX {
        return Check::ok("clock", format!("{skew} ms from the clock of the database"));
    }
    let advice = "tokens are checked by the clock of this machine, rows are dated by the other: synchronize both by NTP";
    Check::error("clock", format!("{skew} ms from the clock of the database; {advice}"))
}

/// Checks the serving role, the migrations, and the privileges on the tables.
async fn check_schema(owner_url: &str, serving: &mut AsyncPgConnection) -> Result<Vec<Check>> {
    let mut checks = vec![check_role(&Role::of(serving).await?)];
    let migrations = check_migrations(owner_url, serving).await;
    let is_migrated = migrations.level == Level::Ok;
    checks.push(migrations);
    if is_migrated {
        checks.extend(check_privileges(serving).await?);
    }
    Ok(checks)
}

fn check_role(role: &Role) -> Check {
    let name = &role.name;
    if role.is_superuser || role.bypasses_policies {
        let attribute = if role.is_superuser { "is a superuser" } else { "has BYPASSRLS" };
        let advice =
            format!("{name} {attribute}, so that row-level security does not apply: serve as another role");
        return Check::error("role", advice);
    }
    if role.may_migrate {
        let advice = format!(
            "{name} owns the tables: set MIGRATION_DATABASE_URL to their owner, and serve as another role"
        );
        return Check::warning("role", advice);
    }
    Check::ok("role", format!("{name} owns no table"))
}

async fn check_migrations(owner_url: &str, serving: &mut AsyncPgConnection) -> Check {
    let pending = async { migrate::pending(&mut connect(owner_url).await?).await };
    match pending.await {
        Err(error) => Check::error("migrations", error.describe()),
        Ok(pending) if pending.is_empty() => match migrate::require_same_database(serving).await {
            Ok(()) => Check::ok("migrations", "all are applied"),
            Err(error) => Check::error("migrations", error.describe()),
        },
        Ok(pending) => {
            Check::error("migrations", format!("{} are pending: run `revshare migrate`", pending.join(", ")))
        }
    }
}

#[derive(QueryableByName)]
struct Tables {
    #[diesel(sql_type = Array<Text>)]
    unreadable: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    unprotected: Vec<String>,
    #[diesel(sql_type = Bool)]
    may_change_amounts: bool,
}

const TABLES: &str = "SELECT
    ARRAY(SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        AND NOT has_table_privilege(oid, 'SELECT') ORDER BY relname) AS unreadable,
    ARRAY(SELECT relname::text FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'tenant_id'
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND NOT (relrowsecurity AND relforcerowsecurity)
        ORDER BY relname) AS unprotected,
    has_column_privilege('commission_events', 'commission_amount', 'UPDATE') AS may_change_amounts";

async fn check_privileges(serving: &mut AsyncPgConnection) -> Result<Vec<Check>> {
    let tables: Tables = diesel::sql_query(TABLES).get_result(serving).await?;
    let unreadable = (!tables.unreadable.is_empty()).then(|| {
        let tables = tables.unreadable.join(", ");
        Check::error("privileges", format!("the role may not read {tables}: run `revshare migrate`"))
    });
    let unprotected = (!tables.unprotected.is_empty()).then(|| {
        let tables = tables.unprotected.join(", ");
        Check::error("privileges", format!("row-level security is off on {tables}: run `revshare migrate`"))
    });
    let may_change_amounts = tables
        .may_change_amounts
        .then(|| Check::warning("privileges", "the role may change amounts: run `revshare migrate`"));
    let mut checks: Vec<_> = [unreadable, unprotected, may_change_amounts].into_iter().flatten().collect();
    if checks.is_empty() {
        checks.push(Check::ok("privileges", "the role has those that serving needs, and no others"));
    }
    Ok(checks)
}
