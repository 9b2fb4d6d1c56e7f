//! Sends mails by SMTP, or writes them to a folder.

use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::primitives::error::{Error, Result};

/// How long the whole attempt may take. The timeout of `lettre` is for connecting only (its issue 1027).
pub const SEND_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The answers by which a server refuses the credentials, and not the mail: an operator has to correct them.
const AUTHENTICATION_CODES: [u16; 4] = [530, 534, 535, 538];

/// Where mails go.
#[derive(Clone)]
pub enum Sender {
    /// To an SMTP server.
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    /// To files in a folder, readable by their owner only: for development.
    Folder(PathBuf),
}

/// What came of an attempt to send a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendResult {
    /// The server took it over, or the file was written.
    Sent,
    /// The server refuses it for good, with this code.
    Bounced(u16),
    /// Another attempt may succeed.
    Again {
        /// The code of the answer, if there was one.
        code: Option<u16>,
        /// What went wrong, without anything that the server said.
        error: String,
    },
}

impl Sender {
    /// Returns a sender to the SMTP server of a URL, as in `smtps://user:password@smtp.example.com`.
    pub fn smtp(url: &str, from: &Address) -> Result<Self> {
        // The message of the error can contain the URL, and with it the password.
        let invalid = |_| {
            Error::internal(
                "SMTP_URL is not the URL of an SMTP server; write it as in smtps://user:password@smtp.example.com, or \
                 smtp://smtp.example.com:587?tls=required",
            )
        };
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(invalid)?
            .hello_name(ClientId::Domain(from.domain().to_owned()))
            .timeout(Some(CONNECT_TIMEOUT))
            .build();
        Ok(Self::Smtp(transport))
    }

    /// Sends the bytes of a mail once. No transaction is open meanwhile.
    pub async fn send(&self, id: Uuid, envelope: &Envelope, message: &[u8]) -> SendResult {
        match self {
            Self::Smtp(transport) => {
                let sent = tokio::time::timeout(SEND_TIMEOUT, transport.send_raw(envelope, message)).await;
                match sent {
                    Ok(Ok(_)) => SendResult::Sent,
                    Ok(Err(error)) => result_of(&error),
                    Err(_) => SendResult::Again {
                        code: None,
                        error: format!("no answer within {} seconds", SEND_TIMEOUT.as_secs()),
                    },
                }
            }
            Self::Folder(folder) => {
                let (path, message) = (file(folder, id), message.to_vec());
                let written = spawn_blocking(move || write(&path, &message)).await;
                match written.map_err(std::io::Error::other).flatten() {
                    Ok(()) => SendResult::Sent,
                    Err(error) => {
                        SendResult::Again { code: None, error: format!("cannot write the file: {error}") }
                    }
                }
            }
        }
    }

    /// Deletes what was kept of a mail besides its row: its file.
    pub async fn forget(&self, id: Uuid) -> Result<()> {
        let Self::Folder(folder) = self else { return Ok(()) };
        match tokio::fs::remove_file(file(folder, id)).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::internal(error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Connects to the SMTP server, greets it and signs in; returns why that fails.
    pub async fn check(&self) -> std::result::Result<(), String> {
        let Self::Smtp(transport) = self else { return Ok(()) };
        match tokio::time::timeout(SEND_TIMEOUT, transport.test_connection()).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err("the server does not answer after the greeting".to_owned()),
            Ok(Err(error)) => Err(describe(&error)),
            Err(_) => Err(format!("no answer within {} seconds", SEND_TIMEOUT.as_secs())),
        }
    }
}

fn result_of(error: &SmtpError) -> SendResult {
    let code = error.status().map(u16::from);
    match code {
        Some(code) if error.is_permanent() && !AUTHENTICATION_CODES.contains(&code) => {
            SendResult::Bounced(code)
        }
        Some(_) | None => SendResult::Again { code, error: describe(error) },
    }
}

/// Returns the class of an error, without what the server said: that can contain the address.
fn describe(error: &SmtpError) -> String {
    if let Some(code) = error.status() {
        let code = u16::from(code);
        let advice =
            if AUTHENTICATION_CODES.contains(&code) { ": it refuses the user or the password" } else { "" };
        return format!("the server answered {code}{advice}");
    }
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    if error.is_tls() {
        return "cannot connect by TLS: the certificate or the port is wrong".to_owned();
    }
    if error.is_client() {
        return "the server does not support what is needed, or the settings are wrong".to_owned();
    }
    "cannot connect, or the connection broke".to_owned()
}

fn file(folder: &Path, id: Uuid) -> PathBuf {
    folder.join(format!("{id}.eml"))
}

fn write(path: &Path, message: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(message)
}
