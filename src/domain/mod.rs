//! The rules of the money, and the only module with SQL.
//!
//! Each noun has a module, each mutation a file named by its verb, each table one `store`. From the lowest: `db` is
//! access to the database and depends on no noun; `audit`, `history`, `idempotency`, `legal`, `mail` and `terms` are shared by the nouns; `tenant` and
//! `partner` come before `admission`, `account`, `invoice`, `person` and `referral`, those before `commission`, that before `payout` with `payout_attempt`, `payout_account`, `payment_file`, `paying_account`, `stripe_connection` and `inbox`,
//! `statement`, `saved_view` and `search`;
//! `reporting` reads them all.
//!
#![doc = include_str!("../../docs/rules.md")]

pub mod db;

pub mod audit;
pub mod history;
pub mod idempotency;
pub mod legal;
pub mod mail;
pub mod terms;

pub mod tenant;

pub mod webhook;

pub mod partner;

pub mod admission;

pub mod account;
pub mod invoice;
pub mod person;
pub mod referral;

pub mod commission;

pub mod inbox;
pub mod paying_account;
pub mod payment_file;
pub mod payout;
pub mod payout_account;
pub mod payout_attempt;
pub mod saved_view;
pub mod search;
pub mod statement;
pub mod stripe_connection;

pub mod reporting;
