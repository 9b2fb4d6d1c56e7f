//! Failed requests to Stripe, classified by what is known of their effect.

use std::fmt;

use reqwest::StatusCode;
use serde::Deserialize;

/// The longest message that is kept, in characters.
const MESSAGE_MAX: usize = 500;
/// The longest code that is kept, in characters.
const CODE_MAX: usize = 100;
/// What replaces a key in a message.
const REDACTED: &str = "[key]";
/// The beginnings of keys and of secrets of webhooks.
const KEY_PREFIXES: [&str; 4] = ["sk_", "rk_", "pk_", "whsec_"];

/// The code of a refusal that this program makes itself, because the request could not be built.
pub const INVALID_REQUEST: &str = "invalid_request";

/// Why a request has no result, classified by what is known of its effect.
///
/// Messages are for staff: they contain no keys, and have at most 500 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The request was not executed: no connection could be made, or there were too many requests (429). Nothing of it
    /// is known under its idempotency key, so that the same request with the same key may be sent again.
    NotExecuted {
        /// Why, as a sentence without a full stop.
        what: String,
    },
    /// The API key is invalid, revoked, or lacks a permission (401, 403). The request was not executed.
    Unauthorized {
        /// What Stripe says about it.
        message: String,
    },
    /// Stripe refuses the request: it has moved nothing. The refusal is of this request only: an earlier one with the
    /// same key whose outcome is unknown may have moved money all the same.
    ///
    /// Stripe repeats a refusal for as long as it remembers the key: sending the same request again is useless.
    Refused {
        /// Stripe's code of the reason, as in `balance_insufficient`; its type of error if there is no code.
        code: String,
        /// What Stripe says about it.
        message: String,
    },
    /// An earlier request with the same key is still being executed (409). What comes of it is unknown.
    InUse,
    /// The key was used before with other data: a fault of this program. What came of the earlier request is unknown.
    KeyReused {
        /// What Stripe says about it.
        message: String,
    },
    /// Nothing is known: the request may have been executed or not, or still be. Only looking, or sending the same
    /// request again with the same key, can tell.
    Unknown {
        /// What happened, as a sentence without a full stop.
        what: String,
    },
}

/// The body of an answer that is not 2xx. All members are optional: a proxy may have written it.
#[derive(Deserialize)]
struct Answer {
    error: Reason,
}

#[derive(Deserialize)]
struct Reason {
    #[serde(rename = "type")]
    kind: Option<String>,
    code: Option<String>,
    message: Option<String>,
}

impl Failure {
    /// Returns what happened in words, for staff.
    pub fn describe(&self) -> String {
        match self {
            Self::NotExecuted { what } | Self::Unknown { what } => what.clone(),
            Self::Unauthorized { message } | Self::KeyReused { message } => message.clone(),
            Self::Refused { code, message } => format!("{code}: {message}"),
            Self::InUse => "an earlier request is still being executed".to_owned(),
        }
    }

    /// Returns whether it is certain that the request was not executed, so that its idempotency key is as good as
    /// unused by it. Earlier requests with the same key are another matter.
    pub fn is_certainly_not_executed(&self) -> bool {
        match self {
            Self::NotExecuted { .. } | Self::Unauthorized { .. } => true,
            Self::Refused { .. } | Self::InUse | Self::KeyReused { .. } | Self::Unknown { .. } => false,
        }
    }

    /// Returns whether it is certain that the request has moved nothing: it was refused, or not executed.
    pub fn has_certainly_moved_nothing(&self) -> bool {
        self.is_certainly_not_executed() || matches!(self, Self::Refused { .. })
    }

    /// Returns a refusal by this program: the request was not sent, and would not be right at another time.
    pub(super) fn invalid_request(message: &str) -> Self {
        Self::Refused { code: INVALID_REQUEST.to_owned(), message: message.to_owned() }
    }

    pub(super) fn unknown(what: impl Into<String>) -> Self {
        Self::Unknown { what: what.into() }
    }

