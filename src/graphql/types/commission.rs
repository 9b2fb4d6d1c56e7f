//! The object type of commission events.

use async_graphql::{Context, ID, Lookahead, Object};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join3};

use super::account::ManagedAccount;
use super::history::{self, StatusChange};
use super::invoice::Invoice;
use super::mask_identifier;
use super::partner::Partner;
use super::payout::Payout;
use crate::auth::{Authorized, Permission};
use crate::domain::commission::{self, CommissionEventType, CommissionStatus, RateSource};
use crate::graphql::connection::ConnectionNode;
use crate::graphql::context::{counted, request};
use crate::graphql::loader::Loader;
use crate::graphql::loaders::{ListLoaders, Loaders};
use crate::graphql::reference::{Reference, Referenced, is_loaded};
use crate::primitives::decimal::DecimalText;
use crate::primitives::id::CommissionEventId;
use crate::primitives::money::Money;
use crate::primitives::timestamp::Timestamp;

/// A commission event within the caller's scope.
pub struct CommissionEvent(pub Authorized<commission::CommissionEvent>);

impl From<Authorized<commission::CommissionEvent>> for CommissionEvent {
    fn from(row: Authorized<commission::CommissionEvent>) -> Self {
        Self(row)
    }
}

impl Referenced for CommissionEvent {
    type Key = CommissionEventId;
    type Row = commission::CommissionEvent;

    fn loader(loaders: &Loaders) -> &Loader<CommissionEventId, Authorized<commission::CommissionEvent>> {
        &loaders.event
    }
}

impl ConnectionNode for CommissionEvent {
    type Row = commission::CommissionEvent;
    const CONNECTION: &'static str = "CommissionEventConnection";
    const EDGE: &'static str = "CommissionEventEdge";

    fn lists(loaders: &Loaders) -> Option<&ListLoaders<Self::Row>> {
        Some(&loaders.events)
    }

    fn prefetch<'l>(
        loaders: &'l Loaders,
        ahead: &[Lookahead<'_>],
        rows: &[Authorized<Self::Row>],
    ) -> BoxFuture<'l, ()> {
        let rows_if = |is_loaded| if is_loaded { rows } else { &[] };
        let is_settled_at_selected = ahead.iter().any(|node| node.field("settledAt").exists());
        let loads_payouts = is_settled_at_selected || is_loaded(ahead, "payout");
        let partners: Vec<_> =
            rows_if(is_loaded(ahead, "partner")).iter().map(|row| row.partner_id).collect();
        let payouts: Vec<_> = rows_if(loads_payouts).iter().filter_map(|row| row.payout_id).collect();
        let accounts: Vec<_> = rows_if(is_loaded(ahead, "managedAccount"))
            .iter()
            .filter_map(|row| row.managed_account_id)
            .collect();
        async move {
            let Loaders { partner, payout, account, .. } = loaders;
            join3(partner.prefetch(partners), payout.prefetch(payouts), account.prefetch(accounts)).await;
        }
        .boxed()
    }
}

/// The commission of a partner on one paid invoice, its reversal because of a refund, its reinstatement because the refund
/// was reversed, or an adjustment. Amounts never
/// change after the event is recorded; its status does.
#[Object]
impl CommissionEvent {
    /// The id of the commission event: a UUID, unique over all types.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The partner that earned the commission.
    async fn partner(&self) -> Reference<Partner> {
        Reference::new(self.0.partner_id)
    }

    /// The managed account that the invoice was attributed to; null for an ADJUSTMENT.
    async fn managed_account(&self) -> Option<Reference<ManagedAccount>> {
        self.0.managed_account_id.map(Reference::new)
    }

    /// The origin of the event: a paid invoice, a refund, a reversed refund or an adjustment.
    async fn event_type(&self) -> CommissionEventType {
        self.0.event_type
    }

    /// The present status of the event; see `history` for the earlier ones.
    async fn status(&self) -> CommissionStatus {
        self.0.status
    }

    /// The id of the invoice in the billing system; null for an ADJUSTMENT. Masked for partner users if it contains an @.
    async fn invoice_id(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        Ok(self.0.invoice_id.as_deref().map(|id| mask_identifier(ctx, id)).transpose()?)
    }

