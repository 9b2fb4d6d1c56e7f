//! Lists of commission events: their filters, orders and counts.

use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::store::TABLE;
use super::{CommissionEvent, CommissionEventFilter, CommissionEventOrder, CommissionEventOrderField};
use crate::domain::db::list_query::{
    Condition, OF_PARTNER, Paginated, ParentCondition, PrecomputedCount, Totalled, distinct,
};
use crate::domain::db::schema::{commission_events, commission_monthly_totals, payout_lines};
use crate::domain::db::scope_filter::PartnerTable;
use crate::domain::db::search_key::{BeginsWith, is_not_personal, search_key};
use crate::domain::db::subquery::Subquery;
use crate::primitives::amount_range;
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

/// The columns of the other orders.
const COMMISSION_AMOUNT: &str = "commission_amount";
const CHANGED_AT: &str = "changed_at";
const RECORDED_AT: &str = "recorded_at";
const PAYABLE_AT: &str = "payable_at";

/// The condition that the id of the invoice is not personal.
const INVOICE_IS_NOT_PERSONAL: Subquery<Bool> =
    Subquery::new(is_not_personal!("commission_events.invoice_id"));

/// Returns the order of a list; the default is the latest event first.
pub fn ordering(order: Option<CommissionEventOrder>) -> Ordering {
    let (field, direction) = match order {
        Some(CommissionEventOrder { field, direction }) => (field, direction),
        None => (CommissionEventOrderField::EventDate, SortDirection::Desc),
    };
    let (column, kind) = match field {
        CommissionEventOrderField::EventDate => (EVENT_DATE, SortKind::Timestamp),
        CommissionEventOrderField::CommissionAmount => (COMMISSION_AMOUNT, SortKind::Amount),
        CommissionEventOrderField::ChangedAt => (CHANGED_AT, SortKind::Timestamp),
        CommissionEventOrderField::RecordedAt => (RECORDED_AT, SortKind::Timestamp),
        CommissionEventOrderField::PayableAt => (PAYABLE_AT, SortKind::Timestamp),
    };
    Ordering { column, kind, descending: direction == SortDirection::Desc }
}

impl Totalled for CommissionEvent {
    const AMOUNT: &'static str = "commission_amount";
}

impl Paginated for CommissionEvent {
    type Filter = CommissionEventFilter;
    const TABLE: PartnerTable = TABLE;

    fn conditions(filter: &CommissionEventFilter) -> Vec<Condition> {
        let mut conditions: Vec<Condition> = Vec::new();
        add_source(filter, &mut conditions);
        add_amounts(filter, &mut conditions);
        add_times(filter, &mut conditions);
        add_payouts(filter, &mut conditions);
        conditions
    }

    fn restrictions(filter: &CommissionEventFilter) -> Vec<Condition> {
        let mut restrictions: Vec<Condition> = Vec::new();
        if filter.invoice_id_prefix.is_some() {
            restrictions.push(Box::new(INVOICE_IS_NOT_PERSONAL));
        }
        restrictions
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
        period("recordedTo", filter.recorded_from, filter.recorded_to)?;
        amount_range::check(filter.currency, filter.amount_from, filter.amount_to)?;
        let identifier = text::optional_identifier_non_blank;
        let invoice_id_prefix = identifier("invoiceIdPrefix", filter.invoice_id_prefix.as_deref())?;
        let refund_id = identifier("refundId", filter.refund_id.as_deref())?;
        let invoice_id = identifier("invoiceId", filter.invoice_id.as_deref())?;
        let customer_id = identifier("customerId", filter.customer_id.as_deref())?;
        Ok(CommissionEventFilter { invoice_id, invoice_id_prefix, refund_id, customer_id, ..filter })
    }

    fn partner_of(filter: &CommissionEventFilter) -> Option<PartnerId> {
        filter.partner_id
    }

