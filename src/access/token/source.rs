//! Where a key set comes from: a file, or an address on the web.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use reqwest::header::CACHE_CONTROL;
use reqwest::{Client, Url, redirect};

use crate::error::{Error, Result};

/// How long an answer may take, from the first packet to the last byte.
const FETCH_WITHIN: Duration = Duration::from_secs(5);
/// How large a set may be.
const SET_BYTES_MAX: usize = 256 * 1024;
const REDIRECTS_MAX: usize = 5;

/// Where a key set comes from.
pub enum Source {
    /// A file.
    File(PathBuf),
    /// An address, and what asks there.
    Web(Url, Client),
}

/// Which version of a file was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    modified: SystemTime,
    length: u64,
}

/// What a source holds.
pub struct Fetched {
    /// The set, as JSON.
    pub json: Vec<u8>,
    /// How long the source says it will stay so.
    pub good_for: Option<Duration>,
    /// Which version this is, of a file.
    pub version: Option<Version>,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Web(url, _) => url.fmt(f),
        }
    }
}

impl Source {
    /// The source that a setting names: an address if it looks like one, else a path.
    pub fn parse(text: &str) -> Result<Self> {
        let refused = |why: &str| Error::bad_input("AUTH_JWKS", why);
        if !text.contains("://") {
            return Ok(Self::File(PathBuf::from(text)));
        }
        let url = Url::parse(text).map_err(|error| refused(&format!("is not an address: {error}")))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("must not hold a user name or a password: public keys are public"));
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            _ => {
                let why = "must be a path, or an address that begins with https:// (http:// on loopback only): \
                           who can change the keys on their way can be anybody";
                return Err(refused(why));
            }
        }
        let client =
            client(&url).map_err(|error| Error::internal(format!("AUTH_JWKS: {}", chain(&error))))?;
        Ok(Self::Web(url, client))
    }

    /// What the source holds now; nothing, if it is a file of which this version is known.
    pub async fn fetch(&self, known: Option<Version>) -> Result<Option<Fetched>, String> {
        match self {
            Self::File(path) => read(path, known).await.map_err(|error| format!("cannot be read: {error}")),
            Self::Web(url, client) => get(url, client).await.map(Some),
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn client(url: &Url) -> reqwest::Result<Client> {
    // Fails if another one is there already, which will do.
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
        .timeout(FETCH_WITHIN)
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
    Ok(Some(Fetched { json, good_for: None, version: Some(version) }))
}

async fn get(url: &Url, client: &Client) -> Result<Fetched, String> {
    let failed = |error: reqwest::Error| chain(&error.without_url());
    let mut response = client.get(url.clone()).send().await.map_err(failed)?;
    if response.status() != reqwest::StatusCode::OK {
        return Err(format!("answered {}", response.status()));
    }
    let directives = response.headers().get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let good_for = directives.flat_map(|value| value.split(',')).find_map(max_age);
    let mut json = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if json.len() + chunk.len() > SET_BYTES_MAX {
            return Err(too_large());
        }
        json.extend_from_slice(&chunk);
    }
    Ok(Fetched { json, good_for, version: None })
}

fn max_age(directive: &str) -> Option<Duration> {
    let (name, seconds) = directive.trim().split_once('=')?;
    let seconds = seconds.trim_matches('"').parse().ok()?;
    name.eq_ignore_ascii_case("max-age").then(|| Duration::from_secs(seconds))
}

fn too_large() -> String {
    format!("is larger than {} KiB", SET_BYTES_MAX / 1024)
}

/// An error with its causes, which say what happened.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
