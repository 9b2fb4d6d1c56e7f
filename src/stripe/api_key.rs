//! The keys that requests to Stripe are authenticated by.

use std::fmt;
use std::str::FromStr;

/// The beginnings of the keys that can be used, and whether they move real money.
const PREFIXES: [(&str, bool); 4] =
    [("sk_live_", true), ("rk_live_", true), ("sk_test_", false), ("rk_test_", false)];
/// The longest key, in characters.
const KEY_MAX: usize = 255;

/// A secret or restricted API key of a Stripe account. Nothing prints it.
#[derive(Clone)]
pub struct ApiKey {
    text: String,
    livemode: bool,
}

impl ApiKey {
    /// Returns the key as text: in order to seal it, or to send it.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Returns whether the key is of live mode: it moves real money.
    pub fn livemode(&self) -> bool {
        self.livemode
    }
}

impl FromStr for ApiKey {
    type Err = String;

    /// Parses a key. The message of the error does not repeat it.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("pk_") {
            return Err("this is a publishable key; a secret or a restricted key is needed".to_owned());
        }
        let is_valid = |rest: &str| {
            rest.len() >= 8
                && text.len() <= KEY_MAX
                && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        let known = PREFIXES.iter().find(|(prefix, _)| text.strip_prefix(prefix).is_some_and(is_valid));
        let (_, livemode) = known.ok_or_else(|| {
            "this is not an API key of Stripe; it starts with sk_live_, rk_live_, sk_test_ or rk_test_"
                .to_owned()
        })?;
        Ok(Self { text: text.to_owned(), livemode: *livemode })
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_shows_its_mode_and_nothing_else() {
        for (text, livemode) in [
            ("sk_live_51AbcDef", true),
            ("rk_live_51AbcDef", true),
            ("sk_test_51AbcDef", false),
            ("rk_test_51AbcDef", false),
        ] {
            let key: ApiKey = text.parse().unwrap();
            assert_eq!((key.livemode(), key.expose()), (livemode, text));
            assert_eq!(format!("{key:?}"), "ApiKey(…)");
        }
    }

    #[test]
    fn what_is_no_secret_key_is_rejected_without_being_repeated() {
        let long = format!("sk_test_{}", "a".repeat(250));
        for text in [
            "",
            "sk_test_",
            "pk_live_51AbcDef",
            "whsec_51AbcDef",
            "SK_TEST_51AbcDef",
            "sk_test_51Abc\nDef",
            " sk_test_51AbcDef",
            &long,
        ] {
            let why = text.parse::<ApiKey>().unwrap_err();
            assert!(!why.contains("51Abc") && !why.contains("aaaa"), "{why}");
        }
    }
}