    /// Classifies an error of the HTTP client.
    ///
    /// As of reqwest 0.13.5 and hyper-util 0.1.21: `is_connect` is true if the connector failed, in which DNS, TCP and
    /// the handshake of TLS happen, or if no connection was to be had from the pool. No byte of the request was sent
    /// then. The timeout for connecting covers just the connector, so that its expiry is `is_connect` and `is_timeout`
    /// at once. The expiry of the timeout of the whole request is `is_timeout` alone, whatever the request was waiting
    /// for.
    pub(super) fn of_error(error: &reqwest::Error) -> Self {
        if error.is_builder() {
            return Self::invalid_request("the request could not be built; it was not sent");
        }
        if error.is_connect() {
            let what = if error.is_timeout() {
                "no connection to Stripe could be made in time"
            } else if error.is_dns() {
                "the name of Stripe's server could not be resolved"
            } else {
                "no connection to Stripe could be made: the server refuses it, or TLS failed"
            };
            return Self::NotExecuted { what: what.to_owned() };
        }
        if error.is_timeout() {
            return Self::unknown("Stripe did not answer in time");
        }
        Self::unknown("the connection to Stripe broke before an answer")
    }

    /// Classifies an answer with a status other than 2xx.
    pub(super) fn of_answer(status: StatusCode, body: &[u8]) -> Self {
        let reason = serde_json::from_slice::<Answer>(body).ok().map(|answer| answer.error);
        let reason = reason.unwrap_or(Reason { kind: None, code: None, message: None });
        let (kind, code) = (reason.kind.as_deref().unwrap_or_default(), reason.code.as_deref());
        let message = clean(reason.message.as_deref().unwrap_or_default(), MESSAGE_MAX);
        match status.as_u16() {
            // It is about the account of a partner, which has withdrawn its consent or does not exist, and not about
            // the key, although it is a 403.
            403 if code == Some("account_invalid") => Self::refused(code, kind, message),
            status @ (401 | 403) => {
                let said = !message.is_empty();
                let otherwise = || format!("Stripe does not accept the API key ({status})");
                Self::Unauthorized { message: if said { message } else { otherwise() } }
            }
            429 => Self::too_many_requests(),
            400 if code == Some("rate_limit") => Self::too_many_requests(),
            400 if kind == "idempotency_error" => Self::KeyReused { message },
            409 if code == Some("idempotency_key_in_use") => Self::InUse,
            // 408 is a proxy's, 409 a conflict of another kind, 424 the failure of somebody whom Stripe asked.
            status @ (408 | 409 | 424) => Self::unknown(format!("Stripe answered {status}")),
            400..=499 if is_refusal(kind, code) => Self::refused(code, kind, message),
            status @ 300..=399 => {
                Self::unknown(format!("Stripe answered {status}, a redirect, which is not followed"))
            }
            status @ 400..=499 => {
                Self::unknown(format!("somebody answered {status} without an error of Stripe's"))
            }
            status => Self::unknown(format!("Stripe answered {status}")),
        }
    }

    fn refused(code: Option<&str>, kind: &str, message: String) -> Self {
        let code = code.filter(|code| !code.is_empty()).unwrap_or(kind);
        Self::Refused { code: clean(code, CODE_MAX), message }
    }

    fn too_many_requests() -> Self {
        Self::NotExecuted { what: "Stripe answered 429: too many requests at a time".to_owned() }
    }
}

/// Returns whether the error in a 4xx is a refusal by Stripe. Many have no code, but Stripe's own have one of these
/// types.
fn is_refusal(kind: &str, code: Option<&str>) -> bool {
    match kind {
        "invalid_request_error" | "card_error" => true,
        // An error within Stripe, and a key that was used in another way.
        "api_error" | "idempotency_error" => false,
        _ => code.is_some_and(|code| !code.is_empty()),
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotExecuted { what } | Self::Unknown { what } => f.write_str(what),
            Self::KeyReused { message } if message.is_empty() => {
                f.write_str("the idempotency key was used before with other data")
            }
            Self::Unauthorized { message } | Self::KeyReused { message } => f.write_str(message),
            Self::Refused { code, message } if message.is_empty() => f.write_str(code),
            Self::Refused { code, message } => write!(f, "{message} ({code})"),
            Self::InUse => {
                f.write_str("an earlier request with the same idempotency key is still being executed")
            }
        }
    }
}

