//! The object types of invoices and their revisions, and of what assessing them again results in.

use async_graphql::{Context, ID, Object};

use super::commission::CommissionEvent;
use super::partner::Partner;
use crate::auth::Authorized;
use crate::domain::commission::reassess;
use crate::domain::invoice::{self, InvoicePaidOutcome};
use crate::graphql::connection::ConnectionNode;
use crate::graphql::context::{counted, request};
use crate::graphql::loaders::{ListLoaders, Loaders};
use crate::primitives::error::{Result, UserErrorCode};
use crate::primitives::money::Money;
use crate::primitives::timestamp::Timestamp;

/// An invoice of the caller's tenant, by its present revision.
pub struct Invoice(pub Authorized<invoice::InvoiceRevision>);

impl From<Authorized<invoice::InvoiceRevision>> for Invoice {
    fn from(row: Authorized<invoice::InvoiceRevision>) -> Self {
        Self(row)
    }
}

impl ConnectionNode for Invoice {
    type Row = invoice::InvoiceRevision;
    const CONNECTION: &'static str = "InvoiceConnection";
    const EDGE: &'static str = "InvoiceEdge";

    fn lists(_: &Loaders) -> Option<&ListLoaders<Self::Row>> {
        None
    }
}

/// A paid invoice that billing reported, and what came of it. An invoice that is paid in parts is one object for each
/// payment. For staff.
#[Object]
impl Invoice {
    /// The id of the invoice, or of its payment: a UUID, unique over all types. Corrections do not change it.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The id of the invoice in the billing system.
    async fn invoice_id(&self) -> &str {
        &self.0.invoice_id
    }

    /// The id of the payment in the billing system; null for an invoice that is paid at once.
    async fn payment_id(&self) -> Option<&str> {
        self.0.payment_id.as_deref()
    }

    /// The id of the customer in the billing system.
    async fn customer_id(&self) -> &str {
        &self.0.customer_id
    }

    /// The amount that the customer paid, including taxes and shipping.
    async fn total_amount(&self) -> Money {
        self.0.total()
    }

    /// The part of the total that the commission is computed from.
    async fn commissionable_amount(&self) -> Money {
        self.0.base()
    }

    /// The part of the total that was refunded; zero without refunds.
    async fn refunded_amount(&self, ctx: &Context<'_>) -> async_graphql::Result<Money> {
        let refunded = request(ctx)?.loaders().refunded.load(self.0.id).await?;
        Ok(Money::stored(refunded.unwrap_or_default(), self.0.currency))
    }

    /// The instant at which the customer paid.
    async fn paid_at(&self) -> Timestamp {
        self.0.paid_at.into()
    }

    /// The instant at which the invoice was first recorded, by the clock of the database.
    async fn received_at(&self) -> Timestamp {
        self.0.received_at.into()
    }

    /// The outcome of the latest assessment; never ALREADY_RECORDED.
    async fn outcome(&self) -> InvoicePaidOutcome {
        self.0.outcome
    }

