//! The check whether tenants can send payouts by Stripe, and what is missing if not.

use std::sync::Arc;
use std::time::Duration;

use super::secret_keys;
use super::settings::Settings;
use crate::auth::Role;
use crate::auth::secrets::SecretKeys;
use crate::domain::db::diagnostics::Check;
use crate::domain::db::pool::Pool;
use crate::domain::stripe_connection::{self, StripeConnection};
use crate::domain::{admission, tenant};
use crate::primitives::error::Result;
use crate::stripe::client::StripeClient;
use crate::stripe::failure::Failure;

const SUBJECT: &str = "stripe";
/// The most tenants whose connection is checked; Stripe is asked once for each.
const TENANTS_MAX: usize = 100;
/// How long Stripe may take to answer for one.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What was found.
#[derive(Default)]
struct Found {
    connected: usize,
    problems: Vec<String>,
}

/// Asks Stripe about the key of each tenant that is connected, up to 100 of them.
pub async fn check(settings: &Settings, database_url: &str) -> Check {
    let keys = secret_keys::of(settings).ok().flatten();
    let found = match find(settings, database_url, keys).await {
        Ok(found) => found,
        Err(error) => return Check::error(SUBJECT, error.describe()),
    };
    if let Some(first) = found.problems.first() {
        let message = format!(
            "{first}{}",
            match found.problems.len() {
                1 => String::new(),
                more => format!(" (and {} more)", more - 1),
            }
        );
        return Check::error(SUBJECT, message);
    }
    match (found.connected, &settings.stripe_api_url) {
        (0, _) => {
            Check::ok(SUBJECT, "no tenant is connected; an admin connects it in the settings of the portal")
        }
        (_, Some(url)) => {
            Check::warning(SUBJECT, format!("STRIPE_API_URL is set: payouts are sent to {url}"))
        }
        (connected, None) if settings.public_url.is_none() => Check::warning(
            SUBJECT,
            format!(
                "the keys of all {connected} tenants that are connected are accepted; PUBLIC_URL is not set, so that \
                 partners who open an account come back to this machine only"
            ),
        ),
        (connected, None) => {
            Check::ok(SUBJECT, format!("the keys of all {connected} tenants that are connected are accepted"))
        }
    }
}

async fn find(settings: &Settings, database_url: &str, keys: Option<Arc<SecretKeys>>) -> Result<Found> {
    let stripe = StripeClient::new(&settings.stripe()?)?.with_timeout(TIMEOUT);
    let pool = Pool::new(database_url, 1)?;
    let mut found = Found::default();
    for tenant in tenant::all(&pool).await?.into_iter().take(TENANTS_MAX) {
        let caller = admission::operator(&pool, tenant.clone(), "operator", Role::Auditor).await?;
        let Some(connection) = stripe_connection::of_tenant(&pool, &caller).await? else { continue };
        found.connected += 1;
        let problem = match &keys {
            Some(keys) => problem(&stripe, keys, &connection).await,
            None => Some(
                "SECRETS_KEY is not set, so that the key cannot be opened and nothing is sent".to_owned(),
            ),
        };
        found.problems.extend(problem.map(|problem| format!("tenant {tenant}: {problem}")));
    }
    pool.close();
    Ok(found)
}

/// Returns what keeps a tenant from sending payouts, or from learning what became of them.
async fn problem(stripe: &StripeClient, keys: &SecretKeys, connection: &StripeConnection) -> Option<String> {
    let (Ok(key), Ok(secrets)) = (connection.key(keys), connection.webhook_secrets(keys)) else {
        return Some("the key cannot be opened with SECRETS_KEY; connect Stripe again".to_owned());
    };
    let Ok(key) = key.parse() else {
        return Some("the key is not one of Stripe; connect Stripe again".to_owned());
    };
    match stripe.account(&key).await {
        Ok(account) if account.id != connection.account => {
            return Some(format!(
                "the key is of the account {}, and not of {}; connect Stripe again",
                account.id, connection.account
            ));
        }
        Ok(_) => {}
        Err(Failure::Unauthorized { message }) => {
            return Some(format!("Stripe does not accept the key ({message}); connect Stripe again"));
        }
        Err(failure) => {
            return Some(format!("Stripe could not be asked: {}", failure.describe()));
        }
    }
    if let Some(reason) = &connection.broken_reason {
        return Some(format!(
            "nothing is sent since Stripe did not accept the key ({reason}); connect Stripe again"
        ));
    }
    secrets.is_empty().then(|| {
        "there is no webhook secret: it stays unknown if transfers are reversed or accounts change; connect Stripe again \
         with the secrets of its endpoints"
            .to_owned()
    })
}
