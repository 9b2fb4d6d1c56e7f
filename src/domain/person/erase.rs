//! erasePerson: replaces what was written about a person, and keeps the rows and their amounts.

use async_graphql::{InputObject, MaybeUndefined};

use super::{ERASED, ERASED_EMAIL, Erasure, store};

use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::domain::mail;
use crate::domain::partner::user::{self, PartnerUser};
use crate::domain::referral::{self, ReferralLead};
use crate::primitives::error::{Error, Result};
use crate::primitives::id::{ErasureId, PartnerId, PartnerUserId, ReferralLeadId};
use crate::primitives::nullable::not_null;
use crate::primitives::text;

/// The person to erase: the contact of a referral lead, or a partner user. Exactly one of the two.
#[derive(Clone, Debug, InputObject)]
pub struct ErasePersonInput {
    /// The referral lead whose company, contact, source and notes are erased. Not null.
    pub referral_lead_id: MaybeUndefined<ReferralLeadId>,
    /// A link of the partner user. The user id and the e-mail address are erased from all links with the same user id, also
    /// to other partners and inactive ones, and the links are deactivated. Not null.
    pub partner_user_id: MaybeUndefined<PartnerUserId>,
    /// The reason for the erasure, 1 to 2,000 characters; kept, so it should not name the person.
    pub reason: String,
}

/// What a person was erased from.
#[derive(Clone, Debug)]
pub enum Erased {
    /// The referral lead after the erasure.
    Lead(Authorized<ReferralLead>),
    /// The link of the partner user after the erasure.
    User(Authorized<PartnerUser>),
}

impl Erased {
    /// Returns the referral lead, if one was erased.
    pub fn lead(&self) -> Option<Authorized<ReferralLead>> {
        if let Self::Lead(lead) = self { Some(lead.clone()) } else { None }
    }

    /// Returns the partner user, if one was erased.
    pub fn user(&self) -> Option<Authorized<PartnerUser>> {
        if let Self::User(user) = self { Some(user.clone()) } else { None }
    }
}

/// Erases a person. Repeated, it has no further effect.
pub async fn erase(db: &mut Transaction, input: &ErasePersonInput) -> Result<Erased> {
    let lead = not_null("referralLeadId", &input.referral_lead_id)?;
    let user = not_null("partnerUserId", &input.partner_user_id)?;
    let reason = text::required_note("reason", &input.reason)?;
    db.record_reason(&reason);
    match (lead, user) {
        (Some(lead), None) => Ok(Erased::Lead(erase_lead(db, *lead, &reason).await?)),
        (None, Some(user)) => Ok(Erased::User(erase_user(db, *user, &reason).await?)),
        (None, None) => Err(Error::bad_input("referralLeadId", "pass either this or partnerUserId")),
        (Some(_), Some(_)) => Err(Error::bad_input(
            "partnerUserId",
            "is not allowed together with referralLeadId; pass one of them",
        )),
    }
}

async fn erase_lead(
    db: &mut Transaction,
    id: ReferralLeadId,
    reason: &str,
) -> Result<Authorized<ReferralLead>> {
    let lead = referral::store::lock_by_id(db, "referralLeadId", id).await?;
    if !record(db, lead.partner_id, (Some(id), None), reason).await? {
        db.record_nothing();
        return Ok(lead);
    }
    let mut erased = ReferralLead::clone(&lead);
    erased.contact_name = ERASED.to_owned();
    erased.contact_email = ERASED_EMAIL.to_owned();
    for text in [
        &mut erased.company_name,
        &mut erased.contact_phone,
        &mut erased.source,
        &mut erased.notes,
        &mut erased.staff_notes,
    ] {
        *text = None;
    }
    referral::store::erase(db, &erased).await?;
    db.record_changed(&*lead, &erased);
    db.scope().authorize(erased)
}

async fn erase_user(
    db: &mut Transaction,
    id: PartnerUserId,
    reason: &str,
) -> Result<Authorized<PartnerUser>> {
    let user = user::store::by_id(db, "partnerUserId", id).await?;
    // Erased links share their user id: it is not that of a person.
    if !store::of_partner_users(db, &[id]).await?.is_empty() {
        db.record_nothing();
        return Ok(user);
    }
    for link in user::store::lock_by_user(db, &user.user_id).await? {
        if record(db, link.partner_id, (None, Some(link.id)), reason).await? {
            user::store::erase(db, link.id, ERASED, ERASED_EMAIL).await?;
            mail::store::erase_recipient(db, link.id, ERASED_EMAIL).await?;
            let erased = PartnerUser {
                user_id: ERASED.to_owned(),
                email: ERASED_EMAIL.to_owned(),
                is_active: false,
                ..PartnerUser::clone(&link)
            };
            db.record_changed(&*link, &erased);
        }
    }
    mail::store::forget_preferences(db, &user.user_id).await?;
    referral::store::erase_submitter(db, &user.user_id, ERASED).await?;
    user::store::by_id(db, "partnerUserId", id).await
}

/// Records the erasure of a row; returns false if it was erased before.
async fn record(
    db: &mut Transaction,
    partner_id: PartnerId,
    (referral_lead_id, partner_user_id): (Option<ReferralLeadId>, Option<PartnerUserId>),
    reason: &str,
) -> Result<bool> {
    let erasure = Erasure {
        tenant_id: db.scope().tenant().clone(),
        id: ErasureId::new(),
        partner_id,
        referral_lead_id,
        partner_user_id,
        erased_at: db.clock_timestamp().await?,
        actor: db.caller().identity().user().to_owned(),
        reason: reason.to_owned(),
    };
    store::insert(db, &erasure).await
}
