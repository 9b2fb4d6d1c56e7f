//! The CSV file of a statement, by RFC 4180. Its SHA-256 is the hash of the statement, so that its bytes never change.

use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};

use crate::primitives::error::{Error, Result};
use crate::primitives::mask::{is_personal, name as mask};

/// A part of a CSV file.
pub struct CsvPart(Writer<Vec<u8>>);

impl CsvPart {
    /// Returns an empty part.
    pub fn new() -> Self {
        let mut builder = WriterBuilder::new();
        builder.terminator(Terminator::CRLF).quote_style(QuoteStyle::Necessary);
        Self(builder.from_writer(Vec::new()))
    }

    /// Adds a row.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) -> Result<()> {
        self.0.write_record(cells).map_err(|error| Error::internal(format!("a CSV row: {error}")))
    }

    /// Returns the bytes.
    pub fn into_bytes(self) -> Result<Vec<u8>> {
        self.0.into_inner().map_err(|error| Error::internal(format!("a CSV file: {error}")))
    }
}

impl Default for CsvPart {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns an identifier of the billing system as text, masked if it is personal.
pub fn identifier_text(identifier: Option<&str>) -> String {
    let Some(identifier) = identifier else { return String::new() };
    if is_personal(identifier) { mask(identifier) } else { identifier.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_quoted_only_if_it_must_be() -> Result<()> {
        let mut part = CsvPart::new();
        part.row(["plain", "with, comma", "with \"quotes\"", "two\nlines", "", " blank "])?;
        let bytes = part.into_bytes()?;
        let expected = "plain,\"with, comma\",\"with \"\"quotes\"\"\",\"two\nlines\",, blank \r\n";
        assert_eq!(String::from_utf8_lossy(&bytes), expected);
        Ok(())
    }
}
