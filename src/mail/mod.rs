//! Mails on the wire: their templates, the message (RFC 5322), one attempt to send it, and the links that end them.

mod format;
pub mod message;
pub mod notification;
pub mod sender;
pub mod template;
pub mod unsubscribe;

use std::sync::Arc;

use lettre::Address;

use self::sender::Sender;
use self::unsubscribe::Subscription;
use crate::auth::secrets::SecretKeys;

/// What mails need of the settings.
#[derive(Clone)]
pub struct MailSettings {
    /// Where mails go.
    pub sender: Sender,
    /// The address that they are from.
    pub from: Address,
    /// The URL of the portal that they link to, without a slash at its end.
    pub public_url: String,
    /// The keys that the links which end notifications are signed with; without them, mails have no such links.
    pub keys: Option<Arc<SecretKeys>>,
}

impl MailSettings {
    /// Returns the URL that ends notifications of a kind; `None` for a kind that cannot be turned off, and without keys.
    pub fn unsubscribe_url(&self, subscription: &Subscription) -> Option<String> {
        let keys = self.keys.as_deref().filter(|_| subscription.kind.is_optional())?;
        Some(format!("{}/unsubscribe/{}", self.public_url, subscription.token(keys)))
    }
}
