//! Partner users: which users may act for a partner. addPartnerUser, deactivatePartnerUser.

use std::collections::HashMap;

use async_graphql::InputObject;
use diesel::prelude::*;

use super::store::named;
use crate::access::{Admitted, Owned, PartnerUserRole};
use crate::domain::schema::partner_users;
use crate::domain::session::{Act, Session, grouped};
use crate::error::{Error, Result, UserError, UserErrorCode};
use crate::id::{PartnerId, PartnerUserId, TenantId};
use crate::text;

/// The link of a user to a partner.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = partner_users, check_for_backend(diesel::pg::Pg))]
pub struct PartnerUser {
    /// The tenant it belongs to.
    pub tenant_id: TenantId,
    /// The id of the link.
    pub id: PartnerUserId,
    /// The partner.
    pub partner_id: PartnerId,
    /// The user, as the `sub` of their tokens.
    pub user_id: String,
    /// Their address.
    pub email: String,
    /// What they are to the partner.
    pub role: PartnerUserRole,
    /// Whether the link counts.
    pub is_active: bool,
}

impl Owned for PartnerUser {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    fn partner_id(&self) -> PartnerId {
        self.partner_id
    }
}

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

/// A link that ends now.
#[derive(Clone, Debug, InputObject)]
pub struct DeactivatePartnerUserInput {
    /// The link, by the id of its PartnerUser.
    pub id: PartnerUserId,
}

/// Links a user to a partner.
pub async fn add(db: &mut Act, input: &AddPartnerUserInput) -> Result<Admitted<PartnerUser>> {
    let user_id = text::line("userId", &input.user_id)?;
    let email = text::email("email", &input.email)?;
    let partner = named(db, "partnerId", input.partner_id).await?;
    let user = PartnerUser {
        tenant_id: partner.tenant_id.clone(),
        id: PartnerUserId::new(),
        partner_id: partner.id,
        user_id,
        email,
        role: input.role,
        is_active: true,
    };
    let insert = diesel::insert_into(partner_users::table).values(user.clone()).on_conflict_do_nothing();
    if db.change(insert).await? == 0 {
        let message = "this user is linked to this partner already; deactivate that link to change its role";
        return Err(Error::refused(UserError::new(UserErrorCode::Duplicate, message).at("userId")));
    }
    db.scope().admit(user)
}

/// Ends the link of a user to a partner; their next request counts without it.
pub async fn deactivate(db: &mut Act, input: &DeactivatePartnerUserInput) -> Result<Admitted<PartnerUser>> {
    let query = partner_users::table
        .filter(partner_users::tenant_id.eq(db.scope().tenant().clone()))
        .filter(partner_users::id.eq(input.id))
        .for_update()
        .select(PartnerUser::as_select());
    let user = db.row::<PartnerUser, _>(query).await?.ok_or_else(|| {
        let refusal = UserError::new(UserErrorCode::NotFound, "there is no such partner user");
        Error::refused(refusal.at("id").about(input.id))
    })?;
    if !user.is_active {
        let refusal = UserError::new(UserErrorCode::InvalidState, "this link is inactive already");
        return Err(Error::refused(refusal.at("id").about(input.id)));
    }
    let update = diesel::update(partner_users::table)
        .filter(partner_users::tenant_id.eq(user.tenant_id.clone()))
        .filter(partner_users::id.eq(user.id))
        .set(partner_users::is_active.eq(false));
    db.change(update).await?;
    db.scope().admit(PartnerUser { is_active: false, ..PartnerUser::clone(&user) })
}

/// The users of each of these partners, inactive ones too, oldest link first.
pub async fn of_partners(
    db: &mut Session,
    partners: &[PartnerId],
) -> Result<HashMap<PartnerId, Vec<Admitted<PartnerUser>>>> {
    let query = partner_users::table
        .filter(partner_users::tenant_id.eq(db.scope().tenant().clone()))
        .filter(partner_users::partner_id.eq_any(partners.to_vec()))
        .order((partner_users::created_at, partner_users::id))
        .select(PartnerUser::as_select());
    let users: Vec<Admitted<PartnerUser>> = db.rows(query).await?;
    Ok(grouped(users.into_iter().map(|user| (user.partner_id, user))))
}
