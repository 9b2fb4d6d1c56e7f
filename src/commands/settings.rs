//! The settings: flags of the command line, or environment variables of the same names in upper case.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum, value_parser};
use ipnet::IpNet;

use crate::graphql::request::limits::Limits;
use crate::graphql::request::persisted_documents::TrustedDocuments;
use crate::http::cors::Origin;
use crate::http::listener::ConnectionLimits;
use crate::http::{DemoUser, MetricsAccess, Options, SignIn};
use crate::primitives::error::Result;
use crate::stripe::client::StripeSettings;
use crate::webhook::WebhookSettings;

/// The size of a server's pool of database connections.
pub const DATABASE_CONNECTIONS_MAX: usize = 16;

/// The settings, from flags and from the environment.
#[derive(Debug, Args)]
#[command(next_help_heading = "Settings")]
pub struct Settings {
    /// The PostgreSQL database, e.g. postgres://revshare_app@localhost/revshare. Default: a private PostgreSQL in the data
    /// folder
    #[arg(long, env, global = true, hide_env_values = true)]
    pub database_url: Option<String>,
    /// The same database for the role that owns the tables: it migrates, and grants the other role the privileges that
    /// serving needs. Default: the database URL, whose role then owns the tables
    #[arg(long, env, global = true, hide_env_values = true)]
    pub migration_database_url: Option<String>,
    /// The address to listen on
    #[arg(long, env, global = true, default_value = "127.0.0.1:8000")]
    pub listen_addr: SocketAddr,
    /// Connections of clients that may be open at a time; further ones get 503, except for /livez and /readyz
    #[arg(long, env, global = true, default_value_t = 1_000, value_parser = at_least_one)]
    pub limit_connections: usize,
    /// The same for the connections of one address (IPv6: of one /64 network); 0 for no limit. Behind a reverse proxy,
    /// all connections have the address of the proxy: set 0 there, or as many as the proxy opens
    #[arg(long, env, global = true, default_value_t = 256)]
    pub limit_connections_per_address: usize,
    /// Seconds that a response may take to be delivered; then its connection is closed
    #[arg(long, env, global = true, default_value_t = 60, value_parser = value_parser!(u64).range(1..))]
    pub limit_delivery_seconds: u64,
    /// The data folder: the private PostgreSQL and the local key
    #[arg(long, env, global = true, default_value = ".revshare")]
    pub data_dir: PathBuf,
    /// The secret that tokens are signed with (HS256), at least 32 bytes. Without it and AUTH_JWKS, a server that listens
    /// on loopback creates a local key in the data folder
    #[arg(long, env, global = true, hide_env_values = true)]
    pub auth_hs256_secret: Option<String>,
    /// The JSON Web Key set of an identity provider whose tokens are accepted (RS256, ES256, EdDSA): the path of a file, or
    /// a URL (https://…); refreshed periodically
    #[arg(long, env, global = true)]
    pub auth_jwks: Option<String>,
    /// The required claim `iss` of tokens
    #[arg(long, env, global = true)]
    pub auth_issuer: Option<String>,
    /// The required claim `aud` of tokens
    #[arg(long, env, global = true)]
    pub auth_audience: Option<String>,
    /// The longest lifetime of tokens, from `iat` to `exp`; others are rejected
    #[arg(long, env, global = true, default_value = "24h", value_parser = ttl)]
    pub auth_token_ttl_max: Duration,
    /// The identity provider of the portal.
    #[command(flatten)]
    pub sign_in: SignIn,
    /// The origins whose pages may send requests from a browser, separated by commas, as in
    /// `https://portal.example.com`. Default none
    #[arg(long, env, global = true, value_delimiter = ',')]
    pub cors_origins: Vec<Origin>,
    /// Which documents are executed: all (off); all, and those of the portal by their hash (prefer); or only those of the
    /// portal and of the file below, except for staff (only)
    #[arg(long, env, global = true, value_enum, default_value_t = TrustedDocuments::Prefer)]
    pub trusted_documents: TrustedDocuments,
    /// A JSON file of further trusted documents, by their SHA-256
    #[arg(long, env, global = true)]
    pub trusted_documents_file: Option<PathBuf>,
    /// Whether documents of clients are remembered by their hash (automatic persisted queries)
    #[arg(long, env, global = true, default_value_t = true, action = clap::ArgAction::Set)]
    pub automatic_persisted_queries: bool,
    /// The bearer token of /metrics. Without it, /metrics is available only when listening on loopback
    #[arg(long, env, global = true, hide_env_values = true)]
    pub metrics_token: Option<String>,
    /// A folder of TrueType or OpenType fonts for the PDF files of statements: for scripts other than Latin, Greek, Cyrillic,
    /// Arabic and Hebrew. Default none
    #[arg(long, env, global = true)]
    pub statement_fonts: Option<PathBuf>,
    /// The key that secrets are sealed with in the database, such as those of webhooks: 32 bytes in base64, from
    /// `openssl rand -base64 32`. Without it, a server that listens on loopback creates a key in the data folder, and
    /// another one sends no webhooks
    #[arg(long, env, global = true, hide_env_values = true)]
    pub secrets_key: Option<String>,
    /// The key before, which still opens secrets during a rotation
    #[arg(long, env, global = true, hide_env_values = true)]
    pub secrets_key_previous: Option<String>,
    /// The URL that partners open the portal by, as in `https://portal.example.com`; mails link to it. Default
    /// `http://<LISTEN_ADDR>`; required with SMTP_URL
    #[arg(long, env, global = true)]
    pub public_url: Option<String>,
    /// The mail server, as in `smtps://user:password@smtp.example.com` or `smtp://smtp.example.com:587?tls=required`. Without it,
    /// mails are written to the folder `mail` of the data folder
    #[arg(long, env, global = true, hide_env_values = true)]
    pub smtp_url: Option<String>,
    /// The address that mails are from, as in `partners@example.com`; required with SMTP_URL
    #[arg(long, env, global = true)]
    pub mail_from: Option<String>,
    /// Networks that webhooks may be sent to although they are not public, separated by commas, as in `10.1.0.0/16`; http is
    /// allowed there. Default none; loopback addresses while the server listens on loopback
    #[arg(long, env, global = true, value_delimiter = ',')]
    pub webhook_networks: Vec<IpNet>,
    /// The URL of a stand-in for Stripe on this machine, for tests and demos. Default Stripe itself
    #[arg(long, env, global = true)]
    pub stripe_api_url: Option<String>,
    /// Whether the server also does jobs, such as sending webhooks and mails. Off if `revshare work` runs beside it
    #[arg(long, env, global = true, value_enum, default_value_t = WorkerMode::On)]
    pub worker: WorkerMode,
    /// The endpoint that traces are exported to by OTLP over HTTP, as in `http://localhost:4318`. Default none
    #[arg(long, env, global = true)]
    pub otel_exporter_otlp_endpoint: Option<String>,
    /// The limits of requests and callers.
    #[command(flatten)]
    pub limits: Limits,
    /// The format of the log, on standard error; RUST_LOG sets its level
    #[arg(long, env, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

/// Parses the lifetime of a token.
pub fn ttl(text: &str) -> std::result::Result<Duration, String> {
    let ttl = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if ttl.as_secs() > 0 { Ok(ttl) } else { Err("must be at least one second".to_owned()) }
}

fn at_least_one(text: &str) -> std::result::Result<usize, String> {
    text.parse().ok().filter(|count| *count > 0).ok_or_else(|| "must be a whole number above zero".to_owned())
}

impl Settings {
    /// Treats blank values as unset: Compose files and CI systems set variables to the empty string.
    pub fn without_blanks(self) -> Self {
        let set = |value: Option<String>| value.filter(|value| !value.trim().is_empty());
        Self {
            database_url: set(self.database_url),
            migration_database_url: set(self.migration_database_url),
            auth_hs256_secret: set(self.auth_hs256_secret),
            auth_jwks: set(self.auth_jwks),
            auth_issuer: set(self.auth_issuer),
            auth_audience: set(self.auth_audience),
            metrics_token: set(self.metrics_token),
            public_url: set(self.public_url),
            smtp_url: set(self.smtp_url),
            mail_from: set(self.mail_from),
            stripe_api_url: set(self.stripe_api_url),
            secrets_key: set(self.secrets_key),
            secrets_key_previous: set(self.secrets_key_previous),
            otel_exporter_otlp_endpoint: set(self.otel_exporter_otlp_endpoint),
            ..self
        }
    }

