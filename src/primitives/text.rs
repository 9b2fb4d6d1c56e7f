//! Text from outside: put right (trimmed, Unicode NFC), then checked for length and control characters.

use std::str::FromStr;

use email_address::EmailAddress;
use unicode_normalization::UnicodeNormalization;
use unicode_width::UnicodeWidthStr;

use crate::primitives::error::{Error, Result};

const LINE_LENGTH_MAX: usize = 255;
const NOTE_LENGTH_MAX: usize = 2_000;

/// A line of text that must say something: at most 255 characters, no line breaks.
pub fn required_text(field: &'static str, text: &str) -> Result<String> {
    require(field, optional_text(field, Some(text))?)
}

/// A line of text that may be left out, and otherwise must say something.
pub fn optional_text_non_blank(field: &'static str, text: Option<&str>) -> Result<Option<String>> {
    text.map(|text| required_text(field, text)).transpose()
}

/// A line of text that may be absent; blank is absent.
pub fn optional_text(field: &'static str, text: Option<&str>) -> Result<Option<String>> {
    normalize_and_check(field, text, LINE_LENGTH_MAX, |c| c.is_control())
}

/// A reason that must be given: at most 2,000 characters, line breaks allowed.
pub fn required_note(field: &'static str, text: &str) -> Result<String> {
    require(field, optional_note(field, Some(text))?)
}

/// A note that may be absent: at most 2,000 characters, line breaks allowed; blank is absent.
pub fn optional_note(field: &'static str, text: Option<&str>) -> Result<Option<String>> {
    normalize_and_check(field, text, NOTE_LENGTH_MAX, |c| c.is_control() && !matches!(c, '\n' | '\r'))
}

/// An e-mail address, lower-cased.
pub fn email(field: &'static str, text: &str) -> Result<String> {
    let address = required_text(field, text)?.to_lowercase();
    EmailAddress::from_str(&address).map_err(|reason| {
        Error::bad_input(field, format!("is not an e-mail address ({reason}); write \"name@example.com\""))
    })?;
    Ok(address)
}

/// Text without blanks around it, in Unicode's nfc form.
pub fn nfc(text: &str) -> String {
    text.trim().nfc().collect()
}

fn normalize_and_check(
    field: &'static str,
    text: Option<&str>,
    length_max: usize,
    refused: fn(char) -> bool,
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
    if text.contains(refused) {
        return Err(Error::bad_input(field, "contains a control character; remove it"));
    }
    // Marks of direction and joiners alone are nothing that anybody could see.
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
        assert!(required_text("invoiceId", "\u{feff}\u{200f}").is_err(), "nothing that anybody could see");
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
