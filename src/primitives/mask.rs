//! Masks: what remains visible of personal data where it must not be shown or kept.

/// Masks a name: only the first letter of each word remains, as in `"A*** C***"`.
pub fn name(name: &str) -> String {
    let words = name.split_whitespace().filter_map(|word| word.chars().next());
    words.map(|first| format!("{first}***")).collect::<Vec<_>>().join(" ")
}

/// Masks an e-mail address: the first letter and the domain remain, as in `"p***@example.com"`.
pub fn email(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{}***@{domain}", local.chars().take(1).collect::<String>()),
        None => name(address),
    }
}

/// Returns whether an identifier is personal: an e-mail address, by its `@` or one of the characters that look like it.
pub fn is_personal(identifier: &str) -> bool {
    identifier.contains(['@', '\u{ff20}', '\u{fe6b}'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_letters_remain() {
        assert_eq!(name("Paula van Dyke"), "P*** v*** D***");
        assert_eq!(email("paula@example.com"), "p***@example.com");
        assert_eq!(email("auth0|paula"), "a***");
        assert!(is_personal("a\u{ff20}b") && !is_personal("cust-1"));
    }
}
