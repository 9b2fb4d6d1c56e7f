//! Formulas in text: what a spreadsheet would execute is marked as text.

use std::borrow::Cow;

/// Returns a text that no spreadsheet takes for a formula: with an apostrophe in front if it begins with the first character
/// of one, after blanks. So does a text that begins with such an apostrophe already, so that taking one off gives the
/// original in every case.
pub fn escaped(text: &str) -> Cow<'_, str> {
    let content = text.trim_start_matches('\'').trim_start_matches([' ', '\u{a0}', '\u{3000}']);
    let is_formula = content
        .starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    if is_formula { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_marked_and_other_text_is_not() {
        for formula in ["=1+1", "+1", "-1", "@x", " =1", "\t1", "\u{ff1d}1", "'=1", "''@x", "' -1"] {
            assert_eq!(escaped(formula), format!("'{formula}"));
        }
        for text in ["", "'", "A=1", "1-1", "O'Neil", "'A'", " a"] {
            assert_eq!(escaped(text), text);
        }
    }
}
