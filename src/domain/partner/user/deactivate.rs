//! deactivatePartnerUser.

use async_graphql::InputObject;

use super::{PartnerUser, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::PartnerUserId;

/// A link that ends now.
#[derive(Clone, Debug, InputObject)]
pub struct DeactivatePartnerUserInput {
    /// The link, by the id of its PartnerUser.
    pub id: PartnerUserId,
}

/// Ends the link of a user to a partner; their next request counts without it.
pub async fn deactivate(
    db: &mut Transaction,
    input: &DeactivatePartnerUserInput,
) -> Result<Authorized<PartnerUser>> {
    let user = store::lock_named(db, input.id).await?;
    if !user.is_active {
        let error = UserError::new(UserErrorCode::InvalidState, "this link is inactive already");
        return Err(Error::user_error(error.at("id").about(input.id)));
    }
    store::deactivate(db, user.id).await?;
    db.scope().authorize(PartnerUser { is_active: false, ..PartnerUser::clone(&user) })
}
