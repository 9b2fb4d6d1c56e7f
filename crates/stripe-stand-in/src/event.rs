//! Events, and how they are signed.

use ring::hmac;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::state::now;

/// Something that happened, as Stripe reports it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Event {
    /// The id, `evt_…`.
    pub id: String,
    /// The type, such as `transfer.created`.
    pub kind: String,
    /// The account of the platform.
    pub platform: String,
    /// The connected account that it happened to.
    pub account: Option<String>,
    /// The bytes that are sent: JSON.
    pub body: String,
}

impl Event {
    /// Returns the body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// Returns the header `Stripe-Signature` of a body: `t=…,v1=…`. The timestamp is in seconds since 1970; the key is
/// the whole secret, with its `whsec_`.
pub fn sign(secret: &str, timestamp: u64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{timestamp}.{body}").as_bytes());
    let digits: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={timestamp},v1={digits}")
}

/// Returns the header `Stripe-Signature` of a body that is sent now.
pub fn sign_now(secret: &str, body: &str) -> String {
    sign(secret, now(), body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_one_that_openssl_computes() {
        // printf '1700000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test
        let header = sign("whsec_test", 1_700_000_000, r#"{"id":"evt_1"}"#);
        assert_eq!(
            header,
            "t=1700000000,v1=c89214b5b5da833daed6f0b8c5bb6bd58cea9022bd80ccc78230f3942d632925"
        );
    }
}
