//! The object types of the schema: one file per noun, each type a wrapper around a row within the caller's scope.

pub mod account;
pub mod commission;
pub mod history;
pub mod invoice;
pub mod partner;
pub mod payout;
pub mod reconciliation;
pub mod referral;
pub mod reporting;
pub mod terms;
pub mod viewer;

/// Masks a name or an address for partner users: only the first letter of each word remains, as in `"A*** C***"`.
fn mask(name: &str) -> String {
    let words = name.split_whitespace().filter_map(|word| word.chars().next());
    words.map(|first| format!("{first}***")).collect::<Vec<_>>().join(" ")
}
