//! updateStripeBilling: whether Stripe Billing is the billing service of the tenant.

use async_graphql::InputObject;

use super::{StripeConnection, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::domain::tenant;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};

/// The longest key of metadata that Stripe permits, in characters.
const METADATA_KEY_MAX: usize = 40;

/// The choice whether the invoices at Stripe are recorded.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateStripeBillingInput {
    /// Whether the invoices that are paid at Stripe from now on, and what goes back of them, are recorded. If your own
    /// billing service records the same invoices under other ids, each commission is earned twice.
    pub takes_invoices: bool,
    /// The key of the metadata of the invoice, or else of its subscription, that has the customer id which managed accounts
    /// are assigned by; 1 to 40 characters. Default the id of the customer at Stripe, as in `cus_…`.
    pub customer_metadata_key: Option<String>,
}

/// Checks the key of metadata; an empty one is none.
pub(super) fn metadata_key(key: Option<&str>) -> Result<Option<String>> {
    let Some(key) = key.map(str::trim).filter(|key| !key.is_empty()) else { return Ok(None) };
    if key.chars().count() > METADATA_KEY_MAX || key.chars().any(|c| c.is_control() || "[]".contains(c)) {
        let message = format!(
            "must be a key of metadata at Stripe: at most {METADATA_KEY_MAX} characters, without brackets"
        );
        return Err(Error::bad_input("customerMetadataKey", message));
    }
    Ok(Some(key.to_owned()))
}

/// Changes whether invoices at Stripe are recorded; rejects a tenant that is not connected to Stripe.
pub async fn update(
    db: &mut Transaction,
    input: &UpdateStripeBillingInput,
) -> Result<Authorized<StripeConnection>> {
    db.mark_idempotent();
    let customer_metadata_key = metadata_key(input.customer_metadata_key.as_deref())?;
    // Serializes concurrent calls.
    tenant::store::lock_own(db).await?;
    let Some(before) = store::own(db).await? else {
        let error = UserError::new(UserErrorCode::RailNotConnected, "connect Stripe first");
        return Err(Error::user_error(error.at("takesInvoices")));
    };
    let after = StripeConnection {
        takes_invoices: input.takes_invoices,
        customer_metadata_key,
        ..StripeConnection::clone(&before)
    };
    if after.takes_invoices == before.takes_invoices
        && after.customer_metadata_key == before.customer_metadata_key
    {
        db.record_nothing();
        return Ok(before);
    }
    store::update_billing(db, &after).await?;
    db.record_changed(&*before, &after);
    db.scope().authorize(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_metadata_is_as_stripe_permits() {
        assert_eq!(metadata_key(Some(" crm_id ")).unwrap().as_deref(), Some("crm_id"));
        assert_eq!(metadata_key(Some("  ")).unwrap(), None);
        assert!(metadata_key(Some(&"x".repeat(41))).is_err());
        assert!(metadata_key(Some("a[b]")).is_err());
    }
}
