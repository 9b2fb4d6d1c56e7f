//! What can go wrong, and how a client is told.
//!
//! Two kinds: a *refusal* that a correct client could not have foreseen is data ([`UserError`], shown as
//! `userErrors` of the payload, and everything is rolled back); all else is a top-level error with a stable
//! `extensions.code`. Nothing of the database or of the program is ever part of a message.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_graphql::{Enum, ErrorExtensions, ID, SimpleObject};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::sql_types::Text;

use crate::stored::stored_as_text;

/// The result of anything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request, or one field of it, was not answered.
#[derive(Clone, Debug)]
pub enum Error {
    /// Nobody we know: no token, or one that does not hold.
    Unauthenticated(String),
    /// Somebody we know, who may not do this.
    Forbidden(String),
    /// Something the client could have seen was wrong.
    BadInput {
        /// What was wrong and what would be right.
        message: String,
        /// The argument or input field it was found in.
        field: Option<&'static str>,
    },
    /// The world moved, or a rule of the business says no; all that was done is undone.
    Refused(Vec<UserError>),
    /// The database took longer than a request may.
    Timeout,
    /// The database cannot be reached, or has no connection free; try again.
    Unavailable,
    /// Two transactions met, and the database chose the other one; worth trying again.
    Overtaken,
    /// The connection to the database was lost, before anything was committed.
    Lost,
    /// The connection to the database was lost while a change was being committed, and the database stays away: nobody knows
    /// whether it was done.
    InDoubt,
    /// A constraint of the database said no, by its name.
    Constraint(String),
    /// Our fault. Logged, never shown.
    Internal(Arc<Internal>),
}

/// A fault of this program, kept for the log.
#[derive(Debug)]
pub struct Internal {
    cause: String,
    logged: AtomicBool,
}

impl Error {
    /// The client sent something that cannot be right, in an input field or argument.
    pub fn bad_input(field: &'static str, message: impl Into<String>) -> Self {
        Self::BadInput { message: message.into(), field: Some(field) }
    }

    /// A fault of ours, with what the log should say.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self::Internal(Arc::new(Internal { cause: cause.to_string(), logged: AtomicBool::new(false) }))
    }

    /// One refusal that a correct client could not have foreseen.
    pub fn refused(refusal: UserError) -> Self {
        Self::Refused(vec![refusal])
    }

    /// Turns the violation of one constraint into what it means to the client.
    pub fn on_constraint(self, name: &str, meaning: impl FnOnce() -> Error) -> Self {
        if matches!(&self, Self::Constraint(violated) if violated == name) { meaning() } else { self }
    }

    /// Whether the same request may be answered otherwise in a moment. Sent again with its key, or if it needs none, it does
    /// nothing twice.
    pub fn is_retryable(&self) -> bool {
        self.code() == "UNAVAILABLE"
    }

    /// The stable word for this error in `extensions.code`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated(_) => "UNAUTHENTICATED",
            Self::Forbidden(_) => "FORBIDDEN",
            Self::BadInput { .. } => "BAD_USER_INPUT",
            Self::Timeout => "TIMEOUT",
            Self::Unavailable | Self::Overtaken | Self::Lost | Self::InDoubt => "UNAVAILABLE",
            Self::Refused(_) | Self::Constraint(_) | Self::Internal(_) => "INTERNAL_ERROR",
        }
    }

    /// What the client is told.
    pub fn message(&self) -> String {
        match self {
            Self::Unauthenticated(message) | Self::Forbidden(message) => message.clone(),
            Self::BadInput { message, field: Some(field) } => format!("{field}: {message}"),
            Self::BadInput { message, field: None } => message.clone(),
            Self::Timeout => "this took too long; ask for less, or try again later".to_owned(),
            Self::Unavailable => "the service is busy or starting; try again in a moment".to_owned(),
            Self::Overtaken => "another request changed the same rows at the same time; try again".to_owned(),
            Self::Lost => "the database went away; nothing was changed; try again in a moment".to_owned(),
            Self::InDoubt => {
                "the database went away while this was being stored, and it may have been done or not: send it again, with \
                 the same key if it has one"
                    .to_owned()
            }
            Self::Refused(_) | Self::Constraint(_) | Self::Internal(_) => {
                "internal error; the log has it under the request id".to_owned()
            }
        }
    }

    /// What an operator at the machine is told, the cause of a fault included.
    ///
    /// Not `Display`: whatever can be displayed would turn into a GraphQL error without its code.
    pub fn describe(&self) -> String {
        match self {
            Self::Internal(fault) => fault.cause.clone(),
            Self::Constraint(name) => format!("the database refused a row by its constraint {name}"),
            Self::Refused(refusals) => {
                let messages: Vec<_> = refusals.iter().map(|refusal| refusal.message.as_str()).collect();
                messages.join("; ")
            }
            Self::Unauthenticated(_)
            | Self::Forbidden(_)
            | Self::BadInput { .. }
            | Self::Timeout
            | Self::Unavailable
            | Self::Overtaken
            | Self::Lost
            | Self::InDoubt => self.message(),
        }
    }

    /// Writes a fault of ours to the log, once, however many fields it failed.
    pub fn log(&self) {
        match self {
            Self::Internal(fault) => {
                if !fault.logged.swap(true, Ordering::Relaxed) {
                    tracing::error!(cause = %fault.cause, "internal error");
                }
            }
            Self::Constraint(name) => tracing::error!(constraint = %name, "unforeseen constraint"),
            Self::Refused(refusals) => tracing::error!(?refusals, "refusal outside of a payload"),
            Self::Unauthenticated(_)
            | Self::Forbidden(_)
            | Self::BadInput { .. }
            | Self::Timeout
            | Self::Unavailable
            | Self::Overtaken
            | Self::Lost
            | Self::InDoubt => {}
        }
    }
}

