//! createPayoutBatch: the approved commissions of one partner, period and currency become one payout.

use async_graphql::InputObject;
use rust_decimal::Decimal;

use super::{Payout, PayoutStatus, store};
use crate::access::Admitted;
use crate::currency::Currency;
use crate::domain::history::Change;
use crate::domain::partner::Partner;
use crate::domain::session::Act;
use crate::domain::{idempotency, partner, tenant};
use crate::error::{Error, Result, UserError, UserErrorCode};
use crate::id::{PartnerId, PayoutId};
use crate::instant::Instant;
use crate::money::Money;
use crate::text;

const PAYMENT_METHOD_DEFAULT: &str = "manual";

/// What a payout is to be made of.
#[derive(Clone, Debug, InputObject)]
pub struct CreatePayoutBatchInput {
    /// The partner; ACTIVE, or TERMINATED and still owed something.
    pub partner_id: PartnerId,
    /// The first moment of the period, by the dates of the events.
    pub period_start: Instant,
    /// The first moment after the period.
    pub period_end: Instant,
    /// The currency; only events in it are paid. Default the partner's payout currency.
    pub currency: Option<Currency>,
    /// How the money is sent, in the tenant's own words; default `"manual"`.
    pub payment_method: Option<String>,
    /// When the payout is due; default now.
    pub payout_date: Option<Instant>,
    /// What staff should know, at most 2,000 characters; partner users never see it.
    pub notes: Option<String>,
    /// Up to 255 characters that name this request. Sent again with the same key, it answers the payout that it
    /// made the first time.
    pub idempotency_key: Option<String>,
}

/// Makes a payout of all that is payable, or nothing.
pub async fn create(db: &mut Act, input: &CreatePayoutBatchInput) -> Result<Admitted<Payout>> {
    if input.period_end <= input.period_start {
        return Err(Error::bad_input("periodEnd", "must come after periodStart"));
    }
    let payment_method = text::optional_line("paymentMethod", input.payment_method.as_deref())?;
    let notes = text::optional_note("notes", input.notes.as_deref())?;
    let key = input.idempotency_key.as_deref();
    let (key, before) = idempotency::take(db, key, "createPayoutBatch", input).await?;
    if let Some(before) = before {
        return store::named(db, PayoutId(before)).await;
    }
    let partner = partner::store::lock_named(db, "partnerId", input.partner_id).await?;
    let created_at = db.moment().await?;
    let payout = Payout {
        tenant_id: partner.tenant_id.clone(),
        id: PayoutId::new(),
        partner_id: partner.id,
        currency: input.currency.unwrap_or(partner.payout_currency),
        total_amount: Decimal::ZERO,
        commission_count: 0,
        status: PayoutStatus::Ready,
        payment_method: payment_method.unwrap_or_else(|| PAYMENT_METHOD_DEFAULT.to_owned()),
        payment_reference: None,
        payout_date: input.payout_date.map_or(created_at, |at| at.0),
        period_start: input.period_start.0,
        period_end: input.period_end.0,
        created_at,
        completed_at: None,
        released_at: None,
        failure_reason: None,
        notes,
    };
    let payout = pay(db, &partner, payout).await?;
    key.made(db, payout.id.0).await?;
    Ok(payout)
}

/// Fills a payout of a locked partner with all that is payable.
async fn pay(db: &mut Act, partner: &Partner, payout: Payout) -> Result<Admitted<Payout>> {
    if !partner.status.payable() {
        let message =
            format!("the partner is {}; only ACTIVE and TERMINATED partners can be paid", partner.status);
        return Err(Error::refused(
            UserError::new(UserErrorCode::PartnerNotPayable, message).about(partner.id),
        ));
    }
    let (total, lines) = store::payable(db, &payout).await?;
    if lines == 0 {
        let message = "No approved commissions found for payout";
        return Err(Error::refused(UserError::new(UserErrorCode::NothingPayable, message)));
    }
    if let Some(refusal) = refusal(total, &tenant::minimum_payouts(db).await?) {
        return Err(Error::refused(refusal));
    }
    let payout = Payout { total_amount: total.amount(), commission_count: lines, ..payout };
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
    db.scope().admit(payout)
}

/// Whether a sum is paid out: above zero, and not below the minimum of its currency.
pub fn worth_paying(total: Money, minimums: &[Money]) -> bool {
    refusal(total, minimums).is_none()
}

/// Why a sum is not paid out, if it is not.
fn refusal(total: Money, minimums: &[Money]) -> Option<UserError> {
    if total.amount() <= Decimal::ZERO {
        let message =
            format!("the approved commissions add up to {total}; the debt is carried to the next payout");
        return Some(UserError::new(UserErrorCode::NothingPayable, message));
    }
    let minimum = minimums.iter().find(|minimum| minimum.currency() == total.currency())?;
    (total.amount() < minimum.amount()).then(|| {
        let message = format!("the approved commissions add up to {total}; the minimum payout is {minimum}");
        UserError::new(UserErrorCode::BelowMinimum, message)
    })
}
