//! The error of this crate.

use std::fmt;

/// Why an act of a test cannot be done, as one message for its author.
#[derive(Clone, Debug)]
pub struct Error(String);

/// The result of everything that can fail.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Returns an error with this message.
    pub(crate) fn new(message: impl fmt::Display) -> Self {
        Self(message.to_string())
    }

    /// Returns the error of an object that does not exist.
    pub(crate) fn missing(kind: &str, id: &str) -> Self {
        Self(format!("there is no {kind} {id}"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
