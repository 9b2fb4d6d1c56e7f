//! Documents of paragraphs and one table as PDF/A-3a and PDF/UA-1: tagged for screen readers, with all fonts embedded, and
//! with the data they were made from attached.
//!
//! The same document gives the same bytes: dates and ids come from the document, never from the clock.

mod fonts;
mod layout;
mod page;
mod paragraph;
mod table;
mod units;
mod writer;

pub use fonts::{FontError, Fonts};

/// A document.
#[derive(Clone, Debug)]
pub struct Document {
    /// The title, which is the first heading as well.
    pub title: String,
    /// The author, for the metadata.
    pub author: String,
    /// The id: the same for two documents only if they are versions of one.
    pub id: String,
    /// The date of the document, in UTC.
    pub date: Date,
    /// A word that marks each page, such as `DRAFT`.
    pub mark: Option<String>,
    /// The two parties, side by side below the title.
    pub parties: [Party; 2],
    /// What is said before the table: labels and their values.
    pub fields: Vec<Field>,
    /// The table.
    pub table: Table,
    /// What is said after the table.
    pub notes: Vec<Text>,
    /// The lines at the foot of each page; the number of the page follows the first one.
    pub foot: Vec<String>,
    /// The file that is attached.
    pub attachment: Option<Attachment>,
}

/// An instant in UTC, to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    /// The year.
    pub year: u16,
    /// The month, 1 to 12.
    pub month: u8,
    /// The day of the month, 1 to 31.
    pub day: u8,
    /// The hour.
    pub hour: u8,
    /// The minute.
    pub minute: u8,
    /// The second.
    pub second: u8,
}

/// A text, and what it is called in the message about a character that no font has.
#[derive(Clone, Debug)]
pub struct Text {
    /// The text.
    pub text: String,
    /// The name of the value, such as `companyName`.
    pub name: &'static str,
}

impl Text {
    /// Returns a text with the name of its value.
    pub fn new(name: &'static str, text: impl Into<String>) -> Self {
        Self { text: text.into(), name }
    }
}

/// A party of the document.
#[derive(Clone, Debug)]
pub struct Party {
    /// The part that it has, such as `From`.
    pub label: String,
    /// Its name, address and so on, one line each.
    pub lines: Vec<Text>,
}

/// A label and its value.
#[derive(Clone, Debug)]
pub struct Field {
    /// The label.
    pub label: String,
    /// The value.
    pub value: Text,
}

/// A table. Its head is repeated on each page.
#[derive(Clone, Debug)]
pub struct Table {
    /// What the table lists, for screen readers.
    pub summary: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows: one text for each column.
    pub rows: Vec<Vec<Text>>,
    /// The last rows, such as a total.
    pub totals: Vec<Vec<Text>>,
}

/// A column of a table.
#[derive(Clone, Debug)]
pub struct Column {
    /// The head.
    pub head: String,
    /// The width, as a share of the width of all columns.
    pub share: u16,
    /// Whether the texts are aligned at the right, as numbers are.
    pub is_number: bool,
}

/// A file attached to the document, which has the same data.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// The name of the file, in ASCII.
    pub name: String,
    /// The media type, such as `text/csv`.
    pub media_type: String,
    /// What the file is.
    pub description: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Why a document could not be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// No font has a character of a text.
    MissingGlyph {
        /// The character.
        character: char,
        /// The name of the value that contains it.
        name: &'static str,
    },
    /// The document does not conform to the standards, or is malformed.
    Invalid(String),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::MissingGlyph { character, name } => {
                write!(f, "no font for U+{:04X} in {name}", u32::from(*character))
            }
            Self::Invalid(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for Error {}

/// The library that renders, for records of what rendered a file.
pub const RENDERER: &str = "krilla 0.8.2";

/// Renders a document. Takes a processor for about 0.1 ms per cell of the table.
pub fn render(document: &Document, fonts: &Fonts) -> Result<Vec<u8>, Error> {
    writer::write(document, fonts)
}
