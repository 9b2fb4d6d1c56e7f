//! addPartnerUser.

use async_graphql::InputObject;

use super::{PartnerUser, store};
use crate::auth::{Authorized, PartnerUserRole};
use crate::domain::db::transaction::Transaction;
use crate::domain::partner;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::{PartnerId, PartnerUserId};
use crate::primitives::text;

/// A user who may act for a partner from now on.
#[derive(Clone, Debug, InputObject)]
pub struct AddPartnerUserInput {
    /// The partner.
    pub partner_id: PartnerId,
    /// The user, as the `sub` of their tokens, 1 to 255 characters. One user may be linked to several partners.
    pub user_id: String,
    /// Their e-mail address.
    pub email: String,
    /// What they are to the partner.
    pub role: PartnerUserRole,
}

/// Links a user to a partner.
pub async fn add(db: &mut Transaction, input: &AddPartnerUserInput) -> Result<Authorized<PartnerUser>> {
    let user_id = text::required_text("userId", &input.user_id)?;
    let email = text::email("email", &input.email)?;
    let partner = partner::store::named(db, "partnerId", input.partner_id).await?;
    let user = PartnerUser {
        tenant_id: partner.tenant_id.clone(),
        id: PartnerUserId::new(),
        partner_id: partner.id,
        user_id,
        email,
        role: input.role,
        is_active: true,
    };
    if !store::insert(db, &user).await? {
        let message = "this user is linked to this partner already; deactivate that link to change its role";
        return Err(Error::user_error(UserError::new(UserErrorCode::Duplicate, message).at("userId")));
    }
    db.scope().authorize(user)
}
