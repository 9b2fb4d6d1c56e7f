//! Text from input: normalized (trimmed, Unicode NFC), then checked for its length and its characters.
//!
//! There are four kinds. An **identifier** is compared: an invoice, a customer, a user, a reference, a key; it has no
//! invisible character, so that two which look the same are the same. A **name** is displayed, in one line; it has no
//! character that hides or reverses what follows. A **note** may have several lines. An **e-mail address** is an address
//! alone. Every error is `BadInput` and names the field, and the character by its code point and position.

use unicode_normalization::UnicodeNormalization;
use unicode_width::UnicodeWidthStr;

use super::characters::{self, ForbiddenCharacter};
use super::email as email_address;
use crate::primitives::error::{Error, Result};

/// The maximal length of an identifier, a name or an address, in characters.
const TEXT_LENGTH_MAX: usize = 255;
/// The maximal length of a note, in characters.
const NOTE_LENGTH_MAX: usize = 2_000;

/// The maximal length of a kind of text, and the first character of a text that the kind does not permit.
type Kind = (usize, fn(&str) -> Option<ForbiddenCharacter>);

const IDENTIFIER: Kind = (TEXT_LENGTH_MAX, characters::forbidden_in_identifier);
const NAME: Kind = (TEXT_LENGTH_MAX, characters::forbidden_in_name);
const NOTE: Kind = (NOTE_LENGTH_MAX, characters::forbidden_in_note);

/// Normalizes an identifier that must not be blank: at most 255 characters, none of them invisible, unassigned or private.
pub fn identifier(field: &'static str, text: &str) -> Result<String> {
    require(field, optional_identifier(field, Some(text))?)
}

/// Normalizes an identifier that may be absent. A blank one counts as absent.
pub fn optional_identifier(field: &'static str, text: Option<&str>) -> Result<Option<String>> {
    normalize_and_check(field, text, IDENTIFIER)
}

/// Normalizes an identifier that may be absent but not blank.
pub fn optional_identifier_non_blank(field: &'static str, text: Option<&str>) -> Result<Option<String>> {
    text.map(|text| identifier(field, text)).transpose()
}

/// Normalizes a name that must not be blank: at most 255 characters, no line breaks.
pub fn required_text(field: &'static str, text: &str) -> Result<String> {
    require(field, optional_text(field, Some(text))?)
}

/// Normalizes a name that may be absent: at most 255 characters, no line breaks. A blank text counts as absent.
pub fn optional_text(field: &'static str, text: Option<&str>) -> Result<Option<String>> {
    normalize_and_check(field, text, NAME)
}

/// Normalizes a note that must not be blank: at most 2,000 characters, line breaks allowed.
pub fn required_note(field: &'static str, text: &str) -> Result<String> {
    require(field, optional_note(field, Some(text))?)
}

/// Normalizes a note that may be absent: at most 2,000 characters, line breaks allowed. A blank note counts as absent.
pub fn optional_note(field: &'static str, text: Option<&str>) -> Result<Option<String>> {
    normalize_and_check(field, text, NOTE)
}

/// Normalizes an e-mail address, also to lower case.
pub fn email(field: &'static str, text: &str) -> Result<String> {
    let address = nfc(&nfc(text).to_lowercase());
    if address.is_empty() {
        return Err(Error::bad_input(field, "must not be empty"));
    }
    email_address::check(&address).map_err(|reason| {
        Error::bad_input(
            field,
            format!(
                "is not an e-mail address: it {reason}; write the address alone, as in \"name@example.com\""
            ),
        )
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
    (length_max, forbidden): Kind,
) -> Result<Option<String>> {
    let Some(text) = text else { return Ok(None) };
    let normalized = nfc(text);
    let length = normalized.chars().count();
    if length > length_max {
        return Err(Error::bad_input(
            field,
            format!("has {length} characters; at most {length_max} are allowed"),
        ));
    }
    if let Some(found) = forbidden(text.trim()).or_else(|| forbidden(&normalized)) {
        // In the text as it was sent: with the blanks at its start.
        let blanks = text.chars().count() - text.trim_start().chars().count();
        let (code, position) = (u32::from(found.character), found.position + blanks);
        let message = format!("contains U+{code:04X} ({}) at position {position}; remove it", found.kind);
        return Err(Error::bad_input(field, message));
    }
    // A note of marks and joiners only has no visible character, and counts as blank.
    Ok(Some(normalized).filter(|text| text.width() > 0))
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
        assert_eq!(identifier("userId", " jose\u{301}\u{a0}").ok(), Some("josé".to_owned()));
        assert_eq!(optional_text("name", Some(" \t ")).ok(), Some(None));
        assert_eq!(optional_note("notes", Some("\u{200f}\u{feff}")).ok(), Some(None), "no visible character");
    }

    #[test]
    fn an_identifier_has_no_space_but_that_of_the_keyboard() {
        for space in ['\u{a0}', '\u{2009}', '\u{202f}', '\u{3000}', '\u{2800}'] {
            let error = identifier("invoiceId", &format!("CSV{space}1")).err();
            let code = format!("contains U+{:04X} (a space other than U+0020)", u32::from(space));
            assert!(error.is_some_and(|error| error.message().contains(&code)), "{code}");
        }
        assert_eq!(identifier("invoiceId", "CSV 1").ok(), Some("CSV 1".to_owned()));
    }

    #[test]
    fn a_forbidden_character_is_named_with_its_position() {
        for (text, expected) in [
            (
                "\u{feff}CSV-1",
                "invoiceId: contains U+FEFF (an invisible format character) at position 1; remove it",
            ),
            (
                "  e\u{301}\u{200b}",
                "invoiceId: contains U+200B (an invisible format character) at position 5; remove it",
            ),
            ("a\u{e000}", "invoiceId: contains U+E000 (a private-use character) at position 2; remove it"),
        ] {
            assert_eq!(
                identifier("invoiceId", text).err().map(|error| error.message()).as_deref(),
                Some(expected)
            );
        }
        assert!(required_text("companyName", "Acme \u{202e}txt.exe").is_err());
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
    fn email_is_lower_cased_and_composed() {
        assert_eq!(email("email", " Ada@Example.COM ").ok(), Some("ada@example.com".to_owned()));
        assert_eq!(email("email", "Jose\u{301}@example.com").ok(), Some("josé@example.com".to_owned()));
        assert!(email("email", "ada.example.com").is_err());
        assert!(email("email", "Jane Doe <jane@example.test>").is_err());
    }
}
