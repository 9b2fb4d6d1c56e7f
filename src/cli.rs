//! The command line: commands, and the settings that flags and the environment give.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use async_graphql::{ScalarType, Value};
use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand, ValueEnum};
use uuid::Uuid;

use crate::access::Role;
use crate::currency::Currency;
use crate::http::connections::Keeping;
use crate::http::cors::Origin;
use crate::http::{DemoUser, Figures, Limits, Options, SignIn, TrustedDocuments};
use crate::instant::Instant;

/// Partner revenue share behind one GraphQL API: commissions on paid invoices, payouts, referrals.
#[derive(Debug, Parser)]
#[command(name = "revshare", version, propagate_version = true)]
pub struct Cli {
    /// What to do; default serve
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How.
    #[command(flatten)]
    pub settings: Settings,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API; brings the database's schema up to date first
    Serve,
    /// Bring the database's schema up to date, and nothing else
    Migrate,
    /// Print the GraphQL schema
    Schema,
    /// Manage tenants
    #[command(subcommand)]
    Tenant(TenantCommand),
    /// Pay partners
    #[command(subcommand)]
    Payouts(PayoutsCommand),
    /// Check that the books agree: exit code 0 if they do, 1 if they do not, 2 if that cannot be told
    Reconcile(ReconcileArgs),
    /// Check the configuration, the database, its rights, migrations, keys and clock, and say what to do: exit code 0 if
    /// nothing is wrong, 1 if something is
    Doctor,
    /// Manage the tokens of services, such as the billing service: opaque, revocable, two at a time
    #[command(subcommand)]
    ServiceToken(ServiceTokenCommand),
    /// Load the demo tenant into a database that has no tenants
    Demo,
    /// Make a token for somebody, signed with the configured secret or the local key
    Token(TokenArgs),
}

/// The commands about tenants.
#[derive(Debug, Subcommand)]
pub enum TenantCommand {
    /// Create a tenant
    Create(TenantArgs),
}

/// A new tenant.
#[derive(Debug, Args)]
pub struct TenantArgs {
    /// Its name in tokens: letters, digits and _.:-
    pub id: String,
    /// Its name for people; default its id
    #[arg(long)]
    pub name: Option<String>,
    /// The IANA time zone in which its months begin
    #[arg(long, default_value = "UTC")]
    pub time_zone: String,
    /// The ISO 4217 code of its partners' currency
    #[arg(long, default_value = "USD")]
    pub currency: Currency,
}

/// The commands about payouts.
#[derive(Debug, Subcommand)]
pub enum PayoutsCommand {
    /// Make a payout for every partner and currency that something is payable to, as runPayouts does
    Run(RunPayoutsArgs),
}

/// The payouts to make.
#[derive(Debug, Args)]
pub struct RunPayoutsArgs {
    /// The tenant
    #[arg(long)]
    pub tenant: String,
    /// The end of the period, by the dates of the commission events: a day (2026-12-01), which begins where the tenant is
    /// and is not part of the period, or a moment (2026-12-01T00:00:00Z)
    #[arg(long)]
    pub until: Day,
    /// The beginning of the period, a day or a moment
    #[arg(long, default_value = "1970-01-01")]
    pub since: Day,
    /// Only payouts in this currency; default all
    #[arg(long)]
    pub currency: Option<Currency>,
    /// How the money is sent; default "manual"
    #[arg(long)]
    pub payment_method: Option<String>,
    /// Write nothing, only tell what a run would do now
    #[arg(long)]
    pub dry_run: bool,
    /// An idempotency key: run again with the same, it goes on where it was cut off and pays nothing twice
    #[arg(long)]
    pub key: Option<String>,
    /// Who runs it, for the history
    #[arg(long, default_value = "operator")]
    pub user: String,
}

/// A moment, or the day that begins with it where the tenant is.
#[derive(Clone, Copy, Debug)]
pub enum Day {
    /// A moment.
    Moment(Instant),
    /// A day.
    Date(NaiveDate),
}

