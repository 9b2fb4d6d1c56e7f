//! The ids of rows, one type for each kind of row, so that no id stands in for another.

use std::fmt;

use async_graphql::{ID, InputType, InputValueError, InputValueResult, Value, registry::Registry};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::{Text, Uuid as SqlUuid};
use uuid::Uuid;

/// 32 digits and 4 hyphens.
const CANONICAL_LENGTH: usize = 36;

/// Reads an id as a client sends it.
fn parse(value: Option<Value>) -> Result<Uuid, String> {
    let text = match value {
        Some(Value::String(text)) => text,
        _ => return Err("an id is a string that holds a UUID".to_owned()),
    };
    // The parser takes other spellings too: without hyphens, in braces, as a URN.
    let parsed = Uuid::try_parse(&text).ok().filter(|_| text.len() == CANONICAL_LENGTH);
    parsed.ok_or_else(|| {
        let text: String = text.chars().take(64).collect();
        format!("{text:?} is not an id; an id is a UUID as this API returned it")
    })
}

macro_rules! id {
    ($($(#[$meaning:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meaning])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, AsExpression, FromSqlRow)]
        #[diesel(sql_type = SqlUuid)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id. Time-ordered (version 7), so that the indexes it enters grow at one end.
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
    /// Names a partner.
    PartnerId,
    /// Names the link of a user to a partner.
    PartnerUserId,
    /// Names a managed account.
    ManagedAccountId,
    /// Names a commission event.
    CommissionEventId,
    /// Names a payout.
    PayoutId,
    /// Names a run of payouts for all partners.
    PayoutRunId,
    /// Names a referral lead.
    ReferralLeadId,
    /// Names a service token.
    ServiceTokenId,
    /// Names a row of any kind, before it is known which.
    NodeId,
}

/// Names a tenant, as in the `tenant_id` of a token.
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
