//! Reads and writes of the table `referral_leads`.

use diesel::prelude::*;

use super::{ReferralLead, ReferralLeadFilter};
use crate::access::Admitted;
use crate::domain::list::{Condition, Listed};
use crate::domain::schema::referral_leads;
use crate::domain::session::{Act, Session};
use crate::domain::within::{OwnedTable, Within};
use crate::error::{Error, Result, UserError, UserErrorCode};
use crate::id::{PartnerId, ReferralLeadId};
use crate::page::{Ordering, Page, Position, SortKey, SortKind};

/// Leads are listed latest first.
pub const BY_SUBMISSION: Ordering =
    Ordering { column: "submitted_at", kind: SortKind::Instant, descending: true };

const TABLE: OwnedTable = OwnedTable { name: "referral_leads", partner_column: "partner_id" };

impl Listed for ReferralLead {
    type Filter = ReferralLeadFilter;
    const TABLE: OwnedTable = TABLE;

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

    fn checked(filter: ReferralLeadFilter) -> Result<ReferralLeadFilter> {
        Ok(filter)
    }

    fn partner_of(filter: &ReferralLeadFilter) -> Option<PartnerId> {
        filter.partner_id
    }

    fn position(&self, _: &Page) -> Position {
        Position { key: SortKey::Instant(self.submitted_at), id: self.id.0 }
    }
}

/// These leads, as far as there are such.
pub async fn by_ids(db: &mut Session, ids: &[ReferralLeadId]) -> Result<Vec<Admitted<ReferralLead>>> {
    let query = referral_leads::table
        .filter(Within::by_keys(TABLE, db.scope()))
        .filter(referral_leads::id.eq_any(ids.to_vec()))
        .select(ReferralLead::as_select());
    db.rows(query).await
}

/// Locks the lead that an input names until the end of the act.
pub async fn lock_named(db: &mut Act, id: ReferralLeadId) -> Result<Admitted<ReferralLead>> {
    let query = referral_leads::table
        .filter(Within::new(TABLE, db.scope()))
        .filter(referral_leads::id.eq(id))
        .for_no_key_update()
        .select(ReferralLead::as_select());
    db.row(query).await?.ok_or_else(|| {
        let refusal = UserError::new(UserErrorCode::NotFound, "there is no such referral lead");
        Error::refused(refusal.at("id").about(id))
    })
}

/// Inserts a lead.
pub async fn insert(db: &mut Act, lead: &ReferralLead) -> Result<()> {
    db.change(diesel::insert_into(referral_leads::table).values(lead.clone())).await?;
    Ok(())
}

/// Writes what of a lead can change.
pub async fn update(db: &mut Act, lead: &ReferralLead) -> Result<()> {
    let lead = lead.clone();
    let update = diesel::update(referral_leads::table)
        .filter(Within::new(TABLE, db.scope()))
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
    db.change(update).await?;
    Ok(())
}
