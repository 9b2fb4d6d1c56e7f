//! Reads and writes of the table `partner_users`.

use std::collections::HashMap;

use diesel::prelude::*;

use super::PartnerUser;
use crate::auth::Authorized;
use crate::domain::db::schema::partner_users;
use crate::domain::db::scope_filter::{PartnerTable, ScopeFilter};
use crate::domain::db::session::{Session, grouped};
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::{PartnerId, PartnerUserId};

const TABLE: PartnerTable = PartnerTable { name: "partner_users", partner_column: "partner_id" };

/// Inserts a link unless the user has an active one to the partner; returns whether it did.
pub async fn insert(db: &mut Transaction, user: &PartnerUser) -> Result<bool> {
    let insert = diesel::insert_into(partner_users::table).values(user.clone()).on_conflict_do_nothing();
    Ok(db.execute(insert).await? == 1)
}

/// Locks and returns a link, or rejects its id with NOT_FOUND.
pub async fn lock_by_id(db: &mut Transaction, id: PartnerUserId) -> Result<Authorized<PartnerUser>> {
    let query = partner_users::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(partner_users::id.eq(id))
        .for_no_key_update()
        .select(PartnerUser::as_select());
    db.load_one(query).await?.ok_or_else(|| {
        let error = UserError::new(UserErrorCode::NotFound, "there is no such partner user");
        Error::user_error(error.at("id").about(id))
    })
}

/// Deactivates a link.
pub async fn deactivate(db: &mut Transaction, id: PartnerUserId) -> Result<()> {
    let update = diesel::update(partner_users::table)
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(partner_users::id.eq(id))
        .set(partner_users::is_active.eq(false));
    db.execute(update).await?;
    Ok(())
}

/// Returns the links to each of these partners, including inactive ones, oldest first.
pub async fn by_partners(
    db: &mut Session,
    partners: &[PartnerId],
) -> Result<HashMap<PartnerId, Vec<Authorized<PartnerUser>>>> {
    let query = partner_users::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(partner_users::partner_id.eq_any(partners.to_vec()))
        .order((partner_users::created_at, partner_users::id))
        .select(PartnerUser::as_select());
    let users: Vec<Authorized<PartnerUser>> = db.load(query).await?;
    Ok(grouped(users.into_iter().map(|user| (user.partner_id, user))))
}
