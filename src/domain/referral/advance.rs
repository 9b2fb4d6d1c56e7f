//! advanceReferralLead: changes the status of a referral lead.

use async_graphql::InputObject;

use super::{ReferralLead, ReferralStatus, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::ReferralLeadId;
use crate::primitives::money::MoneyInput;
use crate::primitives::text;

/// The new status of a referral lead, and its outcome.
#[derive(Clone, Debug, InputObject)]
pub struct AdvanceReferralLeadInput {
    /// The id of the lead.
    pub id: ReferralLeadId,
    /// The new status; the current one is rejected with INVALID_STATE.
    pub status: ReferralStatus,
    /// The id in the billing system of the customer that the lead became, only with the status CONVERTED; default none.
    pub converted_customer_id: Option<String>,
    /// The actual value of the customer, not negative; default unchanged.
    pub actual_value: Option<MoneyInput>,
    /// A note for staff, at most 2,000 characters, hidden from partner users; default unchanged.
    pub notes: Option<String>,
}

/// Changes the status of a lead. The time of a stage is set when the lead first reaches it, and does not change after.
pub async fn advance(
    db: &mut Transaction,
    input: &AdvanceReferralLeadInput,
) -> Result<Authorized<ReferralLead>> {
    let customer = text::optional_text("convertedCustomerId", input.converted_customer_id.as_deref())?;
    let notes = text::optional_note("notes", input.notes.as_deref())?;
    let value = input.actual_value.as_ref().map(|value| value.not_negative("actualValue")).transpose()?;
    if customer.is_some() && input.status != ReferralStatus::Converted {
        return Err(Error::bad_input("convertedCustomerId", "is allowed only with the status CONVERTED"));
    }
    let mut lead = ReferralLead::clone(&*store::lock_by_id(db, input.id).await?);
    if lead.status == input.status {
        let message = format!("the lead is already {}", lead.status);
        let error = UserError::new(UserErrorCode::InvalidState, message);
        return Err(Error::user_error(error.at("status").about(lead.id)));
    }
    let now = db.clock_timestamp().await?;
    lead.status = input.status;
    match lead.status {
        ReferralStatus::Contacted => lead.first_contact_at = lead.first_contact_at.or(Some(now)),
        ReferralStatus::Qualified => lead.qualified_at = lead.qualified_at.or(Some(now)),
        ReferralStatus::Converted => lead.converted_at = lead.converted_at.or(Some(now)),
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
