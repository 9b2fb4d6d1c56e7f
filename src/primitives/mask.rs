//! The masking of names and personal identifiers.

/// Returns whether an identifier is personal: an e-mail address, by its `@` or one of the characters that look like it.
pub fn is_personal(identifier: &str) -> bool {
    identifier.contains(['@', '\u{ff20}', '\u{fe6b}'])
}

/// Masks a name or an address: only the first letter of each word remains, as in `"A*** C***"`.
pub fn mask(name: &str) -> String {
    let words = name.split_whitespace().filter_map(|word| word.chars().next());
    words.map(|first| format!("{first}***")).collect::<Vec<_>>().join(" ")
}
