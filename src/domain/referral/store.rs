//! Reads and writes of the table `referral_leads`.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Text, Uuid as SqlUuid};
use rust_decimal::Decimal;

use super::{ReferralLead, ReferralLeadFilter, ReferralLeadOrder, ReferralLeadOrderField};
use crate::auth::{Authorized, PartnerOwned};
use crate::domain::db::list_query::{Condition, Paginated, distinct};
use crate::domain::db::schema::referral_leads;
use crate::domain::db::scope_filter::{PartnerTable, ScopeFilter};
use crate::domain::db::search_key::{BeginsWith, search_key};
use crate::domain::db::session::{Session, grouped};
use crate::domain::db::sql_builder::SqlBuilder;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::{PartnerId, ReferralLeadId, TenantId};
use crate::primitives::pagination::{
    Ordering, PageRequest, Position, SortDirection, SortKey, SortKind, period,
};
use crate::primitives::text;

/// The columns of the orders; that of the value is an amount, with a key of its own.
const SUBMITTED_AT: &str = "submitted_at";
const VALUE: &str = "value";

/// The value by which leads without one are ordered: no value is negative.
const NO_VALUE: Decimal = Decimal::NEGATIVE_ONE;

/// The columns of the search keys.
const SEARCH_KEYS: [&str; 3] = [
    "referral_leads.company_name_key",
    "referral_leads.contact_name_key",
    "referral_leads.contact_email_key",
];

/// The greatest number of possible duplicates of a lead that are returned.
const DUPLICATES_MAX: u32 = 25;

const TABLE: PartnerTable = PartnerTable { name: "referral_leads", partner_column: "partner_id" };

/// Returns the order of a list; the default is the latest lead first.
pub fn ordering(order: Option<ReferralLeadOrder>) -> Ordering {
    let (field, direction) = match order {
        Some(ReferralLeadOrder { field, direction }) => (field, direction),
        None => (ReferralLeadOrderField::SubmittedAt, SortDirection::Desc),
    };
    let (column, kind) = match field {
        ReferralLeadOrderField::SubmittedAt => (SUBMITTED_AT, SortKind::Timestamp),
        ReferralLeadOrderField::Value => (VALUE, SortKind::Amount),
    };
    Ordering { column, kind, descending: direction == SortDirection::Desc }
}

impl Paginated for ReferralLead {
    type Filter = ReferralLeadFilter;
    const TABLE: PartnerTable = TABLE;

    fn conditions(filter: &ReferralLeadFilter) -> Vec<Condition> {
        let mut conditions: Vec<Condition> = Vec::new();
        if let Some(partner) = filter.partner_id {
            conditions.push(Box::new(referral_leads::partner_id.eq(partner)));
        }
        if let Some(from) = filter.submitted_from {
            conditions.push(Box::new(referral_leads::submitted_at.ge(from.0)));
        }
        if let Some(to) = filter.submitted_to {
            conditions.push(Box::new(referral_leads::submitted_at.lt(to.0)));
        }
        if let Some(search) = &filter.search {
            conditions.push(Box::new(BeginsWith::new(&SEARCH_KEYS, search)));
        }
        if let Some(source) = &filter.source {
            conditions.push(Box::new(search_key(referral_leads::source).eq(search_key(source.clone()))));
        }
        conditions
    }

    fn restrictions(filter: &ReferralLeadFilter) -> Vec<Condition> {
        let mut restrictions: Vec<Condition> = Vec::new();
        if filter.search.is_some() {
            restrictions.push(Box::new(referral_leads::submitted_by_partner));
        }
        restrictions
    }

    fn statuses(filter: &ReferralLeadFilter) -> Option<Vec<String>> {
        filter.status.as_deref().map(distinct)
    }

    fn is_indexed(filter: &ReferralLeadFilter, ordering: Ordering) -> bool {
        let indexed = ReferralLeadFilter {
            partner_id: filter.partner_id,
            status: filter.status.clone(),
            submitted_from: filter.submitted_from,
            submitted_to: filter.submitted_to,
            ..ReferralLeadFilter::default()
        };
        ordering.column == SUBMITTED_AT && *filter == indexed
    }

    fn validate(filter: ReferralLeadFilter) -> Result<ReferralLeadFilter> {
        period("submittedTo", filter.submitted_from, filter.submitted_to)?;
        let search = text::optional_text("search", filter.search.as_deref())?;
        let source = text::optional_text("source", filter.source.as_deref())?;
        Ok(ReferralLeadFilter { search, source, ..filter })
    }

    fn partner_of(filter: &ReferralLeadFilter) -> Option<PartnerId> {
        filter.partner_id
    }

