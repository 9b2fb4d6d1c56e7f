//! The check whether tenants can pay by payment files, and what is missing if not.

use super::settings::Settings;
use crate::auth::Role;
use crate::domain::db::diagnostics::Check;
use crate::domain::db::pool::Pool;
use crate::domain::db::session::Session;
use crate::domain::{admission, paying_account, reporting, tenant};
use crate::primitives::error::Result;

const SUBJECT: &str = "files";
/// The most tenants that are looked at.
const TENANTS_MAX: usize = 1_000;

/// What was found.
#[derive(Default)]
struct Found {
    tenants: usize,
    with_paying_account: usize,
    unconfirmed: i64,
}

/// Looks which tenants have an account to pay from, and at bank accounts that wait for a second person, of up to 1,000 tenants.
pub async fn check(settings: &Settings, database_url: &str) -> Check {
    let Found { tenants, with_paying_account, unconfirmed } = match find(database_url).await {
        Ok(found) => found,
        Err(error) => return Check::error(SUBJECT, error.describe()),
    };
    let can_seal = settings.secrets_key.is_some() || settings.listen_addr.ip().is_loopback();
    if !can_seal {
        let advice = "SECRETS_KEY is not set, so that no bank details and no payment files can be stored";
        return Check::warning(SUBJECT, advice);
    }
    let state = format!("{with_paying_account} of {tenants} tenants have an account to pay SEPA files from");
    if unconfirmed > 0 {
        let message = format!(
            "{state}; {unconfirmed} bank accounts of partners wait for a second person to confirm them"
        );
        return Check::warning(SUBJECT, message);
    }
    Check::ok(SUBJECT, format!("{state}; an admin sets it in the settings of the portal"))
}

async fn find(database_url: &str) -> Result<Found> {
    let pool = Pool::new(database_url, 1)?;
    let mut found = Found::default();
    for tenant in tenant::all(&pool).await?.into_iter().take(TENANTS_MAX) {
        let caller = admission::operator(&pool, tenant, "operator", Role::Auditor).await?;
        let mut db = Session::open(&pool, &caller).await?;
        found.tenants += 1;
        if paying_account::store::own(&mut db).await?.is_some() {
            found.with_paying_account += 1;
        }
        found.unconfirmed += reporting::work_queue(&mut db).await?.counts.unconfirmed_bank_accounts;
    }
    pool.close();
    Ok(found)
}
