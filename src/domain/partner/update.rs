//! updatePartner: changes the name, tier, status, rate or payout currency of a partner.

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

/// Changes to a partner; omitted fields stay as they are. Commissions that were recorded already do not change.
#[derive(Clone, Debug, InputObject)]
pub struct UpdatePartnerInput {
    /// The id of the partner.
    pub id: PartnerId,
    /// The name of the partner, 1 to 255 characters.
    pub company_name: Option<String>,
    /// The tier in the tenant's programme.
    pub tier: Option<PartnerTier>,
    /// The status, for invoices recorded and payouts created from now on.
    pub status: Option<PartnerStatus>,
    /// The rate for managed accounts without a rate of their own, for invoices recorded from now on: a fraction from 0
    /// to 1 with at most 4 decimals, `"0.1500"` for 15 %. Null removes the rate, and such accounts earn nothing.
    pub default_commission_rate: MaybeUndefined<DecimalText>,
    /// The currency in which the partner is paid by default.
    pub payout_currency: Option<Currency>,
}

/// Updates a partner.
pub async fn update(db: &mut Transaction, input: &UpdatePartnerInput) -> Result<Authorized<Partner>> {
    let mut partner = Partner::clone(&*store::lock_by_id(db, "id", input.id).await?);
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
