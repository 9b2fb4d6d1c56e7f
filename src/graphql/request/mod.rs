//! The checks on a document before it is executed: its hash, its size and complexity, and its cost.

pub mod complexity;
pub mod cost;
pub mod document;
pub mod lexer;
pub mod limits;
pub mod persisted_documents;
mod prices;

/// Why a document is not executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentError {
    /// The value of `extensions.code`.
    pub code: &'static str,
    /// The value of the label `reason` of the metric `revshare_rejections`: the limit, or a word.
    pub reason: &'static str,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl DocumentError {
    /// Returns an error with a code, a reason for the metric, and a message for the client.
    pub fn new(code: &'static str, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into() }
    }

    /// Returns an error for a document that is not a valid one.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new("BAD_USER_INPUT", "invalid document", message)
    }
}
