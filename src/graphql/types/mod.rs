//! The object types of the schema: one file per noun, each type a wrapper around a row within the caller's scope.

use async_graphql::Context;

use super::context::request;
use super::mask;
use crate::primitives::error::Result;

pub mod account;
pub mod audit;
pub mod commission;
pub mod download;
pub mod history;
pub mod inbox;
pub mod invoice;
pub mod job;
pub mod legal;
pub mod mail;
pub mod node;
pub mod overview;
pub mod partner;
pub mod payment_file;
pub mod payout;
pub mod payout_attempt;
pub mod person;
pub mod reconciliation;
pub mod referral;
pub mod reporting;
pub mod saved_view;
pub mod search;
pub mod service_token;
pub mod statement;
pub mod statement_preview;
pub mod terms;
pub mod viewer;
pub mod webhook;
pub mod work_queue;

/// Masks an identifier of the billing system for partner users if it is personal.
fn mask_identifier(ctx: &Context<'_>, id: &str) -> Result<String> {
    Ok(mask::mask_identifier(request(ctx)?.caller(), id).into_owned())
}