    /// The commission event of the invoice; null if it earned no commission. Events that corrections have replaced are
    /// in `revisions`.
    async fn commission_event(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<CommissionEvent>> {
        Ok(event_of(ctx, &self.0).await?)
    }

    /// The data of the invoice over time, oldest first: as it was first recorded, and then one revision for each
    /// correction. The last one is the present one.
    async fn revisions(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<InvoiceRevision>> {
        let revisions = request(ctx)?.loaders().revisions.load(self.0.id).await?;
        counted(ctx, revisions.unwrap_or_default().into_iter().map(InvoiceRevision).collect()).await
    }
}

/// A revision of an invoice of the caller's tenant.
pub struct InvoiceRevision(pub Authorized<invoice::InvoiceRevision>);

/// The data of an invoice as it was recorded or corrected at one time, and what came of it. Revisions never change.
#[Object]
impl InvoiceRevision {
    /// The number of the revision, from 1.
    async fn number(&self) -> i32 {
        self.0.revision
    }

    /// The id of the customer in the billing system.
    async fn customer_id(&self) -> &str {
        &self.0.customer_id
    }

    /// The amount that the customer paid, including taxes and shipping.
    async fn total_amount(&self) -> Money {
        self.0.total()
    }

    /// The part of the total that the commission is computed from.
    async fn commissionable_amount(&self) -> Money {
        self.0.base()
    }

    /// The instant at which the customer paid.
    async fn paid_at(&self) -> Timestamp {
        self.0.paid_at.into()
    }

    /// The outcome of this data, by its latest assessment; never ALREADY_RECORDED.
    async fn outcome(&self) -> InvoicePaidOutcome {
        self.0.outcome
    }

    /// The commission event of this data; null if it earned no commission.
    async fn commission_event(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<CommissionEvent>> {
        Ok(event_of(ctx, &self.0).await?)
    }

    /// The instant at which the revision was recorded, by the clock of the database.
    async fn at(&self) -> Timestamp {
        self.0.recorded_at().into()
    }

    /// The user id of the caller that recorded the revision.
    async fn actor(&self) -> &str {
        &self.0.recorded_by
    }

    /// The reason of the correction; null for the first revision, and always null for services.
    async fn reason(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<&str>> {
        let request = request(ctx)?;
        let sees_notes = request.caller().sees_staff_notes();
        Ok(request.work().count_text(self.0.reason.as_deref().filter(|_| sees_notes))?)
    }
}

/// An invoice that reassessInvoices found to earn a commission.
pub struct EarningInvoice(pub reassess::EarningInvoice);

/// An invoice that earns a commission after it was assessed again or, in a dry run, would earn one.
#[Object]
impl EarningInvoice {
    /// The invoice with its commission event; in a dry run as it is, without one.
    async fn invoice(&self) -> Invoice {
        Invoice(self.0.invoice.clone())
    }

    /// The partner that earns the commission.
    async fn partner(&self, ctx: &Context<'_>) -> async_graphql::Result<Partner> {
        Ok(Partner(request(ctx)?.loaders().partner.load_required(self.0.partner_id).await?))
    }

    /// The commission on what was not refunded: zero if all of the invoice was.
    async fn commission_amount(&self) -> Money {
        self.0.commission
    }
}

/// A number of invoices that earn nothing for the same reason.
pub struct OutcomeCount(pub reassess::OutcomeCount);

/// The number of invoices with one outcome, among those that were assessed again.
#[Object]
impl OutcomeCount {
    /// The outcome: why these invoices earn nothing.
    async fn outcome(&self) -> InvoicePaidOutcome {
        self.0.outcome
    }

    /// The number of invoices with this outcome.
    async fn count(&self) -> i32 {
        i32::try_from(self.0.count).unwrap_or(i32::MAX)
    }
}

/// An invoice whose assessment failed.
pub struct FailedInvoice(pub reassess::FailedInvoice);

/// An invoice that could not be assessed again, while others were; its outcome is as before.
#[Object]
impl FailedInvoice {
    /// The invoice, which earns nothing as before.
    async fn invoice(&self) -> Invoice {
        Invoice(self.0.invoice.clone())
    }

    /// The reason: UNAVAILABLE if the same call may succeed in a moment, INTERNAL_ERROR for a fault of the service, whose log
    /// has the cause.
    async fn code(&self) -> UserErrorCode {
        self.0.code
    }
}

/// Returns the commission event of a revision.
async fn event_of(ctx: &Context<'_>, revision: &invoice::InvoiceRevision) -> Result<Option<CommissionEvent>> {
    if revision.partner_id.is_none() {
        return Ok(None);
    }
    let events = request(ctx)?.loaders().invoice_events.load(revision.id).await?.unwrap_or_default();
    let event = events.into_iter().find(|event| event.invoice_revision == Some(revision.revision));
    Ok(event.map(CommissionEvent))
}
