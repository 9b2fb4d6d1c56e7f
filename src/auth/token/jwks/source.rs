//! The source of a key set: a file or a URL.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use reqwest::header::CACHE_CONTROL;
use reqwest::{Client, Url, redirect};

use crate::primitives::error::{Error, Result};

/// How long a response may take, from connecting to the last byte.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// The largest accepted set, in bytes.
const SET_BYTES_MAX: usize = 256 * 1024;
const REDIRECTS_MAX: usize = 5;

/// The source of a key set.
pub enum Source {
    /// A file.
    File(PathBuf),
    /// A URL, and the client that fetches it.
    Url(Url, Client),
}

/// The version of a file, to skip reading it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    modified: SystemTime,
    length: u64,
}

/// The content of a source.
pub struct Fetched {
    /// The set, as JSON.
    pub json: Vec<u8>,
    /// How long it may be cached, by `Cache-Control: max-age`.
    pub max_age: Option<Duration>,
    /// The version of a file.
    pub version: Option<Version>,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Url(url, _) => url.fmt(f),
        }
    }
}

impl Source {
    /// Parses a setting: a URL if it contains `://`, or else a path.
    pub fn parse(text: &str) -> Result<Self> {
        let invalid = |reason: &str| Error::bad_input("AUTH_JWKS", reason);
        if !text.contains("://") {
            return Ok(Self::File(PathBuf::from(text)));
        }
        let url = Url::parse(text).map_err(|error| invalid(&format!("is not a URL: {error}")))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid("must not contain a user name or a password: public keys are public"));
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            _ => {
                let reason = "must be a path, or a URL that starts with https:// (http:// on loopback only): keys \
                              that are replaced in transit would allow anyone to sign in as any user";
                return Err(invalid(reason));
            }
        }
        let client =
            client(&url).map_err(|error| Error::internal(format!("AUTH_JWKS: {}", chain(&error))))?;
        Ok(Self::Url(url, client))
    }

    /// Reads the source; returns `None` for a file that still has the known version.
    pub async fn fetch(&self, known: Option<Version>) -> Result<Option<Fetched>, String> {
        match self {
            Self::File(path) => read(path, known).await.map_err(|error| format!("cannot be read: {error}")),
            Self::Url(url, client) => get(url, client).await.map(Some),
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn client(url: &Url) -> reqwest::Result<Client> {
    // Fails if a provider is installed already, which is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let same_origin = redirect::Policy::custom(|attempt| {
        let origin = attempt.previous().first().map(Url::origin);
        if origin != Some(attempt.url().origin()) {
            attempt.error("it redirects to another origin")
        } else if attempt.previous().len() > REDIRECTS_MAX {
            attempt.error("it redirects too often")
        } else {
            attempt.follow()
        }
    });
    let client = Client::builder()
        .user_agent(concat!("revshare/", env!("CARGO_PKG_VERSION")))
        .timeout(FETCH_TIMEOUT)
        .redirect(same_origin);
    if url.scheme() == "https" { client.https_only(true).build() } else { client.no_proxy().build() }
}

async fn read(path: &Path, known: Option<Version>) -> std::io::Result<Option<Fetched>> {
    let metadata = tokio::fs::metadata(path).await?;
    let version = Version { modified: metadata.modified()?, length: metadata.len() };
    if known == Some(version) {
        return Ok(None);
    }
    if usize::try_from(version.length).is_ok_and(|length| length > SET_BYTES_MAX) {
        return Err(std::io::Error::other(too_large()));
    }
    let json = tokio::fs::read(path).await?;
    Ok(Some(Fetched { json, max_age: None, version: Some(version) }))
}

async fn get(url: &Url, client: &Client) -> Result<Fetched, String> {
    let failed = |error: reqwest::Error| chain(&error.without_url());
    let mut response = client.get(url.clone()).send().await.map_err(failed)?;
    if response.status() != reqwest::StatusCode::OK {
        return Err(format!("responded with {}", response.status()));
    }
    let directives = response.headers().get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let max_age = directives.flat_map(|value| value.split(',')).find_map(parse_max_age);
    let mut json = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if json.len() + chunk.len() > SET_BYTES_MAX {
            return Err(too_large());
        }
        json.extend_from_slice(&chunk);
    }
    Ok(Fetched { json, max_age, version: None })
}

fn parse_max_age(directive: &str) -> Option<Duration> {
    let (name, seconds) = directive.trim().split_once('=')?;
    let seconds = seconds.trim_matches('"').parse().ok()?;
    name.eq_ignore_ascii_case("max-age").then(|| Duration::from_secs(seconds))
}

fn too_large() -> String {
    format!("is larger than {} KiB", SET_BYTES_MAX / 1024)
}

/// Returns the messages of an error and its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
