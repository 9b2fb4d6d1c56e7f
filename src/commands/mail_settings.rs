//! The settings of mails.

use std::net::SocketAddr;
use std::sync::Arc;

use lettre::Address;
use url::{Host, Url};

use super::settings::Settings;
use crate::auth::secrets::SecretKeys;
use crate::mail::MailSettings;
use crate::mail::sender::Sender;
use crate::primitives::error::{Error, Result};

/// The folder of the data folder that mails are written to, if there is no mail server.
const FOLDER: &str = "mail";
/// The address that mails are from, if there is no mail server: one that does not exist (RFC 2606).
const DEFAULT_FROM: &str = "revshare@revshare.invalid";

/// Returns what mails need of the settings. With a mail server, everything that mails contain must have been set.
pub fn of(settings: &Settings, keys: Option<Arc<SecretKeys>>) -> Result<MailSettings> {
    let has_server = settings.smtp_url.is_some();
    let required = |name: &str| Error::internal(format!("{name} must be set if SMTP_URL is"));
    if has_server && keys.is_none() {
        return Err(required("SECRETS_KEY"));
    }
    let from = match settings.mail_from.as_deref() {
        None if has_server => return Err(required("MAIL_FROM")),
        from => address(from.unwrap_or(DEFAULT_FROM))?,
    };
    let public_url = match settings.public_url.as_deref() {
        None if has_server => return Err(required("PUBLIC_URL")),
        None => local_url(settings.listen_addr),
        Some(url) => public_url(url)?,
    };
    let sender = match &settings.smtp_url {
        Some(url) => Sender::smtp(url, &from)?,
        None => Sender::Folder(settings.data_dir.join(FOLDER)),
    };
    Ok(MailSettings { sender, from, public_url, keys })
}

/// Returns the URL of the portal on this machine, for servers that have no PUBLIC_URL.
pub fn local_url(address: SocketAddr) -> String {
    format!("http://{address}")
}

fn address(text: &str) -> Result<Address> {
    text.trim().parse().map_err(|_| {
        Error::internal("MAIL_FROM is not an e-mail address; write it alone, as in partners@example.com")
    })
}

/// Checks the URL of the portal; returns it without a slash at its end. Mail clients end notifications by https only
/// (RFC 8058).
fn public_url(text: &str) -> Result<String> {
    let invalid = || {
        Error::internal(
            "PUBLIC_URL must be https:// and the name of a host, as in https://portal.example.com",
        )
    };
    let url = Url::parse(text.trim()).map_err(|_| invalid())?;
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let is_secure = url.scheme() == "https" || (url.scheme() == "http" && is_loopback);
    let is_plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !is_secure || !is_plain || !url.username().is_empty() || url.password().is_some() {
        return Err(invalid());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_of_the_portal_is_that_of_a_host_with_tls() {
        for (url, expected) in [
            ("https://portal.example.com", "https://portal.example.com"),
            ("https://portal.example.com:8443/", "https://portal.example.com:8443"),
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
            ("http://localhost:8000/", "http://localhost:8000"),
        ] {
            assert_eq!(public_url(url).ok().as_deref(), Some(expected));
        }
        for url in [
            "http://portal.example.com",
            "https://portal.example.com/path",
            "https://user:password@example.com",
            "https://example.com/?a",
            "portal.example.com",
            "",
        ] {
            assert!(public_url(url).is_err(), "{url}");
        }
    }
}
