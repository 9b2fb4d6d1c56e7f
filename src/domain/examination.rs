//! Whether a database is fit to be served from. Looks, and changes nothing.

use chrono::Utc;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::connect::connect;
use super::migrate::{self, Role};
use crate::error::Result;

/// How far the clocks of the database and of this machine may be apart, in milliseconds.
const APART_MAX: i64 = 2_000;

/// How good something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Good,
    /// It works, and should be otherwise.
    Doubtful,
    /// It does not work.
    Wrong,
}

/// What was found, in one line, and what to do about it.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What was looked at.
    pub about: &'static str,
    /// How good it is.
    pub verdict: Verdict,
    /// What was found.
    pub text: String,
}

impl Finding {
    /// It is as it should be.
    pub fn good(about: &'static str, text: impl Into<String>) -> Self {
        Self { about, verdict: Verdict::Good, text: text.into() }
    }

    /// It works, and should be otherwise.
    pub fn doubtful(about: &'static str, text: impl Into<String>) -> Self {
        Self { about, verdict: Verdict::Doubtful, text: text.into() }
    }

    /// It does not work.
    pub fn wrong(about: &'static str, text: impl Into<String>) -> Self {
        Self { about, verdict: Verdict::Wrong, text: text.into() }
    }
}

/// Looks at a database as the role that owns its tables and as the one that serves, for a server of so many connections.
pub async fn examine(owner_url: &str, database_url: &str, connections: i64) -> Vec<Finding> {
    let mut findings = Vec::new();
    match connect(database_url).await {
        Err(error) => findings.push(Finding::wrong("database", error.describe())),
        Ok(mut connection) => match of_server(&mut connection, connections).await {
            Err(error) => findings.push(Finding::wrong("database", error.describe())),
            Ok(found) => {
                findings.extend(found);
                findings.extend(of_schema(owner_url, &mut connection).await);
            }
        },
    }
    findings
}

#[derive(QueryableByName)]
struct Server {
    #[diesel(sql_type = Text)]
    version: String,
    #[diesel(sql_type = Text)]
    database: String,
    #[diesel(sql_type = BigInt)]
    milliseconds: i64,
    #[diesel(sql_type = Array<Text>)]
    unsafe_settings: Vec<String>,
    #[diesel(sql_type = BigInt)]
    connections_left: i64,
    #[diesel(sql_type = Bool)]
    is_read_only: bool,
    #[diesel(sql_type = Nullable<Text>)]
    encryption: Option<String>,
    #[diesel(sql_type = Bool)]
    is_elsewhere: bool,
    #[diesel(sql_type = Bool)]
    speaks_english: bool,
}

