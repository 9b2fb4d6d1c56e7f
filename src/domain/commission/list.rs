//! Lists of commission events: their filters, orders and counts.

use diesel::prelude::*;

use super::store::TABLE;
use super::{CommissionEvent, CommissionEventFilter, CommissionEventOrder, CommissionEventOrderField};
use crate::domain::db::list_query::{
    Condition, OF_PARTNER, Paginated, ParentCondition, PrecomputedCount, distinct,
};
use crate::domain::db::schema::{commission_events, commission_monthly_totals, payout_lines};
use crate::domain::db::scope_filter::PartnerTable;
use crate::primitives::error::Result;
use crate::primitives::id::PartnerId;
use crate::primitives::pagination::{
    Ordering, PageRequest, Position, SortDirection, SortKey, SortKind, period,
};
use crate::primitives::text;

/// The events in the lines of a payout, including the released lines of a failed or cancelled payout.
pub const OF_PAYOUT: ParentCondition = ParentCondition(
    "(commission_events.tenant_id, commission_events.id) IN \
     (SELECT tenant_id, commission_event_id FROM payout_lines WHERE payout_id = parent.id)",
);

/// The column of the date, in whose order an index has the events of each partner and status.
const EVENT_DATE: &str = "event_date";

/// The column of the last change.
const CHANGED_AT: &str = "changed_at";

/// Returns the order of a list; the default is the latest event first.
pub fn ordering(order: Option<CommissionEventOrder>) -> Ordering {
    let (field, direction) = match order {
        Some(CommissionEventOrder { field, direction }) => (field, direction),
        None => (CommissionEventOrderField::EventDate, SortDirection::Desc),
    };
    let (column, kind) = match field {
        CommissionEventOrderField::EventDate => (EVENT_DATE, SortKind::Timestamp),
        CommissionEventOrderField::CommissionAmount => ("commission_amount", SortKind::Amount),
        CommissionEventOrderField::ChangedAt => (CHANGED_AT, SortKind::Timestamp),
    };
    Ordering { column, kind, descending: direction == SortDirection::Desc }
}

impl Paginated for CommissionEvent {
    type Filter = CommissionEventFilter;
    const TABLE: PartnerTable = TABLE;

    fn conditions(filter: &CommissionEventFilter) -> Vec<Condition> {
        let mut conditions: Vec<Condition> = Vec::new();
        if let Some(partner) = filter.partner_id {
            conditions.push(Box::new(commission_events::partner_id.eq(partner)));
        }
        if let Some(types) = &filter.event_type {
            conditions.push(Box::new(commission_events::event_type.eq_any(types.clone())));
        }
        if let Some(currency) = filter.currency {
            conditions.push(Box::new(commission_events::currency.eq(currency)));
        }
        if let Some(from) = filter.event_date_from {
            conditions.push(Box::new(commission_events::event_date.ge(from.0)));
        }
        if let Some(to) = filter.event_date_to {
            conditions.push(Box::new(commission_events::event_date.lt(to.0)));
        }
        if let Some(invoice) = &filter.invoice_id {
            conditions.push(Box::new(commission_events::invoice_id.eq(invoice.clone())));
        }
        if let Some(customer) = &filter.customer_id {
            conditions.push(Box::new(commission_events::customer_id.eq(customer.clone())));
        }
        if let Some(from) = filter.recorded_from {
            conditions.push(Box::new(commission_events::recorded_at.ge(from.0)));
        }
        // An event that was recorded since has changed since; the index is on the change.
        if let Some(from) = filter.recorded_from.max(filter.changed_from) {
            conditions.push(Box::new(commission_events::changed_at.ge(from.0)));
        }
        if let Some(payout) = filter.payout_id {
            let line = payout_lines::table
                .filter(payout_lines::tenant_id.eq(commission_events::tenant_id))
                .filter(payout_lines::commission_event_id.eq(commission_events::id))
                .filter(payout_lines::payout_id.eq(payout));
            conditions.push(Box::new(diesel::dsl::exists(line)));
        }
        match filter.is_held {
            Some(true) => conditions.push(Box::new(commission_events::held_at.is_not_null())),
            Some(false) => conditions.push(Box::new(commission_events::held_at.is_null())),
            None => {}
        }
        conditions
    }

    fn statuses(filter: &CommissionEventFilter) -> Option<Vec<String>> {
        filter.status.as_deref().map(distinct)
    }

    fn is_indexed(filter: &CommissionEventFilter, ordering: Ordering) -> bool {
        let indexed = CommissionEventFilter {
            partner_id: filter.partner_id,
            status: filter.status.clone(),
            event_date_from: filter.event_date_from,
            event_date_to: filter.event_date_to,
            ..CommissionEventFilter::default()
        };
        ordering.column == EVENT_DATE && *filter == indexed
    }

    fn validate(filter: CommissionEventFilter) -> Result<CommissionEventFilter> {
        period("eventDateTo", filter.event_date_from, filter.event_date_to)?;
        let invoice_id = text::optional_identifier_non_blank("invoiceId", filter.invoice_id.as_deref())?;
        let customer_id = text::optional_identifier_non_blank("customerId", filter.customer_id.as_deref())?;
        Ok(CommissionEventFilter { invoice_id, customer_id, ..filter })
    }

    fn partner_of(filter: &CommissionEventFilter) -> Option<PartnerId> {
        filter.partner_id
    }

    fn position(&self, page: &PageRequest) -> Position {
        let key = match page.ordering.kind {
            SortKind::Amount => SortKey::Amount(self.commission_amount),
            SortKind::Timestamp | SortKind::Text if page.ordering.column == CHANGED_AT => {
                SortKey::Timestamp(self.changed_at)
            }
            SortKind::Timestamp | SortKind::Text => SortKey::Timestamp(self.event_date),
        };
        Position { key, id: self.id.0 }
    }

    /// Counts from the monthly totals, if the filter has no other conditions than partner, status and currency.
    fn precomputed_count(
        filter: &CommissionEventFilter,
        under: Option<ParentCondition>,
    ) -> Option<PrecomputedCount> {
        let CommissionEventFilter {
            partner_id,
            status,
            event_type: None,
            currency,
            event_date_from: None,
            event_date_to: None,
            invoice_id: None,
            customer_id: None,
            recorded_from: None,
            changed_from: None,
            is_held: None,
            payout_id: None,
        } = filter
        else {
            return None;
        };
        if under.is_some_and(|under| under != OF_PARTNER) {
            return None;
        }
        let mut conditions: Vec<Condition> = Vec::new();
        if let Some(partner) = partner_id {
            conditions.push(Box::new(commission_monthly_totals::partner_id.eq(*partner)));
        }
        if let Some(currency) = currency {
            conditions.push(Box::new(commission_monthly_totals::currency.eq(*currency)));
        }
        if let Some(statuses) = status {
            conditions.push(Box::new(commission_monthly_totals::status.eq_any(statuses.clone())));
        }
        let table = PartnerTable { name: "commission_monthly_totals", partner_column: "partner_id" };
        Some(PrecomputedCount { table, column: "event_count", conditions })
    }
}
