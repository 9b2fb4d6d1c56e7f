//! linkStripeAccount, startStripeOnboarding and endPayoutAccount: which account of a rail a partner is paid to.

use async_graphql::InputObject;

use super::refresh::{AccountState, refresh};
use super::{PayoutAccount, PayoutAccountStatus, notification, published, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::domain::partner;
use crate::domain::payout_attempt::PayoutRail;
use crate::domain::stripe_connection::StripeConnection;
use crate::mail::notification::BankAccountChange;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::{PartnerId, PayoutAccountId};

/// An account at Stripe that a partner has already.
#[derive(Clone, Debug, InputObject)]
pub struct LinkStripeAccountInput {
    /// The partner that the account belongs to.
    pub partner_id: PartnerId,
    /// The id of the account, as in `acct_…`: one that is connected to the Stripe account of the tenant.
    pub account: String,
}

/// A partner that is to open an account at Stripe.
#[derive(Clone, Debug, InputObject)]
pub struct StartStripeOnboardingInput {
    /// The partner that opens an account.
    pub partner_id: PartnerId,
    /// The country of the partner, an ISO 3166-1 alpha-2 code such as `"DE"`; required for a new account, and ignored
    /// if the partner has one.
    pub country: Option<String>,
}

/// A payout account to end.
#[derive(Clone, Debug, InputObject)]
pub struct EndPayoutAccountInput {
    /// The id of the account. Ending it again has no further effect.
    pub id: PayoutAccountId,
}

/// An account at a rail, with the state that the rail reported.
#[derive(Clone, Debug)]
pub struct FoundAccount<'a> {
    /// The partner.
    pub partner: PartnerId,
    /// The connection by which it was found.
    pub connection: &'a StripeConnection,
    /// Its name at the rail.
    pub destination: String,
    /// What the rail tells of it.
    pub state: AccountState,
}

/// Rejects what cannot be the id of an account at Stripe.
pub fn validate_stripe_account(account: &str) -> Result<()> {
    let name = account.strip_prefix("acct_").unwrap_or_default();
    if name.is_empty() || name.len() > 64 || !name.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Err(Error::bad_input("account", "must be the id of an account at Stripe, as in acct_1AbC"));
    }
    Ok(())
}

/// Links an account at a rail to a partner, or records what the rail tells of it if it is linked already. Rejects
/// another one while the partner has one that is not ended, and one of another partner.
pub async fn link(db: &mut Transaction, found: &FoundAccount<'_>) -> Result<Authorized<PayoutAccount>> {
    db.mark_idempotent();
    db.scope().require_partner(found.partner)?;
    db.caller().require_payout_account_change(found.partner)?;
    let partner = partner::store::lock_by_id(db, "partnerId", found.partner).await?;
    if let Some(present) = store::living(db, partner.id, PayoutRail::Stripe).await? {
        if present.destination == found.destination {
            refresh(db, &(present.id, &found.state)).await?;
            return store::by_id(db, present.id).await;
        }
        let message = "the partner has another account at Stripe; end that one first";
        let error = UserError::new(UserErrorCode::Duplicate, message);
        return Err(Error::user_error(error.at("partnerId").about(present.id)));
    }
    let now = db.clock_timestamp().await?;
    let account = PayoutAccount {
        tenant_id: partner.tenant_id.clone(),
        id: PayoutAccountId::new(),
        partner_id: partner.id,
        rail: PayoutRail::Stripe,
        status: found.state.status(),
        destination: found.destination.clone(),
        rail_account: found.connection.account.clone(),
        is_live: found.connection.is_live,
        requirements: found.state.kept_requirements(),
        disabled_reason: found.state.disabled_reason.clone(),
        created_at: now,
        created_by: db.caller().identity().user().to_owned(),
        checked_at: now,
        ended_at: None,
        holder: None,
        country: None,
        accepts_sepa: false,
        sealed_details: None,
        confirmed_by: None,
        confirmed_at: None,
    };
    if !store::insert(db, &account).await? {
        let message = "this account at Stripe is linked to another partner";
        return Err(Error::user_error(UserError::new(UserErrorCode::Duplicate, message).at("account")));
    }
    db.record_created(&account);
    published::updated(db, &account);
    db.scope().authorize(account)
}

/// Ends an account: nothing is sent to it any more. Attempts that are under way are refused, unless they were sent
/// already.
pub async fn end(db: &mut Transaction, input: &EndPayoutAccountInput) -> Result<Authorized<PayoutAccount>> {
    let found = store::by_id(db, input.id).await?;
    db.caller().require_payout_account_change(found.partner_id)?;
    partner::store::lock_by_id(db, "id", found.partner_id).await?;
    let before = store::by_id(db, input.id).await?;
    if before.status == PayoutAccountStatus::Ended {
        db.record_nothing();
        return Ok(before);
    }
    let after = PayoutAccount {
        status: PayoutAccountStatus::Ended,
        ended_at: Some(db.clock_timestamp().await?),
        ..PayoutAccount::clone(&before)
    };
    store::update(db, &after).await?;
    db.record_changed(&*before, &after);
    published::updated(db, &after);
    notification::changed(db, &after, BankAccountChange::Ended).await?;
    db.scope().authorize(after)
}