/// What of the server matters to us.
async fn of_server(connection: &mut AsyncPgConnection, connections: i64) -> Result<Vec<Finding>> {
    let query = "SELECT current_setting('server_version') AS version, current_database()::text AS database,
        (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS milliseconds,
        ARRAY(SELECT name::text FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')
            AND setting = 'off' ORDER BY name) AS unsafe_settings,
        current_setting('max_connections')::bigint - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')
            AS connections_left,
        pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool AS is_read_only,
        (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl) AS encryption,
        coalesce(inet_client_addr() <> inet_server_addr(), false) AS is_elsewhere,
        current_setting('lc_messages') ~ '^(C|POSIX|en)' OR current_setting('lc_messages') = '' AS speaks_english";
    let before = Utc::now().timestamp_millis();
    let server: Server = diesel::sql_query(query).get_result(connection).await?;
    let now = before.midpoint(Utc::now().timestamp_millis());
    let how = server.encryption.as_ref().map_or_else(String::new, |version| format!(", over {version}"));
    let mut findings = vec![Finding::good(
        "database",
        format!("PostgreSQL {}, database {}{how}", server.version, server.database),
    )];
    if server.is_elsewhere && server.encryption.is_none() {
        let advice = "is on another machine, and what is said to it goes over the network as it is: add sslmode=verify-full \
                      to its URL";
        findings.push(Finding::doubtful("database", advice));
    }
    if server.is_read_only {
        let advice = "cannot be written to: name the primary, or set default_transaction_read_only to off";
        findings.push(Finding::wrong("database", advice));
    }
    if server.connections_left < connections {
        let left = server.connections_left;
        let advice =
            format!("{left} connections left, a server takes up to {connections}: raise max_connections");
        findings.push(Finding::doubtful("connections", advice));
    }
    findings.push(match server.unsafe_settings.as_slice() {
        [] => Finding::good("durability", "what is acknowledged is on the disk"),
        names => Finding::wrong(
            "durability",
            format!("what is acknowledged may be lost in a crash: set to on: {}", names.join(", ")),
        ),
    });
    if !server.speaks_english {
        let advice =
            "errors are in another language, and some are told as faults of ours: set lc_messages to C";
        findings.push(Finding::doubtful("language", advice));
    }
    let apart = (server.milliseconds - now).abs();
    findings.push(if apart <= APART_MAX {
        Finding::good("clock", format!("{apart} ms from the database's"))
    } else {
        let advice = "tokens go by this one, what is stored by the database's: set both by NTP";
        Finding::wrong("clock", format!("{apart} ms from the database's; {advice}"))
    });
    Ok(findings)
}

#[derive(QueryableByName)]
struct Tables {
    #[diesel(sql_type = Array<Text>)]
    closed: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    open: Vec<String>,
    #[diesel(sql_type = Bool)]
    may_change_amounts: bool,
}

/// The schema, and the rights of the role that serves.
async fn of_schema(owner_url: &str, serving: &mut AsyncPgConnection) -> Vec<Finding> {
    let role = match Role::of(serving).await {
        Ok(role) => role,
        Err(error) => return vec![Finding::wrong("role", error.describe())],
    };
    let name = role.name.clone();
    let mut findings = Vec::new();
    if role.is_superuser || role.bypasses_policies {
        let what = if role.is_superuser { "is a superuser" } else { "has BYPASSRLS" };
        let advice = format!("{name} {what}, and no row can be kept from it: serve as another role");
        findings.push(Finding::wrong("role", advice));
    } else if role.may_migrate {
        let advice = format!(
            "{name} owns the tables it serves from: set MIGRATION_DATABASE_URL to their owner, and serve as another"
        );
        findings.push(Finding::doubtful("role", advice));
    } else {
        findings.push(Finding::good("role", format!("{name} owns nothing")));
    }
    let missing = async { migrate::missing(&mut connect(owner_url).await?).await };
    match missing.await {
        Err(error) => findings.push(Finding::wrong("migrations", error.describe())),
        Ok(missing) if missing.is_empty() => {
            findings.push(match migrate::is_seen(serving).await {
                Ok(()) => Finding::good("migrations", "all are applied"),
                Err(error) => Finding::wrong("migrations", error.describe()),
            });
            findings.extend(
                of_tables(serving)
                    .await
                    .unwrap_or_else(|error| vec![Finding::wrong("rights", error.describe())]),
            );
        }
        Ok(missing) => {
            let advice = format!("lacks {}: run `revshare migrate`", missing.join(", "));
            findings.push(Finding::wrong("migrations", advice));
        }
    }
    findings
}

/// Whether the tables are as open and as closed as they should be.
async fn of_tables(serving: &mut AsyncPgConnection) -> Result<Vec<Finding>> {
    let query = "SELECT
        ARRAY(SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
            AND NOT has_table_privilege(oid, 'SELECT') ORDER BY relname) AS closed,
        ARRAY(SELECT relname::text FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'tenant_id'
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND NOT (relrowsecurity AND relforcerowsecurity)
            ORDER BY relname) AS open,
        has_column_privilege('commission_events', 'commission_amount', 'UPDATE') AS may_change_amounts";
    let tables: Tables = diesel::sql_query(query).get_result(serving).await?;
    let mut findings = Vec::new();
    if !tables.closed.is_empty() {
        let advice = format!("the role may not read {}: run `revshare migrate`", tables.closed.join(", "));
        findings.push(Finding::wrong("rights", advice));
    }
    if !tables.open.is_empty() {
        let advice =
            format!("row-level security is off on {}: run `revshare migrate`", tables.open.join(", "));
        findings.push(Finding::wrong("rights", advice));
    }
    if tables.may_change_amounts {
        findings.push(Finding::doubtful("rights", "the role may change amounts: run `revshare migrate`"));
    }
    if findings.is_empty() {
        findings.push(Finding::good("rights", "it may do what serving needs, and nothing else"));
    }
    Ok(findings)
}
