//! Lists of entries of the audit trail: their filter and order.

use async_graphql::InputObject;
use diesel::prelude::*;
use uuid::Uuid;

use super::AuditEntry;
use crate::domain::db::audit_schema::audit_entries;
use crate::domain::db::list_query::{Condition, Paginated};
use crate::domain::db::scope_filter::PartnerTable;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::{NodeId, PartnerId};
use crate::primitives::pagination::{Ordering, PageRequest, Position, SortKey, SortKind, period};
use crate::primitives::text;
use crate::primitives::timestamp::Timestamp;

/// The order of lists of entries: latest first.
pub const BY_TIME: Ordering = Ordering { column: "at", kind: SortKind::Timestamp, descending: true };

/// A filter on entries of the audit trail; an entry must meet all conditions that are set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
pub struct AuditEntryFilter {
    /// Only the entries of this actor, by the user id or the name of the service, as in `AuditEntry.actor`.
    pub actor: Option<String>,
    /// Only the entries of this mutation or command, by its name, e.g. `"updatePartner"`.
    pub act: Option<String>,
    /// Only the entries whose subject is the object with this id.
    pub subject_id: Option<NodeId>,
    /// Only the entries that are about this partner and no other.
    pub partner_id: Option<PartnerId>,
    /// Only the entries written at this time or later.
    pub from: Option<Timestamp>,
    /// Only the entries written before this time.
    pub to: Option<Timestamp>,
}

impl AuditEntryFilter {
    /// Returns the id of a row; the nil UUID, which no row has, for the name of a tenant.
    fn subject(&self) -> Option<Uuid> {
        self.subject_id.as_ref().map(|id| id.row().unwrap_or_default())
    }
}

impl Paginated for AuditEntry {
    type Filter = AuditEntryFilter;
    const TABLE: PartnerTable = PartnerTable { name: "audit_entries", partner_column: "partner_id" };

    fn conditions(filter: &AuditEntryFilter) -> Vec<Condition> {
        let mut conditions: Vec<Condition> = Vec::new();
        if let Some(actor) = &filter.actor {
            conditions.push(Box::new(audit_entries::actor.eq(actor.clone())));
        }
        if let Some(act) = &filter.act {
            conditions.push(Box::new(audit_entries::act.eq(act.clone())));
        }
        if let Some(subject) = filter.subject() {
            conditions.push(Box::new(audit_entries::subject_id.eq(subject)));
        }
        if let Some(partner) = filter.partner_id {
            conditions.push(Box::new(audit_entries::partner_id.eq(partner)));
        }
        if let Some(from) = filter.from {
            conditions.push(Box::new(audit_entries::at.ge(from.0)));
        }
        if let Some(to) = filter.to {
            conditions.push(Box::new(audit_entries::at.lt(to.0)));
        }
        conditions
    }

    /// Each condition has an index in the order of the list; of several, a plan for their values chooses the best.
    fn is_indexed(filter: &AuditEntryFilter, _: Ordering) -> bool {
        let AuditEntryFilter { actor, act, subject_id, partner_id, from, to } = filter;
        let conditions =
            [actor.is_some(), act.is_some(), subject_id.is_some(), partner_id.is_some()].into_iter();
        from.is_none() && to.is_none() && conditions.filter(|is_set| *is_set).count() <= 1
    }

    fn validate(filter: AuditEntryFilter) -> Result<AuditEntryFilter> {
        period("to", filter.from, filter.to)?;
        let actor = text::optional_identifier_non_blank("actor", filter.actor.as_deref())?;
        let act = text::optional_identifier_non_blank("act", filter.act.as_deref())?;
        if filter.subject_id.as_ref().is_some_and(|id| id.row().is_none()) {
            return Err(Error::bad_input("subjectId", "is not the id of a row; filter by act instead"));
        }
        Ok(AuditEntryFilter { actor, act, ..filter })
    }

    fn partner_of(filter: &AuditEntryFilter) -> Option<PartnerId> {
        filter.partner_id
    }

    fn position(&self, _: &PageRequest) -> Position {
        Position { key: SortKey::Timestamp(self.at), id: self.id.0 }
    }
}