impl FromStr for Day {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(date) = text.parse() {
            return Ok(Self::Date(date));
        }
        Instant::parse(Value::String(text.to_owned()))
            .map(Self::Moment)
            .map_err(|_| "write a day, 2026-12-01, or a moment, 2026-12-01T00:00:00Z".to_owned())
    }
}

/// Whose books to check.
#[derive(Debug, Args)]
pub struct ReconcileArgs {
    /// The tenant; default all
    #[arg(long)]
    pub tenant: Option<String>,
}

/// The commands about service tokens.
#[derive(Debug, Subcommand)]
pub enum ServiceTokenCommand {
    /// Make a token for a service, and print it: this once, it is not kept
    Create(CreateServiceTokenArgs),
    /// List the tokens of a tenant
    List(ListServiceTokensArgs),
    /// Revoke a token: the next request with it is refused
    Revoke(RevokeServiceTokenArgs),
}

/// A service token to make.
#[derive(Debug, Args)]
pub struct CreateServiceTokenArgs {
    /// The tenant
    #[arg(long)]
    pub tenant: String,
    /// The service's name, for the history
    #[arg(long)]
    pub name: String,
    /// For how long the token holds, e.g. 90d; default until it is revoked
    #[arg(long, value_parser = some_time)]
    pub ttl: Option<Duration>,
    /// Who makes it
    #[arg(long, default_value = "operator")]
    pub user: String,
}

/// Whose service tokens to list.
#[derive(Debug, Args)]
pub struct ListServiceTokensArgs {
    /// The tenant
    #[arg(long)]
    pub tenant: String,
}

/// A service token to revoke.
#[derive(Debug, Args)]
pub struct RevokeServiceTokenArgs {
    /// The tenant
    #[arg(long)]
    pub tenant: String,
    /// The id of the token, as the list has it
    #[arg(long)]
    pub id: Uuid,
}

/// A token to make.
#[derive(Debug, Args)]
pub struct TokenArgs {
    /// The tenant
    #[arg(long)]
    pub tenant: String,
    /// The user id; of a partner's user, the one it is linked by
    #[arg(long)]
    pub user: String,
    /// What kind of user
    #[arg(long)]
    pub role: Role,
    /// For how long the token holds, e.g. 15m, 12h
    #[arg(long, default_value = "12h", value_parser = humantime::parse_duration)]
    pub ttl: Duration,
}

