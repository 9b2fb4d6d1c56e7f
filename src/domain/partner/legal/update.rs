//! updatePartnerLegal: sets or changes the legal identity of a partner, and whether it is paid against invoices that the
//! tenant issues.

use async_graphql::{InputObject, MaybeUndefined};
use chrono::{DateTime, Utc};

use super::{PartnerLegal, TaxTreatment, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::domain::legal::{LegalChanges, LegalIdentity};
use crate::domain::partner::{self, Partner};
use crate::domain::terms::BEGINNING;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::PartnerId;
use crate::primitives::text;
use crate::primitives::timestamp::Timestamp;
use crate::primitives::vat_id::is_in_european_union;

/// The legal identity of a partner; omitted fields stay as they are. The first time, name, addressLines and country must be
/// given. Statements that were issued already do not change.
#[derive(Clone, Debug, InputObject)]
pub struct UpdatePartnerLegalInput {
    /// The id of the partner.
    pub partner_id: PartnerId,
    /// The full name under which the partner is registered, 1 to 255 characters. Not null.
    pub name: MaybeUndefined<String>,
    /// The lines of the address without the country, 1 to 6 lines of 1 to 100 characters. Not null.
    pub address_lines: MaybeUndefined<Vec<String>>,
    /// The country of the address, by its ISO 3166-1 alpha-2 code in upper case, as in `"DE"`. Not null.
    pub country: MaybeUndefined<String>,
    /// The VAT identification number; blanks, points and hyphens are removed. In the European Union and the United Kingdom
    /// it begins with its country, as in `"DE123456789"`. Null for none; required in the European Union for REVERSE_CHARGE.
    pub vat_id: MaybeUndefined<String>,
    /// The way in which VAT applies to what the partner supplies to the tenant; DOMESTIC is rejected with TAX_NOT_SUPPORTED.
    /// Null only without selfBillingAgreedAt.
    pub tax_treatment: MaybeUndefined<TaxTreatment>,
    /// A note on invoices about the treatment, such as the provision by which the supply is exempt: 1 to 255 characters;
    /// required for EXEMPT, null for none.
    pub tax_note: MaybeUndefined<String>,
    /// The time at which the partner agreed that the tenant issues its invoices, not in the future; needs a taxTreatment.
    /// Null ends the agreement: later payouts have ordinary statements.
    pub self_billing_agreed_at: MaybeUndefined<Timestamp>,
}

/// Sets or changes the legal identity of a partner. Repeated, it has no further effect.
pub async fn update(db: &mut Transaction, input: &UpdatePartnerLegalInput) -> Result<Authorized<Partner>> {
    db.scope().require_partner(input.partner_id)?;
    db.caller().require_legal_change(input.partner_id)?;
    let partner = partner::store::lock_by_id(db, "partnerId", input.partner_id).await?;
    let before = store::of_partner(db, partner.id).await?;
    let after = changed(&partner, before.as_deref(), input, db.clock_timestamp().await?)?;
    match before {
        Some(before) => {
            store::update(db, &after).await?;
            db.record_changed(&*before, &after);
        }
        None => {
            store::insert(db, &after).await?;
            db.record_created(&after);
        }
    }
    Ok(partner)
}

fn changed(
    partner: &Partner,
    before: Option<&PartnerLegal>,
    input: &UpdatePartnerLegalInput,
    now: DateTime<Utc>,
) -> Result<PartnerLegal> {
    let changes = LegalChanges {
        name: &input.name,
        address_lines: &input.address_lines,
        country: &input.country,
        vat_id: &input.vat_id,
    };
    let legal = PartnerLegal {
        tenant_id: partner.tenant_id.clone(),
        partner_id: partner.id,
        identity: LegalIdentity::changed(before.map(|before| &before.identity), &changes)?,
        tax_treatment: match input.tax_treatment {
            MaybeUndefined::Undefined => before.and_then(|before| before.tax_treatment),
            MaybeUndefined::Null => None,
            MaybeUndefined::Value(treatment) => Some(treatment),
        },
        tax_note: match &input.tax_note {
            MaybeUndefined::Undefined => before.and_then(|before| before.tax_note.clone()),
            MaybeUndefined::Null => None,
            MaybeUndefined::Value(note) => text::optional_text("taxNote", Some(note))?,
        },
        self_billing_agreed_at: match input.self_billing_agreed_at {
            MaybeUndefined::Undefined => before.and_then(|before| before.self_billing_agreed_at),
            MaybeUndefined::Null => None,
            MaybeUndefined::Value(Timestamp(at)) if at < BEGINNING || at > now => {
                return Err(Error::bad_input("selfBillingAgreedAt", "must lie between 2000-01-01 and now"));
            }
            MaybeUndefined::Value(Timestamp(at)) => Some(at),
        },
    };
    check_treatment(&legal)?;
    Ok(legal)
}

/// Rejects a treatment with tax, an exemption without a note, and self-billing without a treatment.
fn check_treatment(legal: &PartnerLegal) -> Result<()> {
    match legal.tax_treatment {
        Some(TaxTreatment::Domestic) => {
            let message = "invoices with tax are not supported: payouts are paid without tax; leave selfBillingAgreedAt \
                           out, so that the partner issues its own invoices";
            let error = UserError::new(UserErrorCode::TaxNotSupported, message);
            Err(Error::user_error(error.at("taxTreatment").about(legal.partner_id)))
        }
        Some(TaxTreatment::Exempt) if legal.tax_note.is_none() => {
            Err(Error::bad_input("taxNote", "must state the provision by which the supply is exempt"))
        }
        Some(TaxTreatment::ReverseCharge)
            if legal.identity.vat_id.is_none() && is_in_european_union(legal.identity.country.code()) =>
        {
            let message = "must be given: under reverse charge, an invoice states that of a supplier in the European Union";
            Err(Error::bad_input("vatId", message))
        }
        None if legal.self_billing_agreed_at.is_some() => {
            Err(Error::bad_input("taxTreatment", "must be given for invoices under self-billing"))
        }
        Some(TaxTreatment::ReverseCharge | TaxTreatment::Exempt | TaxTreatment::OutsideScope) | None => {
            Ok(())
        }
    }
}
