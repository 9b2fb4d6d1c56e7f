//! advanceReferralLead: changes the status of a referral lead.

use async_graphql::{InputObject, MaybeUndefined};
use chrono::{DateTime, Utc};

use super::{ReferralLead, ReferralStatus, published, store};
use crate::auth::Authorized;
use crate::domain::account;
use crate::domain::account::assign::{self, AssignManagedAccountInput};
use crate::domain::db::transaction::Transaction;
use crate::domain::partner::terms::Terms;
use crate::domain::partner::{self, PartnerStatus};
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::ReferralLeadId;
use crate::primitives::money::{Money, MoneyInput};
use crate::primitives::nullable::not_null;
use crate::primitives::text;
use crate::primitives::timestamp::Timestamp;

/// The new status of a referral lead, and its outcome.
#[derive(Clone, Debug, InputObject)]
pub struct AdvanceReferralLeadInput {
    /// The id of the lead.
    pub id: ReferralLeadId,
    /// The new status; the current one is rejected with INVALID_STATE.
    pub status: ReferralStatus,
    /// The id in the billing system of the customer that the lead became, only with the status CONVERTED; default none.
    /// DUPLICATE if another lead was converted to this customer.
    pub converted_customer_id: Option<String>,
    /// Whether to assign the customer to the lead's partner from now on, with the rate of the partner; only with the
    /// status CONVERTED and a convertedCustomerId. ACCOUNT_OVERLAPS if another partner manages the customer; nothing to do
    /// if this partner does. Default false. Not null.
    pub assign_account: MaybeUndefined<bool>,
    /// The actual value of the customer, not negative; null removes it. Default unchanged.
    pub actual_value: MaybeUndefined<MoneyInput>,
    /// A note for staff, at most 2,000 characters, hidden from partner users; null removes it. Default unchanged.
    pub notes: MaybeUndefined<String>,
}

/// A lead after a mutation, and what staff should know about it.
#[derive(Clone, Debug)]
pub struct ChangedLead {
    /// The lead.
    pub lead: Authorized<ReferralLead>,
    /// Sentences in English.
    pub warnings: Vec<String>,
}

impl From<Authorized<ReferralLead>> for ChangedLead {
    fn from(lead: Authorized<ReferralLead>) -> Self {
        Self { lead, warnings: Vec::new() }
    }
}

/// The validated input of `advance`. The outer option of a member is `None` if it was left out, the inner one if it is to
/// be removed.
struct Advance {
    status: ReferralStatus,
    customer: Option<String>,
    assigns_account: bool,
    value: Option<Option<Money>>,
    notes: Option<Option<String>>,
}

impl Advance {
    fn from_input(input: &AdvanceReferralLeadInput) -> Result<Self> {
        let customer =
            text::optional_identifier("convertedCustomerId", input.converted_customer_id.as_deref())?;
        let assigns_account = not_null("assignAccount", &input.assign_account)?.is_some_and(|assign| *assign);
        let is_conversion = input.status == ReferralStatus::Converted;
        if customer.is_some() && !is_conversion {
            return Err(Error::bad_input("convertedCustomerId", "is allowed only with the status CONVERTED"));
        }
        if assigns_account && !is_conversion {
            return Err(Error::bad_input("assignAccount", "is allowed only with the status CONVERTED"));
        }
        if assigns_account && customer.is_none() {
            return Err(Error::bad_input(
                "convertedCustomerId",
                "is required with assignAccount: pass the customer to assign",
            ));
        }
        let value = match &input.actual_value {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(None),
            MaybeUndefined::Value(value) => Some(Some(value.not_negative("actualValue")?)),
        };
        let notes = match &input.notes {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(None),
            MaybeUndefined::Value(notes) => Some(text::optional_note("notes", Some(notes))?),
        };
        Ok(Self { status: input.status, customer, assigns_account, value, notes })
    }

