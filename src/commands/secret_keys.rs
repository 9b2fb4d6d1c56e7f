//! The keys that secrets are sealed with in the database: the configured ones, or a local key for development.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::local_file;
use super::settings::Settings;
use crate::auth::secrets::SecretKeys;
use crate::primitives::error::{Error, Result};
use crate::webhook::WebhookSettings;
use crate::webhook::address::AddressPolicy;

/// The file of the data folder with the local key.
const LOCAL_KEY: &str = "secrets-key";

/// Returns the keys of this installation; `None` if none are configured and other machines can reach the server.
pub fn of(settings: &Settings) -> Result<Option<Arc<SecretKeys>>> {
    let previous = settings.secrets_key_previous.as_deref();
    let previous = previous.map(|key| SecretKeys::parse("SECRETS_KEY_PREVIOUS", key)).transpose()?;
    let current = match &settings.secrets_key {
        Some(key) => SecretKeys::parse("SECRETS_KEY", key)?,
        None if previous.is_some() => {
            return Err(Error::internal("SECRETS_KEY must be set if SECRETS_KEY_PREVIOUS is"));
        }
        None if settings.listen_addr.ip().is_loopback() => {
            let loss = "Secrets that were sealed with the old one cannot be opened any more";
            Sha256::digest(local_file::secret(&settings.data_dir, LOCAL_KEY, loss)?).into()
        }
        None => return Ok(None),
    };
    Ok(Some(Arc::new(SecretKeys::new(&current, previous.as_ref())?)))
}

/// Returns what webhooks need of the settings.
pub fn webhooks(settings: &Settings) -> Result<WebhookSettings> {
    let keys = of(settings)?;
    if keys.is_none() {
        tracing::warn!(
            "SECRETS_KEY is not set: no webhooks can be sent; make one with: openssl rand -base64 32"
        );
    }
    let policy = AddressPolicy {
        networks: settings.webhook_networks.clone(),
        allows_loopback: settings.listen_addr.ip().is_loopback(),
    };
    Ok(WebhookSettings { policy: Arc::new(policy), keys })
}
