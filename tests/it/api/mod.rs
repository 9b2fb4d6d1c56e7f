//! The business through the API: what is earned, approved, paid, refunded, listed and reported.

mod accrual;
mod adjustment;
mod adjustment_note;
mod administration;
mod approval;
mod batching;
mod changed_since;
mod corruptions;
mod dashboard;
mod filters;
mod history_order;
mod holds;
mod lists;
mod money;
mod null_selection;

mod payment_reference;
mod payout;
mod payout_run_exclusion;
mod payout_runs;
mod payout_status;
mod races;
mod reconciliation;
mod refund;
mod reporting;
mod reversal;
mod reverted_approval;
mod settings;
