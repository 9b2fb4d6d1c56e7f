//! updateManagedAccount and endManagedAccount: change an assignment of a customer to a partner.

use async_graphql::{InputObject, MaybeUndefined};

use super::{ManagedAccount, store, terms};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::domain::partner::{self, PartnerStatus};
use crate::domain::terms::reject_without_terms;
use crate::primitives::decimal::DecimalText;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::ManagedAccountId;
use crate::primitives::money::Rate;
use crate::primitives::nullable::not_null;
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
    pub engagement_type: MaybeUndefined<String>,
    /// The commission rate of this account for invoices paid from effectiveFrom on: a fraction from 0 to 1 with at most 4
    /// decimals, `"0.1500"` for 15 %. `"0"` is a rate at which invoices earn nothing; null removes the rate, so that the
    /// partner's default applies.
    pub custom_commission_rate: MaybeUndefined<DecimalText>,
    /// The moment from which customCommissionRate holds, until the next change of it: from 2000-01-01 to ten years ahead;
    /// default now. A past moment counts for invoices that are recorded from now on, not for recorded commissions.
    pub effective_from: Option<Timestamp>,
}

/// The end of a managed account.
#[derive(Clone, Debug, InputObject)]
pub struct EndManagedAccountInput {
    /// The id of the managed account to end.
    pub id: ManagedAccountId,
    /// The end of its period, exclusive: any time after the start, in the past or in the future. A later end than before is
    /// INVALID_STATE if the partner is TERMINATED or ARCHIVED.
    pub ends_at: Timestamp,
}

/// Updates a managed account, and its rate with the moment from which it holds.
pub async fn update(
    db: &mut Transaction,
    input: &UpdateManagedAccountInput,
) -> Result<Authorized<ManagedAccount>> {
    let engagement_type = not_null("engagementType", &input.engagement_type)?;
    let engagement_type =
        engagement_type.map(|engagement| text::required_text("engagementType", engagement)).transpose()?;
    let rate = match input.custom_commission_rate {
        MaybeUndefined::Undefined => {
            reject_without_terms(input.effective_from, "customCommissionRate")?;
            None
        }
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(rate) => Some(Some(Rate::new("customCommissionRate", rate)?)),
    };
    let account = match rate {
        Some(_) => store::lock_for_terms(db, input.id).await?,
        None => store::lock_by_id(db, input.id).await?,
    };
    let before = account;
    let mut account = ManagedAccount::clone(&before);
    match &input.customer_name {
        MaybeUndefined::Undefined => {}
        MaybeUndefined::Null => account.customer_name = None,
        MaybeUndefined::Value(name) => {
            account.customer_name = text::optional_text("customerName", Some(name))?
        }
    }
    account.engagement_type = engagement_type.unwrap_or(account.engagement_type);
    store::update(db, &account).await?;
    let Some(rate) = rate else {
        db.record_changed(&*before, &account);
        return db.scope().authorize(account);
    };
    terms::change(db, &account, rate, input.effective_from).await?;
    let account = store::by_id(db, account.id).await?;
    db.record_changed(&*before, &*account);
    Ok(account)
}

/// Sets the end of a managed account, or moves it; rejects a later end if the customer was assigned again before it, or if
/// the partner has left.
pub async fn end(db: &mut Transaction, input: &EndManagedAccountInput) -> Result<Authorized<ManagedAccount>> {
    let before = store::lock_by_id(db, input.id).await?;
    let mut account = ManagedAccount::clone(&before);
    if input.ends_at.0 <= account.starts_at {
        return Err(Error::bad_input("endsAt", "must come after the account's startsAt"));
    }
    let is_extended = account.ends_at.is_some_and(|end| input.ends_at.0 > end);
    if is_extended {
        let partner = partner::store::by_id(db, "id", account.partner_id).await?;
        if matches!(partner.terms.status, PartnerStatus::Terminated | PartnerStatus::Archived) {
            let message = format!("the partner is {}; its accounts cannot be extended", partner.terms.status);
            let error = UserError::new(UserErrorCode::InvalidState, message);
            return Err(Error::user_error(error.at("endsAt").about(account.id)));
        }
    }
    account.ends_at = Some(input.ends_at.0);
    store::update(db, &account).await?;
    db.record_changed(&*before, &account);
    db.scope().authorize(account)
}
