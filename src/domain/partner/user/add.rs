//! addPartnerUser: links a user to a partner.

use async_graphql::InputObject;

use super::{PartnerUser, store};
use crate::auth::{Authorized, PartnerUserRole};
use crate::domain::db::transaction::Transaction;
use crate::domain::mail;
use crate::domain::mail::store::Occasion;
use crate::domain::partner::{self, PartnerStatus, published};
use crate::mail::notification::Notification;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::{PartnerId, PartnerUserId};
use crate::primitives::text;

/// The link of a user to a partner, with which the user may act for the partner.
#[derive(Clone, Debug, InputObject)]
pub struct AddPartnerUserInput {
    /// The partner that the user may act for; INVALID_STATE if it is ARCHIVED.
    pub partner_id: PartnerId,
    /// The user id, as in the claim `sub` of the user's tokens, 1 to 255 characters. A user can be linked to several
    /// partners.
    pub user_id: String,
    /// The e-mail address of the user.
    pub email: String,
    /// The role of the user within the partner.
    pub role: PartnerUserRole,
}

/// Links a user to a partner; rejects a user with an active link to it, and a partner that is ARCHIVED.
pub async fn add(db: &mut Transaction, input: &AddPartnerUserInput) -> Result<Authorized<PartnerUser>> {
    let user_id = text::identifier("userId", &input.user_id)?;
    let email = text::email("email", &input.email)?;
    let partner = partner::store::by_id(db, "partnerId", input.partner_id).await?;
    if partner.terms.status == PartnerStatus::Archived {
        let message = "the partner is ARCHIVED; its users have no access, so that none can be added";
        let error = UserError::new(UserErrorCode::InvalidState, message);
        return Err(Error::user_error(error.at("partnerId").about(partner.id)));
    }
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
        let message =
            "this user is already linked to this partner; to change the role, deactivate the link first";
        return Err(Error::user_error(UserError::new(UserErrorCode::Duplicate, message).at("userId")));
    }
    db.record_created(&user);
    published::user_changed(db, &user);
    invite(db, &user).await?;
    db.scope().authorize(user)
}

/// Writes the mail that tells a user of the portal.
async fn invite(db: &mut Transaction, user: &PartnerUser) -> Result<()> {
    let occasion = Occasion {
        subject: user.id.0,
        at: db.clock_timestamp().await?,
        notification: Notification::Invitation { partner_id: user.partner_id.0 },
    };
    mail::store::insert_for_user(db, user.id, &user.email, &occasion).await
}
