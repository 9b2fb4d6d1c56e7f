//! Text from input: normalized (trimmed, Unicode NFC), then checked for its length and control characters.
//!
//! Every error is `BadInput` and names the field.

use std::str::FromStr;

use email_address::EmailAddress;
use unicode_normalization::UnicodeNormalization;
use unicode_width::UnicodeWidthStr;

use crate::primitives::error::{Error, Result};

/// The maximal length of a text without line breaks, in characters.
const TEXT_LENGTH_MAX: usize = 255;
/// The maximal length of a text with line breaks, in characters.
const NOTE_LENGTH_MAX: usize = 2_000;

/// Normalizes a text that must not be blank: at most 255 characters, no line breaks.
pub fn required_text(field: &'static str, text: &str) -> Result<String> {
    require(field, optional_text(field, Some(text))?)
}

/// Normalizes a text that may be absent but not blank: at most 255 characters, no line breaks.
pub fn optional_text_non_blank(field: &'static str, text: Option<&str>) -> Result<Option<String>> {
    text.map(|text| required_text(field, text)).transpose()
}

/// Normalizes a text that may be absent: at most 255 characters, no line breaks. A blank text counts as absent.
pub fn optional_text(field: &'static str, text: Option<&str>) -> Result<Option<String>> {
    normalize_and_check(field, text, TEXT_LENGTH_MAX, |c| c.is_control())
}

/// Normalizes a note that must not be blank: at most 2,000 characters, line breaks allowed.
pub fn required_note(field: &'static str, text: &str) -> Result<String> {
    require(field, optional_note(field, Some(text))?)
}

/// Normalizes a note that may be absent: at most 2,000 characters, line breaks allowed. A blank note counts as absent.
pub fn optional_note(field: &'static str, text: Option<&str>) -> Result<Option<String>> {
    normalize_and_check(field, text, NOTE_LENGTH_MAX, |c| c.is_control() && !matches!(c, '\n' | '\r'))
}

/// Normalizes an e-mail address: at most 255 characters, lower case.
pub fn email(field: &'static str, text: &str) -> Result<String> {
    let address = required_text(field, text)?.to_lowercase();
    EmailAddress::from_str(&address).map_err(|reason| {
        Error::bad_input(field, format!("is not an e-mail address ({reason}); write \"name@example.com\""))
    })?;
    Ok(address)
}

/// Returns a text without leading and trailing white space, in Unicode Normalization Form C.
pub fn nfc(text: &str) -> String {
    text.trim().nfc().collect()
}

/// Returns a text as `nfc` does; `None` if it is blank.
pub fn nfc_non_blank(text: Option<&str>) -> Option<String> {
    text.map(nfc).filter(|text| !text.is_empty())
}

fn normalize_and_check(
    field: &'static str,
    text: Option<&str>,
    length_max: usize,
    is_forbidden: fn(char) -> bool,
) -> Result<Option<String>> {
    let Some(text) = text else { return Ok(None) };
    let text = nfc(text);
    let length = text.chars().count();
    if length > length_max {
        return Err(Error::bad_input(
            field,
            format!("has {length} characters; at most {length_max} are allowed"),
        ));
    }
    if text.contains(is_forbidden) {
        return Err(Error::bad_input(field, "contains a control character; remove it"));
    }
    // A text of direction marks and joiners only has no visible character, and counts as blank.
    Ok(Some(text).filter(|text| text.width() > 0))
}

fn require(field: &'static str, text: Option<String>) -> Result<String> {
    text.ok_or_else(|| Error::bad_input(field, "must not be empty"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_trimmed_and_composed() {
        assert_eq!(required_text("name", "  Cafe\u{301} ").ok(), Some("Café".to_owned()));
        assert_eq!(optional_text("name", Some(" \t ")).ok(), Some(None));
        assert!(required_text("invoiceId", "\u{feff}\u{200f}").is_err(), "no visible character");
        assert!(required_text("name", "\u{200f}שלום").is_ok());
    }

    #[test]
    fn text_is_counted_in_characters() {
        assert!(required_text("name", &"é".repeat(255)).is_ok());
        assert!(required_text("name", &"é".repeat(256)).is_err());
        assert!(required_note("reason", &"x".repeat(2_000)).is_ok());
        assert!(required_note("reason", &"x".repeat(2_001)).is_err());
    }

    #[test]
    fn only_notes_have_line_breaks() {
        assert!(required_text("name", "a\nb").is_err());
        assert!(required_note("reason", "a\r\nb").is_ok());
        assert!(required_note("reason", "a\tb").is_err());
        assert!(required_note("reason", "a\u{0}b").is_err());
    }

    #[test]
    fn email_is_lower_cased() {
        assert_eq!(email("email", " Ada@Example.COM ").ok(), Some("ada@example.com".to_owned()));
        assert!(email("email", "ada.example.com").is_err());
    }
}
