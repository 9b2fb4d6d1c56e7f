//! createPayoutBatch: pays the approved events of one partner, currency and period by one payout.

use async_graphql::{InputObject, MaybeUndefined};
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{Payout, PayoutStatus, notification, published, store};
use crate::auth::Authorized;
use crate::domain::commission::selection::{CountAndSum, Payable};
use crate::domain::commission::{self, DueRule};
use crate::domain::db::audited_row::AuditedRow;
use crate::domain::db::transaction::Transaction;
use crate::domain::history::Change;
use crate::domain::partner::Partner;
use crate::domain::terms::BEGINNING;
use crate::domain::{idempotency, partner, tenant};
use crate::primitives::currency::Currency;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::{PartnerId, PayoutId, PayoutRunId};
use crate::primitives::money::Money;
use crate::primitives::nullable::not_null;
use crate::primitives::text;
use crate::primitives::timestamp::Timestamp;

const PAYMENT_METHOD_DEFAULT: &str = "manual";

/// The total of a payout is below this number of major units, because of the type of its column, `numeric(19, 4)`.
const TOTAL_LIMIT: u64 = 1_000_000_000_000_000;

/// How far ahead a payment can be due: ten years.
const PAYOUT_DATE_AHEAD_MAX: TimeDelta = TimeDelta::days(3_653);

/// The partner, currency and period of a payout.
#[derive(Clone, Debug, InputObject)]
pub struct CreatePayoutBatchInput {
    /// The partner to pay: ACTIVE or TERMINATED, else PARTNER_NOT_PAYABLE.
    pub partner_id: PartnerId,
    /// The start of the period of event dates, inclusive.
    pub period_start: Timestamp,
    /// The end of the period of event dates, exclusive; after periodStart.
    pub period_end: Timestamp,
    /// The currency of the events to pay; left out, the partner's payout currency. Null is BAD_USER_INPUT.
    pub currency: MaybeUndefined<Currency>,
    /// The way in which the money is sent, in the tenant's own words, at most 255 characters; default `"manual"`.
    pub payment_method: Option<String>,
    /// The time at which the payment is due, from 2000-01-01 to ten years ahead; default now.
    pub payout_date: Option<Timestamp>,
    /// A note for staff, at most 2,000 characters, hidden from partner users; default none.
    pub notes: Option<String>,
    /// A name for this request, 1 to 255 characters, unique within the tenant. Repeated with the same key and data, the
    /// request returns the payout of the first time; with other data it is a CONFLICT. Default none.
    pub idempotency_key: Option<String>,
}

impl CreatePayoutBatchInput {
    /// Returns the canonical form of the request, by which repetitions are recognized.
    fn canonical(&self) -> Value {
        json!({
            "partnerId": self.partner_id.0,
            "periodStart": self.period_start.0.to_rfc3339(),
            "periodEnd": self.period_end.0.to_rfc3339(),
            "currency": self.currency.value().map(ToString::to_string),
            "paymentMethod": canonical_payment_method(self.payment_method.as_deref()),
            "payoutDate": self.payout_date.map(|at| at.0.to_rfc3339()),
            "notes": text::nfc_non_blank(self.notes.as_deref()),
        })
    }
}

/// Returns a payment method with the default filled in, as it is stored.
pub(super) fn canonical_payment_method(payment_method: Option<&str>) -> String {
    text::nfc_non_blank(payment_method).unwrap_or_else(|| PAYMENT_METHOD_DEFAULT.to_owned())
}

/// The properties of a payout that do not depend on the events that it pays.
pub(super) struct Batch {
    pub currency: Currency,
    /// The period of event dates, half-open.
    pub period: (DateTime<Utc>, DateTime<Utc>),
    pub payment_method: String,
    /// When the payment is due; `None` for now.
    pub payout_date: Option<DateTime<Utc>>,
    pub notes: Option<String>,
    pub run_id: Option<PayoutRunId>,
}

