//! Self-billing: the statement of a payout is the invoice of the partner to the tenant, which the tenant issues in the name and
//! on behalf of the partner.

use super::{InvoiceHead, LegalHead, store};
use crate::domain::db::session::Session;
use crate::domain::legal::LegalIdentity;
use crate::domain::partner::legal::{PartnerLegal, TaxTreatment};
use crate::domain::payout::Payout;
use crate::domain::{partner, tenant};
use crate::primitives::error::Result;

/// The title of an invoice: it has the word that invoices under self-billing must have.
pub const TITLE: &str = "Self-billing invoice";

/// Returns the tax treatment by which payouts to a partner are invoiced under self-billing; `None` if they are not, because an
/// identity, the agreement, or under reverse charge the tax number of the customer is missing.
pub fn treatment(supplier: &PartnerLegal, customer: Option<&LegalIdentity>) -> Option<TaxTreatment> {
    supplier.self_billing_agreed_at?;
    let customer = customer?;
    let treatment = supplier.tax_treatment?;
    let is_complete = treatment != TaxTreatment::ReverseCharge || customer.vat_id.is_some();
    Some(treatment).filter(|_| is_complete)
}

/// Returns what the statement of a payout states as an invoice, as of now; `None` if it is none.
pub(in crate::domain) async fn invoice(db: &mut Session, payout: &Payout) -> Result<Option<InvoiceHead>> {
    let Some(supplier) = partner::legal::store::of_partner(db, payout.partner_id).await? else {
        return Ok(None);
    };
    let customer = tenant::legal::store::own(db).await?;
    let treatment = treatment(&supplier, customer.as_ref());
    let Some((treatment, customer)) = treatment.zip(customer) else { return Ok(None) };
    let (supplied_from, supplied_to) = store::supply_dates(db, payout).await?;
    Ok(Some(InvoiceHead {
        supplier: legal_head(&supplier.identity),
        customer: legal_head(&customer),
        supplied_from,
        supplied_to,
        tax_treatment: treatment.to_string(),
        tax_words: words(treatment).to_owned(),
        tax_note: supplier.tax_note.clone(),
    }))
}

fn legal_head(legal: &LegalIdentity) -> LegalHead {
    let country = std::iter::once(legal.country.name());
    LegalHead {
        name: legal.name.clone(),
        address_lines: legal.address_lines().chain(country).map(str::to_owned).collect(),
        vat_id: legal.vat_id.clone(),
    }
}

/// Returns how an invoice names a tax treatment. "Reverse charge" is the wording of article 226 (11a) of Directive 2006/112/EC.
fn words(treatment: TaxTreatment) -> &'static str {
    match treatment {
        TaxTreatment::ReverseCharge => "Reverse charge",
        TaxTreatment::Exempt => "Exempt from VAT",
        TaxTreatment::OutsideScope => "Outside the scope of VAT",
        TaxTreatment::Domestic => "VAT of the supplier's country",
    }
}
