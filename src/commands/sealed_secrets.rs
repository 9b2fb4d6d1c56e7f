//! The check whether the secrets in the database can be opened with the configured key.

use chrono::Utc;

use super::secret_keys;
use super::settings::Settings;
use crate::auth::Role;
use crate::auth::secrets::SecretKeys;
use crate::domain::db::diagnostics::Check;
use crate::domain::db::pool::Pool;
use crate::domain::db::session::Session;
use crate::domain::{admission, paying_account, payout_account, stripe_connection, tenant, webhook};
use crate::primitives::error::Result;
use crate::primitives::id::TenantId;

/// The most tenants whose secrets are opened, and the most bank accounts of each.
const TENANTS_MAX: usize = 1_000;
const BANK_ACCOUNTS_MAX: i64 = 1_000;

/// What was found.
#[derive(Default)]
struct Opened {
    count: usize,
    /// The secrets that cannot be opened: of which tenant, of what, and why.
    failures: Vec<String>,
}

/// Opens the secrets of the webhook endpoints, of the connections to Stripe and of the bank accounts of all tenants, up
/// to 1,000 of them.
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

impl Opened {
    /// Counts a secret of a tenant, and why it cannot be opened if it cannot.
    fn add<T>(&mut self, tenant: &TenantId, what: &str, opened: Result<T>) {
        self.count += 1;
        if let Err(error) = opened {
            self.failures.push(format!("{what} of {tenant}: {}", error.describe()));
        }
    }
}

async fn open_all(database_url: &str, keys: &SecretKeys) -> Result<Opened> {
    let pool = Pool::new(database_url, 1)?;
    let mut opened = Opened::default();
    for tenant in tenant::all(&pool).await?.into_iter().take(TENANTS_MAX) {
        let caller = admission::operator(&pool, tenant.clone(), "operator", Role::Auditor).await?;
        if let Some(connection) = stripe_connection::of_tenant(&pool, &caller).await? {
            let sealed = connection.key(keys).and_then(|_| connection.webhook_secrets(keys));
            opened.add(&tenant, "the connection to Stripe", sealed);
        }
        let mut db = Session::open(&pool, &caller).await?;
        for endpoint in webhook::store::living(&mut db).await? {
            opened.add(&tenant, &format!("endpoint {}", endpoint.id), endpoint.secrets(keys, Utc::now()));
        }
        if let Some(account) = paying_account::store::own(&mut db).await? {
            opened.add(&tenant, "the paying account", account.iban(keys));
        }
        for account in payout_account::store::living_at_banks(&mut db, BANK_ACCOUNTS_MAX).await? {
            opened.add(&tenant, &format!("bank account {}", account.id), account.details(keys));
        }
    }
    pool.close();
    Ok(opened)
}
