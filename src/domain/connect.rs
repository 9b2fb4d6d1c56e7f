//! Connecting to the database, so that one that is gone is noticed.

use std::time::Duration;

use diesel_async::AsyncPgConnection;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Config, NoTls, Socket};

use super::tls::{self, Trusted};
use crate::error::{Error, Result};

/// How long connecting may take. A machine that is gone says nothing at all.
const WITHIN: Duration = Duration::from_millis(1_500);

/// After how long silence a connection is asked whether the machine at its other end is there, and how often then.
const SILENCE: Duration = Duration::from_secs(10);
const ASK_EVERY: Duration = Duration::from_secs(5);
const ASK_TIMES: u32 = 3;

/// A connection to the database. What its address says of the keeping of connections counts before.
pub async fn connect(url: &str) -> Result<AsyncPgConnection> {
    let (url, trusted) = tls::split(url);
    // The address may carry a password, and the reason why it is none may quote it.
    let mut config: Config = url.parse().map_err(|_| {
        Error::internal(
            "DATABASE_URL is no address of a database: write postgres://role:password@host:5432/database; of sslmode, \
             disable and verify-full are known, and prefer and require, which mean the same as these",
        )
    })?;
    let is_encrypted = config.get_ssl_mode() == SslMode::Require;
    if trusted.is_some() && !is_encrypted {
        let advice =
            "sslrootcert of the database's URL counts beside sslmode=verify-full: add that, or take it out";
        return Err(Error::internal(advice));
    }
    if config.get_keepalives_idle() == Config::new().get_keepalives_idle() {
        config.keepalives_idle(SILENCE).keepalives_interval(ASK_EVERY).keepalives_retries(ASK_TIMES);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(SILENCE + ASK_EVERY * ASK_TIMES);
    }
    let connecting = async {
        if !is_encrypted {
            return open(&config, NoTls).await;
        }
        let trusted = trusted.unwrap_or(Trusted::ByMachine);
        // Reads files.
        let connector = tokio::task::spawn_blocking(move || tls::connector(&trusted));
        open(&config, connector.await.map_err(Error::internal)??).await
    };
    tokio::time::timeout(WITHIN, connecting).await.unwrap_or_else(|_| {
        Err(Error::internal(format!("the database at {} does not answer", place(&config))))
    })
}

async fn open<T>(config: &Config, tls: T) -> Result<AsyncPgConnection>
where
    T: MakeTlsConnect<Socket>,
    T::Stream: Send + 'static,
{
    let (client, connection) = config.connect(tls).await.map_err(|error| refused(config, &error))?;
    AsyncPgConnection::try_from_client_and_connection(client, connection).await.map_err(Error::internal)
}

/// Where a database is, without who asks for it and with which password.
fn place(config: &Config) -> String {
    let host = config.get_hosts().first().map(|host| match host {
        tokio_postgres::config::Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        tokio_postgres::config::Host::Unix(folder) => folder.display().to_string(),
    });
    let port = config.get_ports().first().copied().unwrap_or(5432);
    format!("{}:{port}", host.unwrap_or_else(|| "localhost".to_owned()))
}

/// What is wrong, in one line, and what to do about it.
fn refused(config: &Config, error: &tokio_postgres::Error) -> Error {
    let role = config.get_user().unwrap_or("nobody");
    let database = config.get_dbname().unwrap_or(role);
    let place = place(config);
    let Some(said) = error.as_db_error() else {
        let cause = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
        let advice = if cause.contains("does not support TLS") {
            "turn its ssl on, or write sslmode=disable where nobody else is on the way"
        } else if cause.contains("certificate") {
            "its certificate must name the host of its URL in its subjectAltName, be that of no CA, and be signed by who is in \
             the file sslrootcert of its URL, or by whom this machine trusts"
        } else if cause.contains("password missing") {
            "put role and password in its URL right"
        } else {
            "is it running, and is the address right?"
        };
        return Error::internal(format!("the database at {place} cannot be reached ({cause}): {advice}"));
    };
    let message = said.message();
    let advice = match *said.code() {
        _ if message.ends_with("no encryption") => {
            format!("the database at {place} lets nobody in without TLS: add sslmode=verify-full to its URL")
        }
        SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            format!(
                "the database at {place} does not let the role {role} in: put role and password in its URL right"
            )
        }
        SqlState::INVALID_CATALOG_NAME => {
            format!("there is no database {database} at {place}: create it, or name another")
        }
        SqlState::TOO_MANY_CONNECTIONS => {
            format!(
                "the database at {place} has no connection left: raise its max_connections, or run fewer programs"
            )
        }
        SqlState::CANNOT_CONNECT_NOW => {
            format!("the database at {place} is starting or stopping: wait for it")
        }
        SqlState::INSUFFICIENT_PRIVILEGE => {
            format!("the role {role} may not connect to the database {database}: GRANT CONNECT to it")
        }
        _ => format!("the database at {place} refuses the connection"),
    };
    Error::internal(format!("{advice} ({message})"))
}
