//! deactivatePartnerUser.

use async_graphql::InputObject;

use super::{PartnerUser, store};
use crate::access::Admitted;
use crate::domain::session::Act;
use crate::error::{Error, Result, UserError, UserErrorCode};
use crate::id::PartnerUserId;

/// A link that ends now.
#[derive(Clone, Debug, InputObject)]
pub struct DeactivatePartnerUserInput {
    /// The link, by the id of its PartnerUser.
    pub id: PartnerUserId,
}

/// Ends the link of a user to a partner; their next request counts without it.
pub async fn deactivate(db: &mut Act, input: &DeactivatePartnerUserInput) -> Result<Admitted<PartnerUser>> {
    let user = store::lock_named(db, input.id).await?;
    if !user.is_active {
        let refusal = UserError::new(UserErrorCode::InvalidState, "this link is inactive already");
        return Err(Error::refused(refusal.at("id").about(input.id)));
    }
    store::deactivate(db, user.id).await?;
    db.scope().admit(PartnerUser { is_active: false, ..PartnerUser::clone(&user) })
}
