//! The request of a file: its token, and its parameters from the query string and from a form.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, StatusCode, Version};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use mediatype::{MediaType, Name};

use crate::http::rejection::Rejection;
use crate::http::state::AppState;
use crate::primitives::error::Error;

/// The most bytes of a form. Its memory is held before the caller is known; a filter has a few hundred bytes.
const FORM_BYTES_MAX: usize = 32 * 1024;
const TOKEN: &str = "access_token";

/// The parameters of a download. Each occurs once.
#[derive(Debug, Default)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Takes a parameter. An empty one counts as absent, as a field of a form that was left empty.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let position = self.0.iter().position(|(other, _)| other == name)?;
        Some(self.0.swap_remove(position).1).filter(|value| !value.is_empty())
    }

    /// Rejects parameters that were not taken.
    pub fn finish(self, known: &str) -> Result<(), Rejection> {
        let Some((name, _)) = self.0.first() else { return Ok(()) };
        let name: String = name.chars().take(64).collect();
        Err(malformed(format!("{name:?} is not a parameter of this file; it has {known}")))
    }

    /// Returns the parameters as text, for the audit trail; `None` without any.
    pub fn to_text(&self) -> Option<String> {
        let texts: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (!texts.is_empty()).then(|| texts.join("&"))
    }

    fn add(&mut self, encoded: &[u8]) -> Result<(), Rejection> {
        for (name, value) in form_urlencoded::parse(encoded) {
            if self.0.iter().any(|(other, _)| *other == name) {
                let name: String = name.chars().take(64).collect();
                return Err(malformed(format!("the parameter {name:?} occurs twice")));
            }
            self.0.push((name.into_owned(), value.into_owned()));
        }
        Ok(())
    }
}

/// The request of a file.
pub struct DownloadRequest {
    /// The headers.
    pub headers: HeaderMap,
    /// The token in the form; `None` if it is in the header, or missing.
    pub token: Option<String>,
    /// The parameters, without the token.
    pub params: Params,
}

impl DownloadRequest {
    /// Reads a request; rejects a token in its address, and one beside that of the header (RFC 6750, 2).
    pub async fn read(state: &AppState, request: Request) -> Result<Self, Rejection> {
        let (parts, body) = request.into_parts();
        if ![Method::GET, Method::POST].contains(&parts.method) {
            return Err(Rejection::method_not_allowed("GET, POST", "ask for a file by GET or POST"));
        }
        if parts.version < Version::HTTP_11 {
            // Its responses end with the connection, so that a part of a file would look like all of it.
            let message = "use HTTP/1.1 or HTTP/2: they show whether a file has arrived in full";
            return Err(Rejection::request(StatusCode::HTTP_VERSION_NOT_SUPPORTED, "version", message));
        }
        let mut params = Params::default();
        params.add(parts.uri.query().unwrap_or_default().as_bytes())?;
        if params.take(TOKEN).is_some() {
            let message = "a token in an address ends up in logs and histories, and must be replaced: send it in the header \
                Authorization: Bearer <token>, or as access_token in a form";
            return Err(Error::Unauthenticated(message.to_owned()).into());
        }
        if parts.method == Method::POST {
            params.add(&read_form(state, &parts.headers, body).await?)?;
        }
        let token = params.take(TOKEN);
        if token.is_some() && parts.headers.contains_key(AUTHORIZATION) {
            return Err(malformed("send the token in the header Authorization or in the form, not in both"));
        }
        if token.is_none() && !parts.headers.contains_key(AUTHORIZATION) {
            let message =
                "send a token in the header: Authorization: Bearer <token>, or as access_token in a form";
            return Err(Error::Unauthenticated(message.to_owned()).into());
        }
        Ok(Self { headers: parts.headers, token, params })
    }
}

async fn read_form(state: &AppState, headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Rejection> {
    if !is_form(headers) {
        let advice = "send Content-Type: application/x-www-form-urlencoded";
        return Err(Rejection::request(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media type", advice));
    }
    let _permit = state.forms.try_acquire().map_err(|_| Rejection::from(Error::Unavailable))?;
    let read = Limited::new(body, FORM_BYTES_MAX).collect();
    let read = tokio::time::timeout(state.limits.arrival_timeout(), read).await.map_err(|_| {
        let seconds = state.limits.limit_arrival_seconds;
        Rejection::timed_out(format!("the form did not arrive within {seconds} seconds"))
    })?;
    match read {
        Ok(form) => Ok(form.to_bytes().into()),
        Err(error) if error.is::<LengthLimitError>() => Err(Rejection::too_large(format!(
            "the form has more than {FORM_BYTES_MAX} bytes, which are allowed"
        ))),
        Err(_) => Err(malformed("the form ended before its Content-Length, or its encoding is invalid")),
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let sent = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let Some(parsed) = sent.and_then(|text| MediaType::parse(text).ok()) else { return false };
    let [application, form] = ["application", "x-www-form-urlencoded"].map(Name::new_unchecked);
    parsed.essence() == MediaType::new(application, form)
}

/// Rejects a malformed request.
pub fn malformed(message: impl Into<String>) -> Rejection {
    Rejection::request(StatusCode::BAD_REQUEST, "malformed", message)
}
