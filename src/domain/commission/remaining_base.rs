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

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    use super::*;
    use crate::domain::invoice::InvoiceRefundedOutcome;
    use crate::primitives::currency::Currency;
    use crate::primitives::id::{InvoiceId, TenantId};

    fn euros(cents: i64) -> Money {
        let Ok(currency) = "EUR".parse::<Currency>() else { panic!("EUR is a currency") };
        Money::stored(Decimal::new(cents, 2), currency)
    }

    fn refund(cents: i64, stated: Option<i64>) -> InvoiceRefund {
        InvoiceRefund {
            tenant_id: TenantId("t".to_owned()),
            refund_id: "r".to_owned(),
            invoice_id: "i".to_owned(),
            currency: euros(0).currency(),
            amount: euros(cents).amount(),
            refunded_at: DateTime::UNIX_EPOCH,
            reason: None,
            outcome: InvoiceRefundedOutcome::Recorded,
            received_at: DateTime::UNIX_EPOCH,
            commissionable_amount: stated.map(|cents| euros(cents).amount()),
            invoice_row_id: InvoiceId::new(),
            invoice_revision: 1,
        }
    }

    /// Returns the rounded base that remains of 100.00 of a total of 120.00, after each refund.
    fn bases(refunds: &[(i64, Option<i64>)]) -> Result<Vec<String>> {
        let mut remaining = Remaining::after(euros(12_000), euros(10_000), &[])?;
        let mut bases = Vec::new();
        for (cents, stated) in refunds {
            remaining = remaining.less(&refund(*cents, *stated))?;
            bases.push(remaining.base().base()?.amount().to_string());
        }
        Ok(bases)
    }

    #[test]
    fn a_stated_part_reduces_the_base_and_the_others_share_what_is_left() -> Result<()> {
        assert_eq!(bases(&[(2_000, Some(0)), (5_000, None), (5_000, None)])?, ["100.00", "50.00", "0.00"]);
        assert_eq!(bases(&[(6_000, None), (3_000, Some(3_000)), (3_000, None)])?, ["50.00", "20.00", "0.00"]);
        assert_eq!(bases(&[(10_000, Some(10_000)), (2_000, None)])?, ["0.00", "0.00"]);
        assert_eq!(
            bases(&[(6_000, Some(0)), (6_000, Some(1))])?,
            ["100.00", "0.00"],
            "the last takes the rest"
        );
        // 83.33 is what a client sees of 83.3333…: stating it takes all of it.
        assert_eq!(bases(&[(2_000, None), (9_000, Some(8_333))])?, ["83.33", "0.00"]);
        assert!(bases(&[(12_001, None)]).is_err());
        Ok(())
    }

    proptest! {
        #[test]
        fn a_refund_never_raises_the_base_and_its_reversal_never_lowers_it(
            refunds in vec((1..4_000i64, option::of(0..4_000i64)), 1..8),
            reversed in 0..8usize,
        ) {
            let Ok(mut remaining) = Remaining::after(euros(12_000), euros(10_000), &[]) else { panic!("a base") };
            let mut recorded = Vec::new();
            let amount = |remaining: &Remaining| remaining.base().base().map(Money::amount).unwrap_or(Decimal::MIN);
            for (cents, stated) in refunds {
                let (left, base) = (remaining.total().amount(), amount(&remaining));
                let cents = Decimal::new(cents, 2).min(left);
                let stated = stated.map(|stated| Decimal::new(stated, 2).min(base).min(cents));
                let row = InvoiceRefund { amount: cents, commissionable_amount: stated, ..refund(1, None) };
                if cents.is_zero() {
                    break;
                }
                let Ok(after) = remaining.clone().less(&row) else { panic!("{row:?}") };
                prop_assert!(amount(&after) <= base && amount(&after) >= Decimal::ZERO);
                prop_assert!(!after.is_nothing() || amount(&after).is_zero());
                recorded.push(row);
                remaining = after;
            }
            if reversed < recorded.len() {
                recorded.remove(reversed);
                let Ok(without) = Remaining::after(euros(12_000), euros(10_000), &recorded) else { panic!("left") };
                prop_assert!(amount(&without) >= amount(&remaining));
            }
        }
    }
}
