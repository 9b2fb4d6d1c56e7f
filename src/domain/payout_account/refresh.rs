//! What a rail tells of the account of a partner.

use super::{PayoutAccount, PayoutAccountStatus, published, store};
use crate::domain::db::transaction::Transaction;
use crate::domain::partner;
use crate::primitives::error::Result;
use crate::primitives::id::PayoutAccountId;
use crate::stripe::account::Account;

/// The most requirements that are kept, and the most characters of each.
const REQUIREMENTS_MAX: usize = 100;
const REQUIREMENT_CHARACTERS_MAX: usize = 200;

/// What a rail tells of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountState {
    /// Whether money can be sent to it now.
    pub can_receive: bool,
    /// Whether the partner has given everything that was asked for so far.
    pub is_complete: bool,
    /// Whether the rail knows it no longer, or the partner has revoked the tenant's access.
    pub is_gone: bool,
    /// What the rail needs.
    pub requirements: Vec<String>,
    /// Why the rail does not let money be sent to it.
    pub disabled_reason: Option<String>,
}

impl AccountState {
    /// Returns what Stripe tells of an account.
    pub fn of(account: &Account) -> Self {
        Self {
            can_receive: account.can_receive_transfers(),
            is_complete: account.currently_due().is_empty(),
            is_gone: account.deleted,
            requirements: account.currently_due().to_vec(),
            disabled_reason: account.disabled_reason().map(str::to_owned),
        }
    }

    /// Returns the status that follows.
    pub fn status(&self) -> PayoutAccountStatus {
        match self {
            Self { is_gone: true, .. } => PayoutAccountStatus::Ended,
            Self { can_receive: true, .. } => PayoutAccountStatus::Ready,
            Self { is_complete: false, .. } => PayoutAccountStatus::Incomplete,
            Self { .. } => PayoutAccountStatus::Restricted,
        }
    }

    /// Returns the requirements as they are kept.
    pub fn kept_requirements(&self) -> Vec<String> {
        let shortened = |text: &String| text.chars().take(REQUIREMENT_CHARACTERS_MAX).collect();
        self.requirements.iter().take(REQUIREMENTS_MAX).map(shortened).collect()
    }
}

/// Records what the rail tells of an account.
pub async fn refresh(
    db: &mut Transaction,
    (id, state): &(PayoutAccountId, &AccountState),
) -> Result<PayoutAccountStatus> {
    db.mark_idempotent();
    let found = store::by_id(db, *id).await?;
    partner::store::lock_by_id(db, "id", found.partner_id).await?;
    let before = store::by_id(db, *id).await?;
    if before.status == PayoutAccountStatus::Ended {
        db.record_nothing();
        return Ok(before.status);
    }
    let now = db.clock_timestamp().await?;
    let after = PayoutAccount {
        status: state.status(),
        requirements: state.kept_requirements(),
        disabled_reason: state.disabled_reason.clone(),
        checked_at: now,
        ended_at: state.is_gone.then_some(now),
        ..PayoutAccount::clone(&before)
    };
    store::update(db, &after).await?;
    if after.status == before.status && after.disabled_reason == before.disabled_reason {
        db.record_nothing();
    }
    db.record_changed(&*before, &after);
    if after.status != before.status {
        published::updated(db, &after);
    }
    Ok(after.status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_follows_from_what_the_rail_tells() {
        let state = AccountState::default();
        assert_eq!(state.status(), PayoutAccountStatus::Incomplete);
        let complete = AccountState { is_complete: true, ..state };
        assert_eq!(complete.status(), PayoutAccountStatus::Restricted);
        let ready = AccountState { can_receive: true, ..complete };
        assert_eq!(ready.status(), PayoutAccountStatus::Ready);
        assert_eq!(AccountState { is_gone: true, ..ready }.status(), PayoutAccountStatus::Ended);
    }
}
