//! Lists of invoices: their filter and order.

use async_graphql::InputObject;
use diesel::prelude::*;

use super::store::TABLE;
use super::{InvoicePaidOutcome, InvoiceRevision};
use crate::domain::db::list_query::{Condition, Paginated};
use crate::domain::db::schema::invoice_revisions;
use crate::domain::db::scope_filter::PartnerTable;
use crate::primitives::currency::Currency;
use crate::primitives::error::Result;
use crate::primitives::id::{InvoiceId, PartnerId};
use crate::primitives::pagination::{Ordering, PageRequest, Position, SortKey, SortKind, period};
use crate::primitives::text;
use crate::primitives::timestamp::Timestamp;

/// The order of lists of invoices: latest payment first.
pub const BY_PAYMENT: Ordering = Ordering { column: "paid_at", kind: SortKind::Timestamp, descending: true };

/// The same order in reverse: earliest payment first.
pub const BY_PAYMENT_ASCENDING: Ordering = Ordering { descending: false, ..BY_PAYMENT };

/// A filter on invoices, by their present revision; an invoice must meet all conditions that are set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
pub struct InvoiceFilter {
    /// Only the invoices with one of these outcomes.
    pub outcome: Option<Vec<InvoicePaidOutcome>>,
    /// Only the invoices of the customer with this id in the billing system.
    pub customer_id: Option<String>,
    /// Only the invoices on which this partner earned a commission.
    pub partner_id: Option<PartnerId>,
    /// Only the invoices in this currency.
    pub currency: Option<Currency>,
    /// Only the invoices paid at this time or later.
    pub paid_from: Option<Timestamp>,
    /// Only the invoices paid before this time.
    pub paid_to: Option<Timestamp>,
    /// Only the invoices first recorded at this time or later.
    pub received_from: Option<Timestamp>,
    /// Only the invoices with these ids; a condition of reassessInvoices, and not of lists.
    #[graphql(skip)]
    pub ids: Option<Vec<InvoiceId>>,
}

impl Paginated for InvoiceRevision {
    type Filter = InvoiceFilter;
    const TABLE: PartnerTable = TABLE;

    fn conditions(filter: &InvoiceFilter) -> Vec<Condition> {
        let mut conditions: Vec<Condition> = vec![Box::new(invoice_revisions::superseded_at.is_null())];
        if let Some(outcomes) = &filter.outcome {
            conditions.push(Box::new(invoice_revisions::outcome.eq_any(outcomes.clone())));
        }
        if let Some(customer) = &filter.customer_id {
            conditions.push(Box::new(invoice_revisions::customer_id.eq(customer.clone())));
        }
        if let Some(partner) = filter.partner_id {
            conditions.push(Box::new(invoice_revisions::partner_id.eq(partner)));
        }
        if let Some(currency) = filter.currency {
            conditions.push(Box::new(invoice_revisions::currency.eq(currency)));
        }
        if let Some(from) = filter.paid_from {
            conditions.push(Box::new(invoice_revisions::paid_at.ge(from.0)));
        }
        if let Some(to) = filter.paid_to {
            conditions.push(Box::new(invoice_revisions::paid_at.lt(to.0)));
        }
        if let Some(from) = filter.received_from {
            conditions.push(Box::new(invoice_revisions::received_at.ge(from.0)));
        }
        if let Some(ids) = &filter.ids {
            conditions.push(Box::new(invoice_revisions::id.eq_any(ids.clone())));
        }
        conditions
    }

    fn validate(filter: InvoiceFilter) -> Result<InvoiceFilter> {
        period("paidTo", filter.paid_from, filter.paid_to)?;
        let customer_id = text::optional_identifier_non_blank("customerId", filter.customer_id.as_deref())?;
        Ok(InvoiceFilter { customer_id, ..filter })
    }

    fn partner_of(filter: &InvoiceFilter) -> Option<PartnerId> {
        filter.partner_id
    }

    fn position(&self, _: &PageRequest) -> Position {
        Position { key: SortKey::Timestamp(self.paid_at), id: self.id.0 }
    }
}
