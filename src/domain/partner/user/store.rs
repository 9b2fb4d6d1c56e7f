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

/// Returns the links with these ids; unknown ids are skipped.
pub async fn by_ids(db: &mut Session, ids: &[PartnerUserId]) -> Result<Vec<Authorized<PartnerUser>>> {
    let query = partner_users::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(partner_users::id.eq_any(ids.to_vec()))
        .select(PartnerUser::as_select());
    db.load(query).await
}

/// Returns a link, or rejects an input field with NOT_FOUND.
pub async fn by_id(db: &mut Session, field: &str, id: PartnerUserId) -> Result<Authorized<PartnerUser>> {
    by_ids(db, &[id]).await?.pop().ok_or_else(|| not_found(field, id))
}

/// Locks and returns all links of a user, inactive ones included, in the order of their ids.
pub async fn lock_by_user(db: &mut Transaction, user: &str) -> Result<Vec<Authorized<PartnerUser>>> {
    let query = partner_users::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(partner_users::user_id.eq(user.to_owned()))
        .order(partner_users::id)
        .for_no_key_update()
        .select(PartnerUser::as_select());
    db.load(query).await
}

/// Replaces the user id and the e-mail address of a link, and deactivates it.
pub async fn erase(db: &mut Transaction, id: PartnerUserId, user: &str, email: &str) -> Result<()> {
    let update = diesel::update(partner_users::table)
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(partner_users::id.eq(id))
        .set((
            partner_users::user_id.eq(user.to_owned()),
            partner_users::email.eq(email.to_owned()),
            partner_users::is_active.eq(false),
        ));
    db.execute(update).await?;
    Ok(())
}

fn not_found(field: &str, id: PartnerUserId) -> Error {
    let error = UserError::new(UserErrorCode::NotFound, "there is no such partner user");
    Error::user_error(error.at(field).about(id))
}

/// Locks and returns a link, or rejects its id with NOT_FOUND.
pub async fn lock_by_id(db: &mut Transaction, id: PartnerUserId) -> Result<Authorized<PartnerUser>> {
    let query = partner_users::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(partner_users::id.eq(id))
        .for_no_key_update()
        .select(PartnerUser::as_select());
    db.load_one(query).await?.ok_or_else(|| not_found("id", id))
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
