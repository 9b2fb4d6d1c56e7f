//! What stands of the commission on an invoice: its event, and the reversals and reinstatements that amend it.

use chrono::{DateTime, Utc};

use super::remaining_base::Remaining;
use super::{CommissionEvent, CommissionEventType, CommissionStatus, Step, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::domain::partner;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::{CommissionEventId, InvoiceId};
use crate::primitives::money::Money;

/// The commission event of an invoice, which is not CANCELLED, with its living amendments: the reversals and
/// reinstatements that are neither CANCELLED nor CLAWBACK.
pub(super) struct Standing {
    pub event: Authorized<CommissionEvent>,
    pub amendments: Vec<Authorized<CommissionEvent>>,
}

/// The source of an amendment: what the refund, or the reversal of a refund, says.
pub(super) struct Source<'a> {
    pub event_type: CommissionEventType,
    pub refund_id: &'a str,
    /// When the customer was refunded, or the refund was reversed.
    pub at: DateTime<Utc>,
    pub reason: Option<&'a str>,
}

impl Standing {
    /// Locks and returns what stands of an invoice; `None` if it earned no commission, or if that was CANCELLED.
    pub async fn lock(db: &mut Transaction, invoice: InvoiceId) -> Result<Option<Self>> {
        let Some(event) = store::of_invoice(db, invoice).await? else { return Ok(None) };
        partner::store::lock(db, &[event.partner_id]).await?;
        let (events, amendments): (Vec<_>, Vec<_>) = store::lock_with_reversals(db, &[event.id])
            .await?
            .into_iter()
            .partition(|row| row.id == event.id);
        let event = events.into_iter().find(|event| event.status != CommissionStatus::Cancelled);
        let amendments = amendments.into_iter().filter(|row| is_living(row)).collect();
        Ok(event.map(|event| Self { event, amendments }))
    }

    /// Returns what stands of an event that was just recorded.
    pub fn of(event: Authorized<CommissionEvent>) -> Self {
        Self { event, amendments: Vec::new() }
    }

    fn living(&self) -> impl Iterator<Item = &Authorized<CommissionEvent>> {
        [&self.event].into_iter().chain(&self.amendments).filter(|row| is_living(row))
    }

    /// Returns whether an event of the invoice is in a payout.
    pub fn is_any_paid(&self) -> bool {
        self.living().any(|row| row.status == CommissionStatus::Paid)
    }

    /// Returns whether an amendment goes wherever the event goes; otherwise it stands by itself.
    fn leads_amendments(&self) -> bool {
        matches!(self.event.status, CommissionStatus::Pending | CommissionStatus::Approved)
    }

    /// Turns everything that stands into CLAWBACK; nothing of it may be in a payout.
    pub async fn claw_back(&mut self, db: &mut Transaction, reason: Option<&str>) -> Result<()> {
        for status in [CommissionStatus::Pending, CommissionStatus::Approved] {
            let ids: Vec<_> = self.living().filter(|row| row.status == status).map(|row| row.id).collect();
            if ids.is_empty() {
                continue;
            }
            let step = Step::claw_back(status)
                .ok_or_else(|| Error::internal(format!("an event that is {status} cannot be clawed back")))?;
            let changed = store::advance(db, &ids, step, reason).await?;
            if let Some(event) = changed.into_iter().find(|changed| changed.id == self.event.id) {
                self.event = event;
            }
        }
        self.amendments.clear();
        Ok(())
    }

    /// Records an amendment after which what stands is the commission on the remaining base.
    ///
    /// Computed from all refunds and not from one, so that rounding differences do not accumulate. The date is never before
    /// that of the event. A reversal has no hold; a reinstatement has the hold of the event.
    pub async fn amend(
        &mut self,
        db: &mut Transaction,
        remaining: &Remaining,
        source: &Source<'_>,
    ) -> Result<Authorized<CommissionEvent>> {
        let (base, commission) = self.missing(remaining)?;
        let event_date = source.at.max(self.event.event_date);
        let recorded_at = db.clock_timestamp().await?;
        let (source_id, is_reversal) =
            (source.refund_id.to_owned(), source.event_type == CommissionEventType::Clawback);
        let (refund_id, reversed_refund_id) =
            if is_reversal { (Some(source_id), None) } else { (None, Some(source_id)) };
        let amendment = CommissionEvent {
            id: CommissionEventId::new(),
            event_type: source.event_type,
            status: self.amendment_status(is_reversal, commission),
            refund_id,
            reversed_refund_id,
            base_amount: Some(base.amount()),
            commission_amount: commission.amount(),
            event_date,
            recorded_at,
            payable_at: if is_reversal { event_date } else { event_date.max(self.event.payable_at) },
            payout_id: None,
            paid_at: None,
            reverses_id: Some(self.event.id),
            notes: source.reason.map(str::to_owned),
            // Held like the event that it goes with.
            held_at: self.event.held_at.filter(|_| self.leads_amendments()).map(|_| recorded_at),
            changed_at: recorded_at,
            ..CommissionEvent::clone(&self.event)
        };
        store::insert(db, &amendment).await?;
        let amendment = db.scope().authorize(amendment)?;
        self.amendments.push(amendment.clone());
        Ok(amendment)
    }

    /// Returns the status of a new amendment: that of the event which it goes with. One that stands by itself must be
    /// approved if it is above zero.
    fn amendment_status(&self, is_reversal: bool, commission: Money) -> CommissionStatus {
        if self.leads_amendments() {
            self.event.status
        } else if is_reversal || commission.amount().is_zero() {
            CommissionStatus::Approved
        } else {
            CommissionStatus::Pending
        }
    }

    /// Returns the remaining base and commission, less those that stand.
    fn missing(&self, remaining: &Remaining) -> Result<(Money, Money)> {
        let incomplete = || Error::internal("a commission event of an invoice has no base amount or rate");
        let rate = self.event.commission_rate.ok_or_else(incomplete)?;
        let mut base = remaining.base().base()?;
        let mut commission = remaining.base().share(rate)?;
        for row in self.living() {
            base = base.minus(row.base().ok_or_else(incomplete)?)?;
            commission = commission.minus(row.commission())?;
        }
        Ok((base, commission))
    }
}

fn is_living(event: &CommissionEvent) -> bool {
    !matches!(event.status, CommissionStatus::Cancelled | CommissionStatus::Clawback)
}
