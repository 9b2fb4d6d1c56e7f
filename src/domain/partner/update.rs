//! updatePartner: changes the name, tier, status, rate or payout currency of a partner.

use async_graphql::{InputObject, MaybeUndefined};

use super::terms::{self, Changes};
use super::{Partner, PartnerStatus, PartnerTier, published, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::domain::terms::reject_without_terms;
use crate::primitives::currency::Currency;
use crate::primitives::decimal::DecimalText;
use crate::primitives::error::Result;
use crate::primitives::id::PartnerId;
use crate::primitives::money::Rate;
use crate::primitives::nullable::not_null;
use crate::primitives::text;
use crate::primitives::timestamp::Timestamp;

/// Changes to a partner; omitted fields stay as they are. Commissions that were recorded already do not change.
#[derive(Clone, Debug, InputObject)]
pub struct UpdatePartnerInput {
    /// The id of the partner.
    pub id: PartnerId,
    /// The name of the partner, 1 to 255 characters.
    pub company_name: MaybeUndefined<String>,
    /// The tier in the tenant's programme.
    pub tier: MaybeUndefined<PartnerTier>,
    /// The status: for invoices paid from effectiveFrom on, and for payouts created while it holds.
    pub status: MaybeUndefined<PartnerStatus>,
    /// The rate for managed accounts without a rate of their own, for invoices paid from effectiveFrom on: a fraction
    /// from 0 to 1 with at most 4 decimals, `"0.1500"` for 15 %. Null removes the rate, and such accounts earn nothing.
    pub default_commission_rate: MaybeUndefined<DecimalText>,
    /// The currency in which the partner is paid by default.
    pub payout_currency: MaybeUndefined<Currency>,
    /// The moment from which tier, status and defaultCommissionRate hold, each until its next change: from 2000-01-01 to
    /// ten years ahead; default now, and for the first rate of all from the beginning. A past moment counts for invoices
    /// that are recorded from now on, not for recorded commissions.
    pub effective_from: Option<Timestamp>,
}

impl UpdatePartnerInput {
    /// Returns the terms that the request changes; rejects null for those that cannot be empty.
    fn changes(&self) -> Result<Changes> {
        let changes = Changes {
            status: not_null("status", &self.status)?.copied(),
            tier: not_null("tier", &self.tier)?.copied(),
            default_commission_rate: match self.default_commission_rate {
                MaybeUndefined::Undefined => None,
                MaybeUndefined::Null => Some(None),
                MaybeUndefined::Value(rate) => Some(Some(Rate::new("defaultCommissionRate", rate)?)),
            },
        };
        if changes.is_empty() {
            reject_without_terms(self.effective_from, "status, tier or defaultCommissionRate")?;
        }
        Ok(changes)
    }
}

/// Updates a partner, and its terms with the moment from which they hold.
pub async fn update(db: &mut Transaction, input: &UpdatePartnerInput) -> Result<Authorized<Partner>> {
    let changes = input.changes()?;
    let company_name = not_null("companyName", &input.company_name)?;
    let company_name = company_name.map(|name| text::required_text("companyName", name)).transpose()?;
    let payout_currency = not_null("payoutCurrency", &input.payout_currency)?;
    let partner = if changes.is_empty() {
        store::lock_by_id(db, "id", input.id).await?
    } else {
        store::lock_for_terms(db, input.id).await?
    };
    let before = partner;
    let mut partner = Partner::clone(&before);
    if company_name.is_some() || payout_currency.is_some() {
        partner.company_name = company_name.unwrap_or(partner.company_name);
        partner.payout_currency = payout_currency.copied().unwrap_or(partner.payout_currency);
        store::update(db, &partner).await?;
    }
    if changes.is_empty() {
        db.record_changed(&*before, &partner);
        published::updated(db, &before, &partner);
        return db.scope().authorize(partner);
    }
    terms::change(db, &partner, changes, input.effective_from).await?;
    let partner = store::by_id(db, "id", partner.id).await?;
    db.record_changed(&*before, &*partner);
    published::updated(db, &before, &partner);
    Ok(partner)
}
