//! Errors, and their messages to clients and operators.
//!
//! Two kinds: a rejection that a correct client could not have foreseen is data ([`UserError`], returned as `userErrors`
//! of the payload, with everything rolled back); everything else is a top-level error with a stable `extensions.code`.
//! Details of the database or of the program are never part of a message.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_graphql::{Enum, ErrorExtensions, ID, SimpleObject};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::sql_types::Text;

use crate::primitives::text_enum::text_enum;

/// The result of everything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request, or one field of it, failed.
#[derive(Clone, Debug)]
pub enum Error {
    /// Missing or invalid credentials.
    Unauthenticated(String),
    /// The caller lacks the permission.
    Forbidden(String),
    /// Invalid input that the client could have avoided.
    BadInput {
        /// What is wrong, and what would be right.
        message: String,
        /// The argument or input field.
        field: Option<&'static str>,
    },
    /// A limit is exceeded; the message names it and says what would be within it.
    LimitExceeded(String),
    /// A business rule or a concurrent change rejects the mutation; it is rolled back.
    UserErrors(Vec<UserError>),
    /// A statement or a query exceeded its time limit.
    Timeout,
    /// The database is unreachable, or no connection is free; retryable.
    Unavailable,
    /// The caller's tenant already does as much at a time as one tenant may: what, and when to try again; retryable.
    Busy(&'static str),
    /// A serialization failure or a deadlock: the transaction was rolled back and can be retried.
    SerializationFailure,
    /// The connection to the database was lost before COMMIT; nothing has changed.
    ConnectionLost,
    /// The connection to the database was lost during COMMIT, and the outcome cannot be looked up.
    CommitOutcomeUnknown,
    /// A constraint of the database was violated, by its name.
    Constraint(String),
    /// A fault of this program or its database: logged, and never shown to clients.
    Internal(Arc<Internal>),
}

/// The cause of an internal error, for the log.
#[derive(Debug)]
pub struct Internal {
    cause: String,
    logged: AtomicBool,
}

impl Error {
    /// Returns an error for an invalid argument or input field.
    pub fn bad_input(field: &'static str, message: impl Into<String>) -> Self {
        Self::BadInput { message: message.into(), field: Some(field) }
    }

    /// Returns an internal error with its cause for the log.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self::Internal(Arc::new(Internal { cause: cause.to_string(), logged: AtomicBool::new(false) }))
    }

    /// Returns the rejection of a mutation for one reason.
    pub fn user_error(error: UserError) -> Self {
        Self::UserErrors(vec![error])
    }

    /// Replaces the violation of one constraint by what it means to the client.
    pub fn on_constraint(self, name: &str, meaning: impl FnOnce() -> Error) -> Self {
        if matches!(&self, Self::Constraint(violated) if violated == name) { meaning() } else { self }
    }

    /// Returns whether the same request may succeed in a moment. An idempotent request that is sent again takes effect once.
    pub fn is_retryable(&self) -> bool {
        self.code() == "UNAVAILABLE"
    }

