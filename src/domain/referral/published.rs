//! The domain events of referral leads.

use serde_json::{Value, json};

use super::{ReferralLead, ReferralStatus};
use crate::domain::db::event_data::{instant, text};
use crate::domain::db::transaction::Transaction;
use crate::primitives::event_type::EventType;

/// Publishes that a lead was submitted.
pub fn submitted(db: &mut Transaction, lead: &ReferralLead) {
    db.publish(EventType::ReferralSubmitted, Some(lead.partner_id), || json!({ "referralLead": data(lead) }));
}

/// Publishes that the status of a lead changed; a conversion has a type of its own.
pub fn advanced(db: &mut Transaction, lead: &ReferralLead) {
    let event_type = match lead.status {
        ReferralStatus::Converted => EventType::ReferralConverted,
        ReferralStatus::New
        | ReferralStatus::Contacted
        | ReferralStatus::Qualified
        | ReferralStatus::Lost
        | ReferralStatus::Invalid => EventType::ReferralAdvanced,
    };
    db.publish(event_type, Some(lead.partner_id), || json!({ "referralLead": data(lead) }));
}

/// Returns the data of a lead: nothing of the person, and no notes.
fn data(lead: &ReferralLead) -> Value {
    json!({
        "id": lead.id.0,
        "partnerId": lead.partner_id.0,
        "status": lead.status.to_string(),
        "submittedAt": instant(lead.submitted_at),
        "convertedAt": lead.converted_at.map_or(Value::Null, instant),
        "convertedCustomerId": text(lead.converted_customer_id.as_ref()),
    })
}
