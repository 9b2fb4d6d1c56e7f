//! Webhooks on the wire: the addresses that may be called, the signature (Standard Webhooks 1.0), and one attempt.

pub mod address;
pub mod sender;
pub mod signature;

use std::sync::Arc;

use address::AddressPolicy;

use crate::auth::secrets::SecretKeys;
use crate::primitives::error::{Error, Result};

/// What webhooks need of the settings.
#[derive(Clone, Default)]
pub struct WebhookSettings {
    /// Which addresses may be called.
    pub policy: Arc<AddressPolicy>,
    /// The keys that secrets are sealed with; `None` if none were configured.
    pub keys: Option<Arc<SecretKeys>>,
}

impl WebhookSettings {
    /// Returns the keys; fails with what an operator must do if there are none.
    pub fn required_keys(&self) -> Result<&SecretKeys> {
        self.keys.as_deref().ok_or_else(|| {
            Error::internal(
                "SECRETS_KEY is not set: no secret can be sealed or opened; see docs/operating.md",
            )
        })
    }
}
