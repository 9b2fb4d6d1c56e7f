//! The file of referral leads.

use async_graphql::Value;

use super::cell::{Cell, Column, FileContext};
use super::references::Referred;
use super::{FileRow, order};
use crate::domain::referral::store::ordering;
use crate::domain::referral::{ReferralLead, ReferralLeadOrder};
use crate::graphql::mask::mask;
use crate::primitives::error::Result;
use crate::primitives::pagination::Ordering;

impl FileRow for ReferralLead {
    const NAME: &'static str = "referral-leads";
    const FIELD: &'static str = "referralLeads";
    const ORDER_TYPE: Option<&'static str> = Some("ReferralLeadOrder");
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new("referral_lead_id", |row, _| Cell::Id(row.id.0)),
        Column::new("partner_number", |row, context| context.partner_number(row.partner_id)),
        Column::new("company_name", |row, context| contact(row, row.company_name.as_deref(), context)),
        Column::new("contact_name", |row, context| contact(row, Some(&row.contact_name), context)),
        Column::new("contact_email", |row, context| contact(row, Some(&row.contact_email), context)),
        Column::new("contact_phone", |row, context| {
            Cell::text(row.contact_phone.as_deref().filter(|_| !is_masked(row, context)))
        }),
        Column::new("status", |row, _| Cell::word(&row.status)),
        Column::new("source", |row, _| Cell::text(row.source.as_deref())),
        Column::new("estimated_value", |row, _| {
            Cell::number(row.estimated_value().map(|value| value.amount()))
        }),
        Column::new("estimated_currency", |row, _| {
            row.estimated_value().map_or(Cell::Empty, |value| Cell::word(&value.currency()))
        }),
        Column::new("actual_value", |row, _| Cell::number(row.actual_value().map(|value| value.amount()))),
        Column::new("actual_currency", |row, _| {
            row.actual_value().map_or(Cell::Empty, |value| Cell::word(&value.currency()))
        }),
        Column::instant("submitted_at", |row, _| Cell::Instant(row.submitted_at)),
        Column::instant("first_contact_at", |row, _| Cell::instant(row.first_contact_at)),
        Column::instant("qualified_at", |row, _| Cell::instant(row.qualified_at)),
        Column::instant("converted_at", |row, _| Cell::instant(row.converted_at)),
        Column::new("converted_customer_id", |row, context| {
            context.identifier(row.converted_customer_id.as_deref())
        }),
        Column::for_staff("notes", |row, _| Cell::text(row.staff_notes.as_deref().or(row.notes.as_deref()))),
    ];

    fn ordering(order: Option<Value>) -> Result<Ordering> {
        Ok(ordering(order::parsed(order)?))
    }

    fn order_value(of: Ordering) -> Option<Value> {
        order::value_of(
            of,
            |field, direction| ReferralLeadOrder { field, direction },
            |order| ordering(Some(order)),
        )
    }

    fn referred(&self) -> Referred {
        Referred { partner: Some(self.partner_id), ..Referred::default() }
    }
}

/// Returns whether the contact is masked: partner users see it unmasked only if their partner submitted the lead.
fn is_masked(lead: &ReferralLead, context: &FileContext) -> bool {
    context.caller.is_partner_user() && !lead.submitted_by_partner
}

fn contact<'r>(lead: &'r ReferralLead, text: Option<&'r str>, context: &FileContext) -> Cell<'r> {
    match text {
        Some(text) if is_masked(lead, context) => Cell::Text(mask(text).into()),
        text => Cell::text(text),
    }
}