    /// The invoice that the event is about, or the payment of it; null for an ADJUSTMENT, and always null for partner users
    /// and services.
    async fn invoice(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Invoice>> {
        let request = request(ctx)?;
        let Some(id) = self.0.invoice_row_id else { return Ok(None) };
        if request.caller().require(Permission::ReadInvoices).is_err() {
            return Ok(None);
        }
        Ok(request.loaders().invoice.load(id).await?.map(Invoice))
    }

    /// The id of the customer in the billing system; null for an ADJUSTMENT. Masked for partner users if it contains an
    /// @.
    async fn customer_id(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        Ok(self.0.customer_id.as_deref().map(|id| mask_identifier(ctx, id)).transpose()?)
    }

    /// The commission in the currency of the invoice, rounded once, half away from zero, to the currency's decimals.
    /// By eventType: INVOICE_PAID: baseAmount times commissionRate; CLAWBACK: the commission on the remaining base
    /// amount minus the commission that stood before, zero or negative, so that several refunds add up without
    /// rounding drift; REINSTATEMENT: the same difference after the reversal of a refund, zero or positive; ADJUSTMENT:
    /// the amount that staff entered.
    async fn commission_amount(&self) -> Money {
        self.0.commission()
    }

    /// The amount that the commission is computed from. By eventType: INVOICE_PAID: the commissionable part of the
    /// invoice; CLAWBACK: the change of the base amount by the refund, zero or negative; REINSTATEMENT: its change by the
    /// reversal of a refund, zero or positive; ADJUSTMENT: null.
    async fn base_amount(&self) -> Option<Money> {
        self.0.base()
    }

    /// The rate of the commission as a fraction with 4 decimals: `"0.1500"` is 15 %. Frozen when the event was
    /// recorded. Null for an ADJUSTMENT.
    async fn commission_rate(&self) -> Option<DecimalText> {
        self.0.commission_rate.map(|rate| rate.to_decimal_text())
    }

    /// The origin of the rate: the managed account or the partner. Null for an ADJUSTMENT.
    async fn rate_source(&self) -> Option<RateSource> {
        self.0.rate_source
    }

    /// The instant at which the customer paid or was refunded, or the refund was reversed; for an ADJUSTMENT, the date that
    /// staff entered. Never before the date of the event that it `reverses`.
    async fn event_date(&self) -> Timestamp {
        self.0.event_date.into()
    }

    /// The instant at which the event was recorded, by the clock of the database.
    async fn recorded_at(&self) -> Timestamp {
        self.0.recorded_at.into()
    }

    /// The instant from which the event may be paid out: eventDate plus the tenant's holdDays when the event was
    /// recorded. Events of the type CLAWBACK and negative adjustments have no hold: it is the eventDate. A REINSTATEMENT
    /// has the hold of its original: the later of that instant and its eventDate. As long as the original of a reversal
    /// is in no payout, both are only paid out together.
    async fn payable_at(&self) -> Timestamp {
        self.0.payable_at.into()
    }

    /// The payout that pays the event; null if there is none, and again after that payout FAILED or was CANCELLED.
    async fn payout(&self) -> Option<Reference<Payout>> {
        self.0.payout_id.map(Reference::new)
    }

    /// The instant at which the event was added to its payout; null if payout is null.
    async fn paid_at(&self) -> Option<Timestamp> {
        self.0.paid_at.map(Timestamp)
    }

    /// The instant at which the payment of the payout arrived; null until the payout is COMPLETED.
    async fn settled_at(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Timestamp>> {
        let Some(id) = self.0.payout_id else { return Ok(None) };
        Ok(request(ctx)?.loaders().payout.load_required(id).await?.completed_at.map(Timestamp))
    }

    /// The original event: the one that a CLAWBACK reverses in full or in part, and that a REINSTATEMENT restores; null
    /// for other types.
    async fn reverses(&self) -> Option<Reference<CommissionEvent>> {
        self.0.reverses_id.map(Reference::new)
    }

    /// The events of the types CLAWBACK and REINSTATEMENT that reverse this event in part or restore it, oldest first.
    async fn reversed_by(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<CommissionEvent>> {
        let reversals = request(ctx)?.loaders().reversals.load(self.0.id).await?;
        counted(ctx, reversals.unwrap_or_default().into_iter().map(CommissionEvent).collect()).await
    }

    /// The notes of staff; always null for partner users and services.
    async fn notes(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<&str>> {
        let request = request(ctx)?;
        let sees_notes = request.caller().sees_staff_notes();
        Ok(request.work().count_text(self.0.notes.as_deref().filter(|_| sees_notes))?)
    }

    /// The note of staff for the partner about an ADJUSTMENT; null for other types, and if staff stated none.
    async fn partner_note(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<&str>> {
        Ok(request(ctx)?.work().count_text(self.0.partner_note.as_deref())?)
    }

    /// The instant since which staff hold the event back, so that no payout pays it; null if it is not held.
    async fn held_at(&self) -> Option<Timestamp> {
        self.0.held_at.map(Timestamp)
    }

    /// The changes of the event's status, and the times at which staff held or released it, oldest first.
    async fn history(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<StatusChange>> {
        let history = request(ctx)?.loaders().event_history.load(self.0.id).await?;
        counted(ctx, history::status_changes(history)).await
    }
}
