//! Subject and bodies of mails: the templates in `templates/`, one folder for each language.

use askama::Template;
use chrono_tz::Tz;

use super::format;
use super::notification::{Amount, BankAccountChange, Instant, Notification, first_day};
use crate::primitives::error::{Error, Result};

/// The colour of the button, if the tenant has none.
const BUTTON_COLOR: &str = "#1d4f9e";

/// What a mail needs besides its notification.
#[derive(Clone, Debug)]
pub struct MailContext {
    /// The name of the tenant.
    pub tenant: String,
    /// The name of the partner; empty in mails to the contact of the tenant.
    pub partner: String,
    /// The time zone of the tenant.
    pub zone: Tz,
    /// The colour of the tenant, as in `#1d4f9e`.
    pub brand_color: Option<String>,
    /// The URL of the portal, without a slash at its end.
    pub public_url: String,
    /// The URL that ends notifications of the kind, if the recipient can turn them off.
    pub unsubscribe_url: Option<String>,
}

/// The content of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedMail {
    /// The subject.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The body as HTML.
    pub html: String,
}

/// Renders a mail in English, the only language so far.
pub fn render(notification: &Notification, context: &MailContext) -> Result<RenderedMail> {
    let mail = MailPart { notification, context };
    let subject = EnglishSubject { mail }.render().map_err(Error::internal)?;
    Ok(RenderedMail {
        subject: subject.trim().to_owned(),
        text: EnglishText { mail }.render().map_err(Error::internal)?,
        html: EnglishHtml { mail }.render().map_err(Error::internal)?,
    })
}

#[derive(Clone, Copy)]
struct MailPart<'m> {
    notification: &'m Notification,
    context: &'m MailContext,
}

impl MailPart<'_> {
    fn amount(&self, amount: &Amount) -> String {
        format::amount(amount)
    }

    fn instant(&self, instant: &Instant) -> String {
        format::instant(*instant, self.context.zone)
    }

    fn month(&self, year: &i32, month: &u32) -> String {
        format::month(first_day(*year, *month))
    }

    fn link(&self) -> String {
        format!("{}{}", self.context.public_url, self.notification.path())
    }

    fn preferences(&self) -> String {
        format!("{}/partners/notifications", self.context.public_url)
    }

    fn button_color(&self) -> &str {
        self.context.brand_color.as_deref().unwrap_or(BUTTON_COLOR)
    }
}

#[derive(Template)]
#[template(path = "en/subject.txt")]
struct EnglishSubject<'m> {
    mail: MailPart<'m>,
}

#[derive(Template)]
#[template(path = "en/body.txt")]
struct EnglishText<'m> {
    mail: MailPart<'m>,
}

#[derive(Template)]
#[template(path = "en/body.html")]
struct EnglishHtml<'m> {
    mail: MailPart<'m>,
}
