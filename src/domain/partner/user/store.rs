//! Reads and writes of the table `partner_users`.

use std::collections::HashMap;

use diesel::prelude::*;

use super::PartnerUser;
use crate::access::Admitted;
use crate::domain::schema::partner_users;
use crate::domain::session::{Act, Session, grouped};
use crate::domain::within::{OwnedTable, Within};
use crate::error::{Error, Result, UserError, UserErrorCode};
use crate::id::{PartnerId, PartnerUserId};

const TABLE: OwnedTable = OwnedTable { name: "partner_users", partner_column: "partner_id" };

/// Inserts a link, unless the user is linked to the partner already.
pub async fn insert(db: &mut Act, user: &PartnerUser) -> Result<bool> {
    let insert = diesel::insert_into(partner_users::table).values(user.clone()).on_conflict_do_nothing();
    Ok(db.change(insert).await? == 1)
}

/// Locks the link that an input names until the end of the act.
pub async fn lock_named(db: &mut Act, id: PartnerUserId) -> Result<Admitted<PartnerUser>> {
    let query = partner_users::table
        .filter(Within::new(TABLE, db.scope()))
        .filter(partner_users::id.eq(id))
        .for_no_key_update()
        .select(PartnerUser::as_select());
    db.row(query).await?.ok_or_else(|| {
        let refusal = UserError::new(UserErrorCode::NotFound, "there is no such partner user");
        Error::refused(refusal.at("id").about(id))
    })
}

/// Ends a link.
pub async fn deactivate(db: &mut Act, id: PartnerUserId) -> Result<()> {
    let update = diesel::update(partner_users::table)
        .filter(Within::new(TABLE, db.scope()))
        .filter(partner_users::id.eq(id))
        .set(partner_users::is_active.eq(false));
    db.change(update).await?;
    Ok(())
}

/// The users of each of these partners, inactive ones too, oldest link first.
pub async fn of_partners(
    db: &mut Session,
    partners: &[PartnerId],
) -> Result<HashMap<PartnerId, Vec<Admitted<PartnerUser>>>> {
    let query = partner_users::table
        .filter(Within::new(TABLE, db.scope()))
        .filter(partner_users::partner_id.eq_any(partners.to_vec()))
        .order((partner_users::created_at, partner_users::id))
        .select(PartnerUser::as_select());
    let users: Vec<Admitted<PartnerUser>> = db.rows(query).await?;
    Ok(grouped(users.into_iter().map(|user| (user.partner_id, user))))
}
