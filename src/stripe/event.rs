//! The events that Stripe sends.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::failure::clean;
use super::object::time;

/// An event: something has changed at Stripe. It is a hint, which may come late, twice, and after a later one.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Event {
    /// The id: `evt_…`, the same at every attempt to deliver it.
    pub id: String,
    /// What has happened, as in `invoice.paid`.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it happened, in seconds.
    #[serde(deserialize_with = "time")]
    pub created: DateTime<Utc>,
    /// Whether it is about real money.
    pub livemode: bool,
    /// The connected account that it happened in: `acct_…`; `None` if it happened in our own.
    #[serde(default)]
    pub account: Option<String>,
    data: Data,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
struct Data {
    object: Value,
}

impl Event {
    /// Reads the body of a request whose signature was verified; fails with what is wrong, for a log. Events without
    /// the object that they are about (thin events) fail as well.
    pub fn parse(body: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(body).map_err(|error| clean(&error.to_string(), 200))
    }

    /// Returns the object that it is about, as it was when the event happened.
    pub fn object(&self) -> &Value {
        &self.data.object
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_has_its_object_and_perhaps_an_account() {
        let mut event = json!({
            "id": "evt_1", "object": "event", "api_version": "2020-08-27", "type": "new.type", "created": 1_796_000_000,
            "livemode": true, "pending_webhooks": 1, "request": null, "data": { "object": { "id": "in_1" } },
        });
        let read = Event::parse(event.to_string().as_bytes()).unwrap();
        assert_eq!((read.kind.as_str(), read.livemode, read.account.as_deref()), ("new.type", true, None));
        assert_eq!(read.object(), &json!({ "id": "in_1" }));
        event["account"] = json!("acct_1");
        assert_eq!(Event::parse(event.to_string().as_bytes()).unwrap().account.as_deref(), Some("acct_1"));
        let nothing = event.as_object_mut().unwrap().remove("data");
        assert!(nothing.is_some() && Event::parse(event.to_string().as_bytes()).is_err());
    }

    #[test]
    fn what_is_no_event_is_an_error() {
        let deep = "[".repeat(100_000);
        for body in ["", "null", "{}", "\u{0}", &deep, r#"{"id":1}"#] {
            assert!(Event::parse(body.as_bytes()).is_err());
        }
        assert!(Event::parse(b"\xff\xfe").is_err());
    }
}
