//! Webhooks on the wire: the addresses that may be called, the signature (Standard Webhooks 1.0), and one attempt.

pub mod address;
pub mod sender;
pub mod signature;
