//! Reads and writes of the table `referral_leads`.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{ReferralLead, ReferralLeadFilter};
use crate::auth::Authorized;
use crate::domain::db::list_query::{Condition, Paginated};
use crate::domain::db::schema::referral_leads;
use crate::domain::db::scope_filter::{PartnerTable, ScopeFilter};
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::{PartnerId, ReferralLeadId};
use crate::primitives::pagination::{Ordering, PageRequest, Position, SortKey, SortKind};

/// The order of lists of leads: latest first.
pub const BY_SUBMISSION: Ordering =
    Ordering { column: "submitted_at", kind: SortKind::Timestamp, descending: true };

const TABLE: PartnerTable = PartnerTable { name: "referral_leads", partner_column: "partner_id" };

impl Paginated for ReferralLead {
    type Filter = ReferralLeadFilter;
    const TABLE: PartnerTable = TABLE;

    fn conditions(filter: &ReferralLeadFilter) -> Vec<Condition> {
        let mut conditions: Vec<Condition> = Vec::new();
        if let Some(partner) = filter.partner_id {
            conditions.push(Box::new(referral_leads::partner_id.eq(partner)));
        }
        if let Some(statuses) = &filter.status {
            conditions.push(Box::new(referral_leads::status.eq_any(statuses.clone())));
        }
        conditions
    }

    fn validate(filter: ReferralLeadFilter) -> Result<ReferralLeadFilter> {
        Ok(filter)
    }

    fn partner_of(filter: &ReferralLeadFilter) -> Option<PartnerId> {
        filter.partner_id
    }

    fn position(&self, _: &PageRequest) -> Position {
        Position { key: SortKey::Timestamp(self.submitted_at), id: self.id.0 }
    }
}

/// Returns the leads with these ids; unknown ids are skipped.
pub async fn by_ids(db: &mut Session, ids: &[ReferralLeadId]) -> Result<Vec<Authorized<ReferralLead>>> {
    let query = referral_leads::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(referral_leads::id.eq_any(ids.to_vec()))
        .select(ReferralLead::as_select());
    db.load(query).await
}

/// Returns whether the scope includes any lead.
pub async fn exists(db: &mut Session) -> Result<bool> {
    let query = referral_leads::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .limit(1)
        .select(ReferralLead::as_select());
    Ok(db.load_one::<ReferralLead, _>(query).await?.is_some())
}

/// Returns when the users of a partner submitted the lead at this position, the latest being the first; `None` if they
/// have submitted fewer after `since`.
pub async fn submitted_by_users(
    db: &mut Session,
    partner: PartnerId,
    since: DateTime<Utc>,
    position: u32,
) -> Result<Option<DateTime<Utc>>> {
    let query = referral_leads::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(referral_leads::partner_id.eq(partner))
        .filter(referral_leads::submitted_at.gt(since))
        .filter(referral_leads::submitted_by_partner)
        .order(referral_leads::submitted_at.desc())
        .offset(i64::from(position) - 1)
        .limit(1)
        .select(ReferralLead::as_select());
    let lead = db.load_one::<ReferralLead, _>(query).await?;
    Ok(lead.map(|lead| lead.submitted_at))
}

/// Locks and returns a lead, or rejects its id with NOT_FOUND.
pub async fn lock_by_id(db: &mut Transaction, id: ReferralLeadId) -> Result<Authorized<ReferralLead>> {
    let query = referral_leads::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(referral_leads::id.eq(id))
        .for_no_key_update()
        .select(ReferralLead::as_select());
    db.load_one(query).await?.ok_or_else(|| {
        let error = UserError::new(UserErrorCode::NotFound, "there is no such referral lead");
        Error::user_error(error.at("id").about(id))
    })
}

/// Inserts a lead.
pub async fn insert(db: &mut Transaction, lead: &ReferralLead) -> Result<()> {
    db.execute(diesel::insert_into(referral_leads::table).values(lead.clone())).await?;
    Ok(())
}

/// Updates the columns of a lead that can change.
pub async fn update(db: &mut Transaction, lead: &ReferralLead) -> Result<()> {
    let lead = lead.clone();
    let update = diesel::update(referral_leads::table)
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(referral_leads::id.eq(lead.id))
        .set((
            referral_leads::status.eq(lead.status),
            referral_leads::staff_notes.eq(lead.staff_notes),
            referral_leads::actual_amount.eq(lead.actual_amount),
            referral_leads::actual_currency.eq(lead.actual_currency),
            referral_leads::first_contact_at.eq(lead.first_contact_at),
            referral_leads::qualified_at.eq(lead.qualified_at),
            referral_leads::converted_at.eq(lead.converted_at),
            referral_leads::converted_customer_id.eq(lead.converted_customer_id),
        ));
    db.execute(update).await?;
    Ok(())
}
