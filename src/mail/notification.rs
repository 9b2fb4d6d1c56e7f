//! Notifications: what users are notified of by mail, and the facts that such a mail states.

use async_graphql::Enum;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::Text;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::primitives::money::Money;
use crate::primitives::text_enum::text_enum;

/// The kind of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum NotificationKind {
    /// A payout to the partner was created. To owners, admins and finance users of the partner.
    PayoutCreated,
    /// The money of a payout arrived. To owners, admins and finance users of the partner.
    PayoutCompleted,
    /// The money of a payout was not sent, or came back. To owners, admins and finance users of the partner.
    PayoutFailed,
    /// The earnings and payouts of the partner in a month, sent on the first day of the next one. To owners, admins and finance
    /// users of the partner.
    MonthlyDigest,
    /// The user was linked to a partner, and can sign in to the portal. To the user; always sent.
    Invitation,
    /// The bank details that the partner is paid to were set, confirmed or ended. To the owners of the partner; always sent.
    BankAccountChanged,
    /// A webhook endpoint has failed for a day. To the contact of the tenant; always sent.
    WebhookFailing,
    /// A webhook endpoint was disabled because it did not work. To the contact of the tenant; always sent.
    WebhookDisabled,
    /// A payout became uncertain: it is not known whether its money was sent. To the contact of the tenant; always sent.
    PayoutUncertain,
    /// Stripe does not accept the key of the tenant any more. To the contact of the tenant; always sent.
    StripeKeyRefused,
}

text_enum!(NotificationKind);

impl NotificationKind {
    /// The kinds that users can turn off.
    pub const OPTIONAL: [Self; 4] =
        [Self::PayoutCreated, Self::PayoutCompleted, Self::PayoutFailed, Self::MonthlyDigest];

    /// Returns whether users can turn the kind off.
    pub fn is_optional(self) -> bool {
        Self::OPTIONAL.contains(&self)
    }
}

/// What was done to bank details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BankAccountChange {
    /// They were set, and wait to be confirmed; earlier ones were ended.
    Set,
    /// They were confirmed: payouts are paid to them.
    Confirmed,
    /// They were ended: nothing is paid to them any more.
    Ended,
}

/// A notification with the facts that its mail states. Stored as JSON until the mail is rendered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub enum Notification {
    /// A payout was created.
    PayoutCreated {
        /// The payout.
        payout_id: Uuid,
        /// The partner.
        partner_id: Uuid,
        /// Its total.
        amount: Amount,
        /// The number of its commissions.
        commission_count: i64,
    },
    /// A payout was completed.
    PayoutCompleted {
        /// The payout.
        payout_id: Uuid,
        /// The partner.
        partner_id: Uuid,
        /// Its total.
        amount: Amount,
        /// When the money arrived.
        completed_at: Instant,
        /// The reference of the payment.
        reference: String,
    },
    /// A payout failed.
    PayoutFailed {
        /// The payout.
        payout_id: Uuid,
        /// The partner.
        partner_id: Uuid,
        /// Its total.
        amount: Amount,
        /// The reason, in the words of staff.
        reason: String,
    },
    /// The money of a completed payout came back.
    PayoutReturned {
        /// The payout.
        payout_id: Uuid,
        /// The partner.
        partner_id: Uuid,
        /// Its total.
        amount: Amount,
        /// When the money was back.
        returned_at: Instant,
        /// The reason, in the words of staff.
        reason: String,
    },
    /// What a partner earned and was paid in a month.
    MonthlyDigest {
        /// The partner.
        partner_id: Uuid,
        /// The year of the month.
        year: i32,
        /// The month, 1 to 12.
        month: u32,
        /// The amounts of each currency.
        totals: Vec<MonthTotal>,
    },
    /// A user was linked to a partner.
    Invitation {
        /// The partner.
        partner_id: Uuid,
    },
    /// The bank details of a partner were changed.
    BankAccountChanged {
        /// The partner.
        partner_id: Uuid,
        /// What was done to them.
        change: BankAccountChange,
        /// The holder of the account.
        holder: String,
        /// The end of its number, as in `…3000`.
        number: String,
        /// The e-mail address of the user of the partner who did it, or the id of the user of the tenant.
        changed_by: String,
        /// Whether that was a user of the tenant.
        is_staff: bool,
        /// When it was done.
        changed_at: Instant,
    },
    /// A webhook endpoint has failed for a day.
    WebhookFailing {
        /// The host that is called; the rest of a URL may be secret.
        host: String,
        /// The first of the failures.
        failing_since: Instant,
        /// Why the last attempt failed.
        error: String,
    },
    /// A webhook endpoint was disabled.
    WebhookDisabled {
        /// The host that was called.
        host: String,
        /// Why it was disabled.
        reason: String,
    },
    /// It is not known whether the money of a payout was sent.
    PayoutUncertain {
        /// The payout.
        payout_id: Uuid,
        /// Its total.
        amount: Amount,
        /// Why it is not known.
        reason: String,
    },
    /// Stripe does not accept the key of the tenant.
    StripeKeyRefused {
        /// The account of the tenant at Stripe.
        account: String,
        /// What Stripe says.
        reason: String,
    },
}

