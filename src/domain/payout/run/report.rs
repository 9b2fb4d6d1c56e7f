//! What a run reports: the payouts, or the planned ones, and the partners that it skipped.

use crate::auth::Authorized;
use crate::domain::payout::Payout;
use crate::primitives::error::{Result, UserErrorCode};
use crate::primitives::id::PartnerId;
use crate::primitives::money::Money;

/// A partner that a run does not pay in a currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedPayout {
    /// The partner.
    pub partner_id: PartnerId,
    /// The sum of the events that are due, in their currency; negative for a debt.
    pub amount: Money,
    /// The reason: the code with which createPayoutBatch would be rejected, UNAVAILABLE or INTERNAL_ERROR.
    pub code: UserErrorCode,
}

impl SkippedPayout {
    /// Returns whether the partner should have been paid and could not be.
    pub fn is_failure(&self) -> bool {
        match self.code {
            UserErrorCode::NothingPayable
            | UserErrorCode::BelowMinimum
            | UserErrorCode::PartnerNotPayable => false,
            UserErrorCode::AmountTooLarge
            | UserErrorCode::Unavailable
            | UserErrorCode::InternalError
            | UserErrorCode::Conflict
            | UserErrorCode::InvalidState
            | UserErrorCode::NotFound
            | UserErrorCode::AccountOverlaps
            | UserErrorCode::Duplicate
            | UserErrorCode::RefundExceedsInvoice
            | UserErrorCode::LimitExceeded
            | UserErrorCode::NothingToState
            | UserErrorCode::AddressRefused
            | UserErrorCode::SamePerson
            | UserErrorCode::AttemptUnderWay
            | UserErrorCode::AccountNotReady
            | UserErrorCode::RailNotConnected
            | UserErrorCode::CurrencyUnsupported
            | UserErrorCode::TaxNotSupported => true,
        }
    }

    pub(super) fn is_of(&self, payout: &Payout) -> bool {
        (self.partner_id, self.amount.currency()) == (payout.partner_id, payout.currency())
    }
}

/// A payout of a run, or one that a run would make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedPayout {
    /// The partner.
    pub partner_id: PartnerId,
    /// The number of events.
    pub commission_count: i64,
    /// The sum of the events.
    pub total: Money,
}

/// The result of a run, or of a dry run.
#[derive(Clone, Debug)]
pub struct Report {
    /// The payouts that were created, ordered by partner and currency; `None` for a dry run.
    pub payouts: Option<Vec<Authorized<Payout>>>,
    /// The payouts that were created, or in a dry run that would be, ordered by partner and currency.
    pub planned: Vec<PlannedPayout>,
    /// The number of payouts.
    pub count: usize,
    /// The sums of the payouts, one per currency, ordered by currency code.
    pub totals: Vec<Money>,
    /// The partners and currencies that are not paid.
    pub skipped: Vec<SkippedPayout>,
}

impl Report {
    /// Returns the report of a run with these payouts, in the order of partner and currency.
    pub(super) fn new(mut payouts: Vec<Authorized<Payout>>, mut skipped: Vec<SkippedPayout>) -> Result<Self> {
        payouts.sort_by_key(|payout| (payout.partner_id, payout.currency(), payout.id));
        skipped.sort_by_key(|skip| (skip.partner_id, skip.amount.currency()));
        let totals = Money::sums_by_currency(payouts.iter().map(|payout| payout.total()))?;
        let planned = payouts
            .iter()
            .map(|payout| PlannedPayout {
                partner_id: payout.partner_id,
                commission_count: payout.commission_count,
                total: payout.total(),
            })
            .collect();
        Ok(Self { planned, count: payouts.len(), payouts: Some(payouts), totals, skipped })
    }
}