    /// Returns the options of the server, with these demo users.
    pub fn options(
        &self,
        demo_users: Vec<DemoUser>,
        webhooks: WebhookSettings,
        public_url: String,
    ) -> Result<Options> {
        let metrics_access = match &self.metrics_token {
            Some(token) => MetricsAccess::BearerToken(token.clone()),
            None if self.listen_addr.ip().is_loopback() => MetricsAccess::Public,
            None => MetricsAccess::Disabled,
        };
        Ok(Options {
            limits: self.limits.clone(),
            trusted_documents: self.trusted_documents,
            trusted_documents_file: self.trusted_documents_file.clone(),
            automatic_persisted_queries: self.automatic_persisted_queries,
            cors_origins: self.cors_origins.clone(),
            metrics_access,
            statement_fonts: self.statement_fonts.clone().filter(|folder| !folder.as_os_str().is_empty()),
            identity_provider: self.sign_in.provider()?,
            webhooks,
            stripe: self.stripe()?,
            public_url,
            demo_users,
        })
    }

    /// Returns where Stripe is.
    pub fn stripe(&self) -> Result<StripeSettings> {
        StripeSettings::new(self.stripe_api_url.as_deref())
    }

    /// Returns the limits of client connections.
    pub fn connection_limits(&self) -> ConnectionLimits {
        ConnectionLimits {
            count_max: self.limit_connections,
            per_address_max: self.limit_connections_per_address,
            arrival_timeout: self.limits.arrival_timeout(),
            delivery_timeout: Duration::from_secs(self.limit_delivery_seconds),
        }
    }
}

/// Whether the server does jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WorkerMode {
    /// It does.
    On,
    /// Another process does.
    Off,
}

/// The format of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Human-readable lines.
    Text,
    /// One JSON object per line.
    Json,
}
