//! Which other sites' pages may ask this server from a browser: none, unless they are named.
//!
//! Whoever is asking is told by a header that pages have to set, never by a cookie: no page can ask in its visitor's name.

use std::str::FromStr;
use std::time::Duration;

use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, RETRY_AFTER};
use axum::http::{HeaderValue, Method, Uri};
use tower_http::cors::CorsLayer;

/// For how long a browser remembers what it was told.
const REMEMBERED: Duration = Duration::from_secs(3_600);

/// The origin of a site: scheme, host and port, as in `https://portal.example.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(HeaderValue);

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let advice = || {
            format!("{text:?} is no origin; write scheme, host and port, as in https://portal.example.com")
        };
        let uri: Uri = text.parse().map_err(|_| advice())?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(advice());
        };
        let is_web = scheme == "https" || scheme == "http";
        // As browsers write it, to the letter; they compare no other way.
        if !is_web || format!("{scheme}://{authority}") != text || text.contains(['*', '@']) {
            return Err(advice());
        }
        text.to_ascii_lowercase().parse().map(Self).map_err(|_| advice())
    }
}

/// Lets the pages of these origins ask, and read the answers.
pub fn allow(origins: &[Origin]) -> CorsLayer {
    let known = HeaderName::from_static;
    let origins: Vec<_> = origins.iter().map(|origin| origin.0.clone()).collect();
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            ACCEPT,
            AUTHORIZATION,
            CONTENT_TYPE,
            known("x-request-id"),
            known("traceparent"),
            known("tracestate"),
        ])
        .expose_headers([RETRY_AFTER, known("x-request-id")])
        .max_age(REMEMBERED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_exact() {
        for right in ["https://portal.example.com", "http://localhost:5173", "https://[::1]:8443"] {
            assert!(right.parse::<Origin>().is_ok(), "{right}");
        }
        for wrong in [
            "*",
            "null",
            "",
            "portal.example.com",
            "https://a.example/",
            "https://a.example/x",
            "https://*.example",
            "ftp://a",
            "https://u@a",
        ] {
            assert!(wrong.parse::<Origin>().is_err(), "{wrong}");
        }
    }
}
