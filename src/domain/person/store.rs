//! Reads and writes of the table `erasures`.

use std::collections::HashMap;

use diesel::prelude::*;

use super::Erasure;
use crate::auth::Authorized;
use crate::domain::db::schema::erasures;
use crate::domain::db::scope_filter::{PartnerTable, ScopeFilter};
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;
use crate::primitives::id::{PartnerUserId, ReferralLeadId};

const TABLE: PartnerTable = PartnerTable { name: "erasures", partner_column: "partner_id" };

/// Inserts an erasure unless the row has one; returns whether it did.
pub async fn insert(db: &mut Transaction, erasure: &Erasure) -> Result<bool> {
    let insert = diesel::insert_into(erasures::table).values(erasure.clone()).on_conflict_do_nothing();
    Ok(db.execute(insert).await? == 1)
}

/// Returns the erasures of these leads.
pub async fn of_leads(
    db: &mut Session,
    ids: &[ReferralLeadId],
) -> Result<HashMap<ReferralLeadId, Authorized<Erasure>>> {
    let query = erasures::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(erasures::referral_lead_id.eq_any(ids.to_vec()))
        .select(Erasure::as_select());
    let rows: Vec<Authorized<Erasure>> = db.load(query).await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.referral_lead_id?, row))).collect())
}

/// Returns the erasures of these links of partner users.
pub async fn of_partner_users(
    db: &mut Session,
    ids: &[PartnerUserId],
) -> Result<HashMap<PartnerUserId, Authorized<Erasure>>> {
    let query = erasures::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(erasures::partner_user_id.eq_any(ids.to_vec()))
        .select(Erasure::as_select());
    let rows: Vec<Authorized<Erasure>> = db.load(query).await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.partner_user_id?, row))).collect())
}