impl Notification {
    /// Returns the kind.
    pub fn kind(&self) -> NotificationKind {
        match self {
            Self::PayoutCreated { .. } => NotificationKind::PayoutCreated,
            Self::PayoutCompleted { .. } => NotificationKind::PayoutCompleted,
            Self::PayoutFailed { .. } | Self::PayoutReturned { .. } => NotificationKind::PayoutFailed,
            Self::MonthlyDigest { .. } => NotificationKind::MonthlyDigest,
            Self::Invitation { .. } => NotificationKind::Invitation,
            Self::BankAccountChanged { .. } => NotificationKind::BankAccountChanged,
            Self::WebhookFailing { .. } => NotificationKind::WebhookFailing,
            Self::WebhookDisabled { .. } => NotificationKind::WebhookDisabled,
            Self::PayoutUncertain { .. } => NotificationKind::PayoutUncertain,
            Self::StripeKeyRefused { .. } => NotificationKind::StripeKeyRefused,
        }
    }

    /// Returns the page of the portal that the mail links to, with its query.
    pub fn path(&self) -> String {
        match self {
            Self::PayoutCreated { payout_id, partner_id, .. }
            | Self::PayoutCompleted { payout_id, partner_id, .. }
            | Self::PayoutFailed { payout_id, partner_id, .. }
            | Self::PayoutReturned { payout_id, partner_id, .. } => {
                format!("/partners/payouts?partner={partner_id}&payout={payout_id}")
            }
            Self::MonthlyDigest { partner_id, .. } | Self::Invitation { partner_id } => {
                format!("/partners/revenue?partner={partner_id}")
            }
            Self::BankAccountChanged { partner_id, .. } => {
                format!("/partners/payout-account?partner={partner_id}")
            }
            Self::WebhookFailing { .. } | Self::WebhookDisabled { .. } | Self::StripeKeyRefused { .. } => {
                "/staff/settings".to_owned()
            }
            Self::PayoutUncertain { payout_id, .. } => format!("/staff/payouts?payout={payout_id}"),
        }
    }
}

/// The amounts of a month in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthTotal {
    /// The commissions of the month.
    pub earned: Amount,
    /// The payouts completed in the month.
    pub paid: Amount,
    /// What is owed to the partner now: commissions that are not paid yet.
    pub outstanding: Amount,
}

/// An amount, as in GraphQL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// The number, in major units with the decimals of the currency.
    pub amount: String,
    /// The ISO 4217 code.
    pub currency: String,
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self { amount: money.amount().to_string(), currency: money.currency().to_string() }
    }
}

/// An instant, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instant(pub DateTime<Utc>);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

/// Returns the first day of a month; an invalid one is the first of all days, which no row has.
pub fn first_day(year: i32, month: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, 1).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_is_stored_as_json_and_read_again() -> serde_json::Result<()> {
        let amount = |amount: &str| Amount { amount: amount.to_owned(), currency: "EUR".to_owned() };
        let completed = Notification::PayoutCompleted {
            payout_id: Uuid::nil(),
            partner_id: Uuid::max(),
            amount: amount("1234.50"),
            completed_at: Instant(DateTime::UNIX_EPOCH),
            reference: "WIRE-1".to_owned(),
        };
        let text = serde_json::to_string(&completed)?;
        assert!(
            text.contains(r#""kind":"PAYOUT_COMPLETED""#)
                && text.contains(r#""completedAt":"1970-01-01T00:00:00Z""#)
        );
        assert_eq!(serde_json::from_str::<Notification>(&text)?, completed);
        Ok(())
    }
}
