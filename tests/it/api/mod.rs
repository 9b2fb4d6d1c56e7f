//! The business through the API: what is earned, approved, paid, refunded, listed and reported.

mod accrual;
mod adjustment;
mod administration;
mod approval;
mod batching;
mod correction_sequences;
mod corrections;
mod corruptions;
mod dashboard;
mod filters;
mod invoices;
mod lists;
mod money;
mod payout;
mod payout_runs;
mod payout_status;
mod races;
mod reconciliation;
mod refund;
mod reporting;
mod reversal;
mod settings;
