//! submitReferralLead.

use async_graphql::InputObject;

use super::{ReferralLead, ReferralStatus, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::domain::partner;
use crate::primitives::error::Result;
use crate::primitives::id::{PartnerId, ReferralLeadId};
use crate::primitives::money::MoneyInput;
use crate::primitives::text;

/// A possible customer.
#[derive(Clone, Debug, InputObject)]
pub struct SubmitReferralLeadInput {
    /// The partner that tells of it.
    pub partner_id: PartnerId,
    /// The company.
    pub company_name: Option<String>,
    /// Whom to talk to, 1 to 255 characters.
    pub contact_name: String,
    /// Their e-mail address.
    pub contact_email: String,
    /// Their telephone number.
    pub contact_phone: Option<String>,
    /// What it may be worth; not negative.
    pub estimated_value: Option<MoneyInput>,
    /// Where the partner met it, in its own words.
    pub source: Option<String>,
    /// What else to know, at most 2,000 characters.
    pub notes: Option<String>,
}

/// Takes a lead down.
pub async fn submit(
    db: &mut Transaction,
    input: &SubmitReferralLeadInput,
) -> Result<Authorized<ReferralLead>> {
    let company_name = text::optional_text("companyName", input.company_name.as_deref())?;
    let contact_name = text::required_text("contactName", &input.contact_name)?;
    let contact_email = text::email("contactEmail", &input.contact_email)?;
    let contact_phone = text::optional_text("contactPhone", input.contact_phone.as_deref())?;
    let source = text::optional_text("source", input.source.as_deref())?;
    let notes = text::optional_note("notes", input.notes.as_deref())?;
    let estimate =
        input.estimated_value.as_ref().map(|value| value.not_negative("estimatedValue")).transpose()?;
    let partner = partner::store::named(db, "partnerId", input.partner_id).await?;
    db.caller().require_lead_submission(partner.id)?;
    let lead = ReferralLead {
        tenant_id: partner.tenant_id.clone(),
        id: ReferralLeadId::new(),
        partner_id: partner.id,
        company_name,
        contact_name,
        contact_email,
        contact_phone,
        estimated_amount: estimate.map(|value| value.amount()),
        estimated_currency: estimate.map(|value| value.currency()),
        actual_amount: None,
        actual_currency: None,
        status: ReferralStatus::New,
        source,
        notes,
        staff_notes: None,
        submitted_by: db.caller().identity().user().to_owned(),
        submitted_by_partner: db.caller().is_partner_user(),
        submitted_at: db.clock_timestamp().await?,
        first_contact_at: None,
        qualified_at: None,
        converted_at: None,
        converted_customer_id: None,
    };
    store::insert(db, &lead).await?;
    db.scope().authorize(lead)
}