/// What flags and the environment say.
#[derive(Debug, Args)]
#[command(next_help_heading = "Settings")]
pub struct Settings {
    /// The PostgreSQL database, e.g. postgres://revshare_app@localhost/revshare. Without it, a private PostgreSQL is started
    /// in the data folder
    #[arg(long, env, global = true, hide_env_values = true)]
    pub database_url: Option<String>,
    /// The same database as the role that owns its tables, which brings the schema up to date and gives the other role the
    /// few rights that serving needs. Default the database URL: its role then owns the tables
    #[arg(long, env, global = true, hide_env_values = true)]
    pub migration_database_url: Option<String>,
    /// Where to listen
    #[arg(long, env, global = true, default_value = "127.0.0.1:8000")]
    pub listen_addr: SocketAddr,
    /// How many connections may be open at a time; more wait until one ends
    #[arg(long, env, global = true, default_value_t = 1_000, value_parser = at_least_one)]
    pub connections_max: usize,
    /// The folder of the private PostgreSQL and the local key
    #[arg(long, env, global = true, default_value = ".revshare")]
    pub data_dir: PathBuf,
    /// The secret that tokens are signed with (HS256), at least 32 bytes. Without it and without AUTH_JWKS, and only when
    /// listening on loopback, a local key is made in the data folder
    #[arg(long, env, global = true, hide_env_values = true)]
    pub auth_hs256_secret: Option<String>,
    /// The public keys of an identity provider whose tokens are taken (RS256, ES256, EdDSA): a JSON Web Key set, by the path of
    /// a file or by an address (https://…), read again when it changes
    #[arg(long, env, global = true)]
    pub auth_jwks: Option<String>,
    /// The `iss` that every token must have
    #[arg(long, env, global = true)]
    pub auth_issuer: Option<String>,
    /// The `aud` that every token must have
    #[arg(long, env, global = true)]
    pub auth_audience: Option<String>,
    /// How long a token may hold, from its `iat` to its `exp`; others are refused
    #[arg(long, env, global = true, default_value = "24h", value_parser = some_time)]
    pub auth_token_ttl_max: Duration,
    /// Where people sign in to the portal.
    #[command(flatten)]
    pub sign_in: SignIn,
    /// Pages of which sites may ask this server from a browser: their origins, with commas between, as in
    /// `https://portal.example.com`. Default none
    #[arg(long, env, global = true, value_delimiter = ',')]
    pub cors_origins: Vec<Origin>,
    /// Which documents are executed: all (off), all and those of the portal by their hash (prefer), or only those of the
    /// portal and of the file below, except for staff (only)
    #[arg(long, env, global = true, value_enum, default_value_t = TrustedDocuments::Prefer)]
    pub trusted_documents: TrustedDocuments,
    /// A JSON file of further trusted documents, by their SHA-256
    #[arg(long, env, global = true)]
    pub trusted_documents_file: Option<PathBuf>,
    /// Whether documents that clients have sent are remembered by their hash (automatic persisted queries)
    #[arg(long, env, global = true, default_value_t = true, action = clap::ArgAction::Set)]
    pub automatic_persisted_queries: bool,
    /// The bearer token that /metrics asks for. Without it, /metrics is there only when listening on loopback
    #[arg(long, env, global = true, hide_env_values = true)]
    pub metrics_token: Option<String>,
    /// Where traces are sent to, by OTLP over HTTP, as in `http://localhost:4318`. Default nowhere
    #[arg(long, env, global = true)]
    pub otel_exporter_otlp_endpoint: Option<String>,
    /// How much a request may ask for.
    #[command(flatten)]
    pub limits: Limits,
    /// How to write the log, on standard error; RUST_LOG sets how much
    #[arg(long, env, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

fn some_time(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if time.as_secs() > 0 { Ok(time) } else { Err("must be at least a second".to_owned()) }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|count| *count > 0).ok_or_else(|| "must be a whole number above zero".to_owned())
}

impl Settings {
    /// Takes what is set to nothing, as compose files and CI like to do, as not set.
    pub fn without_blanks(self) -> Self {
        let given = |value: Option<String>| value.filter(|value| !value.trim().is_empty());
        Self {
            database_url: given(self.database_url),
            migration_database_url: given(self.migration_database_url),
            auth_hs256_secret: given(self.auth_hs256_secret),
            auth_jwks: given(self.auth_jwks),
            auth_issuer: given(self.auth_issuer),
            auth_audience: given(self.auth_audience),
            metrics_token: given(self.metrics_token),
            otel_exporter_otlp_endpoint: given(self.otel_exporter_otlp_endpoint),
            ..self
        }
    }
}

impl Settings {
    /// How requests are answered, with these users for anybody to be.
    pub fn options(&self, demo: Vec<DemoUser>) -> crate::error::Result<Options> {
        let figures = match &self.metrics_token {
            Some(token) => Figures::ForHolderOf(token.clone()),
            None if self.listen_addr.ip().is_loopback() => Figures::ForAnybody,
            None => Figures::ForNobody,
        };
        Ok(Options {
            limits: self.limits.clone(),
            trusted_documents: self.trusted_documents,
            remembers_documents: self.automatic_persisted_queries,
            origins: self.cors_origins.clone(),
            figures,
            provider: self.sign_in.provider()?,
            demo,
        })
    }

    /// How connections are kept.
    pub fn keeping(&self) -> Keeping {
        Keeping { most: self.connections_max, head_within: self.limits.arrival() }
    }
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}
