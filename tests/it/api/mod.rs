//! The business through the API: what is earned, approved, paid, refunded, listed and reported.

mod accrual;
mod adjustment;
mod administration;
mod approval;
mod batching;
mod corruptions;
mod dashboard;
mod filters;
mod lists;
mod money;
mod nodes;
mod payout;
mod payout_runs;
mod payout_status;
mod people;
mod races;
mod reconciliation;
mod refund;
mod reporting;
mod reversal;
mod settings;
mod words;
