//! `revshare doctor`: checks the installation and advises what to do.

use super::database::Database;
use super::mail_settings;
use super::memory;
use super::output::print_line;
use super::payment_file_check;
use super::sealed_secrets;
use super::secret_keys;
use super::settings::Settings;
use super::signing_key::{self, InstalledKeys, KeyOrigin};
use super::stripe_check;
use crate::domain::db::diagnostics::{self, Check, Level};
use crate::primitives::error::Result;

/// Prints a line for each check; returns whether none is an error.
pub async fn run(settings: &Settings) -> Result<bool> {
    let mut checks = vec![
        check_keys(settings).await,
        check_address(settings),
        check_mails(settings).await,
        memory::check(settings),
    ];
    match Database::open(settings).await {
        Err(error) => checks.push(Check::error("database", error.describe())),
        Ok(database) => {
            let urls = database.urls().clone();
            let connections = i64::try_from(memory::database_connections(settings)).unwrap_or(i64::MAX);
            checks.extend(diagnostics::run(&urls.owner, &urls.serving, connections).await);
            let is_migrated = |check: &Check| check.subject == "migrations" && check.level == Level::Ok;
            if checks.iter().any(is_migrated) {
                checks.push(sealed_secrets::check(settings, &urls.serving).await);
                checks.push(stripe_check::check(settings, &urls.serving).await);
                checks.push(payment_file_check::check(settings, &urls.serving).await);
            }
            database.close();
        }
    }
    for Check { subject, level, message } in &checks {
        let level = match level {
            Level::Ok => "ok",
            Level::Warning => "warn",
            Level::Error => "error",
        };
        print_line(&format!("{level:<5}  {subject:<11}  {message}"))?;
    }
    Ok(checks.iter().all(|check| check.level != Level::Error))
}

async fn check_keys(settings: &Settings) -> Check {
    match signing_key::verifier(settings).await {
        Err(error) => Check::error("keys", error.describe()),
        Ok(InstalledKeys { origin: KeyOrigin::LocalDev, .. }) => {
            Check::warning("keys", "tokens are signed with the local key, for development on this machine")
        }
        Ok(_) if settings.auth_jwks.is_some() && settings.auth_audience.is_none() => Check::warning(
            "keys",
            "set AUTH_ISSUER and AUTH_AUDIENCE: without them, tokens meant for other services are accepted",
        ),
        Ok(_) => Check::ok("keys", "tokens can be verified"),
    }
}

/// Checks the settings of mails, and connects to the mail server, greets it and signs in.
async fn check_mails(settings: &Settings) -> Check {
    let mails = secret_keys::of(settings).and_then(|keys| mail_settings::of(settings, keys));
    match mails {
        Err(error) => Check::error("mails", error.describe()),
        Ok(_) if settings.smtp_url.is_none() => Check::warning(
            "mails",
            "SMTP_URL is not set: mails are written to the folder mail of the data folder, and not sent",
        ),
        Ok(mails) => match mails.sender.check().await {
            Ok(()) => Check::ok(
                "mails",
                format!("the mail server accepts connections; mails are from {}", mails.from),
            ),
            Err(why) => {
                Check::error("mails", format!("the mail server cannot be used: {why}; check SMTP_URL"))
            }
        },
    }
}

fn check_address(settings: &Settings) -> Check {
    let address = settings.listen_addr;
    match std::net::TcpListener::bind(address) {
        Ok(_) => Check::ok("address", format!("{address} is free")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Check::warning(
            "address",
            format!("{address} is in use: a server is running, or choose another address with --listen-addr"),
        ),
        Err(error) => Check::error("address", format!("cannot listen on {address}: {error}")),
    }
}
