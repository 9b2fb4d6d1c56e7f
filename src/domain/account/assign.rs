//! assignManagedAccount: assigns a customer to a partner.

use async_graphql::{InputObject, MaybeUndefined};

use super::{ManagedAccount, store, terms};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::domain::partner::{self, PartnerStatus};
use crate::primitives::decimal::DecimalText;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::{ManagedAccountId, PartnerId};
use crate::primitives::money::Rate;
use crate::primitives::nullable::not_null;
use crate::primitives::text;
use crate::primitives::timestamp::Timestamp;

const ENGAGEMENT_DEFAULT: &str = "managed";

/// The assignment of a customer to a partner for a period of time.
#[derive(Clone, Debug, InputObject)]
pub struct AssignManagedAccountInput {
    /// The partner that manages the customer; INVALID_STATE if it is TERMINATED or ARCHIVED.
    pub partner_id: PartnerId,
    /// The customer id of the billing system, 1 to 255 characters.
    pub customer_id: String,
    /// The display name of the customer, at most 255 characters, masked for partner users; default none.
    pub customer_name: Option<String>,
    /// The service of the partner for the customer, in the tenant's own words, at most 255 characters; default
    /// `"managed"`. Not null.
    pub engagement_type: MaybeUndefined<String>,
    /// The commission rate of this account in place of the partner's default: a fraction from 0 to 1 with at most 4
    /// decimals, `"0.1500"` for 15 %. `"0"` is a rate at which invoices earn nothing. Default the partner's rate.
    pub custom_commission_rate: Option<DecimalText>,
    /// The start of the period, inclusive; default now. Not null.
    pub starts_at: MaybeUndefined<Timestamp>,
    /// The end of the period, exclusive; default no end, until endManagedAccount.
    pub ends_at: Option<Timestamp>,
}

/// Assigns a customer to a partner; rejects a partner that has left, and a period in which the customer is assigned
/// already.
pub async fn assign(
    db: &mut Transaction,
    input: &AssignManagedAccountInput,
) -> Result<Authorized<ManagedAccount>> {
    let customer_id = text::identifier("customerId", &input.customer_id)?;
    let customer_name = text::optional_text("customerName", input.customer_name.as_deref())?;
    let engagement_type = not_null("engagementType", &input.engagement_type)?;
    let engagement_type = text::optional_text("engagementType", engagement_type.map(String::as_str))?;
    let rate =
        input.custom_commission_rate.map(|rate| Rate::new("customCommissionRate", rate)).transpose()?;
    let starts_at = match not_null("startsAt", &input.starts_at)? {
        Some(Timestamp(starts_at)) => *starts_at,
        None => db.clock_timestamp().await?,
    };
    let ends_at = input.ends_at.map(|Timestamp(ends_at)| ends_at);
    if ends_at.is_some_and(|end| end <= starts_at) {
        return Err(Error::bad_input("endsAt", "must come after startsAt"));
    }
    // Locked, so that the partner is not terminated meanwhile.
    let partner = partner::store::lock_by_id(db, "partnerId", input.partner_id).await?;
    if matches!(partner.terms.status, PartnerStatus::Terminated | PartnerStatus::Archived) {
        let message = format!("the partner is {}; no customer can be assigned to it", partner.terms.status);
        let error = UserError::new(UserErrorCode::InvalidState, message);
        return Err(Error::user_error(error.at("partnerId").about(partner.id)));
    }
    let account = ManagedAccount {
        tenant_id: partner.tenant_id.clone(),
        id: ManagedAccountId::new(),
        partner_id: partner.id,
        customer_id,
        customer_name,
        engagement_type: engagement_type.unwrap_or_else(|| ENGAGEMENT_DEFAULT.to_owned()),
        custom_commission_rate: rate,
        starts_at,
        ends_at,
    };
    store::insert(db, &account).await?;
    db.record_created(&account);
    terms::begin(db, &account).await?;
    db.scope().authorize(account)
}
