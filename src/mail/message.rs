//! The bytes of a mail (RFC 5322), which are made once and sent at each attempt.

use chrono::{DateTime, Utc};
use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart};
use uuid::Uuid;

use super::template::RenderedMail;
use crate::primitives::error::{Error, Result};

/// A mail to be written as bytes.
#[derive(Clone, Debug)]
pub struct Draft<'d> {
    /// The id of the mail, which becomes its Message-ID.
    pub id: Uuid,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// The address that it is from.
    pub from: &'d Address,
    /// The name that it is from: that of the tenant.
    pub from_name: &'d str,
    /// The address of the recipient.
    pub to: &'d str,
    /// Subject and bodies.
    pub content: &'d RenderedMail,
    /// The URL that ends notifications of this kind (RFC 8058).
    pub unsubscribe_url: Option<&'d str>,
}

impl Draft<'_> {
    /// Returns the bytes. Fails if the address cannot be one of a mail.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let from = Mailbox::new(Some(self.from_name.to_owned()), self.from.clone());
        let to = Mailbox::new(None, parse_address(self.to)?);
        let message_id = format!("<{}@{}>", self.id, self.from.domain());
        let mut message = Message::builder()
            .message_id(Some(message_id))
            .date(self.created_at.into())
            .from(from)
            .to(to)
            .subject(&self.content.subject)
            // So that no program answers it, as with "out of office" (RFC 3834).
            .raw_header(raw_header("Auto-Submitted", "auto-generated")?);
        if let Some(url) = self.unsubscribe_url {
            message = message
                .raw_header(raw_header("List-Unsubscribe", &format!("<{url}>"))?)
                .raw_header(raw_header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")?);
        }
        let body = MultiPart::alternative_plain_html(self.content.text.clone(), self.content.html.clone());
        Ok(message.multipart(body).map_err(Error::internal)?.formatted())
    }
}

/// Returns the envelope by which a mail is sent.
pub fn envelope(from: &Address, to: &str) -> Result<Envelope> {
    Envelope::new(Some(from.clone()), vec![parse_address(to)?]).map_err(Error::internal)
}

fn parse_address(address: &str) -> Result<Address> {
    address.parse().map_err(|_| Error::internal("an address that no mail can be sent to"))
}

fn raw_header(name: &'static str, value: &str) -> Result<HeaderValue> {
    let name = HeaderName::new_from_ascii(name.to_owned()).map_err(Error::internal)?;
    Ok(HeaderValue::new(name, value.to_owned()))
}