    fn apply(&self, lead: &mut ReferralLead, now: DateTime<Utc>) {
        lead.status = self.status;
        match self.status {
            ReferralStatus::Contacted => lead.first_contact_at = lead.first_contact_at.or(Some(now)),
            ReferralStatus::Qualified => lead.qualified_at = lead.qualified_at.or(Some(now)),
            ReferralStatus::Converted => lead.converted_at = lead.converted_at.or(Some(now)),
            ReferralStatus::New | ReferralStatus::Lost | ReferralStatus::Invalid => {}
        }
        lead.converted_customer_id.clone_from(&self.customer);
        if let Some(value) = self.value {
            lead.actual_amount = value.map(|value| value.amount());
            lead.actual_currency = value.map(|value| value.currency());
        }
        if let Some(notes) = &self.notes {
            lead.staff_notes.clone_from(notes);
        }
    }
}

/// Changes the status of a lead, and assigns its customer to its partner if asked to. The time of a stage is set when the
/// lead first reaches it, and does not change after.
pub async fn advance(db: &mut Transaction, input: &AdvanceReferralLeadInput) -> Result<ChangedLead> {
    let change = Advance::from_input(input)?;
    let before = store::lock_by_id(db, "id", input.id).await?;
    let mut lead = ReferralLead::clone(&before);
    if lead.status == change.status {
        let message = format!("the lead is already {}", lead.status);
        let error = UserError::new(UserErrorCode::InvalidState, message);
        return Err(Error::user_error(error.at("status").about(lead.id)));
    }
    let now = db.clock_timestamp().await?;
    change.apply(&mut lead, now);
    store::update(db, &lead).await?;
    db.record_changed(&*before, &lead);
    published::advanced(db, &lead);
    let warnings = match &lead.converted_customer_id {
        Some(customer) => connect_account(db, &lead, customer, change.assigns_account, now).await?,
        None => Vec::new(),
    };
    Ok(ChangedLead { lead: db.scope().authorize(lead)?, warnings })
}

/// Assigns the customer of a lead to its partner, or returns a warning if the partner does not manage it.
async fn connect_account(
    db: &mut Transaction,
    lead: &ReferralLead,
    customer: &str,
    assigns_account: bool,
    now: DateTime<Utc>,
) -> Result<Vec<String>> {
    let manager = account::store::manager(db, customer, now).await?;
    if manager == Some(lead.partner_id) {
        return Ok(Vec::new());
    }
    if assigns_account {
        let account = AssignManagedAccountInput {
            partner_id: lead.partner_id,
            customer_id: customer.to_owned(),
            customer_name: None,
            engagement_type: MaybeUndefined::Undefined,
            custom_commission_rate: None,
            starts_at: MaybeUndefined::Value(Timestamp(now)),
            ends_at: None,
        };
        assign::assign(db, &account).await.map_err(at_own_fields)?;
        let partner = partner::store::by_id(db, "id", lead.partner_id).await?;
        return Ok(why_nothing_is_earned(&partner.terms).into_iter().collect());
    }
    let warning = match manager {
        Some(_) => {
            "another partner manages this customer: its invoices earn nothing for the partner of this lead"
        }
        None => {
            "no partner manages this customer: its invoices earn nothing until it is assigned to one, with \
             assignManagedAccount or with assignAccount at the conversion"
        }
    };
    Ok(vec![warning.to_owned()])
}

/// Returns why the invoices of an account without a rate of its own earn nothing for a partner with these terms, if so.
fn why_nothing_is_earned(terms: &Terms) -> Option<String> {
    if terms.status == PartnerStatus::Pending {
        return Some(
            "the partner is PENDING: invoices of this customer earn nothing until it is ACTIVE".to_owned(),
        );
    }
    terms.default_commission_rate.is_none().then(|| {
        "neither the partner nor the account has a rate: invoices of this customer earn nothing until one is set"
            .to_owned()
    })
}

/// Makes the user errors of an assignment point to the fields of this mutation.
fn at_own_fields(error: Error) -> Error {
    let Error::UserErrors(errors) = error else { return error };
    let at_own_field = |error: UserError| {
        let is_customer =
            error.field.as_ref().is_some_and(|path| path.iter().any(|name| name == "customerId"));
        error.at(if is_customer { "convertedCustomerId" } else { "assignAccount" })
    };
    Error::UserErrors(errors.into_iter().map(at_own_field).collect())
}
