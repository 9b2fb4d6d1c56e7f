//! The rows whose changes the audit trail records, and what it records of their fields: never personal data.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use uuid::Uuid;

use crate::primitives::id::PartnerId;
use crate::primitives::mask;

/// The kind of a row; the name of its type in GraphQL, if it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are those of the types")]
pub enum RowKind {
    CommissionEvent,
    Invoice,
    ManagedAccount,
    Partner,
    PartnerUser,
    PayingAccount,
    PaymentFile,
    Payout,
    PayoutAccount,
    PayoutAttempt,
    PayoutRun,
    ReferralLead,
    SavedView,
    ServiceToken,
    StripeConnection,
    Tenant,
    WebhookEndpoint,
}

impl fmt::Display for RowKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A row: its kind and its id. The row of the tenant itself has no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowKey {
    /// The kind.
    pub kind: RowKind,
    /// The id.
    pub id: Option<Uuid>,
}

impl fmt::Display for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.id {
            Some(id) => write!(f, "{}:{id}", self.kind),
            None => write!(f, "{}", self.kind),
        }
    }
}

/// What may be recorded of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Privacy {
    Plain,
    /// An identifier of the billing system: masked if it is an e-mail address.
    Identifier,
    /// An e-mail address, or the id of a user.
    Address,
    Name,
    /// Free text: its length only.
    Text,
}

/// A field of a row with its present value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name, as in GraphQL.
    pub name: Cow<'static, str>,
    value: Option<String>,
    privacy: Privacy,
    /// Whether the value changes by entries only. One that also changes with time, such as a rate that was agreed for
    /// later, is recorded for readers and not compared.
    pub is_compared: bool,
}

impl Field {
    fn new(name: impl Into<Cow<'static, str>>, value: Option<String>, privacy: Privacy) -> Self {
        Self { name: name.into(), value, privacy, is_compared: true }
    }

    /// Returns a field that is recorded as it is.
    pub fn plain(name: impl Into<Cow<'static, str>>, value: impl ToString) -> Self {
        Self::new(name, Some(value.to_string()), Privacy::Plain)
    }

    /// Returns a field that may have no value and is recorded as it is.
    pub fn optional<T: ToString>(name: impl Into<Cow<'static, str>>, value: Option<T>) -> Self {
        Self::new(name, value.map(|value| value.to_string()), Privacy::Plain)
    }

    /// Returns a time, recorded in UTC to the microsecond.
    pub fn time(name: &'static str, at: impl Into<Option<DateTime<Utc>>>) -> Self {
        Self::new(name, at.into().map(time_text), Privacy::Plain)
    }

    /// Returns an identifier of the billing system.
    pub fn identifier(name: &'static str, value: Option<&str>) -> Self {
        Self::new(name, value.map(str::to_owned), Privacy::Identifier)
    }

    /// Returns an e-mail address or the id of a user: the first letter and the domain are recorded.
    pub fn address(name: &'static str, value: &str) -> Self {
        Self::new(name, Some(value.to_owned()), Privacy::Address)
    }

    /// Returns a name: the first letter of each word is recorded.
    pub fn name(name: &'static str, value: Option<&str>) -> Self {
        Self::new(name, value.map(str::to_owned), Privacy::Name)
    }

    /// Returns free text: its length is recorded.
    pub fn text(name: &'static str, value: Option<&str>) -> Self {
        Self::new(name, value.map(str::to_owned), Privacy::Text)
    }

    /// Returns the same field, whose value also changes without an entry.
    pub fn not_compared(self) -> Self {
        Self { is_compared: false, ..self }
    }

    /// Returns whether two fields have the same value, before it is masked.
    pub fn has_same_value(&self, other: &Self) -> bool {
        self.value == other.value
    }

    /// Returns the value as it is recorded.
    pub fn recorded(&self) -> Option<String> {
        let value = self.value.as_deref()?;
        Some(match self.privacy {
            Privacy::Identifier if mask::is_personal(value) => mask::email(value),
            Privacy::Plain | Privacy::Identifier => value.to_owned(),
            Privacy::Address => mask::email(value),
            Privacy::Name => mask::name(value),
            Privacy::Text => format!("{} characters", value.chars().count()),
        })
    }
}

/// A row whose changes the audit trail records.
pub trait AuditedRow {
    /// Returns the kind and id of the row.
    fn key(&self) -> RowKey;

    /// Returns the partner that the row belongs to.
    fn owner(&self) -> Option<PartnerId>;

    /// Returns the fields, each name once.
    fn fields(&self) -> Vec<Field>;
}

/// Returns a time in UTC to the microsecond: `2026-11-28T10:00:00.000000Z`.
pub fn time_text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}
