//! Stripe on the wire: requests, what their answers say about where the money is, and the events that Stripe sends.
//!
//! Knows nothing of the database. A request that moves money is sent between two transactions, and [`failure::Failure`]
//! decides what the second one may conclude: nothing that may have been paid is ever released.

pub mod account;
pub mod amount;
pub mod api_key;
pub mod client;
pub mod event;
pub mod failure;
mod form;
pub mod invoice;
pub mod object;
pub mod refund;
pub mod signature;
#[cfg(test)]
mod stand_in;
pub mod transfer;
