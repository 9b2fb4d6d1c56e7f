//! revokeServiceToken, and the command that does the same: revokes a service token.

use async_graphql::InputObject;

use super::{ServiceToken, State, store};
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::ServiceTokenId;

/// A service token to revoke.
#[derive(Clone, Debug, InputObject)]
pub struct RevokeServiceTokenInput {
    /// The id of the service token, which is not the token itself.
    pub id: ServiceTokenId,
}

/// Revokes a service token, effective with the next request; returns it as it was before.
pub async fn revoke(db: &mut Transaction, id: &ServiceTokenId) -> Result<ServiceToken> {
    Ok(revoke_once(db, *id).await?.0)
}

/// Revokes the service token of an input; returns it with its state afterwards. Repeated, it has no further effect.
pub async fn revoke_by_input(
    db: &mut Transaction,
    input: &RevokeServiceTokenInput,
) -> Result<(ServiceToken, State)> {
    Ok((revoke_once(db, input.id).await?.1, State::Revoked))
}

/// Revokes a token unless it was revoked before; returns it as it was before and as it is afterwards.
async fn revoke_once(db: &mut Transaction, id: ServiceTokenId) -> Result<(ServiceToken, ServiceToken)> {
    let Some(before) = store::lock(db, id).await? else {
        let message = format!("{} has no service token {id}", db.scope().tenant());
        let error = UserError::new(UserErrorCode::NotFound, message);
        return Err(Error::user_error(error.at("id")));
    };
    if before.revoked_at.is_some() {
        db.record_nothing();
        return Ok((before.clone(), before));
    }
    store::revoke(db, id).await?;
    let revoked = store::lock(db, id).await?;
    let after = revoked.ok_or_else(|| Error::internal("a service token does not exist"))?;
    db.record_changed(&before, &after);
    Ok((before, after))
}
