//! Revoking a service token.

use super::{ServiceToken, store};
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::ServiceTokenId;

/// Revokes a service token, effective with the next request; returns it as it was before.
pub async fn revoke(db: &mut Transaction, id: &ServiceTokenId) -> Result<ServiceToken> {
    let Some(token) = store::lock(db, *id).await? else {
        let tenant = db.scope().tenant();
        return Err(Error::bad_input(
            "--id",
            format!(
                "{tenant} has no service token {id}; list them with: revshare service-token list --tenant {tenant}"
            ),
        ));
    };
    if token.revoked_at.is_some() {
        db.record_nothing();
        return Ok(token);
    }
    store::revoke(db, *id).await?;
    if let Some(revoked) = store::lock(db, *id).await? {
        db.record_changed(&token, &revoked);
    }
    Ok(token)
}
