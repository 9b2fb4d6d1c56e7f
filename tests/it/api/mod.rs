//! The business through the API: what is earned, approved, paid, refunded, listed and reported.

mod accrual;
mod adjustment;
mod administration;
mod approval;
mod batching;
mod corruptions;
mod dashboard;
mod departure;
mod filters;
mod lists;
mod money;
mod partner_names;
mod payout;
mod payout_runs;
mod payout_status;
mod races;
mod reconciliation;
mod refund;
mod reinstatement;
mod reinstatement_books;
mod reporting;
mod reversal;
mod settings;
mod terms;
mod stated_refund;
mod zero_commission;