/// Creates a payout of all events that are due to a partner in a currency and a period.
pub async fn create(db: &mut Transaction, input: &CreatePayoutBatchInput) -> Result<Authorized<Payout>> {
    validate_period(input.period_start, input.period_end)?;
    let currency = not_null("currency", &input.currency)?.cloned();
    let payment_method = payment_method_or_default(input.payment_method.as_deref())?;
    validate_payout_date(db, input.payout_date).await?;
    let notes = text::optional_note("notes", input.notes.as_deref())?;
    let key = input.idempotency_key.as_deref();
    let (key, recorded) = idempotency::reserve(db, key, "createPayoutBatch", input.canonical()).await?;
    if let Some(recorded) = recorded {
        return store::by_id(db, PayoutId(recorded)).await;
    }
    let partner = partner::store::lock_by_id(db, "partnerId", input.partner_id).await?;
    let batch = Batch {
        currency: currency.unwrap_or(partner.payout_currency),
        period: (input.period_start.0, input.period_end.0),
        payment_method,
        payout_date: input.payout_date.map(|date| date.0),
        notes,
        run_id: None,
    };
    let payout = draft(db, &partner, batch).await?;
    let due = commission::store::payable(db, &payable(&payout)).await?;
    if let Some(reason) = reason_not_payable(&partner, due.sum, &tenant::settings(db).await?.minimum_payouts)
    {
        let is_empty = due.count == 0 && reason.code == UserErrorCode::NothingPayable;
        return Err(Error::user_error(if is_empty { nothing_payable() } else { reason }));
    }
    let payout = create_with_lines(db, payout, due).await?;
    key.set_result(db, payout.id.0).await?;
    Ok(payout)
}

/// Rejects a period that does not end after its start.
pub(super) fn validate_period(start: Timestamp, end: Timestamp) -> Result<()> {
    if end <= start {
        return Err(Error::bad_input("periodEnd", "must come after periodStart"));
    }
    Ok(())
}

/// Rejects a date of the payment that was never set, or lies too far ahead: the dashboard shows it as the next payout.
async fn validate_payout_date(db: &mut Transaction, date: Option<Timestamp>) -> Result<()> {
    let Some(Timestamp(date)) = date else { return Ok(()) };
    if date < BEGINNING || date > db.clock_timestamp().await? + PAYOUT_DATE_AHEAD_MAX {
        return Err(Error::bad_input("payoutDate", "must lie between 2000-01-01 and ten years from now"));
    }
    Ok(())
}

/// Returns the payment method of an input, or the default.
pub(super) fn payment_method_or_default(payment_method: Option<&str>) -> Result<String> {
    text::optional_text("paymentMethod", payment_method)?;
    Ok(canonical_payment_method(payment_method))
}

/// Returns a payout to a locked partner that has no lines yet and is not stored.
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
        returned_at: None,
        return_reason: None,
        attention: None,
        failure_reason: None,
        notes: batch.notes,
        run_id: batch.run_id,
        changed_at: created_at,
    })
}

/// Returns the events that a payout to a locked partner pays.
pub(super) fn payable(payout: &Payout) -> Payable {
    Payable {
        tenant: payout.tenant_id.clone(),
        partner: payout.partner_id,
        currency: payout.currency,
        due: DueRule { at: payout.created_at, period: Some((payout.period_start, payout.period_end)) },
    }
}

