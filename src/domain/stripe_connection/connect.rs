//! connectStripe: connects the tenant to a Stripe account, or gives the connection another key.

use async_graphql::InputObject;

use super::billing::metadata_key;
use super::{StripeConnection, store};
use crate::auth::Authorized;
use crate::auth::secrets::SecretKeys;
use crate::domain::db::job::{self, Lane};
use crate::domain::db::transaction::Transaction;
use crate::domain::{payout_attempt, tenant};
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::StripeConnectionId;
use crate::stripe::api_key::ApiKey;
use crate::stripe::signature::{SECRETS_MAX, WebhookSecret};

/// The Stripe account that payouts are paid from.
#[derive(Clone, InputObject)]
pub struct ConnectStripeInput {
    /// A secret or restricted key of the account, as in `sk_live_…` or `rk_live_…`. Stored sealed, and never shown.
    pub api_key: String,
    /// The signing secrets of the webhook endpoints of the account, as in `whsec_…`: that of its own events and that of events
    /// of connected accounts, and during a rotation those before; at most 4. Stored sealed, and never shown.
    pub webhook_secrets: Vec<String>,
    /// Whether paid invoices are recorded, as in updateStripeBilling; default as before, and false for another account.
    pub takes_invoices: Option<bool>,
    /// The key of the metadata with the customer id, as in updateStripeBilling; default as before, and none for another
    /// account.
    pub customer_metadata_key: Option<String>,
}

impl ConnectStripeInput {
    /// Rejects what cannot be a key or a secret of Stripe.
    pub fn validate(&self) -> Result<()> {
        let key: std::result::Result<ApiKey, String> = self.api_key.parse();
        key.map_err(|why| Error::bad_input("apiKey", why))?;
        if self.webhook_secrets.len() > SECRETS_MAX {
            return Err(Error::bad_input("webhookSecrets", format!("has more than {SECRETS_MAX} secrets")));
        }
        for secret in &self.webhook_secrets {
            let secret: std::result::Result<WebhookSecret, String> = secret.parse();
            secret.map_err(|why| Error::bad_input("webhookSecrets", why))?;
        }
        metadata_key(self.customer_metadata_key.as_deref())?;
        Ok(())
    }

    /// Returns whether the key moves real money.
    pub fn is_live(&self) -> bool {
        self.api_key.contains("_live_")
    }
}

/// Connects the tenant to the account that a key is of, as Stripe has told.
pub async fn connect(
    db: &mut Transaction,
    (input, account, keys): &(&ConnectStripeInput, &str, &SecretKeys),
) -> Result<Authorized<StripeConnection>> {
    // Serializes concurrent calls.
    let tenant = tenant::store::lock_own(db).await?;
    let before = store::own(db).await?;
    let is_other =
        before.as_ref().is_some_and(|before| before.account != *account || before.is_live != input.is_live());
    if is_other && payout_attempt::store::is_any_under_way(db).await? {
        let message = "payouts are being sent from another Stripe account, or from the other mode of this one; wait until \
                       they have arrived, or withdraw them";
        return Err(Error::user_error(UserError::new(UserErrorCode::AttemptUnderWay, message).at("apiKey")));
    }
    let kept = before.as_ref().filter(|_| !is_other);
    let mut connection = StripeConnection {
        tenant_id: tenant.tenant_id,
        id: before.as_ref().map_or_else(StripeConnectionId::new, |before| before.id),
        account: (*account).to_owned(),
        is_live: input.is_live(),
        sealed_key: Vec::new(),
        sealed_webhook_secrets: Vec::new(),
        connected_at: db.clock_timestamp().await?,
        broken_at: None,
        broken_reason: None,
        takes_invoices: input
            .takes_invoices
            .unwrap_or_else(|| kept.is_some_and(|before| before.takes_invoices)),
        customer_metadata_key: match &input.customer_metadata_key {
            Some(key) => metadata_key(Some(key))?,
            None => kept.and_then(|before| before.customer_metadata_key.clone()),
        },
    };
    let secrets = serde_json::to_vec(&input.webhook_secrets).map_err(Error::internal)?;
    connection.sealed_key =
        keys.seal(input.api_key.as_bytes(), connection.place("stripe_connections.sealed_key"))?;
    connection.sealed_webhook_secrets =
        keys.seal(&secrets, connection.place("stripe_connections.sealed_webhook_secrets"))?;
    store::put(db, &connection).await?;
    match &before {
        Some(before) => db.record_changed(&**before, &connection),
        None => db.record_created(&connection),
    }
    // What has waited for the connection.
    let hurry = job::store::hurry(db.scope().tenant(), Lane::Payout);
    db.execute_unaudited(hurry).await?;
    db.wake_worker();
    db.scope().authorize(connection)
}
