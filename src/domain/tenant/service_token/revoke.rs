//! Revoking a service token.

use super::{ServiceToken, store};
use crate::domain::session::Act;
use crate::error::{Error, Result};
use crate::id::ServiceTokenId;

/// Takes a service token back, from the next request on; answers it as it was before.
pub async fn revoke(db: &mut Act, id: &ServiceTokenId) -> Result<ServiceToken> {
    let Some(token) = store::lock(db, *id).await? else {
        let tenant = db.scope().tenant();
        return Err(Error::bad_input(
            "--id",
            format!(
                "{tenant} has no service token {id}; these are all it has: revshare service-token list --tenant {tenant}"
            ),
        ));
    };
    if token.revoked_at.is_none() {
        store::revoke(db, *id).await?;
    }
    Ok(token)
}
