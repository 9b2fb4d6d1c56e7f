//! What is true: the rules of the money, and the only room with SQL.
//!
//! Lowest first: `session` and `list` know no noun; `tenant` and `partner` come before `account`, `invoice` and `referral`,
//! those before `commission`, that before `payout`; `statement` reads them all.
//!
#![doc = include_str!("../../docs/rules.md")]

mod schema;

mod act;
mod connect;
mod kept;
pub mod line;
pub mod list;
mod planning;
pub mod session;
mod speaker;
mod tls;
pub mod within;

pub mod history;
pub mod idempotency;
pub mod tenant;

pub mod partner;

pub mod account;
pub mod invoice;
pub mod referral;

pub mod commission;

pub mod payout;

pub mod statement;

pub mod examination;
pub mod migrate;
