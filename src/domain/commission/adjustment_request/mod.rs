//! The amounts that staff entered for adjustments.

pub mod store;
