//! The mails to the contact of the tenant about endpoints that do not work.

use chrono::{DateTime, Utc};
use url::Url;

use super::WebhookEndpoint;
use crate::domain::db::transaction::Transaction;
use crate::domain::mail::store::{self, Occasion};
use crate::mail::notification::{Instant, Notification};
use crate::primitives::error::Result;

/// Writes the mail about an endpoint which has failed for a day, once for all of its failures since a success.
pub async fn failing(
    db: &mut Transaction,
    endpoint: &WebhookEndpoint,
    error: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let since = endpoint.failing_since.unwrap_or(now);
    let notification = Notification::WebhookFailing {
        host: host(endpoint),
        failing_since: Instant(since),
        error: error.to_owned(),
    };
    let occasion = Occasion { subject: endpoint.id.0, at: since, notification };
    store::insert_for_contact(db, &occasion).await
}

/// Writes the mail about an endpoint which was disabled because it does not work.
pub async fn disabled(db: &mut Transaction, endpoint: &WebhookEndpoint, now: DateTime<Utc>) -> Result<()> {
    let reason = endpoint.disabled_reason.clone().unwrap_or_default();
    let notification = Notification::WebhookDisabled { host: host(endpoint), reason };
    let occasion = Occasion { subject: endpoint.id.0, at: endpoint.disabled_at.unwrap_or(now), notification };
    store::insert_for_contact(db, &occasion).await
}

/// Returns the host of the endpoint: its path can contain a secret.
fn host(endpoint: &WebhookEndpoint) -> String {
    let url = Url::parse(&endpoint.url).ok();
    url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}
