//! Lexical statistics of a document, computed before it is parsed (GraphQL specification, 2.1).
//!
//! Fifty lines instead of `apollo-parser`'s lexer, whose tokens would be allocated only to be counted.

/// The number of tokens and the nesting of brackets, outside of strings and comments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LexicalStats {
    /// Names, numbers, strings and punctuators.
    pub count: u64,
    /// The deepest nesting of brackets.
    pub nesting: u64,
}

impl LexicalStats {
    /// Computes the statistics in one pass over any text.
    pub fn of(text: &str) -> Self {
        let mut found = Self::default();
        let mut depth = 0_u64;
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let length = match next {
                '#' => rest.find(['\n', '\r']).unwrap_or(rest.len()),
                '"' => string_length(rest),
                '.' if rest.starts_with("...") => 3,
                _ if is_word(next) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
                _ => next.len_utf8(),
            };
            match next {
                '{' | '[' | '(' => {
                    depth += 1;
                    found.nesting = found.nesting.max(depth);
                }
                '}' | ']' | ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            let is_ignored = next == '#' || next == ',' || next == '\u{feff}' || next.is_whitespace();
            found.count += u64::from(!is_ignored);
            rest = rest.get(length..).unwrap_or_default();
        }
        found
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Returns the length in bytes of the string that the text starts with.
fn string_length(text: &str) -> usize {
    let quote = if text.starts_with("\"\"\"") { "\"\"\"" } else { "\"" };
    let mut at = quote.len();
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(quote) {
            return at + quote.len();
        }
        let escaped = rest.starts_with('\\');
        at += rest.chars().take(if escaped { 2 } else { 1 }).map(char::len_utf8).sum::<usize>();
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_count_outside_of_strings_and_comments() {
        for (text, count) in [
            ("", 0),
            (" ,\n\t\u{feff}# a comment { [", 0),
            ("{a}", 3),
            ("query Q($x: Int = -1) { a(x: $x, y: \"b { c\") ...F @d }", 27),
            ("\"\"\"a \"b\" \\\"\"\" c\"\"\" x", 2),
            ("\"unfinished", 1),
            ("äö", 2),
        ] {
            assert_eq!(LexicalStats::of(text).count, count, "{text}");
        }
    }

    #[test]
    fn brackets_count_outside_of_strings_and_comments() {
        let nested = |n| format!("{{a(x:{}1{}){{b}}}}", "[".repeat(n), "]".repeat(n));
        for n in [0, 60, 2_000, 100_000] {
            assert_eq!(LexicalStats::of(&nested(n)).nesting, 2 + u64::try_from(n).unwrap_or(0));
        }
        let objects = format!("{{a(x:{}1{}){{b}}}}", "{y:".repeat(2_000), "}".repeat(2_000));
        assert_eq!(LexicalStats::of(&objects).nesting, 2_002);
        let quoted = format!("{{a(x:\"{0}\\\"{0}\",y:\"\"\"{0}\"{0}\"\"\"){{b}}}} # {0}", "[".repeat(100));
        assert_eq!(LexicalStats::of(&quoted).nesting, 2);
        assert_eq!(LexicalStats::of("}}}{").nesting, 1);
    }
}
