//! deactivatePartnerUser: ends the link of a user to a partner.

use async_graphql::InputObject;

use super::{PartnerUser, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::domain::partner::published;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::PartnerUserId;

/// The link of a user to a partner that is to end now.
#[derive(Clone, Debug, InputObject)]
pub struct DeactivatePartnerUserInput {
    /// The id of an active PartnerUser; INVALID_STATE if it is inactive.
    pub id: PartnerUserId,
}

/// Deactivates a link, with effect from the user's next request.
pub async fn deactivate(
    db: &mut Transaction,
    input: &DeactivatePartnerUserInput,
) -> Result<Authorized<PartnerUser>> {
    let user = store::lock_by_id(db, input.id).await?;
    if !user.is_active {
        let error = UserError::new(UserErrorCode::InvalidState, "this partner user is already inactive");
        return Err(Error::user_error(error.at("id").about(input.id)));
    }
    store::deactivate(db, user.id).await?;
    let inactive = PartnerUser { is_active: false, ..PartnerUser::clone(&user) };
    db.record_changed(&*user, &inactive);
    published::user_changed(db, &inactive);
    db.scope().authorize(inactive)
}
