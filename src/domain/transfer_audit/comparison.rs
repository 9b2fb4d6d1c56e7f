//! One transfer compared with the books.

use super::FindingKind;
use crate::domain::payout::PayoutStatus;
use crate::domain::payout_attempt::{AttemptStatus, PayoutAttempt};
use crate::stripe::transfer::Transfer;

/// What the books have about a transfer.
#[derive(Clone, Debug, Default)]
pub struct Books<'a> {
    /// The attempt that has its reference.
    pub attempt: Option<&'a PayoutAttempt>,
    /// The status of the payout of that attempt.
    pub status: Option<PayoutStatus>,
    /// All attempts of the payout that the transfer names.
    pub named: &'a [PayoutAttempt],
    /// Whether the transfer names the tenant, and a payout or an attempt.
    pub is_ours: bool,
}

/// Returns how a transfer differs from the books, and in words.
pub fn compare(transfer: &Transfer, books: &Books<'_>) -> Option<(FindingKind, String)> {
    match books.attempt {
        Some(attempt) => compare_with_its_own(transfer, attempt, books.status),
        // What came back again has moved nothing.
        None if !books.is_ours || transfer.reversed => None,
        None => compare_with_others(books.named),
    }
}

fn compare_with_its_own(
    transfer: &Transfer,
    attempt: &PayoutAttempt,
    status: Option<PayoutStatus>,
) -> Option<(FindingKind, String)> {
    if let Some(difference) = difference(transfer, attempt) {
        return Some((FindingKind::Different, difference));
    }
    let returned = || {
        let (part, whole) = (transfer.money_reversed(), transfer.money());
        match (part, whole) {
            (Some(part), Some(whole)) => format!("{part} of {whole} came back"),
            _ => "money came back".to_owned(),
        }
    };
    let is_settled = attempt.status == AttemptStatus::Settled && status == Some(PayoutStatus::Completed);
    // A part that staff look at, or have looked at, is known.
    let is_known =
        transfer.money_reversed_in_part().is_some_and(|part| attempt.returned_in_part() == Some(part));
    if is_settled && transfer.amount_reversed > 0 && !is_known {
        return Some((FindingKind::Reversed, returned()));
    }
    let is_returned = attempt.status == AttemptStatus::Returned;
    (is_returned && !transfer.reversed).then(|| (FindingKind::NotReversed, returned()))
}

/// Compares a transfer that no attempt has the reference of with the attempts of the payout that it names.
fn compare_with_others(attempts: &[PayoutAttempt]) -> Option<(FindingKind, String)> {
    if let Some(settled) = attempts.iter().find(|attempt| attempt.status == AttemptStatus::Settled) {
        let reference = settled.reference.as_deref().unwrap_or_default();
        return Some((
            FindingKind::Second,
            format!("the payout was sent by the transfer {reference} already"),
        ));
    }
    if attempts.iter().any(|attempt| attempt.status.is_under_way()) {
        // Its attempt is about to record it, or waits for staff.
        return None;
    }
    Some((FindingKind::Unknown, "the books have no payout that was sent by this transfer".to_owned()))
}

/// Returns how a transfer differs from the attempt that it was made for, in words; `None` if it does not.
pub fn difference(transfer: &Transfer, attempt: &PayoutAttempt) -> Option<String> {
    let mut differences = Vec::new();
    if transfer.money() != Some(attempt.amount()) {
        differences.push(format!("it is of {} {} in minor units", transfer.amount, transfer.currency));
    }
    if transfer.destination.as_deref() != Some(attempt.destination.as_str()) {
        differences.push("it went to another account".to_owned());
    }
    (!differences.is_empty()).then(|| differences.join(", "))
}
