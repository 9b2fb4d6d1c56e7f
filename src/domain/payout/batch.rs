//! createPayoutBatch: the approved commissions of one partner, period and currency become one payout.

use async_graphql::InputObject;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::{Payout, PayoutStatus, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::domain::history::Change;
use crate::domain::partner::Partner;
use crate::domain::{idempotency, partner, tenant};
use crate::primitives::currency::Currency;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::{PartnerId, PayoutId, PayoutRunId};
use crate::primitives::money::Money;
use crate::primitives::text;
use crate::primitives::timestamp::Timestamp;

const PAYMENT_METHOD_DEFAULT: &str = "manual";

/// What a payout is to be made of.
#[derive(Clone, Debug, InputObject)]
pub struct CreatePayoutBatchInput {
    /// The partner; ACTIVE, or TERMINATED and still owed something.
    pub partner_id: PartnerId,
    /// The first moment of the period, by the dates of the events.
    pub period_start: Timestamp,
    /// The first moment after the period.
    pub period_end: Timestamp,
    /// The currency; only events in it are paid. Default the partner's payout currency.
    pub currency: Option<Currency>,
    /// How the money is sent, in the tenant's own words; default `"manual"`.
    pub payment_method: Option<String>,
    /// When the payout is due; default now.
    pub payout_date: Option<Timestamp>,
    /// What staff should know, at most 2,000 characters; partner users never see it.
    pub notes: Option<String>,
    /// Up to 255 characters that name this request. Sent again with the same key, it answers the payout that it
    /// made the first time.
    pub idempotency_key: Option<String>,
}

/// A payout before it is known what it pays.
pub(super) struct Batch {
    pub currency: Currency,
    pub period: (DateTime<Utc>, DateTime<Utc>),
    pub payment_method: String,
    /// When it is due; none means now.
    pub payout_date: Option<DateTime<Utc>>,
    pub notes: Option<String>,
    pub run_id: Option<PayoutRunId>,
}

/// Makes a payout of all that is payable, or nothing.
pub async fn create(db: &mut Transaction, input: &CreatePayoutBatchInput) -> Result<Authorized<Payout>> {
    period(input.period_start, input.period_end)?;
    let payment_method = payment_method(input.payment_method.as_deref())?;
    let notes = text::optional_note("notes", input.notes.as_deref())?;
    let key = input.idempotency_key.as_deref();
    // A default that is written out is no other request.
    let request = CreatePayoutBatchInput { payment_method: Some(payment_method.clone()), ..input.clone() };
    let (key, before) = idempotency::take(db, key, "createPayoutBatch", &request).await?;
    if let Some(before) = before {
        return store::named(db, PayoutId(before)).await;
    }
    let partner = partner::store::lock_named(db, "partnerId", input.partner_id).await?;
    let batch = Batch {
        currency: input.currency.unwrap_or(partner.payout_currency),
        period: (input.period_start.0, input.period_end.0),
        payment_method,
        payout_date: input.payout_date.map(|at| at.0),
        notes,
        run_id: None,
    };
    let payout = draft(db, &partner, batch).await?;
    let (total, lines) = store::payable(db, &payout).await?;
    if let Some(refusal) = reason_not_payable(&partner, total, &tenant::minimum_payouts(db).await?) {
        let nothing = lines == 0 && refusal.code == UserErrorCode::NothingPayable;
        return Err(Error::user_error(if nothing { nothing_payable() } else { refusal }));
    }
    let payout = create_with_lines(db, payout, total, lines).await?;
    key.made(db, payout.id.0).await?;
    Ok(payout)
}

/// Refuses a period that is none.
pub(super) fn period(start: Timestamp, end: Timestamp) -> Result<()> {
    if end <= start {
        return Err(Error::bad_input("periodEnd", "must come after periodStart"));
    }
    Ok(())
}

/// How the money is sent.
pub(super) fn payment_method(given: Option<&str>) -> Result<String> {
    let given = text::optional_text("paymentMethod", given)?;
    Ok(given.unwrap_or_else(|| PAYMENT_METHOD_DEFAULT.to_owned()))
}

/// A payout of a locked partner that pays nothing yet.
pub(super) async fn draft(db: &mut Transaction, partner: &Partner, batch: Batch) -> Result<Payout> {
    let created_at = db.clock_timestamp().await?;
    Ok(Payout {
        tenant_id: partner.tenant_id.clone(),
        id: PayoutId::new(),
        partner_id: partner.id,
        currency: batch.currency,
        total_amount: Decimal::ZERO,
        commission_count: 0,
        status: PayoutStatus::Ready,
        payment_method: batch.payment_method,
        payment_reference: None,
        payout_date: batch.payout_date.unwrap_or(created_at),
        period_start: batch.period.0,
        period_end: batch.period.1,
        created_at,
        completed_at: None,
        released_at: None,
        failure_reason: None,
        notes: batch.notes,
        run_id: batch.run_id,
    })
}

/// Writes a payout of a locked partner with all that is payable, which is known by now.
pub(super) async fn create_with_lines(
    db: &mut Transaction,
    payout: Payout,
    total: Money,
    lines: i64,
) -> Result<Authorized<Payout>> {
    let payout = Payout { total_amount: total.amount(), commission_count: lines, ..payout };
    db.discard_stale_plans(Some(lines)).await?;
    store::insert(db, &payout).await?;
    let written = store::insert_lines(db, &payout).await?;
    let paid = store::pay_events(db, &payout).await?;
    if written != (total, lines) || i64::try_from(paid).ok() != Some(lines) {
        return Err(Error::internal(format!(
            "payout {} of {total} in {lines} lines got {written:?}, and paid {paid} events",
            payout.id
        )));
    }
    Change { from: None, to: payout.status, at: payout.created_at, reason: None }
        .of_payout(db, payout.id)
        .await?;
    db.scope().authorize(payout)
}

/// Why what is payable to a partner is not paid out, if it is not.
pub fn reason_not_payable(partner: &Partner, total: Money, minimums: &[Money]) -> Option<UserError> {
    if !partner.status.payable() {
        let message =
            format!("the partner is {}; only ACTIVE and TERMINATED partners can be paid", partner.status);
        return Some(UserError::new(UserErrorCode::PartnerNotPayable, message).about(partner.id));
    }
    if total.amount() <= Decimal::ZERO {
        let rest = if total.amount().is_zero() { "" } else { "; the debt is carried to the next payout" };
        let message = format!("the approved commissions add up to {total}{rest}");
        return Some(UserError::new(UserErrorCode::NothingPayable, message));
    }
    let minimum = minimums.iter().find(|minimum| minimum.currency() == total.currency())?;
    (total.amount() < minimum.amount()).then(|| {
        let message = format!("the approved commissions add up to {total}; the minimum payout is {minimum}");
        UserError::new(UserErrorCode::BelowMinimum, message)
    })
}

fn nothing_payable() -> UserError {
    UserError::new(UserErrorCode::NothingPayable, "No approved commissions found for payout")
}