    /// Returns the value of `extensions.code`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated(_) => "UNAUTHENTICATED",
            Self::Forbidden(_) => "FORBIDDEN",
            Self::BadInput { .. } => "BAD_USER_INPUT",
            Self::LimitExceeded(_) => "LIMIT_EXCEEDED",
            Self::Timeout => "TIMEOUT",
            Self::Unavailable
            | Self::Busy(_)
            | Self::SerializationFailure
            | Self::ConnectionLost
            | Self::CommitOutcomeUnknown => "UNAVAILABLE",
            Self::UserErrors(_) | Self::Constraint(_) | Self::Internal(_) => "INTERNAL_ERROR",
        }
    }

    /// Returns the code under which the payload of a mutation reports the failure of one of its parts.
    pub fn failure_code(&self) -> UserErrorCode {
        match self {
            Self::Timeout
            | Self::Unavailable
            | Self::Busy(_)
            | Self::SerializationFailure
            | Self::ConnectionLost
            | Self::CommitOutcomeUnknown => UserErrorCode::Unavailable,
            Self::UserErrors(errors) => {
                errors.first().map_or(UserErrorCode::InternalError, |error| error.code)
            }
            Self::Unauthenticated(_)
            | Self::Forbidden(_)
            | Self::BadInput { .. }
            | Self::LimitExceeded(_)
            | Self::Constraint(_)
            | Self::Internal(_) => UserErrorCode::InternalError,
        }
    }

    /// Returns the message for the client.
    pub fn message(&self) -> String {
        match self {
            Self::Unauthenticated(message) | Self::Forbidden(message) | Self::LimitExceeded(message) => {
                message.clone()
            }
            Self::BadInput { message, field: Some(field) } => format!("{field}: {message}"),
            Self::BadInput { message, field: None } => message.clone(),
            Self::Timeout => "this took too long; request less, or try again later".to_owned(),
            Self::Unavailable => "the service is busy or starting; try again in a moment".to_owned(),
            Self::Busy(message) => (*message).to_owned(),
            Self::SerializationFailure => {
                "another request changed the same rows at the same time; try again".to_owned()
            }
            Self::ConnectionLost => {
                "the connection to the database was lost; nothing was changed; try again in a moment".to_owned()
            }
            Self::CommitOutcomeUnknown => {
                "the connection to the database was lost while the change was committed, so that it may have taken effect or \
                 not; send the request again, with the same idempotency key if it has one"
                    .to_owned()
            }
            Self::UserErrors(_) | Self::Constraint(_) | Self::Internal(_) => {
                "internal error; the log has its cause under the request id".to_owned()
            }
        }
    }

    /// Returns the message for an operator, with the cause of an internal error.
    ///
    /// Not `Display`: async-graphql would convert a displayable error into a GraphQL error without a code.
    pub fn describe(&self) -> String {
        match self {
            Self::Internal(internal) => internal.cause.clone(),
            Self::Constraint(name) => format!("a row violates the constraint {name} of the database"),
            Self::UserErrors(errors) => {
                let messages: Vec<_> = errors.iter().map(|error| error.message.as_str()).collect();
                messages.join("; ")
            }
            Self::Unauthenticated(_)
            | Self::Forbidden(_)
            | Self::BadInput { .. }
            | Self::LimitExceeded(_)
            | Self::Timeout
            | Self::Unavailable
            | Self::Busy(_)
            | Self::SerializationFailure
            | Self::ConnectionLost
            | Self::CommitOutcomeUnknown => self.message(),
        }
    }

    /// Logs an internal error, once, however many fields it fails.
    pub fn log(&self) {
        match self {
            Self::Internal(internal) => {
                if !internal.logged.swap(true, Ordering::Relaxed) {
                    tracing::error!(cause = %internal.cause, "internal error");
                }
            }
            Self::Constraint(name) => {
                tracing::error!(constraint = %name, "unexpected violation of a constraint")
            }
            Self::UserErrors(errors) => tracing::error!(?errors, "user errors outside of a payload"),
            Self::Unauthenticated(_)
            | Self::Forbidden(_)
            | Self::BadInput { .. }
            | Self::LimitExceeded(_)
            | Self::Timeout
            | Self::Unavailable
            | Self::Busy(_)
            | Self::SerializationFailure
            | Self::ConnectionLost
            | Self::CommitOutcomeUnknown => {}
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
            // Diesel reports a connection that was lost earlier like this.
            return Self::ConnectionLost;
        }
        let DieselError::DatabaseError(kind, information) = error else {
            return Self::internal(format!("database: {error}"));
        };
        if let Some(constraint) = information.constraint_name() {
            return Self::Constraint(constraint.to_owned());
        }
        let message = information.message();
        // Diesel does not expose SQLSTATE: some errors can be recognized by their English message only. In another language
        // they count as internal errors: safe, but less helpful.
        let starts_with = |text| message.starts_with(text);
        let lost =
            [DatabaseErrorKind::ClosedConnection, DatabaseErrorKind::UnableToSendCommand].contains(&kind);
        if lost || starts_with("terminating connection") {
            tracing::warn!(cause = message, "lost a database connection");
            Self::ConnectionLost
        } else if kind == DatabaseErrorKind::SerializationFailure || starts_with("deadlock detected") {
            Self::SerializationFailure
        } else if starts_with("canceling statement due to lock timeout") {
            tracing::warn!(cause = message, "lock timeout");
            Self::Unavailable
        } else if kind == DatabaseErrorKind::ReadOnlyTransaction || starts_with("cannot execute") {
            tracing::error!(
                cause = message,
                "the database is read-only: set DATABASE_URL to the primary, or make it writable"
            );
            Self::Unavailable
        } else if message.contains("No space left on device") {
            tracing::error!(cause = message, "the disk of the database is full: free space");
            Self::Unavailable
        } else if starts_with("canceling statement due to statement timeout") {
            Self::Timeout
        } else if starts_with("numeric field overflow") {
            let message = "these amounts add up to more than 15 digits before the point".to_owned();
            Self::BadInput { message, field: None }
        } else {
            Self::internal(format!("database: {message}"))
        }
    }
}

