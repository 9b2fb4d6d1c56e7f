//! The check whether the secrets in the database can be opened with the configured key.

use chrono::Utc;

use super::secret_keys;
use super::settings::Settings;
use crate::auth::Role;
use crate::auth::secrets::SecretKeys;
use crate::domain::db::diagnostics::Check;
use crate::domain::db::pool::Pool;
use crate::domain::db::session::Session;
use crate::domain::{admission, stripe_connection, tenant, webhook};
use crate::primitives::error::Result;

/// The most tenants whose secrets are opened.
const TENANTS_MAX: usize = 1_000;

/// What was found.
#[derive(Default)]
struct Opened {
    count: usize,
    /// The secrets that cannot be opened: of which tenant, of what, and why.
    failures: Vec<String>,
}

/// Opens the secrets of the webhook endpoints and of the connections to Stripe of all tenants, up to 1,000 of them.
pub async fn check(settings: &Settings, database_url: &str) -> Check {
    let keys = match secret_keys::of(settings) {
        Ok(Some(keys)) => keys,
        Ok(None) => {
            let advice = "SECRETS_KEY is not set, so that no webhooks can be sent; make one with: openssl rand -base64 32";
            return Check::warning("secrets", advice);
        }
        Err(error) => return Check::error("secrets", error.describe()),
    };
    match open_all(database_url, &keys).await {
        Err(error) => Check::error("secrets", error.describe()),
        Ok(Opened { count, failures }) => match failures.first() {
            Some(first) => {
                let number = failures.len();
                Check::error("secrets", format!("{number} of {count} cannot be opened; {first}"))
            }
            None if count == 0 => Check::ok("secrets", "there is a key, and none is sealed yet"),
            None => Check::ok("secrets", format!("the key opens all {count}")),
        },
    }
}

async fn open_all(database_url: &str, keys: &SecretKeys) -> Result<Opened> {
    let pool = Pool::new(database_url, 1)?;
    let mut opened = Opened::default();
    for tenant in tenant::all(&pool).await?.into_iter().take(TENANTS_MAX) {
        let caller = admission::operator(&pool, tenant.clone(), "operator", Role::Auditor).await?;
        let endpoints = webhook::store::living(&mut Session::open(&pool, &caller).await?).await?;
        let connection = stripe_connection::of_tenant(&pool, &caller).await?;
        if let Some(connection) = connection {
            opened.count += 1;
            let sealed = connection.key(keys).and_then(|_| connection.webhook_secrets(keys));
            if let Err(error) = sealed {
                opened.failures.push(format!("the connection to Stripe of {tenant}: {}", error.describe()));
            }
        }
        for endpoint in endpoints {
            opened.count += 1;
            if let Err(error) = endpoint.secrets(keys, Utc::now()) {
                let why = error.describe();
                opened.failures.push(format!("endpoint {} of {tenant}: {why}", endpoint.id));
            }
        }
    }
    pool.close();
    Ok(opened)
}
