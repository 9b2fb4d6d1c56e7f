//! submitReferralLead: records a referral lead.

use async_graphql::InputObject;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use super::{ReferralLead, ReferralStatus, published, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::domain::partner::{self, PartnerStatus};
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::{PartnerId, ReferralLeadId};
use crate::primitives::money::MoneyInput;
use crate::primitives::text;

/// The number of leads that the users of a partner may submit within 24 hours, so that none of them can fill the database
/// and the work queue of the staff.
const LEADS_PER_DAY_MAX: u32 = 100;

/// A possible customer that a partner refers.
#[derive(Clone, Debug, InputObject)]
pub struct SubmitReferralLeadInput {
    /// The partner that refers the lead; INVALID_STATE for its users once it is TERMINATED.
    pub partner_id: PartnerId,
    /// The name of the company, at most 255 characters; default none.
    pub company_name: Option<String>,
    /// The name of the contact person, 1 to 255 characters.
    pub contact_name: String,
    /// The e-mail address of the contact person.
    pub contact_email: String,
    /// The telephone number of the contact person, at most 255 characters; default none.
    pub contact_phone: Option<String>,
    /// The expected value of the customer, not negative; default unknown.
    pub estimated_value: Option<MoneyInput>,
    /// The source of the lead, in the partner's own words, at most 255 characters; default none.
    pub source: Option<String>,
    /// A note on the lead, at most 2,000 characters; default none.
    pub notes: Option<String>,
}

/// Records a referral lead of a partner; rejects one beyond the quota of its users.
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
    let partner = partner::store::by_id(db, "partnerId", input.partner_id).await?;
    db.caller().require_lead_submission(partner.id)?;
    if db.caller().is_partner_user() {
        // Concurrent submissions run one after the other, so that together they cannot exceed the quota.
        let partner = partner::store::lock_by_id(db, "partnerId", partner.id).await?;
        if partner.terms.status == PartnerStatus::Terminated {
            let message = "the partner is TERMINATED; its users cannot submit referral leads";
            let error = UserError::new(UserErrorCode::InvalidState, message);
            return Err(Error::user_error(error.at("partnerId").about(partner.id)));
        }
    }
    let submitted_at = db.clock_timestamp().await?;
    if db.caller().is_partner_user() {
        require_quota(db, partner.id, submitted_at).await?;
    }
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
        submitted_at,
        first_contact_at: None,
        qualified_at: None,
        converted_at: None,
        converted_customer_id: None,
    };
    store::insert(db, &lead).await?;
    db.record_created(&lead);
    published::submitted(db, &lead);
    db.scope().authorize(lead)
}

/// Rejects a lead if the users of the partner have submitted as many as they may in the 24 hours before `now`.
async fn require_quota(db: &mut Transaction, partner: PartnerId, now: DateTime<Utc>) -> Result<()> {
    let day = TimeDelta::days(1);
    let Some(oldest) = store::submitted_by_users(db, partner, now - day, LEADS_PER_DAY_MAX).await? else {
        return Ok(());
    };
    let message = format!(
        "the users of the partner have submitted {LEADS_PER_DAY_MAX} leads in the last 24 hours, which is the limit; the \
         next one can be submitted at {}",
        (oldest + day).to_rfc3339_opts(SecondsFormat::Micros, true)
    );
    Err(Error::user_error(UserError::new(UserErrorCode::LimitExceeded, message).about(partner)))
}