impl From<Error> for async_graphql::Error {
    fn from(error: Error) -> Self {
        error.log();
        Self::new(error.message()).extend_with(|_, extensions| {
            extensions.set("code", error.code());
            if error.is_retryable() {
                extensions.set("retryable", true);
            }
            if let Error::BadInput { field: Some(field), .. } = &error {
                extensions.set("field", *field);
            }
        })
    }
}

impl From<DieselError> for Error {
    fn from(error: DieselError) -> Self {
        let error = if let DieselError::RollbackErrorOnCommit { commit_error, .. } = error {
            *commit_error
        } else {
            error
        };
        if matches!(error, DieselError::BrokenTransactionManager) {
            // What is told of a connection that was lost before.
            return Self::Lost;
        }
        let DieselError::DatabaseError(kind, information) = error else {
            return Self::internal(format!("database: {error}"));
        };
        if let Some(constraint) = information.constraint_name() {
            return Self::Constraint(constraint.to_owned());
        }
        let message = information.message();
        // Diesel does not pass on SQLSTATE: some kinds can be told by the English message only. In another language
        // they are faults of ours, no less safe and less polite.
        let says = |text| message.starts_with(text);
        let lost =
            [DatabaseErrorKind::ClosedConnection, DatabaseErrorKind::UnableToSendCommand].contains(&kind);
        if lost || says("terminating connection") {
            tracing::warn!(cause = message, "lost a database connection");
            Self::Lost
        } else if kind == DatabaseErrorKind::SerializationFailure || says("deadlock detected") {
            Self::Overtaken
        } else if says("canceling statement due to lock timeout") {
            tracing::warn!(cause = message, "the database let go");
            Self::Unavailable
        } else if kind == DatabaseErrorKind::ReadOnlyTransaction || says("cannot execute") {
            tracing::error!(
                cause = message,
                "the database is read-only: point DATABASE_URL at the primary, or let it be written to"
            );
            Self::Unavailable
        } else if message.contains("No space left on device") {
            tracing::error!(cause = message, "the disk of the database is full: make room");
            Self::Unavailable
        } else if says("canceling statement due to statement timeout") {
            Self::Timeout
        } else if says("numeric field overflow") {
            let message = "these amounts add up to more than 15 digits before the point".to_owned();
            Self::BadInput { message, field: None }
        } else {
            Self::internal(format!("database: {message}"))
        }
    }
}

/// One reason why a change was refused although the request was well formed.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub struct UserError {
    /// The reason as a stable word, for programs.
    pub code: UserErrorCode,
    /// The reason as a sentence, for people.
    pub message: String,
    /// Where in the input it lies, e.g. `["input", "customerId"]`; null when it lies in no single place.
    pub field: Option<Vec<String>>,
    /// The row it is about; null when it is about no single row. It is that row's id, not one of this error: a cache that
    /// keeps objects by their id must not keep errors by it.
    pub id: Option<ID>,
}

impl UserError {
    /// A refusal about the request as a whole.
    pub fn new(code: UserErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), field: None, id: None }
    }

    /// Says which input field it lies in.
    pub fn at(mut self, field: &str) -> Self {
        self.field = Some(vec!["input".to_owned(), field.to_owned()]);
        self
    }

    /// Says which row it is about.
    pub fn about(mut self, id: impl Into<ID>) -> Self {
        self.id = Some(id.into());
        self
    }
}

/// Why a well-formed change was refused. May grow: treat an unknown value like INVALID_STATE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum UserErrorCode {
    /// The same invoice, refund or idempotency key came before, with other data.
    Conflict,
    /// The status of the row does not allow it.
    InvalidState,
    /// There is no such row, or not for you.
    NotFound,
    /// There are no approved commissions to pay, or they add up to zero or less.
    NothingPayable,
    /// The sum is below the tenant's minimum payout in that currency.
    BelowMinimum,
    /// The partner cannot be paid in its present status.
    PartnerNotPayable,
    /// A partner manages that customer in that time already.
    AccountOverlaps,
    /// Such a row exists already.
    Duplicate,
    /// The refunds of the invoice add up to more than the invoice.
    RefundExceedsInvoice,
}

stored_as_text!(UserErrorCode);
