//! The object types of payouts, and of partners that a run skips.

use async_graphql::{Context, ID, Object};

use super::commission::CommissionEvent;
use super::history::{self, StatusChange};
use super::partner::Partner;
use super::payout_attempt::PayoutAttempt;
use super::statement::Statement;
use crate::auth::{Authorized, Permission};
use crate::domain::commission::list::{OF_PAYOUT, ordering};
use crate::domain::payout::{self, PayoutAttention, PayoutStatus, run};
use crate::graphql::connection::{Connection, ConnectionNode};
use crate::graphql::context::{counted, request};
use crate::graphql::guard::require;
use crate::graphql::loader::Loader;
use crate::graphql::loaders::{ListLoaders, Loaders};
use crate::graphql::reference::{Reference, Referenced};
use crate::primitives::currency::Currency;
use crate::primitives::error::UserErrorCode;
use crate::primitives::id::PayoutId;
use crate::primitives::money::Money;
use crate::primitives::pagination::PageArgs;
use crate::primitives::timestamp::Timestamp;

/// A payout within the caller's scope.
pub struct Payout(pub Authorized<payout::Payout>);

impl From<Authorized<payout::Payout>> for Payout {
    fn from(row: Authorized<payout::Payout>) -> Self {
        Self(row)
    }
}

impl Referenced for Payout {
    type Key = PayoutId;
    type Row = payout::Payout;

