//! The object types of the schema: one file per noun, each type a wrapper around a row within the caller's scope.

use async_graphql::Context;

use super::context::request;
use crate::primitives::error::Result;

pub mod account;
pub mod commission;
pub mod history;
pub mod invoice;
pub mod partner;
pub mod payout;
pub mod person;
pub mod reconciliation;
pub mod referral;
pub mod reporting;
pub mod terms;
pub mod viewer;

/// Masks an identifier of the billing system for partner users if it is personal: an e-mail address, by its `@` or one of
/// the characters that look like it.
fn mask_identifier(ctx: &Context<'_>, id: &str) -> Result<String> {
    let is_personal = id.contains(['@', '\u{ff20}', '\u{fe6b}']);
    Ok(if is_personal && request(ctx)?.caller().is_partner_user() { mask(id) } else { id.to_owned() })
}

/// Masks a name or an address for partner users: only the first letter of each word remains, as in `"A*** C***"`.
fn mask(name: &str) -> String {
    let words = name.split_whitespace().filter_map(|word| word.chars().next());
    words.map(|first| format!("{first}***")).collect::<Vec<_>>().join(" ")
}
