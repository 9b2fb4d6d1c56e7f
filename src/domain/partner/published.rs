//! The domain events of partners and their users.

use serde_json::{Value, json};

use super::Partner;
use super::user::PartnerUser;
use crate::domain::db::event_data::{instant, text};
use crate::domain::db::transaction::Transaction;
use crate::primitives::event_type::EventType;

/// Publishes that a partner was created.
pub fn created(db: &mut Transaction, partner: &Partner) {
    db.publish(EventType::PartnerCreated, Some(partner.id), || json!({ "partner": data(partner) }));
}

/// Publishes that a partner was changed, if it was.
pub fn updated(db: &mut Transaction, before: &Partner, partner: &Partner) {
    if before.company_name == partner.company_name && data(before) == data(partner) {
        return;
    }
    db.publish(EventType::PartnerUpdated, Some(partner.id), || json!({ "partner": data(partner) }));
}

/// Publishes that a user was linked to a partner, or the link deactivated.
pub fn user_changed(db: &mut Transaction, user: &PartnerUser) {
    let event_type =
        if user.is_active { EventType::PartnerUserAdded } else { EventType::PartnerUserDeactivated };
    db.publish(event_type, Some(user.partner_id), || {
        json!({
            "partnerUser": {
                "id": user.id.0,
                "partnerId": user.partner_id.0,
                "role": user.role.to_string(),
                "isActive": user.is_active,
            },
        })
    });
}

/// Returns the data of a partner, with the present terms: no name.
fn data(partner: &Partner) -> Value {
    json!({
        "id": partner.id.0,
        "partnerNumber": partner.partner_number,
        "status": partner.terms.status.to_string(),
        "tier": partner.terms.tier.to_string(),
        "defaultCommissionRate": text(partner.terms.default_commission_rate),
        "payoutCurrency": partner.payout_currency.to_string(),
        "createdAt": instant(partner.created_at),
    })
}