    fn loader(loaders: &Loaders) -> &Loader<PayoutId, Authorized<payout::Payout>> {
        &loaders.payout
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

/// A payment to one partner in one currency for the commission events of a period. Its total and its lines never
/// change after it is created; its status does.
#[Object]
impl Payout {
    /// The id of the payout: a UUID, unique over all types.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The partner that the payout is made to.
    async fn partner(&self) -> Reference<Partner> {
        Reference::new(self.0.partner_id)
    }

    /// The amount of the payment: the exact sum of the commissions of its lines, above zero.
    async fn total_amount(&self) -> Money {
        self.0.total()
    }

    /// The number of commission events in the payout; unchanged if it has FAILED, was CANCELLED or is RETURNED.
    async fn commission_count(&self) -> i32 {
        i32::try_from(self.0.commission_count).unwrap_or(i32::MAX)
    }

    /// The present status of the payout; see `history` for the earlier ones.
    async fn status(&self) -> PayoutStatus {
        self.0.status
    }

    /// The method of payment, a free text of the tenant.
    async fn payment_method(&self) -> &str {
        &self.0.payment_method
    }

    /// The reference of the payment at the bank or payment service; null until the payout is COMPLETED, and kept if it is
    /// RETURNED.
    async fn payment_reference(&self) -> Option<&str> {
        self.0.payment_reference.as_deref()
    }

    /// The instant at which the payment is due.
    async fn payout_date(&self) -> Timestamp {
        self.0.payout_date.into()
    }

    /// The start of the period of the commission events, inclusive, by eventDate.
    async fn period_start(&self) -> Timestamp {
        self.0.period_start.into()
    }

    /// The end of the period of the commission events, exclusive, by eventDate.
    async fn period_end(&self) -> Timestamp {
        self.0.period_end.into()
    }

    /// The instant at which the payment arrived; null until the payout is COMPLETED, and kept if it is RETURNED.
    async fn completed_at(&self) -> Option<Timestamp> {
        self.0.completed_at.map(Timestamp)
    }

    /// The reason why the payout FAILED; null in every other status.
    async fn failure_reason(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<&str>> {
        Ok(request(ctx)?.work().count_text(self.0.failure_reason.as_deref())?)
    }

    /// The instant at which the money of a RETURNED payout was back; null in every other status.
    async fn returned_at(&self) -> Option<Timestamp> {
        self.0.returned_at.map(Timestamp)
    }

    /// The reason why the money of a RETURNED payout came back; null in every other status.
    async fn return_reason(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<&str>> {
        Ok(request(ctx)?.work().count_text(self.0.return_reason.as_deref())?)
    }

    /// The notes of staff; always null for partner users and services.
    async fn notes(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<&str>> {
        let request = request(ctx)?;
        let sees_notes = request.caller().sees_staff_notes();
        Ok(request.work().count_text(self.0.notes.as_deref().filter(|_| sees_notes))?)
    }

    /// The commission events that the payout pays, or had paid before it FAILED, was CANCELLED or came back; latest
    /// eventDate first.
    #[graphql(guard = "require(Permission::Read)")]
    async fn commission_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number of rows from the start of the list, 1 to 100; default 50.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor, which is excluded.")] after: Option<String>,
        #[graphql(desc = "The number of rows from the end of the list, 1 to 100; not together with first.")]
        last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor, which is excluded.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<CommissionEvent>> {
        let page = PageArgs { first, after, last, before };
        let parent = (OF_PAYOUT, self.0.id.0);
        Ok(Connection::of_parent(ctx, parent, None, ordering(None), page).await?)
    }

    /// The statement of the payout, issued when it was completed; null until the payout is COMPLETED, and of a payout that was
    /// completed before there were statements, until they are issued for it.
    async fn statement(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Statement>> {
        Ok(request(ctx)?.loaders().payout_statement.load(self.0.id).await?.map(Statement))
    }

    /// The credit note to the statement of the payout, issued when its money came back; null unless the payout is RETURNED, and
    /// of a payout without a statement.
    async fn credit_note(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Statement>> {
        Ok(request(ctx)?.loaders().payout_credit_note.load(self.0.id).await?.map(Statement))
    }

    /// The attempts to send the payout, latest first; empty for partner users, and for a payout that is paid by hand.
    async fn attempts(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<PayoutAttempt>> {
        let request = request(ctx)?;
        if request.caller().is_partner_user() {
            return Ok(Vec::new());
        }
        let attempts = request.loaders().payout_attempts.load(self.0.id).await?.unwrap_or_default();
        counted(ctx, attempts.into_iter().map(PayoutAttempt).collect()).await
    }

    /// The reason why staff must look at the payout; null if they need not, and for partner users.
    async fn attention(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<PayoutAttention>> {
        Ok(self.0.attention.filter(|_| !request(ctx).is_ok_and(|request| request.caller().is_partner_user())))
    }

    /// The changes of the payout's status, and the corrections of its payment reference, oldest first.
    async fn history(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<StatusChange>> {
        let history = request(ctx)?.loaders().payout_history.load(self.0.id).await?;
        counted(ctx, history::status_changes(history)).await
    }
}

/// A payout of a run, or one that a run would make.
pub struct PlannedPayout(pub run::PlannedPayout);

/// A payout that a run has made or, in a dry run, would make.
#[Object]
impl PlannedPayout {
    /// The partner that is paid.
    async fn partner(&self, ctx: &Context<'_>) -> async_graphql::Result<Partner> {
        Ok(Partner(request(ctx)?.loaders().partner.load_required(self.0.partner_id).await?))
    }

    /// The currency of the payout.
    async fn currency(&self) -> Currency {
        self.0.total.currency()
    }

    /// The number of commission events in the payout.
    async fn commission_count(&self) -> i32 {
        i32::try_from(self.0.commission_count).unwrap_or(i32::MAX)
    }

    /// The sum of the commissions of those events, above zero.
    async fn total_amount(&self) -> Money {
        self.0.total
    }
}

/// A partner and currency that a payout run skipped.
pub struct SkippedPayout(pub run::SkippedPayout);

/// A partner and currency with due commission events that a payout run skips.
#[Object]
impl SkippedPayout {
    /// The partner that is not paid.
    async fn partner(&self, ctx: &Context<'_>) -> async_graphql::Result<Partner> {
        Ok(Partner(request(ctx)?.loaders().partner.load_required(self.0.partner_id).await?))
    }

    /// The currency of the payout that is not made.
    async fn currency(&self) -> Currency {
        self.0.amount.currency()
    }

    /// The sum of the due commission events; negative for a debt, which is carried forward to the next payout.
    async fn amount(&self) -> Money {
        self.0.amount
    }

    /// The reason: NOTHING_PAYABLE for a sum of zero or less, BELOW_MINIMUM, PARTNER_NOT_PAYABLE, or AMOUNT_TOO_LARGE for
    /// a sum of 10^15 or more. UNAVAILABLE and INTERNAL_ERROR mean that the payout of this partner failed and the others
    /// were not affected: run the payouts again, with the same idempotency key if there was one.
    async fn code(&self) -> UserErrorCode {
        self.0.code
    }
}
