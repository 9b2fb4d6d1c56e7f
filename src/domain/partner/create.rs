//! createPartner: creates a partner with a unique partner number.

use async_graphql::{InputObject, MaybeUndefined};
use serde_json::json;

use super::terms::{self, Terms};
use super::{Partner, PartnerStatus, PartnerTier, published, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::domain::{idempotency, tenant};
use crate::primitives::currency::Currency;
use crate::primitives::decimal::DecimalText;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::PartnerId;
use crate::primitives::money::Rate;
use crate::primitives::nullable::not_null;
use crate::primitives::text;

/// A partner to create.
#[derive(Clone, Debug, InputObject)]
pub struct CreatePartnerInput {
    /// The name of the partner, 1 to 255 characters.
    pub company_name: String,
    /// The partner number, at most 255 characters, unique within the tenant without regard to case, else
    /// DUPLICATE; default the next free one of `P-00001`, `P-00002`, …
    pub partner_number: Option<String>,
    /// The tier of the partner; default BRONZE. Not null.
    pub tier: MaybeUndefined<PartnerTier>,
    /// The status of the partner; default ACTIVE. Not null.
    pub status: MaybeUndefined<PartnerStatus>,
    /// The rate for managed accounts without a rate of their own: a fraction from 0 to 1 with at most 4 decimals,
    /// `"0.1500"` for 15 %. Default none: such accounts earn nothing.
    pub default_commission_rate: Option<DecimalText>,
    /// The currency in which the partner is paid by default; default that of the tenant. Not null.
    pub payout_currency: MaybeUndefined<Currency>,
    /// A key of this request, at most 255 characters: repeated with the same key and the same data, it returns the partner that
    /// it created before; with other data it is a CONFLICT. Default none.
    pub idempotency_key: Option<String>,
}

/// Creates a partner; rejects a partner number that is taken.
pub async fn create(db: &mut Transaction, input: &CreatePartnerInput) -> Result<Authorized<Partner>> {
    let company_name = text::required_text("companyName", &input.company_name)?;
    let number = text::optional_identifier("partnerNumber", input.partner_number.as_deref())?;
    let rate =
        input.default_commission_rate.map(|rate| Rate::new("defaultCommissionRate", rate)).transpose()?;
    let tier = not_null("tier", &input.tier)?.copied();
    let status = not_null("status", &input.status)?.copied();
    let payout_currency = not_null("payoutCurrency", &input.payout_currency)?.copied();
    let canonical = json!({
        "companyName": company_name,
        "partnerNumber": number,
        "tier": tier.map(|tier| tier.to_string()),
        "status": status.map(|status| status.to_string()),
        "defaultCommissionRate": rate.map(|rate| rate.to_decimal_text().0.to_string()),
        "payoutCurrency": payout_currency.map(|currency| currency.to_string()),
    });
    let key = input.idempotency_key.as_deref();
    let (key, recorded) = idempotency::reserve(db, key, "createPartner", canonical).await?;
    if let Some(partner) = recorded {
        return store::by_id(db, "idempotencyKey", PartnerId(partner)).await;
    }
    let settings = tenant::settings(db).await?;
    let mut partner = Partner {
        tenant_id: settings.tenant.tenant_id.clone(),
        id: PartnerId::new(),
        partner_number: String::new(),
        company_name,
        terms: Terms {
            status: status.unwrap_or(PartnerStatus::Active),
            tier: tier.unwrap_or(PartnerTier::Bronze),
            default_commission_rate: rate,
        },
        payout_currency: payout_currency.unwrap_or(settings.tenant.default_currency),
        created_at: db.clock_timestamp().await?,
    };
    match number {
        Some(number) => {
            partner.partner_number = number;
            if !store::insert(db, &partner).await? {
                let message = format!("a partner with the number {} already exists", partner.partner_number);
                return Err(Error::user_error(
                    UserError::new(UserErrorCode::Duplicate, message).at("partnerNumber"),
                ));
            }
        }
        // A number that was chosen by hand may be ahead of the counter.
        None => loop {
            partner.partner_number = format!("P-{:05}", tenant::store::next_partner_number(db).await?);
            if store::insert(db, &partner).await? {
                break;
            }
        },
    }
    db.record_created(&partner);
    terms::begin(db, &partner).await?;
    published::created(db, &partner);
    key.set_result(db, partner.id.0).await?;
    db.scope().authorize(partner)
}