    fn position(&self, page: &PageRequest) -> Position {
        let key = match page.ordering.column {
            COMMISSION_AMOUNT => SortKey::Amount(self.commission_amount),
            CHANGED_AT => SortKey::Timestamp(self.changed_at),
            RECORDED_AT => SortKey::Timestamp(self.recorded_at),
            PAYABLE_AT => SortKey::Timestamp(self.payable_at),
            _ => SortKey::Timestamp(self.event_date),
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
            invoice_id_prefix: None,
            refund_id: None,
            customer_id: None,
            managed_account_id: None,
            rate_source: None,
            amount_from: None,
            amount_to: None,
            recorded_from: None,
            recorded_to: None,
            payable_before: None,
            changed_from: None,
            is_held: None,
            payout_id: None,
            in_payout: None,
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

/// Adds the conditions on what an event was earned by.
fn add_source(filter: &CommissionEventFilter, conditions: &mut Vec<Condition>) {
    if let Some(partner) = filter.partner_id {
        conditions.push(Box::new(commission_events::partner_id.eq(partner)));
    }
    if let Some(types) = &filter.event_type {
        conditions.push(Box::new(commission_events::event_type.eq_any(types.clone())));
    }
    if let Some(invoice) = &filter.invoice_id {
        // The index has the key, which invoices whose ids differ by case share.
        let has_key = commission_events::invoice_id_key.eq(search_key(invoice.clone()));
        conditions.push(Box::new(has_key.and(commission_events::invoice_id.eq(invoice.clone()))));
    }
    if let Some(prefix) = &filter.invoice_id_prefix {
        conditions.push(Box::new(BeginsWith::new(&["commission_events.invoice_id_key"], prefix)));
    }
    if let Some(refund) = &filter.refund_id {
        conditions.push(Box::new(commission_events::refund_id.eq(refund.clone())));
    }
    if let Some(customer) = &filter.customer_id {
        conditions.push(Box::new(commission_events::customer_id.eq(customer.clone())));
    }
    if let Some(account) = filter.managed_account_id {
        conditions.push(Box::new(commission_events::managed_account_id.eq(account)));
    }
    if let Some(source) = filter.rate_source {
        conditions.push(Box::new(commission_events::rate_source.eq(source)));
    }
}

/// Adds the conditions on the commission.
fn add_amounts(filter: &CommissionEventFilter, conditions: &mut Vec<Condition>) {
    if let Some(currency) = filter.currency {
        conditions.push(Box::new(commission_events::currency.eq(currency)));
    }
    if let Some(from) = filter.amount_from {
        conditions.push(Box::new(commission_events::commission_amount_key.ge(amount_range::key(from))));
    }
    if let Some(to) = filter.amount_to {
        conditions.push(Box::new(commission_events::commission_amount_key.le(amount_range::key(to))));
    }
}

/// Adds the conditions on the times.
fn add_times(filter: &CommissionEventFilter, conditions: &mut Vec<Condition>) {
    if let Some(from) = filter.event_date_from {
        conditions.push(Box::new(commission_events::event_date.ge(from.0)));
    }
    if let Some(to) = filter.event_date_to {
        conditions.push(Box::new(commission_events::event_date.lt(to.0)));
    }
    if let Some(from) = filter.recorded_from {
        conditions.push(Box::new(commission_events::recorded_at.ge(from.0)));
    }
    if let Some(to) = filter.recorded_to {
        conditions.push(Box::new(commission_events::recorded_at.lt(to.0)));
    }
    // An event that was recorded since has changed since: for one partner, the index is on the change.
    if let Some(from) = filter.recorded_from.max(filter.changed_from) {
        conditions.push(Box::new(commission_events::changed_at.ge(from.0)));
    }
    if let Some(before) = filter.payable_before {
        conditions.push(Box::new(commission_events::payable_at.lt(before.0)));
    }
}

/// Adds the conditions on holds and payouts.
fn add_payouts(filter: &CommissionEventFilter, conditions: &mut Vec<Condition>) {
    if let Some(payout) = filter.payout_id {
        let line = payout_lines::table
            .filter(payout_lines::tenant_id.eq(commission_events::tenant_id))
            .filter(payout_lines::commission_event_id.eq(commission_events::id))
            .filter(payout_lines::payout_id.eq(payout));
        conditions.push(Box::new(diesel::dsl::exists(line)));
    }
    match filter.in_payout {
        Some(true) => conditions.push(Box::new(commission_events::payout_id.is_not_null())),
        Some(false) => conditions.push(Box::new(commission_events::payout_id.is_null())),
        None => {}
    }
    match filter.is_held {
        Some(true) => conditions.push(Box::new(commission_events::held_at.is_not_null())),
        Some(false) => conditions.push(Box::new(commission_events::held_at.is_null())),
        None => {}
    }
}
