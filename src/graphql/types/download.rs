//! The object type of files that can be downloaded.

use async_graphql::{Enum, SimpleObject};

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum FileFormat {
    /// Comma-separated values by RFC 4180, in UTF-8: amounts and instants in full, for programs.
    Csv,
    /// A document by PDF/A-3a and PDF/UA-1, for people.
    Pdf,
    /// A workbook of Office Open XML: typed cells, and instants in the time zone of the tenant, for people.
    Xlsx,
}

impl FileFormat {
    /// Returns the extension of file names, without the point.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Pdf => "pdf",
            Self::Xlsx => "xlsx",
        }
    }

    /// Returns the format of the file of a list by an extension.
    pub fn from_extension(extension: &str) -> Option<Self> {
        [Self::Csv, Self::Xlsx].into_iter().find(|format| format.extension() == extension)
    }

    /// Returns the media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Pdf => "application/pdf",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// A file that can be downloaded: by GET or POST from its path, with the token in the header Authorization, or as
/// `access_token` in a form.
#[derive(SimpleObject)]
pub struct DownloadFile {
    /// The format of the file.
    pub format: FileFormat,
    /// The name under which the file is to be saved.
    pub file_name: String,
    /// The path of the file on this server, with its query string. It contains no token.
    pub path: String,
    /// The SHA-256 of the file, in hexadecimal; null for a list, which is written while it is downloaded, and for a document
    /// that was not rendered yet.
    pub sha256: Option<String>,
    /// The size of the file in bytes; null where it is not known before the file is written.
    pub bytes: Option<i32>,
}
