//! Masks of personal data, for partner users.

use std::borrow::Cow;

use crate::auth::Caller;

/// Masks an identifier of the billing system for partner users if it is personal: an e-mail address, by its `@` or one of
/// the characters that look like it.
pub fn mask_identifier<'i>(caller: &Caller, id: &'i str) -> Cow<'i, str> {
    let is_personal = id.contains(['@', '\u{ff20}', '\u{fe6b}']);
    if is_personal && caller.is_partner_user() { Cow::Owned(mask(id)) } else { Cow::Borrowed(id) }
}

/// Masks a name or an address for partner users: only the first letter of each word remains, as in `"A*** C***"`.
pub fn mask(name: &str) -> String {
    let words = name.split_whitespace().filter_map(|word| word.chars().next());
    words.map(|first| format!("{first}***")).collect::<Vec<_>>().join(" ")
}
