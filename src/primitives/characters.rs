//! The characters that a text must not contain, because they are invisible or change the direction of what follows.
//!
//! The properties of characters are those of Unicode 17, in the tables of `icu_properties`: a character that a later
//! version assigns counts as unassigned until the crate is updated.

use icu_properties::props::{
    Alphabetic, DefaultIgnorableCodePoint, Emoji, EmojiModifier, ExtendedPictographic, GeneralCategory,
    Ideographic, VariationSelector,
};
use icu_properties::{CodePointMapData, CodePointSetData};

const ZERO_WIDTH_NON_JOINER: char = '\u{200c}';
const ZERO_WIDTH_JOINER: char = '\u{200d}';

/// A character that a text must not contain.
#[derive(Debug, PartialEq, Eq)]
pub struct ForbiddenCharacter {
    /// The character.
    pub character: char,
    /// Its position in the text, in characters from 1.
    pub position: usize,
    /// The kind of character, with its article.
    pub kind: &'static str,
}

/// Returns the first character that an identifier must not contain: one that is invisible, unassigned or private, or another
/// space, so that two identifiers which look the same could differ.
pub fn forbidden_in_identifier(text: &str) -> Option<ForbiddenCharacter> {
    first(text, |_, character, _| {
        let is_of = |forbidden| category(character) == forbidden;
        control(character)
            .or_else(|| is_variation_selector(character).then_some("a variation selector"))
            .or_else(|| is_of(GeneralCategory::Format).then_some("an invisible format character"))
            .or_else(|| is_of(GeneralCategory::PrivateUse).then_some("a private-use character"))
            .or_else(|| is_of(GeneralCategory::Unassigned).then_some("an unassigned character"))
            .or_else(|| is_ignorable(character).then_some("an invisible character"))
            .or_else(|| is_other_space(character).then_some("a space other than U+0020"))
    })
}

/// Returns whether a character looks like a space and is another one than that of the keyboard.
fn is_other_space(character: char) -> bool {
    const BRAILLE_BLANK: char = '\u{2800}';
    let is_separator = category(character) == GeneralCategory::SpaceSeparator;
    (is_separator && character != ' ') || character == BRAILLE_BLANK
}

/// Returns the first character that a name must not contain: one that changes the direction of what follows, or that has
/// no width. A variation selector is permitted after a character that has variations, and a joiner between letters or
/// emoji, where they are part of how the name is written.
pub fn forbidden_in_name(text: &str) -> Option<ForbiddenCharacter> {
    first(text, |before, character, after| {
        let is_permitted = match character {
            ZERO_WIDTH_JOINER | ZERO_WIDTH_NON_JOINER => {
                before.is_some_and(is_joinable_before) && after.is_some_and(is_joinable_after)
            }
            _ => is_variation_selector(character) && before.is_some_and(has_variations),
        };
        control(character)
            .or_else(|| is_bidirectional(character).then_some("a bidirectional control"))
            .or_else(|| (is_zero_width(character) && !is_permitted).then_some("a character without width"))
    })
}

/// Returns the first character that a note must not contain: a control character other than a line break, or one that
/// changes the direction of what follows the note. The marks of right-to-left text are permitted.
pub fn forbidden_in_note(text: &str) -> Option<ForbiddenCharacter> {
    first(text, |_, character, _| {
        let is_line_break = matches!(character, '\n' | '\r');
        let is_control = character.is_control() && !is_line_break;
        let is_override = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        is_control
            .then_some("a control character")
            .or_else(|| is_override.then_some("a bidirectional control"))
    })
}

/// Returns the first character for which `kind` returns a kind, given the characters before and after it.
fn first(
    text: &str,
    kind: impl Fn(Option<char>, char, Option<char>) -> Option<&'static str>,
) -> Option<ForbiddenCharacter> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return None;
    }
    let mut before = None;
    let mut characters = text.chars().enumerate().peekable();
    while let Some((index, character)) = characters.next() {
        let after = characters.peek().map(|(_, after)| *after);
        if let Some(kind) = kind(before, character, after) {
            return Some(ForbiddenCharacter { character, position: index + 1, kind });
        }
        before = Some(character);
    }
    None
}

/// Returns the kind of a control character, a line separator included.
fn control(character: char) -> Option<&'static str> {
    match character {
        '\u{2028}' | '\u{2029}' => Some("a line separator"),
        _ => character.is_control().then_some("a control character"),
    }
}

fn category(character: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(character)
}

