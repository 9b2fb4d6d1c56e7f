//! advanceReferralLead.

use async_graphql::InputObject;

use super::{ReferralLead, ReferralStatus, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::ReferralLeadId;
use crate::primitives::money::MoneyInput;
use crate::primitives::text;

/// How far a lead has come.
#[derive(Clone, Debug, InputObject)]
pub struct AdvanceReferralLeadInput {
    /// The lead.
    pub id: ReferralLeadId,
    /// Its new status: any but the present one.
    pub status: ReferralStatus,
    /// The customer it became, as the billing system names it. Only with status CONVERTED.
    pub converted_customer_id: Option<String>,
    /// What it turned out to be worth; not negative. Left out, it stays.
    pub actual_value: Option<MoneyInput>,
    /// What staff should know, at most 2,000 characters; partner users never see it. Left out, it stays.
    pub notes: Option<String>,
}

/// Moves a lead to another status. The time of a stage is set when the lead first reaches it, and stays.
pub async fn advance(
    db: &mut Transaction,
    input: &AdvanceReferralLeadInput,
) -> Result<Authorized<ReferralLead>> {
    let customer = text::optional_text("convertedCustomerId", input.converted_customer_id.as_deref())?;
    let notes = text::optional_note("notes", input.notes.as_deref())?;
    let value = input.actual_value.as_ref().map(|value| value.not_negative("actualValue")).transpose()?;
    if customer.is_some() && input.status != ReferralStatus::Converted {
        return Err(Error::bad_input("convertedCustomerId", "goes only with the status CONVERTED"));
    }
    let mut lead = ReferralLead::clone(&*store::lock_named(db, input.id).await?);
    if lead.status == input.status {
        let message = format!("the lead is {} already", lead.status);
        let error = UserError::new(UserErrorCode::InvalidState, message);
        return Err(Error::user_error(error.at("status").about(lead.id)));
    }
    let moment = db.clock_timestamp().await?;
    lead.status = input.status;
    match lead.status {
        ReferralStatus::Contacted => lead.first_contact_at = lead.first_contact_at.or(Some(moment)),
        ReferralStatus::Qualified => lead.qualified_at = lead.qualified_at.or(Some(moment)),
        ReferralStatus::Converted => lead.converted_at = lead.converted_at.or(Some(moment)),
        ReferralStatus::New | ReferralStatus::Lost | ReferralStatus::Invalid => {}
    }
    lead.converted_customer_id = match lead.status {
        ReferralStatus::Converted => customer.or(lead.converted_customer_id),
        ReferralStatus::New
        | ReferralStatus::Contacted
        | ReferralStatus::Qualified
        | ReferralStatus::Lost
        | ReferralStatus::Invalid => None,
    };
    if let Some(value) = value {
        lead.actual_amount = Some(value.amount());
        lead.actual_currency = Some(value.currency());
    }
    lead.staff_notes = notes.or(lead.staff_notes);
    store::update(db, &lead).await?;
    db.scope().authorize(lead)
}
