//! updateManagedAccount and endManagedAccount: change an assignment of a customer to a partner.

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

/// Changes to a managed account; omitted fields stay as they are. Commissions that were recorded already do not change.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateManagedAccountInput {
    /// The id of the managed account.
    pub id: ManagedAccountId,
    /// The display name of the customer, at most 255 characters; null removes it.
    pub customer_name: MaybeUndefined<String>,
    /// The service of the partner for the customer, in the tenant's own words, 1 to 255 characters.
    pub engagement_type: Option<String>,
    /// The commission rate of this account for invoices recorded from now on: a fraction from 0 to 1 with at most 4
    /// decimals, `"0.1500"` for 15 %. `"0"` is a rate at which invoices earn nothing; null removes the rate, so that the
    /// partner's default applies.
    pub custom_commission_rate: MaybeUndefined<DecimalText>,
}

/// The end of a managed account.
#[derive(Clone, Debug, InputObject)]
pub struct EndManagedAccountInput {
    /// The id of the managed account to end.
    pub id: ManagedAccountId,
    /// The end of its period, exclusive: any time after the start, in the past or in the future.
    pub ends_at: Timestamp,
}

/// Updates a managed account.
pub async fn update(
    db: &mut Transaction,
    input: &UpdateManagedAccountInput,
) -> Result<Authorized<ManagedAccount>> {
    let mut account = ManagedAccount::clone(&*store::lock_by_id(db, input.id).await?);
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

/// Sets the end of a managed account, or moves it; rejects a later end if the customer was assigned again before it.
pub async fn end(db: &mut Transaction, input: &EndManagedAccountInput) -> Result<Authorized<ManagedAccount>> {
    let mut account = ManagedAccount::clone(&*store::lock_by_id(db, input.id).await?);
    if input.ends_at.0 <= account.starts_at {
        return Err(Error::bad_input("endsAt", "must come after the account's startsAt"));
    }
    account.ends_at = Some(input.ends_at.0);
    store::update(db, &account).await?;
    db.scope().authorize(account)
}