fn is_bidirectional(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

fn is_ignorable(character: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
}

fn is_variation_selector(character: char) -> bool {
    CodePointSetData::new::<VariationSelector>().contains(character)
}

/// Returns whether a character is not displayed. Combining marks are: they change the letter before them.
fn is_zero_width(character: char) -> bool {
    is_ignorable(character) || matches!(character, '\u{fff9}'..='\u{fffb}')
}

fn is_pictograph(character: char) -> bool {
    CodePointSetData::new::<ExtendedPictographic>().contains(character)
}

fn is_letter(character: char) -> bool {
    CodePointSetData::new::<Alphabetic>().contains(character)
}

/// Returns whether a joiner may follow: a letter, with or without marks, or an emoji, with or without a modifier.
fn is_joinable_before(character: char) -> bool {
    let is_mark =
        matches!(category(character), GeneralCategory::NonspacingMark | GeneralCategory::SpacingMark);
    is_letter(character)
        || is_pictograph(character)
        || CodePointSetData::new::<EmojiModifier>().contains(character)
        || (is_mark && (character == '\u{fe0f}' || !is_ignorable(character)))
}

/// Returns whether a joiner may precede: a letter or an emoji.
fn is_joinable_after(character: char) -> bool {
    (is_letter(character) && !is_ignorable(character)) || is_pictograph(character)
}

/// Returns whether a variation selector may follow: an emoji, an ideograph or a Mongolian letter.
fn has_variations(character: char) -> bool {
    CodePointSetData::new::<Emoji>().contains(character)
        || CodePointSetData::new::<Ideographic>().contains(character)
        || matches!(character, '\u{1820}'..='\u{18aa}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_have_no_invisible_unassigned_or_private_character() {
        for text in ["CSV-1", "josé", "請求書-1", "फ़ैक्टरी", "инв №7", "1/2#3", "a b", "ﬁ"]
        {
            assert_eq!(forbidden_in_identifier(text), None, "{text:?}");
        }
        for forbidden in [
            '\u{feff}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{202e}',
            '\u{2060}',
            '\u{ad}',
            '\u{180e}',
            '\u{e000}',
            '\u{10fffd}',
            '\u{378}',
            '\u{fffe}',
            '\u{fe0f}',
            '\u{e0100}',
            '\u{180b}',
            '\u{34f}',
            '\u{3164}',
            '\u{115f}',
            '\u{e0041}',
            '\u{600}',
            '\u{2028}',
            '\u{7f}',
            '\n',
            '\0',
        ] {
            for (text, position) in [(format!("{forbidden}é1"), 1), (format!("é1{forbidden}"), 3)] {
                let found = forbidden_in_identifier(&text).map(|found| (found.character, found.position));
                assert_eq!(found, Some((forbidden, position)), "{text:?}");
            }
        }
    }

    #[test]
    fn names_are_written_in_every_script_without_hidden_characters() {
        for name in [
            "Acme & Söhne",
            "شركة نور",
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            "שלום",
            "❤\u{fe0f}\u{200d}🔥 GmbH",
            "👩🏽\u{200d}💻",
            "葛\u{e0100}飾",
            "☎\u{fe0f}",
            "日本語",
            "Đặng",
            "👨\u{200d}👩\u{200d}👧",
        ] {
            assert_eq!(forbidden_in_name(name), None, "{name:?}");
        }
        for name in [
            "Acme \u{202e}txt.exe",
            "\u{200f}שלום",
            "a\u{200b}b",
            "a\u{2060}b",
            "\u{feff}a",
            "a\u{200d}",
            "\u{200c}a",
            "a \u{200d}b",
            "a\u{200d}\u{200d}b",
            "1\u{200d}2",
            "a\u{ad}b",
            "a\u{fe0f}",
            "a\u{34f}b",
            "\u{3164}",
            "a\u{61c}",
            "a\u{2066}b",
            "a\nb",
            "a\u{2028}b",
            "a\u{e0041}",
        ] {
            assert!(forbidden_in_name(name).is_some(), "{name:?}");
        }
    }

    #[test]
    fn notes_have_line_breaks_and_marks_but_no_override() {
        assert_eq!(forbidden_in_note("a\r\nb \u{200f}שלום a\u{200b}"), None);
        for note in ["a\tb", "a\0", "a\u{202e}b", "a\u{2067}b"] {
            assert!(forbidden_in_note(note).is_some(), "{note:?}");
        }
    }
}