/// A reason why a mutation was rejected although the request was well formed. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub struct UserError {
    /// The reason as a stable code, for programs.
    pub code: UserErrorCode,
    /// The reason as a sentence in English, for people.
    pub message: String,
    /// The path of the input field that caused it, e.g. `["input", "customerId"]`; null if no single field did.
    pub field: Option<Vec<String>>,
    /// The id of the row that the error is about; null if it is about no single row. It does not identify the error: a
    /// normalized cache must not store errors under it.
    pub id: Option<ID>,
}

impl UserError {
    /// Returns an error about the request as a whole.
    pub fn new(code: UserErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), field: None, id: None }
    }

    /// Names the input field that caused it.
    pub fn at(mut self, field: &str) -> Self {
        self.field = Some(vec!["input".to_owned(), field.to_owned()]);
        self
    }

    /// Names the row that it is about.
    pub fn about(mut self, id: impl Into<ID>) -> Self {
        self.id = Some(id.into());
        self
    }
}

/// The reason of a user error. Values may be added: treat an unknown one like INVALID_STATE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum UserErrorCode {
    /// The same invoice, refund or idempotency key was sent before with other data.
    Conflict,
    /// The status of the row does not permit the change.
    InvalidState,
    /// There is no such row within the caller's scope.
    NotFound,
    /// No approved commissions are payable, or their sum is zero or negative.
    NothingPayable,
    /// The payable sum is below the tenant's minimum payout in its currency.
    BelowMinimum,
    /// The status of the partner does not permit payouts.
    PartnerNotPayable,
    /// A partner already manages the customer in an overlapping period.
    AccountOverlaps,
    /// A row with the same key already exists.
    Duplicate,
    /// The refunds of the invoice exceed its total.
    RefundExceedsInvoice,
    /// The amounts add up to 10^15 or more, which is beyond what one payout can hold. Pay shorter periods.
    AmountTooLarge,
    /// A quota of the partner is used up; the message states when it is available again.
    LimitExceeded,
    /// The money of the payout is being sent, or it is not known whether it was; the message says what to do.
    AttemptUnderWay,
    /// The partner has no account that the rail can send money to now.
    AccountNotReady,
    /// The tenant is not connected to the rail, or the connection is broken.
    RailNotConnected,
    /// The rail cannot send this amount in this currency; the message says why.
    CurrencyUnsupported,
    /// The URL leads to an address that nothing may be sent to; the message says why.
    AddressRefused,
    /// The same user may not do both steps, as in setting bank details and confirming them.
    SamePerson,
    /// No movement of the account is to be stated before that time.
    NothingToState,
    /// The tax treatment is one with tax, which invoices under self-billing do not support.
    TaxNotSupported,
    /// The database was busy or out of reach when one part of a mutation was to run: the payout of a partner, or the
    /// assessment of an invoice. Nothing of that part has changed; repeat the mutation.
    Unavailable,
    /// A fault of the service kept one part of a mutation from running: the payout of a partner, or the assessment of an
    /// invoice. Nothing of that part has changed; the service's log has the cause.
    InternalError,
}

text_enum!(UserErrorCode);
