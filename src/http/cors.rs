//! Cross-origin requests: allowed for the configured origins only, none by default.
//!
//! Requests are authenticated by a header and never by a cookie, so that no page can send requests in its visitor's name.

use std::str::FromStr;
use std::time::Duration;

use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, RETRY_AFTER};
use axum::http::{HeaderValue, Method, Uri};
use tower_http::cors::CorsLayer;

/// For how long a browser may cache a preflight response.
const PREFLIGHT_MAX_AGE: Duration = Duration::from_secs(3_600);

/// The origin of a site: scheme, host and port, as in `https://portal.example.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(HeaderValue);

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let advice = || {
            format!(
                "{text:?} is not an origin; write scheme, host and port, as in https://portal.example.com"
            )
        };
        let uri: Uri = text.parse().map_err(|_| advice())?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(advice());
        };
        let is_web = scheme == "https" || scheme == "http";
        // Browsers send the origin in exactly this form, and the comparison is of bytes.
        if !is_web || format!("{scheme}://{authority}") != text || text.contains(['*', '@']) {
            return Err(advice());
        }
        text.to_ascii_lowercase().parse().map(Self).map_err(|_| advice())
    }
}

/// Returns the layer that lets pages of these origins send requests and read the responses.
pub fn layer(origins: &[Origin]) -> CorsLayer {
    let header = HeaderName::from_static;
    let origins: Vec<_> = origins.iter().map(|origin| origin.0.clone()).collect();
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            ACCEPT,
            AUTHORIZATION,
            CONTENT_TYPE,
            header("x-request-id"),
            header("traceparent"),
            header("tracestate"),
        ])
        .expose_headers([RETRY_AFTER, header("x-request-id")])
        .max_age(PREFLIGHT_MAX_AGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_a_scheme_and_a_host_and_nothing_else() {
        for valid in ["https://portal.example.com", "http://localhost:5173", "https://[::1]:8443"] {
            assert!(valid.parse::<Origin>().is_ok(), "{valid}");
        }
        for invalid in [
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
            assert!(invalid.parse::<Origin>().is_err(), "{invalid}");
        }
    }
}
