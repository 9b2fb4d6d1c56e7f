//! assignManagedAccount.

use async_graphql::InputObject;

use super::{ManagedAccount, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::domain::partner;
use crate::primitives::decimal::DecimalText;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::{ManagedAccountId, PartnerId};
use crate::primitives::money::Rate;
use crate::primitives::text;
use crate::primitives::timestamp::Timestamp;

const ENGAGEMENT_DEFAULT: &str = "managed";

/// A customer that a partner manages from some moment on.
#[derive(Clone, Debug, InputObject)]
pub struct AssignManagedAccountInput {
    /// The partner.
    pub partner_id: PartnerId,
    /// The customer, as the billing system names it, 1 to 255 characters.
    pub customer_id: String,
    /// The customer, as people name it; partner users see it masked.
    pub customer_name: Option<String>,
    /// What the partner does for the customer, in the tenant's own words; default `"managed"`.
    pub engagement_type: Option<String>,
    /// What the partner earns on this account in place of its default: a fraction from 0 to 1 with at most 4
    /// decimals. `"0"` counts: such an account earns nothing.
    pub custom_commission_rate: Option<DecimalText>,
    /// From when the partner manages the customer; default now.
    pub starts_at: Option<Timestamp>,
    /// Until just before when; left out, until it is ended.
    pub ends_at: Option<Timestamp>,
}

/// Puts a customer under the management of a partner.
pub async fn assign(
    db: &mut Transaction,
    input: &AssignManagedAccountInput,
) -> Result<Authorized<ManagedAccount>> {
    let customer_id = text::required_text("customerId", &input.customer_id)?;
    let customer_name = text::optional_text("customerName", input.customer_name.as_deref())?;
    let engagement_type = text::optional_text("engagementType", input.engagement_type.as_deref())?;
    let rate =
        input.custom_commission_rate.map(|rate| Rate::new("customCommissionRate", rate)).transpose()?;
    let starts_at = match input.starts_at {
        Some(Timestamp(at)) => at,
        None => db.clock_timestamp().await?,
    };
    let ends_at = input.ends_at.map(|Timestamp(at)| at);
    if ends_at.is_some_and(|end| end <= starts_at) {
        return Err(Error::bad_input("endsAt", "must come after startsAt"));
    }
    let partner = partner::store::named(db, "partnerId", input.partner_id).await?;
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
    db.scope().authorize(account)
}
