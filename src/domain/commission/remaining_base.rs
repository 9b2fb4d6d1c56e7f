//! The arithmetic of refunds: what remains of the base amount of an invoice after its refunds.

use crate::domain::invoice::InvoiceRefund;
use crate::primitives::error::{Error, Result};
use crate::primitives::money::{Money, RemainingBase};

/// What remains of an invoice after some refunds, in the order in which they were recorded.
///
/// A refund that states its part of the base reduces the base by that part. Any other refund takes the same proportion of
/// the remaining base as of the remaining total. Once the whole total is refunded, nothing remains of the base. Nothing is
/// rounded before the commission is computed, so that rounding differences do not accumulate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Remaining {
    total: Money,
    base: RemainingBase,
}

impl Remaining {
    /// Returns what remains after refunds of an invoice with this total and this base amount.
    pub fn after(total: Money, base: Money, refunds: &[InvoiceRefund]) -> Result<Self> {
        let whole = Self { total, base: RemainingBase::whole(base) };
        refunds.iter().try_fold(whole, |remaining, refund| remaining.less(refund))
    }

    /// Returns what remains after one more refund; an internal error if the refund is larger than the remaining total.
    pub fn less(self, refund: &InvoiceRefund) -> Result<Self> {
        let amount = refund.money();
        let total = self.total.minus(amount)?;
        if total.amount().is_sign_negative() && !total.amount().is_zero() {
            return Err(Error::internal(format!("refund {} exceeds its invoice", refund.refund_id)));
        }
        let base = if total.amount().is_zero() {
            RemainingBase::nothing(total.currency())
        } else if let Some(part) = refund.base() {
            self.base.less(part)?
        } else {
            self.base.less_proportion(self.total, amount)?
        };
        Ok(Self { total, base })
    }

    /// Returns the remaining total: the most that can still be refunded.
    pub fn total(&self) -> Money {
        self.total
    }

    /// Returns the remaining base, from which the commission is computed.
    pub fn base(&self) -> &RemainingBase {
        &self.base
    }

    /// Returns whether the whole total was refunded.
    pub fn is_nothing(&self) -> bool {
        self.total.amount().is_zero()
    }
}