    fn position(&self, page: &PageRequest) -> Position {
        let value = || self.actual_amount.or(self.estimated_amount).unwrap_or(NO_VALUE);
        let key = match page.ordering.column {
            VALUE => SortKey::Amount(value()),
            _ => SortKey::Timestamp(self.submitted_at),
        };
        Position { key, id: self.id.0 }
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

/// Locks and returns a lead, or rejects an input field with NOT_FOUND.
pub async fn lock_by_id(
    db: &mut Transaction,
    field: &str,
    id: ReferralLeadId,
) -> Result<Authorized<ReferralLead>> {
    let query = referral_leads::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(referral_leads::id.eq(id))
        .for_no_key_update()
        .select(ReferralLead::as_select());
    db.load_one(query).await?.ok_or_else(|| {
        let error = UserError::new(UserErrorCode::NotFound, "there is no such referral lead");
        Error::user_error(error.at(field).about(id))
    })
}

/// Inserts a lead.
pub async fn insert(db: &mut Transaction, lead: &ReferralLead) -> Result<()> {
    db.execute(diesel::insert_into(referral_leads::table).values(lead.clone())).await?;
    Ok(())
}

/// Updates the columns of a lead that can change; rejects a customer that another lead was converted to.
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
            referral_leads::is_second_conversion.eq(false),
        ));
    let duplicate = || {
        let message = "another referral lead was converted to this customer, and a customer converts one lead: mark this one \
                       INVALID, or correct the other one first";
        let error = UserError::new(UserErrorCode::Duplicate, message);
        Error::user_error(error.at("convertedCustomerId").about(lead.id))
    };
    db.execute(update)
        .await
        .map_err(|error| error.on_constraint("lead_customer_converts_once", duplicate))?;
    Ok(())
}

/// Replaces the texts of a lead about the person with those given, and marks the lead as erased.
pub async fn erase(db: &mut Transaction, lead: &ReferralLead) -> Result<()> {
    let lead = lead.clone();
    let update = diesel::update(referral_leads::table)
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(referral_leads::id.eq(lead.id))
        .set((
            referral_leads::company_name.eq(lead.company_name),
            referral_leads::contact_name.eq(lead.contact_name),
            referral_leads::contact_email.eq(lead.contact_email),
            referral_leads::contact_phone.eq(lead.contact_phone),
            referral_leads::source.eq(lead.source),
            referral_leads::notes.eq(lead.notes),
            referral_leads::staff_notes.eq(lead.staff_notes),
            referral_leads::is_erased.eq(true),
        ));
    db.execute(update).await?;
    Ok(())
}

/// Replaces the user id of a partner user in the leads that the user submitted.
pub async fn erase_submitter(db: &mut Transaction, user: &str, replacement: &str) -> Result<()> {
    let update = diesel::update(referral_leads::table)
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(referral_leads::submitted_by.eq(user.to_owned()))
        .filter(referral_leads::submitted_by_partner)
        .set(referral_leads::submitted_by.eq(replacement.to_owned()));
    db.execute(update).await?;
    Ok(())
}

/// A possible duplicate of a lead.
#[derive(QueryableByName)]
struct PossibleDuplicate {
    #[diesel(sql_type = SqlUuid)]
    duplicate_of: ReferralLeadId,
    #[diesel(embed)]
    lead: ReferralLead,
}

impl PartnerOwned for PossibleDuplicate {
    fn tenant_id(&self) -> &TenantId {
        &self.lead.tenant_id
    }

    fn partner_id(&self) -> PartnerId {
        self.lead.partner_id
    }
}

/// Returns the leads of the tenant, at most 25, latest first, that share the e-mail address or the name of the company with
/// each of these leads. Erased leads have none, and are none.
pub async fn possible_duplicates(
    db: &mut Session,
    ids: &[ReferralLeadId],
) -> Result<HashMap<ReferralLeadId, Vec<Authorized<ReferralLead>>>> {
    // Each branch reads the end of an index, however many leads have the same address.
    let branch = |shared: &str| {
        format!(
            "(SELECT other.* FROM referral_leads AS other
              WHERE other.tenant_id = lead.tenant_id AND NOT other.is_erased AND {shared} AND other.id <> lead.id
              ORDER BY other.submitted_at DESC, other.id DESC LIMIT {DUPLICATES_MAX})"
        )
    };
    let query = SqlBuilder::new(format!(
        "SELECT lead.id AS duplicate_of, duplicate.*
         FROM referral_leads AS lead CROSS JOIN LATERAL (
             SELECT * FROM ({} UNION {}) AS found ORDER BY submitted_at DESC, id DESC LIMIT {DUPLICATES_MAX}
         ) AS duplicate
         WHERE NOT lead.is_erased AND lead.tenant_id = ",
        branch("other.contact_email = lead.contact_email"),
        branch("company_key(other.company_name) = company_key(lead.company_name)"),
    ))
    .bind::<Text, _>(db.scope().tenant().clone())
    .sql(" AND lead.id = ANY(")
    .bind::<Array<SqlUuid>, _>(ids.to_vec())
    .sql(") ORDER BY lead.id, duplicate.submitted_at DESC, duplicate.id DESC");
    let duplicates: Vec<Authorized<PossibleDuplicate>> = db.load(query).await?;
    let leads =
        duplicates.into_iter().map(|row| Ok((row.duplicate_of, db.scope().authorize(row.lead.clone())?)));
    Ok(grouped(leads.collect::<Result<Vec<_>>>()?))
}
