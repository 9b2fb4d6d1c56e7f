//! Endpoints that do not work: what is known of their failures, whom it is announced to, and when they are disabled.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{DueDelivery, EndpointStatus, WebhookEndpoint, notification, store};
use crate::domain::db::event_data::instant;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;
use crate::primitives::event_type::EventType;

/// After this time without success, it is announced once that an endpoint keeps failing.
const ANNOUNCED_AFTER: TimeDelta = TimeDelta::days(1);
/// An endpoint is disabled after this time without success …
const FAILING_MAX: TimeDelta = TimeDelta::days(5);
/// … and at least this many failures.
const FAILURES_MAX: i32 = 20;

/// What is announced of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Announcement<'a> {
    /// No attempt has succeeded for a day; the last one failed for this reason.
    Failing(&'a str),
    /// It answered 410, or no attempt has succeeded for five days.
    Disabled,
}

/// Records at the endpoint of a delivery whether it works, and disables it if it has not for too long. `error` says why the
/// attempt failed, if it did.
pub async fn record_health(
    db: &mut Transaction,
    due: &DueDelivery,
    error: Option<&str>,
    is_gone: bool,
    now: DateTime<Utc>,
) -> Result<()> {
    let Some(before) = store::find_locked(db, due.endpoint.id).await? else {
        db.record_nothing();
        return Ok(());
    };
    let mut endpoint = WebhookEndpoint::clone(&before);
    match error {
        None => (endpoint.failing_since, endpoint.failure_count) = (None, 0),
        Some(_) => {
            endpoint.failing_since = endpoint.failing_since.or(Some(now));
            endpoint.failure_count += 1;
        }
    }
    match error.and_then(|error| disabling_reason(&endpoint, error, is_gone, now)) {
        Some(reason) => {
            endpoint.status = EndpointStatus::Disabled;
            endpoint.disabled_at = Some(now);
            endpoint.disabled_reason = Some(reason);
            store::update(db, &endpoint).await?;
            db.record_changed(&*before, &endpoint);
            announce(db, &endpoint, Announcement::Disabled, now).await?;
        }
        None => {
            let is_announced = is_to_be_announced(&endpoint, now);
            if is_announced {
                endpoint.failing_announced_at = Some(now);
            }
            store::update_health(db, &endpoint).await?;
            db.record_nothing();
            if is_announced {
                announce(db, &endpoint, Announcement::Failing(error.unwrap_or_default()), now).await?;
            }
        }
    }
    Ok(())
}

/// Returns why an endpoint is disabled after a failure; `None` if it is not.
fn disabling_reason(
    endpoint: &WebhookEndpoint,
    error: &str,
    is_gone: bool,
    now: DateTime<Utc>,
) -> Option<String> {
    if endpoint.status != EndpointStatus::Enabled {
        return None;
    }
    if is_gone {
        return Some("the endpoint answered 410 Gone".to_owned());
    }
    let is_hopeless = endpoint.failure_count >= FAILURES_MAX
        && endpoint.failing_since.is_some_and(|since| now - since >= FAILING_MAX);
    is_hopeless.then(|| format!("no delivery succeeded for five days; the last error: {error}"))
}

/// Returns whether an endpoint has been failing for a day, and that was not announced yet.
fn is_to_be_announced(endpoint: &WebhookEndpoint, now: DateTime<Utc>) -> bool {
    let Some(since) = endpoint.failing_since else { return false };
    endpoint.status == EndpointStatus::Enabled
        && now - since >= ANNOUNCED_AFTER
        && endpoint.failing_announced_at.is_none_or(|at| at < since)
}

/// Announces the failure of an endpoint in the transaction that records it: to the endpoints that subscribe to it, and to the
/// contact of the tenant by mail.
async fn announce(
    db: &mut Transaction,
    endpoint: &WebhookEndpoint,
    announcement: Announcement<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    let event_type = match announcement {
        Announcement::Failing(_) => EventType::WebhookEndpointFailing,
        Announcement::Disabled => EventType::WebhookEndpointDisabled,
    };
    db.publish(event_type, None, || json!({ "webhookEndpoint": data(endpoint) }));
    match announcement {
        Announcement::Failing(error) => notification::failing(db, endpoint, error, now).await,
        Announcement::Disabled => notification::disabled(db, endpoint, now).await,
    }
}

/// Returns the data of an endpoint: not its URL, which may have a credential in it.
fn data(endpoint: &WebhookEndpoint) -> Value {
    json!({
        "id": endpoint.id.0,
        "status": endpoint.status.to_string(),
        "failingSince": endpoint.failing_since.map_or(Value::Null, instant),
        "failureCount": endpoint.failure_count,
        "disabledAt": endpoint.disabled_at.map_or(Value::Null, instant),
    })
}
