//! updateManagedAccount and endManagedAccount.

use async_graphql::{InputObject, MaybeUndefined};

use super::{ManagedAccount, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::primitives::decimal::DecimalText;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::ManagedAccountId;
use crate::primitives::money::Rate;
use crate::primitives::text;
use crate::primitives::timestamp::Timestamp;

/// Changes to a managed account. What is left out stays; commissions that are recorded already are never touched.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateManagedAccountInput {
    /// The account.
    pub id: ManagedAccountId,
    /// The customer, as people name it; null clears it.
    pub customer_name: MaybeUndefined<String>,
    /// What the partner does for the customer, in the tenant's own words.
    pub engagement_type: Option<String>,
    /// What the partner earns on this account from now on: a fraction from 0 to 1 with at most 4 decimals. `"0"`
    /// means nothing; null clears it, and the partner's default counts again.
    pub custom_commission_rate: MaybeUndefined<DecimalText>,
}

/// The end of a managed account.
#[derive(Clone, Debug, InputObject)]
pub struct EndManagedAccountInput {
    /// The account.
    pub id: ManagedAccountId,
    /// The first moment at which the partner no longer manages the customer; after the start, in the past or future.
    pub ends_at: Timestamp,
}

/// Changes a managed account.
pub async fn update(
    db: &mut Transaction,
    input: &UpdateManagedAccountInput,
) -> Result<Authorized<ManagedAccount>> {
    let mut account = ManagedAccount::clone(&*store::lock_named(db, input.id).await?);
    match &input.customer_name {
        MaybeUndefined::Undefined => {}
        MaybeUndefined::Null => account.customer_name = None,
        MaybeUndefined::Value(name) => {
            account.customer_name = text::optional_text("customerName", Some(name))?
        }
    }
    if let Some(engagement) = &input.engagement_type {
        account.engagement_type = text::required_text("engagementType", engagement)?;
    }
    match input.custom_commission_rate {
        MaybeUndefined::Undefined => {}
        MaybeUndefined::Null => account.custom_commission_rate = None,
        MaybeUndefined::Value(rate) => {
            account.custom_commission_rate = Some(Rate::new("customCommissionRate", rate)?);
        }
    }
    store::update(db, &account).await?;
    db.scope().authorize(account)
}

/// Ends a managed account, or moves its end.
pub async fn end(db: &mut Transaction, input: &EndManagedAccountInput) -> Result<Authorized<ManagedAccount>> {
    let mut account = ManagedAccount::clone(&*store::lock_named(db, input.id).await?);
    if input.ends_at.0 <= account.starts_at {
        return Err(Error::bad_input("endsAt", "must come after the account's startsAt"));
    }
    account.ends_at = Some(input.ends_at.0);
    store::update(db, &account).await?;
    db.scope().authorize(account)
}
