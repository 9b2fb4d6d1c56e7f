//! updatePartner.

use async_graphql::{InputObject, MaybeUndefined};

use super::{Partner, PartnerStatus, PartnerTier, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::primitives::currency::Currency;
use crate::primitives::decimal::DecimalText;
use crate::primitives::error::Result;
use crate::primitives::id::PartnerId;
use crate::primitives::money::Rate;
use crate::primitives::text;

/// Changes to a partner. What is left out stays; commissions that are recorded already are never touched.
#[derive(Clone, Debug, InputObject)]
pub struct UpdatePartnerInput {
    /// The partner.
    pub id: PartnerId,
    /// Its name, 1 to 255 characters.
    pub company_name: Option<String>,
    /// Its rank.
    pub tier: Option<PartnerTier>,
    /// Its status.
    pub status: Option<PartnerStatus>,
    /// What it earns from now on, on accounts without a rate of their own: a fraction from 0 to 1 with at most 4
    /// decimals; null clears it, and such accounts earn nothing.
    pub default_commission_rate: MaybeUndefined<DecimalText>,
    /// The currency it is paid in.
    pub payout_currency: Option<Currency>,
}

/// Changes a partner.
pub async fn update(db: &mut Transaction, input: &UpdatePartnerInput) -> Result<Authorized<Partner>> {
    let mut partner = Partner::clone(&*store::lock_named(db, "id", input.id).await?);
    if let Some(name) = &input.company_name {
        partner.company_name = text::required_text("companyName", name)?;
    }
    if let Some(tier) = input.tier {
        partner.tier = tier;
    }
    if let Some(status) = input.status {
        partner.status = status;
    }
    match input.default_commission_rate {
        MaybeUndefined::Undefined => {}
        MaybeUndefined::Null => partner.default_commission_rate = None,
        MaybeUndefined::Value(rate) => {
            partner.default_commission_rate = Some(Rate::new("defaultCommissionRate", rate)?);
        }
    }
    if let Some(currency) = input.payout_currency {
        partner.payout_currency = currency;
    }
    store::update(db, &partner).await?;
    db.scope().authorize(partner)
}
