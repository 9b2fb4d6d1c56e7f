//! Opens connections to the database, with timeouts and keepalives by which an unreachable server is noticed.

use std::time::Duration;

use diesel_async::AsyncPgConnection;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Config, NoTls, Socket};

use super::tls::{self, TrustAnchors};
use crate::primitives::error::{Error, Result};

/// The timeout of connecting: an unreachable machine sends no response at all.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(1_500);

/// TCP keepalive: the idle time before the first probe, the interval of probes, and their number.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(10);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);
const KEEPALIVE_RETRIES: u32 = 3;

/// Opens a connection. Keepalive settings in the URL take precedence.
pub async fn connect(url: &str) -> Result<AsyncPgConnection> {
    let (url, trust_anchors) = tls::split(url);
    // The URL may contain a password, and the parser's error may quote it.
    let mut config: Config = url.parse().map_err(|_| {
        Error::internal(
            "DATABASE_URL is not a valid URL: write postgres://role:password@host:5432/database; sslmode can be disable or \
             verify-full (or prefer and require, which mean the same here)",
        )
    })?;
    let is_encrypted = config.get_ssl_mode() == SslMode::Require;
    if trust_anchors.is_some() && !is_encrypted {
        let advice = "sslrootcert in the URL of the database needs sslmode=verify-full: add that, or remove sslrootcert";
        return Err(Error::internal(advice));
    }
    if config.get_keepalives_idle() == Config::new().get_keepalives_idle() {
        config
            .keepalives_idle(KEEPALIVE_IDLE)
            .keepalives_interval(KEEPALIVE_INTERVAL)
            .keepalives_retries(KEEPALIVE_RETRIES);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(KEEPALIVE_IDLE + KEEPALIVE_INTERVAL * KEEPALIVE_RETRIES);
    }
    let connecting = async {
        if !is_encrypted {
            return open(&config, NoTls).await;
        }
        let trust_anchors = trust_anchors.unwrap_or(TrustAnchors::System);
        // Reads files.
        let connector = tokio::task::spawn_blocking(move || tls::connector(&trust_anchors));
        open(&config, connector.await.map_err(Error::internal)??).await
    };
    tokio::time::timeout(CONNECT_TIMEOUT, connecting).await.unwrap_or_else(|_| {
        Err(Error::internal(format!("the database at {} does not answer", address(&config))))
    })
}

async fn open<T>(config: &Config, tls: T) -> Result<AsyncPgConnection>
where
    T: MakeTlsConnect<Socket>,
    T::Stream: Send + 'static,
{
    let (client, connection) = config.connect(tls).await.map_err(|error| connect_error(config, &error))?;
    AsyncPgConnection::try_from_client_and_connection(client, connection).await.map_err(Error::internal)
}

/// Returns host and port of a database, without role and password.
fn address(config: &Config) -> String {
    let host = config.get_hosts().first().map(|host| match host {
        tokio_postgres::config::Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        tokio_postgres::config::Host::Unix(folder) => folder.display().to_string(),
    });
    let port = config.get_ports().first().copied().unwrap_or(5432);
    format!("{}:{port}", host.unwrap_or_else(|| "localhost".to_owned()))
}

/// Converts an error into one line with advice.
fn connect_error(config: &Config, error: &tokio_postgres::Error) -> Error {
    let role = config.get_user().unwrap_or("(none)");
    let database = config.get_dbname().unwrap_or(role);
    let address = address(config);
    let Some(reported) = error.as_db_error() else {
        let cause = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
        let advice = if cause.contains("does not support TLS") {
            "set ssl = on there, or use sslmode=disable on a network that you trust"
        } else if cause.contains("certificate") {
            "its certificate must name the host of the URL in its subjectAltName, must not be a CA certificate, and must be \
             signed by a certificate in the file of sslrootcert, or by an authority that this machine trusts"
        } else if cause.contains("password missing") {
            "correct the role and the password in its URL"
        } else {
            "check that it is running and that the address is correct"
        };
        return Error::internal(format!("cannot connect to the database at {address} ({cause}): {advice}"));
    };
    let message = reported.message();
    let advice = match *reported.code() {
        _ if message.ends_with("no encryption") => {
            format!("the database at {address} requires TLS: add sslmode=verify-full to its URL")
        }
        SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            format!(
                "the database at {address} rejects the role {role}: correct the role and the password in its URL"
            )
        }
        SqlState::INVALID_CATALOG_NAME => {
            format!("there is no database {database} at {address}: create it, or name another one")
        }
        SqlState::TOO_MANY_CONNECTIONS => {
            format!(
                "the database at {address} has no connection left: raise its max_connections, or run fewer programs"
            )
        }
        SqlState::CANNOT_CONNECT_NOW => {
            format!("the database at {address} is starting or stopping: wait and try again")
        }
        SqlState::INSUFFICIENT_PRIVILEGE => {
            format!("the role {role} may not connect to the database {database}: GRANT CONNECT to it")
        }
        _ => format!("the database at {address} rejects the connection"),
    };
    Error::internal(format!("{advice} ({message})"))
}
