//! `revshare doctor`: whether everything is as it should be, and what to do where it is not.

use crate::cli::Settings;
use crate::database::Database;
use crate::domain::examination::{self, Finding, Verdict};
use crate::error::Result;
use crate::serve::CONNECTIONS_MAX;
use crate::{key, say};

/// Looks at everything that serving needs, tells of it line by line, and answers whether nothing is wrong.
pub async fn run(settings: &Settings) -> Result<bool> {
    let mut findings = vec![of_keys(settings).await, of_address(settings)];
    match Database::any(settings).await {
        Err(error) => findings.push(Finding::wrong("database", error.describe())),
        Ok(database) => {
            let urls = database.urls().clone();
            // Those of a server, and the one that tells whether it is ready.
            let connections = i64::try_from(CONNECTIONS_MAX + 1).unwrap_or(i64::MAX);
            findings.extend(examination::examine(&urls.owner, &urls.serving, connections).await);
            database.close();
        }
    }
    for Finding { about, verdict, text } in &findings {
        let word = match verdict {
            Verdict::Good => "good",
            Verdict::Doubtful => "doubtful",
            Verdict::Wrong => "wrong",
        };
        say(&format!("{word:<8}  {about:<11}  {text}"))?;
    }
    Ok(findings.iter().all(|finding| finding.verdict != Verdict::Wrong))
}

/// The keys of tokens.
async fn of_keys(settings: &Settings) -> Finding {
    match key::tokens(settings).await {
        Err(error) => Finding::wrong("keys", error.describe()),
        Ok((_, true)) => Finding::doubtful(
            "keys",
            "the local key of the data folder, for trying things out on this machine",
        ),
        Ok((_, false)) if settings.auth_jwks.is_some() && settings.auth_audience.is_none() => {
            Finding::doubtful(
                "keys",
                "set AUTH_ISSUER and AUTH_AUDIENCE: without them, tokens meant for others are taken, too",
            )
        }
        Ok((_, false)) => Finding::good("keys", "tokens can be checked"),
    }
}

/// Where the server listens.
fn of_address(settings: &Settings) -> Finding {
    let address = settings.listen_addr;
    match std::net::TcpListener::bind(address) {
        Ok(_) => Finding::good("address", format!("{address} is free")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Finding::doubtful(
            "address",
            format!("somebody listens on {address}: this server, or choose another with --listen-addr"),
        ),
        Err(error) => Finding::wrong("address", format!("cannot listen on {address}: {error}")),
    }
}
