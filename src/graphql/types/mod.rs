//! The object types of the schema: one file per noun, each type a wrapper around a row that the caller may see.

pub mod account;
pub mod commission;
pub mod history;
pub mod partner;
pub mod payout;
pub mod reconciliation;
pub mod referral;
pub mod reporting;
pub mod viewer;

/// Masks a name for callers who may not know it: keeps the first letter of each word, as in `"A*** C***"`.
fn masked(name: &str) -> String {
    let words = name.split_whitespace().filter_map(|word| word.chars().next());
    words.map(|first| format!("{first}***")).collect::<Vec<_>>().join(" ")
}