/// Inserts a payout to a locked partner with its lines, and pays their events. `due` is what is payable, as determined
/// before; the lines that are inserted must amount to the same.
pub(super) async fn create_with_lines(
    db: &mut Transaction,
    payout: Payout,
    due: CountAndSum,
) -> Result<Authorized<Payout>> {
    let payout = Payout { total_amount: due.sum.amount(), commission_count: due.count, ..payout };
    let payable = payable(&payout);
    db.discard_stale_plans(Some(due.count)).await?;
    store::insert(db, &payout).await?;
    let lines = store::insert_lines(db, &payout, &payable).await?;
    let paid = commission::store::pay(db, &payable, payout.id).await?;
    if lines != due || i64::try_from(paid).ok() != Some(due.count) {
        return Err(Error::internal(format!(
            "payout {} has {due:?}, but its lines are {lines:?} and {paid} events were paid",
            payout.id
        )));
    }
    Change { from: None, to: payout.status, at: payout.created_at, reason: None }
        .of_payout(db, payout.id)
        .await?;
    db.record_created(&payout);
    published::changed(db, &payout, None);
    notification::changed(db, &payout, None).await?;
    let ids = store::line_ids_sha_256(db, payout.id).await?;
    db.record_field(Some(payout.key()), "idsSha256", None, Some(ids));
    db.scope().authorize(payout)
}

/// Returns why no money may be sent to a partner; `None` if it may.
pub(in crate::domain) fn reason_partner_not_payable(partner: &Partner) -> Option<UserError> {
    let status = partner.terms.status;
    if status.is_payable() {
        return None;
    }
    let message = format!("the partner is {status}; only ACTIVE and TERMINATED partners can be paid");
    Some(UserError::new(UserErrorCode::PartnerNotPayable, message).about(partner.id))
}

/// Returns why a partner is not paid the total of its due events; `None` if it is.
pub fn reason_not_payable(partner: &Partner, total: Money, minimums: &[Money]) -> Option<UserError> {
    reason_partner_not_payable(partner).or_else(|| reason_amount_not_payable(total, minimums))
}

/// Returns why no partner is paid this total of due events; `None` if it is paid.
pub fn reason_amount_not_payable(total: Money, minimums: &[Money]) -> Option<UserError> {
    if total.amount() <= Decimal::ZERO {
        let debt = if total.amount().is_zero() { "" } else { "; the debt is carried to the next payout" };
        let message = format!("the approved commissions add up to {total}{debt}");
        return Some(UserError::new(UserErrorCode::NothingPayable, message));
    }
    if total.amount() >= Decimal::from(TOTAL_LIMIT) {
        let message = format!(
            "the approved commissions add up to {total}; a payout holds less than {TOTAL_LIMIT}: pay shorter periods"
        );
        return Some(UserError::new(UserErrorCode::AmountTooLarge, message));
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

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn request() -> CreatePayoutBatchInput {
        CreatePayoutBatchInput {
            partner_id: PartnerId(Uuid::nil()),
            period_start: Timestamp(DateTime::UNIX_EPOCH),
            period_end: Timestamp(DateTime::UNIX_EPOCH + TimeDelta::days(1)),
            currency: MaybeUndefined::Undefined,
            payment_method: None,
            payout_date: None,
            notes: None,
            idempotency_key: None,
        }
    }

    #[test]
    fn a_request_is_the_same_however_it_is_written() {
        let spelled_out = CreatePayoutBatchInput {
            payment_method: Some(" manual ".to_owned()),
            notes: Some(" ".to_owned()),
            idempotency_key: Some("k".to_owned()),
            ..request()
        };
        assert_eq!(spelled_out.canonical(), request().canonical());
    }

    #[test]
    fn every_field_makes_another_request() {
        let later = Timestamp(DateTime::UNIX_EPOCH + TimeDelta::hours(1));
        for other in [
            CreatePayoutBatchInput { partner_id: PartnerId(Uuid::max()), ..request() },
            CreatePayoutBatchInput { period_start: later, ..request() },
            CreatePayoutBatchInput { period_end: later, ..request() },
            CreatePayoutBatchInput { currency: MaybeUndefined::from(Some("EUR".parse().ok())), ..request() },
            CreatePayoutBatchInput { payment_method: Some("sepa".to_owned()), ..request() },
            CreatePayoutBatchInput { payout_date: Some(later), ..request() },
            CreatePayoutBatchInput { notes: Some("n".to_owned()), ..request() },
        ] {
            assert_ne!(other.canonical(), request().canonical(), "{other:?}");
        }
    }
}
