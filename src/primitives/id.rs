//! The ids of rows: one type per kind of row, so that the compiler rejects an id of another kind.

use std::fmt;

use async_graphql::{ID, InputType, InputValueError, InputValueResult, Value, registry::Registry};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::{Text, Uuid as SqlUuid};
use uuid::Uuid;

/// The length of a UUID in its canonical form: 32 digits and 4 hyphens.
const CANONICAL_LENGTH: usize = 36;

/// Parses an id from GraphQL input: a UUID in its canonical form.
fn parse(value: Option<Value>) -> Result<Uuid, String> {
    let text = match value {
        Some(Value::String(text)) => text,
        _ => return Err("an id is a string with a UUID".to_owned()),
    };
    // The parser also accepts other forms: without hyphens, in braces, as a URN.
    let parsed = Uuid::try_parse(&text).ok().filter(|_| text.len() == CANONICAL_LENGTH);
    parsed.ok_or_else(|| {
        let text: String = text.chars().take(64).collect();
        format!("{text:?} is not an id; an id is a UUID as this API returned it")
    })
}

macro_rules! id {
    ($($(#[$description:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$description])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, AsExpression, FromSqlRow)]
        #[diesel(sql_type = SqlUuid)]
        pub struct $name(pub Uuid);

        impl $name {
            /// Returns a new id. Time-ordered (UUID version 7), so that indexes grow at one end.
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromSql<SqlUuid, Pg> for $name {
            fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                <Uuid as FromSql<SqlUuid, Pg>>::from_sql(value).map(Self)
            }
        }

        impl ToSql<SqlUuid, Pg> for $name {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                <Uuid as ToSql<SqlUuid, Pg>>::to_sql(&self.0, out)
            }
        }

        impl InputType for $name {
            type RawValueType = Self;

            fn type_name() -> std::borrow::Cow<'static, str> {
                <ID as InputType>::type_name()
            }

            fn create_type_info(registry: &mut Registry) -> String {
                <ID as InputType>::create_type_info(registry)
            }

            fn parse(value: Option<Value>) -> InputValueResult<Self> {
                parse(value).map(Self).map_err(InputValueError::custom)
            }

            fn to_value(&self) -> Value {
                Value::String(self.to_string())
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }
        }
    )+};
}

id! {
    /// The id of a partner.
    PartnerId,
    /// The id of the link of a user to a partner.
    PartnerUserId,
    /// The id of a managed account.
    ManagedAccountId,
    /// The id of an invoice, or of a payment of an invoice.
    InvoiceId,
    /// The id of a commission event.
    CommissionEventId,
    /// The id of a payout.
    PayoutId,
    /// The id of an account that a partner is paid to.
    PayoutAccountId,
    /// The id of an attempt to send the money of a payout.
    PayoutAttemptId,
    /// The id of a payment file.
    PaymentFileId,
    /// The id of the bank account that a tenant pays from.
    PayingAccountId,
    /// The id of an event that was received by a webhook.
    InboxEventId,
    /// The id of the connection of a tenant to Stripe.
    StripeConnectionId,
    /// The id of a payout run, which creates payouts for all partners.
    PayoutRunId,
    /// The id of a referral lead.
    ReferralLeadId,
    /// The id of a service token.
    ServiceTokenId,
    /// The id of the erasure of a person.
    ErasureId,
    /// The id of an entry of the audit trail.
    AuditEntryId,
    /// The id of a statement.
    StatementId,
    /// The id of a webhook endpoint.
    WebhookEndpointId,
    /// The id of a webhook delivery.
    WebhookDeliveryId,
    /// The id of a domain event.
    DomainEventId,
    /// The id of the row that a job is about.
    JobSubjectId,
    /// The id of a mail.
    MailId,
    /// The id of a saved view.
    SavedViewId,
    /// The id of a movement on a statement: that of the status change which it states.
    MovementId,
}

/// The id of an object whose type is not known yet: a UUID, or the id of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NodeId(String);

impl NodeId {
    /// Returns the id as that of a row; `None` if no row can have it.
    pub fn row(&self) -> Option<Uuid> {
        parse(Some(Value::String(self.0.clone()))).ok()
    }

    /// Returns whether this is the id of a tenant.
    pub fn is_of(&self, tenant: &TenantId) -> bool {
        self.0 == tenant.0
    }
}

impl InputType for NodeId {
    type RawValueType = Self;

    fn type_name() -> std::borrow::Cow<'static, str> {
        <ID as InputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <ID as InputType>::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        // The characters of the ids of tenants, which are also those of a UUID.
        let is_word = |text: &str| {
            text.starts_with(|c: char| c.is_ascii_alphanumeric())
                && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.:-".contains(c))
        };
        match value {
            Some(Value::String(text)) if is_word(&text) => Ok(Self(text)),
            other => match parse(other) {
                Ok(uuid) => Ok(Self(uuid.to_string())),
                Err(message) => Err(InputValueError::custom(message)),
            },
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

/// The id of a tenant: the claim `tenant_id` of its tokens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct TenantId(pub String);

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromSql<Text, Pg> for TenantId {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        <String as FromSql<Text, Pg>>::from_sql(value).map(Self)
    }
}

impl ToSql<Text, Pg> for TenantId {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <String as ToSql<Text, Pg>>::to_sql(&self.0, out)
    }
}
