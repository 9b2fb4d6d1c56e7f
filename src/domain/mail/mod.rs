//! Mails: their recipients, their content, and the attempts to send them.
//!
//! A mail is written in the transaction of the change that it is about, one for each recipient who wants it. The worker renders it once,
//! and sends the same bytes until a server has taken it over, refuses it for good, or two days have passed.

pub mod deliver;
pub mod digest_schedule;
pub mod latest;
pub mod list;
pub mod preference;
pub mod store;
pub mod sweep;

use async_graphql::Enum;
use chrono::{DateTime, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use serde_json::Value;
use uuid::Uuid;

use super::db::mail_schema::mails;
use crate::auth::PartnerOwned;
use crate::mail::notification::NotificationKind;
use crate::primitives::id::{MailId, PartnerId, PartnerUserId, TenantId};
use crate::primitives::text_enum::text_enum;

/// The status of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum MailStatus {
    /// Waiting for its next attempt.
    Pending,
    /// The mail server took it over.
    Sent,
    /// The mail server refused it for good, because the address does not exist, for example.
    Bounced,
    /// No attempt succeeded within two days.
    Failed,
    /// The recipient was erased, lost access, or turned the notification off, before it was sent.
    Abandoned,
}

text_enum!(MailStatus);

/// A mail to one address. Its HTML, and the bytes that are sent, are only read to send it.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable)]
#[diesel(table_name = mails, check_for_backend(diesel::pg::Pg))]
pub struct Mail {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The id, which is also that of the message.
    pub id: MailId,
    /// What it is about.
    pub kind: NotificationKind,
    /// The link of its recipient; `None` for the contact of the tenant.
    pub partner_user_id: Option<PartnerUserId>,
    /// The address.
    pub address: String,
    /// The subject; `None` until it is rendered, and after an erasure.
    pub subject: Option<String>,
    /// The body as text; likewise.
    pub text_body: Option<String>,
    /// The status.
    pub status: MailStatus,
    /// The number of attempts.
    pub attempts: i32,
    /// The code of the server's last answer.
    pub code: Option<i32>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When the last attempt was made.
    pub attempted_at: Option<DateTime<Utc>>,
    /// When a server took it over.
    pub sent_at: Option<DateTime<Utc>>,
    /// When it was sent or given up.
    pub ended_at: Option<DateTime<Utc>>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
}

impl PartnerOwned for Mail {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    /// Returns no partner: a mail is only within a scope of all partners.
    fn partner_id(&self) -> PartnerId {
        PartnerId(Uuid::nil())
    }
}

/// A mail with everything that an attempt needs.
#[derive(Clone, Debug, QueryableByName)]
pub struct DueMail {
    /// The mail.
    #[diesel(embed)]
    pub mail: Mail,
    /// The facts that it states.
    #[diesel(sql_type = diesel::sql_types::Jsonb)]
    pub content: Value,
    /// The bytes to send; `None` until it is rendered.
    #[diesel(sql_type = Nullable<diesel::sql_types::Bytea>)]
    pub message: Option<Vec<u8>>,
    /// The name of the partner of the recipient.
    #[diesel(sql_type = Nullable<Text>)]
    pub company_name: Option<String>,
    /// Whether the recipient still has access to the partner, and has not turned the notification off.
    #[diesel(sql_type = diesel::sql_types::Bool)]
    pub is_wanted: bool,
}

impl PartnerOwned for DueMail {
    fn tenant_id(&self) -> &TenantId {
        &self.mail.tenant_id
    }

    /// Returns no partner: a mail is only within a scope of all partners.
    fn partner_id(&self) -> PartnerId {
        self.mail.partner_id()
    }
}
