//! Payouts as clients see them.

use async_graphql::{Context, ID, Object};

use super::commission::CommissionEvent;
use super::history::{self, StatusChange};
use super::partner::Partner;
use crate::auth::{Authorized, Permission};
use crate::domain::commission::store::{OF_PAYOUT, ordering};
use crate::domain::payout::{self, PayoutStatus, run};
use crate::graphql::connection::{Connection, ConnectionNode, Paging};
use crate::graphql::context::request;
use crate::graphql::guard::require;
use crate::graphql::loaders::{ListLoaders, Loaders};
use crate::primitives::currency::Currency;
use crate::primitives::error::UserErrorCode;
use crate::primitives::money::Money;
use crate::primitives::timestamp::Timestamp;

/// A payout.
pub struct Payout(pub Authorized<payout::Payout>);

impl From<Authorized<payout::Payout>> for Payout {
    fn from(row: Authorized<payout::Payout>) -> Self {
        Self(row)
    }
}

impl ConnectionNode for Payout {
    type Row = payout::Payout;
    const CONNECTION: &'static str = "PayoutConnection";
    const EDGE: &'static str = "PayoutEdge";

    fn lists(loaders: &Loaders) -> Option<&ListLoaders<Self::Row>> {
        Some(&loaders.payouts)
    }
}

/// One payment to one partner in one currency for the commissions of a period. Its total and its lines never change.
#[Object]
impl Payout {
    /// Its id.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The partner it pays.
    async fn partner(&self, ctx: &Context<'_>) -> async_graphql::Result<Partner> {
        Ok(Partner(request(ctx)?.loaders().partner.load_required(self.0.partner_id).await?))
    }

    /// What is paid: the sum of its commission events, to the last digit.
    async fn total_amount(&self) -> Money {
        self.0.total()
    }

    /// How many commission events it pays, or had held before it failed or was cancelled.
    async fn commission_count(&self) -> i32 {
        i32::try_from(self.0.commission_count).unwrap_or(i32::MAX)
    }

    /// How far it has come.
    async fn status(&self) -> PayoutStatus {
        self.0.status
    }

    /// How the money is sent, in the tenant's own words.
    async fn payment_method(&self) -> &str {
        &self.0.payment_method
    }

    /// The bank's or payment service's word for the payment; null until it is completed.
    async fn payment_reference(&self) -> Option<&str> {
        self.0.payment_reference.as_deref()
    }

    /// When it is due.
    async fn payout_date(&self) -> Timestamp {
        self.0.payout_date.into()
    }

    /// The first moment of its period, by the dates of its events.
    async fn period_start(&self) -> Timestamp {
        self.0.period_start.into()
    }

    /// The first moment after its period.
    async fn period_end(&self) -> Timestamp {
        self.0.period_end.into()
    }

    /// When the money arrived; null until then.
    async fn completed_at(&self) -> Option<Timestamp> {
        self.0.completed_at.map(Timestamp)
    }

    /// Why it failed; null unless it did.
    async fn failure_reason(&self) -> Option<&str> {
        self.0.failure_reason.as_deref()
    }

    /// What staff should know; always null for partner users and services.
    async fn notes(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<&str>> {
        let seen = request(ctx)?.caller().sees_staff_notes();
        Ok(self.0.notes.as_deref().filter(|_| seen))
    }

    /// The commission events it pays, or had held before it failed or was cancelled; latest eventDate first.
    #[graphql(guard = "require(Permission::Read)")]
    async fn commission_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start: 1 to 100, default 50.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 1 to 100. Not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<CommissionEvent>> {
        let paging = Paging { forward: (first, after), backward: (last, before) };
        let parent = (OF_PAYOUT, self.0.id.0);
        Ok(Connection::under(ctx, parent, None, ordering(None), paging).await?)
    }

    /// Every status it has had, oldest first.
    async fn history(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<StatusChange>> {
        Ok(history::shown(request(ctx)?.loaders().payout_history.load(self.0.id).await?))
    }
}

/// A partner that a run of payouts does not pay in a currency.
pub struct SkippedPayout(pub run::SkippedPayout);

/// A partner that a run of payouts does not pay in a currency, although something is approved and due.
#[Object]
impl SkippedPayout {
    /// The partner.
    async fn partner(&self, ctx: &Context<'_>) -> async_graphql::Result<Partner> {
        Ok(Partner(request(ctx)?.loaders().partner.load_required(self.0.partner_id).await?))
    }

    /// The currency.
    async fn currency(&self) -> Currency {
        self.0.amount.currency()
    }

    /// What the payout would have been; negative for a debt, which is carried to the next payout.
    async fn amount(&self) -> Money {
        self.0.amount
    }

    /// Why it is not made: NOTHING_PAYABLE for a sum of zero or less, BELOW_MINIMUM or PARTNER_NOT_PAYABLE.
    async fn code(&self) -> UserErrorCode {
        self.0.code
    }
}
