//! Creating a service token.

use std::time::Duration;

use chrono::TimeDelta;

use super::{ServiceToken, State, all, store};
use crate::access::token::service::PlainToken;
use crate::domain::session::Act;
use crate::domain::tenant;
use crate::error::{Error, Result, UserError, UserErrorCode};
use crate::text;

/// How many tokens of a tenant hold at a time: one, and another while a service changes over to it.
const LIVE_MAX: usize = 2;
/// Beyond this nobody means what they say.
const TTL_DAYS_MAX: i64 = 3_650;

/// What a new token is made of.
#[derive(Clone, Debug)]
pub struct NewServiceToken {
    /// The service's name.
    pub name: String,
    /// How long it holds; for ever if this is not said.
    pub good_for: Option<Duration>,
}

/// A new token, this once with its secret.
pub struct Created {
    /// The token for the service.
    pub plain: PlainToken,
    /// What is kept of it.
    pub token: ServiceToken,
    /// The other one that holds, if there is one.
    pub other: Option<ServiceToken>,
}

/// Creates a service token, unless two hold already.
pub async fn create(db: &mut Act, new: &NewServiceToken) -> Result<Created> {
    let name = text::line("--name", &new.name)?;
    let good_for = new.good_for.map(checked).transpose()?;
    // One after the other: whoever comes second counts what the first has made.
    let tenant = tenant::store::lock_own(db).await?;
    let mut live: Vec<_> = all(db).await?;
    live.retain(|(_, state)| *state == State::Live);
    if live.len() >= LIVE_MAX {
        let tokens = live.iter().map(|(token, _)| format!("{} ({})", token.id, token.name));
        let message = format!(
            "{} has {LIVE_MAX} service tokens that hold already, {}; revoke one first: revshare service-token revoke \
             --tenant {} --id <id>",
            tenant.tenant_id,
            tokens.collect::<Vec<_>>().join(" and "),
            tenant.tenant_id,
        );
        return Err(Error::refused(UserError::new(UserErrorCode::InvalidState, message)));
    }
    let created_at = db.moment().await?;
    let plain = PlainToken::new(tenant.tenant_id);
    let token = ServiceToken {
        id: plain.id(),
        name,
        created_at,
        expires_at: good_for.map(|good_for| created_at + good_for),
        last_used_at: None,
        revoked_at: None,
    };
    store::insert(db, &token, plain.hash()).await?;
    Ok(Created { plain, token, other: live.pop().map(|(token, _)| token) })
}

fn checked(good_for: Duration) -> Result<TimeDelta> {
    let good_for = TimeDelta::from_std(good_for).ok().filter(|days| *days <= TimeDelta::days(TTL_DAYS_MAX));
    good_for.ok_or_else(|| Error::bad_input("--ttl", format!("must be at most {TTL_DAYS_MAX} days")))
}