/// Returns a text of Stripe's without keys and control characters, with at most `max` characters.
pub(super) fn clean(text: &str, max: usize) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '*' | '•' | '…');
    let mut cleaned = String::new();
    let mut rest = text;
    let mut after_word = false;
    // Stripe masks the middle of a key. What is left of it is not for everybody either.
    while let Some(character) = rest.chars().next().filter(|_| cleaned.chars().count() < max) {
        let is_key = !after_word && KEY_PREFIXES.iter().any(|prefix| rest.starts_with(prefix));
        let length = if is_key {
            rest.find(|c: char| !is_part(c)).unwrap_or(rest.len())
        } else {
            character.len_utf8()
        };
        if is_key {
            cleaned.push_str(REDACTED);
        } else {
            cleaned.push(if character.is_control() { ' ' } else { character });
        }
        after_word = is_key || character.is_ascii_alphanumeric() || character == '_';
        rest = rest.get(length..).unwrap_or_default();
    }
    cleaned.chars().take(max).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, body: &str) -> Failure {
        Failure::of_answer(StatusCode::from_u16(status).unwrap(), body.as_bytes())
    }

    fn error(kind: &str, code: Option<&str>) -> String {
        serde_json::json!({ "error": { "type": kind, "code": code, "message": "No." } }).to_string()
    }

    /// The class of a failure, by the name of its variant.
    fn class(failure: &Failure) -> &'static str {
        match failure {
            Failure::NotExecuted { .. } => "not executed",
            Failure::Unauthorized { .. } => "unauthorized",
            Failure::Refused { .. } => "refused",
            Failure::InUse => "in use",
            Failure::KeyReused { .. } => "key reused",
            Failure::Unknown { .. } => "unknown",
        }
    }

    #[test]
    fn each_answer_has_its_class() {
        const INVALID: &str = "invalid_request_error";
        let table = [
            (401, error(INVALID, None), "unauthorized"),
            (401, "<html>".to_owned(), "unauthorized"),
            (403, error(INVALID, Some("more_permissions_required_for_application")), "unauthorized"),
            (403, String::new(), "unauthorized"),
            (403, error(INVALID, Some("account_invalid")), "refused"),
            (429, error(INVALID, Some("rate_limit")), "not executed"),
            (429, error(INVALID, Some("lock_timeout")), "not executed"),
            (429, "slow down".to_owned(), "not executed"),
            (400, error(INVALID, Some("rate_limit")), "not executed"),
            (400, error(INVALID, Some("balance_insufficient")), "refused"),
            (400, error(INVALID, None), "refused"),
            (400, error("", Some("balance_insufficient")), "refused"),
            (402, error("card_error", None), "refused"),
            (404, error(INVALID, Some("resource_missing")), "refused"),
            (400, error("idempotency_error", None), "key reused"),
            (409, error("idempotency_error", Some("idempotency_key_in_use")), "in use"),
            (409, error(INVALID, Some("idempotency_key_in_use")), "in use"),
            (409, error(INVALID, Some("lock_timeout")), "unknown"),
            (409, error("idempotency_error", None), "unknown"),
            (409, String::new(), "unknown"),
            // Nobody says that these moved nothing: a code alone does not.
            (400, error("api_error", Some("balance_insufficient")), "unknown"),
            (404, error("api_error", None), "unknown"),
            (422, error("idempotency_error", None), "unknown"),
            (400, error("", None), "unknown"),
            (400, error("", Some("")), "unknown"),
            (400, r#"{"error":"invalid_grant"}"#.to_owned(), "unknown"),
            (400, "<html>Bad Request</html>".to_owned(), "unknown"),
            (404, String::new(), "unknown"),
            (407, error("", None), "unknown"),
            (408, error(INVALID, Some("timeout")), "unknown"),
            (424, error(INVALID, Some("dependency")), "unknown"),
            (500, error("api_error", None), "unknown"),
            (500, error(INVALID, Some("balance_insufficient")), "unknown"),
            (502, "<html>".to_owned(), "unknown"),
            (503, String::new(), "unknown"),
            (599, String::new(), "unknown"),
            (302, String::new(), "unknown"),
            (304, error(INVALID, Some("balance_insufficient")), "unknown"),
            (101, String::new(), "unknown"),
        ];
        for (status, body, expected) in table {
            assert_eq!(class(&of(status, &body)), expected, "{status} {body}");
        }
    }

    #[test]
    fn only_a_refusal_and_what_was_not_executed_have_certainly_moved_nothing() {
        let text = || "why".to_owned();
        let table = [
            (Failure::NotExecuted { what: text() }, true, true),
            (Failure::Unauthorized { message: text() }, true, true),
            (Failure::Refused { code: text(), message: text() }, false, true),
            (Failure::InUse, false, false),
            (Failure::KeyReused { message: text() }, false, false),
            (Failure::Unknown { what: text() }, false, false),
        ];
        for (failure, is_not_executed, has_moved_nothing) in table {
            assert_eq!(failure.is_certainly_not_executed(), is_not_executed, "{failure:?}");
            assert_eq!(failure.has_certainly_moved_nothing(), has_moved_nothing, "{failure:?}");
        }
    }

    #[test]
    fn a_refusal_has_the_code_and_the_words_of_stripe() {
        let body = error("invalid_request_error", Some("balance_insufficient"));
        let refused = of(400, &body);
        assert_eq!(
            refused,
            Failure::Refused { code: "balance_insufficient".to_owned(), message: "No.".to_owned() }
        );
        assert_eq!(refused.to_string(), "No. (balance_insufficient)");
        // Without a code, the type stands for it.
        let untold = Failure::Refused { code: "card_error".to_owned(), message: "No.".to_owned() };
        assert_eq!(of(402, &error("card_error", None)), untold);
        let bare = of(404, r#"{"error":{"code":"resource_missing"}}"#);
        assert_eq!(bare.to_string(), "resource_missing");
    }

    #[test]
    fn messages_have_no_keys_and_no_control_characters_and_at_most_500_characters() {
        let said =
            "The provided key 'sk_test_****************AbCd' does not have access to account 'acct_1'\u{0}.";
        let body = serde_json::json!({ "error": { "type": "invalid_request_error", "message": said } });
        let message = "The provided key '[key]' does not have access to account 'acct_1' .".to_owned();
        assert_eq!(of(403, &body.to_string()), Failure::Unauthorized { message });

        let text = "ü".repeat(9_000);
        let long = serde_json::json!({ "error": { "type": "card_error", "code": text, "message": text } });
        let Failure::Refused { code, message } = of(400, &long.to_string()) else { panic!("not refused") };
        assert_eq!((code.chars().count(), message.chars().count()), (CODE_MAX, MESSAGE_MAX));

        let table = [
            ("rk_live_51Abc, whsec_xyz and pk_live_1", "[key], [key] and [key]"),
            // Not at the beginning of a word, and so not a key.
            ("task_id task_1", "task_id task_1"),
            ("sk_", "[key]"),
            ("sk_live_1sk_live_2", "[key]"),
            ("a\r\n\tb", "a   b"),
            ("", ""),
        ];
        for (text, expected) in table {
            assert_eq!(clean(text, MESSAGE_MAX), expected, "{text:?}");
        }
        assert_eq!(clean(&format!("{}sk_live_1", " ".repeat(498)), MESSAGE_MAX).trim(), "[k");
    }
}
