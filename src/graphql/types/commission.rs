//! Commission events as clients see them.

use async_graphql::{Context, ID, Lookahead, Object};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join3};

use super::account::ManagedAccount;
use super::history::{self, StatusChange};
use super::partner::Partner;
use super::payout::Payout;
use crate::auth::Authorized;
use crate::domain::commission::{self, CommissionEventType, CommissionStatus, RateSource};
use crate::graphql::connection::ConnectionNode;
use crate::graphql::context::request;
use crate::graphql::loaders::{ListLoaders, Loaders};
use crate::primitives::decimal::DecimalText;
use crate::primitives::money::Money;
use crate::primitives::timestamp::Timestamp;

/// A commission event.
pub struct CommissionEvent(pub Authorized<commission::CommissionEvent>);

impl From<Authorized<commission::CommissionEvent>> for CommissionEvent {
    fn from(row: Authorized<commission::CommissionEvent>) -> Self {
        Self(row)
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
        let asked =
            |names: &[&str]| names.iter().any(|name| ahead.iter().any(|node| node.field(name).exists()));
        let of = |is_asked: bool| rows.iter().filter(move |_| is_asked);
        let partners: Vec<_> = of(asked(&["partner"])).map(|row| row.partner_id).collect();
        let payouts: Vec<_> = of(asked(&["payout", "settledAt"])).filter_map(|row| row.payout_id).collect();
        let accounts: Vec<_> =
            of(asked(&["managedAccount"])).filter_map(|row| row.managed_account_id).collect();
        async move {
            let Loaders { partner, payout, account, .. } = loaders;
            join3(partner.prefetch(partners), payout.prefetch(payouts), account.prefetch(accounts)).await;
        }
        .boxed()
    }
}

/// What a partner earned, or lost, by one paid invoice, refund or adjustment. Its amounts never change.
#[Object]
impl CommissionEvent {
    /// Its id.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The partner that earned it.
    async fn partner(&self, ctx: &Context<'_>) -> async_graphql::Result<Partner> {
        Ok(Partner(request(ctx)?.loaders().partner.load_required(self.0.partner_id).await?))
    }

    /// The account it was earned on; null for an adjustment.
    async fn managed_account(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<ManagedAccount>> {
        let Some(id) = self.0.managed_account_id else { return Ok(None) };
        Ok(Some(ManagedAccount(request(ctx)?.loaders().account.load_required(id).await?)))
    }

    /// What it comes from.
    async fn event_type(&self) -> CommissionEventType {
        self.0.event_type
    }

    /// How far it has come on its way to the partner.
    async fn status(&self) -> CommissionStatus {
        self.0.status
    }

    /// The invoice, as the billing system names it; null for an adjustment.
    async fn invoice_id(&self) -> Option<&str> {
        self.0.invoice_id.as_deref()
    }

    /// The customer, as the billing system names it; null for an adjustment.
    async fn customer_id(&self) -> Option<&str> {
        self.0.customer_id.as_deref()
    }

    /// The commission. Of an invoice, baseAmount times commissionRate, rounded once, half away from zero, to the
    /// currency's smallest coin. Of a CLAWBACK, what all refunds so far are worth less what was taken back before: zero or
    /// negative, and all of an event's lines add up without drift. Of an adjustment, what staff said.
    async fn commission_amount(&self) -> Money {
        self.0.commission()
    }

    /// What the commission is a share of: the commissionable part of the invoice. Of a CLAWBACK, by how much the refund
    /// reduced it, negative. Null for an adjustment.
    async fn base_amount(&self) -> Option<Money> {
        self.0.base()
    }

    /// The rate it was computed at, as a fraction with 4 decimals: `"0.1500"` is 15 %. Frozen when the event was
    /// recorded. Null for an adjustment.
    async fn commission_rate(&self) -> Option<DecimalText> {
        self.0.commission_rate.map(|rate| rate.shown())
    }

    /// Whose rate that was; null for an adjustment.
    async fn rate_source(&self) -> Option<RateSource> {
        self.0.rate_source
    }

    /// When the customer paid, or was refunded.
    async fn event_date(&self) -> Timestamp {
        self.0.event_date.into()
    }

    /// When this system learned of it.
    async fn recorded_at(&self) -> Timestamp {
        self.0.recorded_at.into()
    }

    /// From when it may be paid out: eventDate and the days that the tenant held commissions back when the event was
    /// recorded. A CLAWBACK and a negative adjustment have no hold of their own, it is their eventDate; but as long as what
    /// a CLAWBACK reverses is in no payout, the two are only paid together.
    async fn payable_at(&self) -> Timestamp {
        self.0.payable_at.into()
    }

    /// The payout it is in; null before, and again after that payout failed or was cancelled.
    async fn payout(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Payout>> {
        let Some(id) = self.0.payout_id else { return Ok(None) };
        Ok(Some(Payout(request(ctx)?.loaders().payout.load_required(id).await?)))
    }

    /// When it was put into that payout.
    async fn paid_at(&self) -> Option<Timestamp> {
        self.0.paid_at.map(Timestamp)
    }

    /// When that payout was completed, so that the money has arrived.
    async fn settled_at(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Timestamp>> {
        let Some(id) = self.0.payout_id else { return Ok(None) };
        Ok(request(ctx)?.loaders().payout.load_required(id).await?.completed_at.map(Timestamp))
    }

    /// On a CLAWBACK: the event it takes back, in full or in part.
    async fn reverses(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<CommissionEvent>> {
        let Some(id) = self.0.reverses_id else { return Ok(None) };
        Ok(Some(CommissionEvent(request(ctx)?.loaders().event.load_required(id).await?)))
    }

    /// The CLAWBACK events that take back part of this one, oldest first.
    async fn reversed_by(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<CommissionEvent>> {
        let reversals = request(ctx)?.loaders().reversals.load(self.0.id).await?;
        Ok(reversals.unwrap_or_default().into_iter().map(CommissionEvent).collect())
    }

    /// What staff should know; always null for partner users and services.
    async fn notes(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<&str>> {
        let seen = request(ctx)?.caller().sees_staff_notes();
        Ok(self.0.notes.as_deref().filter(|_| seen))
    }

    /// Every status it has had, oldest first.
    async fn history(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<StatusChange>> {
        Ok(history::shown(request(ctx)?.loaders().event_history.load(self.0.id).await?))
    }
}
