//! The object types of mails and of the notifications that users choose.

use async_graphql::{Context, ID, Object, SimpleObject};

use crate::auth::Authorized;
use crate::domain::mail::{self, MailStatus, preference};
use crate::graphql::connection::ConnectionNode;
use crate::graphql::context::request;
use crate::graphql::loaders::{ListLoaders, Loaders};
use crate::mail::notification::NotificationKind;
use crate::primitives::timestamp::Timestamp;

/// Whether the viewer is sent a kind of notifications.
#[derive(SimpleObject)]
pub struct NotificationPreference {
    /// The kind of notifications, one that can be turned off.
    kind: NotificationKind,
    /// Whether the viewer is sent it by mail; true unless the viewer has turned it off.
    is_wanted: bool,
}

impl From<preference::NotificationPreference> for NotificationPreference {
    fn from(preference: preference::NotificationPreference) -> Self {
        Self { kind: preference.kind, is_wanted: preference.is_wanted }
    }
}

/// A mail of the caller's tenant.
pub struct Mail(pub Authorized<mail::Mail>);

impl From<Authorized<mail::Mail>> for Mail {
    fn from(row: Authorized<mail::Mail>) -> Self {
        Self(row)
    }
}

impl ConnectionNode for Mail {
    type Row = mail::Mail;
    const CONNECTION: &'static str = "MailConnection";
    const EDGE: &'static str = "MailEdge";

    fn lists(_: &Loaders) -> Option<&ListLoaders<Self::Row>> {
        None
    }
}

/// A mail that tells one recipient of something, and what became of it. Deleted after 90 days. For staff.
#[Object]
impl Mail {
    /// The id of the mail: a UUID, unique over all types; also the first part of its Message-ID.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The kind of the notification.
    async fn kind(&self) -> NotificationKind {
        self.0.kind
    }

    /// The address of the recipient; `"erased@erased.invalid"` after the recipient was erased.
    async fn address(&self) -> &str {
        &self.0.address
    }

    /// The subject of the mail; null before the first attempt, and after the recipient was erased.
    async fn subject(&self) -> Option<&str> {
        self.0.subject.as_deref()
    }

    /// The body as plain text; null before the first attempt, and after the recipient was erased.
    async fn text(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<&str>> {
        let text = self.0.text_body.as_deref();
        request(ctx)?.work().count_text(text)?;
        Ok(text)
    }

    /// The status of the mail.
    async fn status(&self) -> MailStatus {
        self.0.status
    }

    /// The number of attempts so far.
    async fn attempts(&self) -> i32 {
        self.0.attempts
    }

    /// The SMTP code of the refusal in the last attempt, as in 550; null if it succeeded, or the server did not answer.
    async fn code(&self) -> Option<i32> {
        self.0.code
    }

    /// The reason why the last attempt failed, as a phrase in English; null if it succeeded, and before the first attempt.
    async fn last_error(&self) -> Option<&str> {
        self.0.last_error.as_deref()
    }

    /// The instant at which it was written.
    async fn created_at(&self) -> Timestamp {
        self.0.created_at.into()
    }

    /// The instant of the last attempt; null before the first attempt.
    async fn attempted_at(&self) -> Option<Timestamp> {
        self.0.attempted_at.map(Timestamp::from)
    }

    /// The instant at which the mail server took it over; null if it has not.
    async fn sent_at(&self) -> Option<Timestamp> {
        self.0.sent_at.map(Timestamp::from)
    }
}
