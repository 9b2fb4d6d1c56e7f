//! setBankAccount and confirmBankAccount: the bank account that a partner is paid to by payment files.
//!
//! Changed bank details are how payments are stolen. Details that were changed are paid to only after a second user of
//! finance has confirmed them, and the earlier ones not any more: payouts wait, and never go to an account that may be
//! the wrong one.

use async_graphql::InputObject;

use super::{PayoutAccount, PayoutAccountStatus, notification, published, store};
use crate::auth::Authorized;
use crate::auth::secrets::SecretKeys;
use crate::domain::db::transaction::Transaction;
use crate::domain::partner::{self, Partner};
use crate::domain::payout_attempt::PayoutRail;
use crate::mail::notification::BankAccountChange;
use crate::primitives::bank_account::{BankAccount, BankAccountInput, holder, is_same_number};
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::{PartnerId, PayoutAccountId};

/// The bank account of a partner.
#[derive(Clone, InputObject)]
pub struct SetBankAccountInput {
    /// The partner that the account belongs to.
    pub partner_id: PartnerId,
    /// The name of the holder as the bank has it, 1 to 70 characters. Banks compare it with the number.
    pub holder: String,
    /// The country of the bank, an ISO 3166-1 alpha-2 code such as `"US"`; required with accountNumber, and left out
    /// with an IBAN, which begins with it.
    pub country: Option<String>,
    /// The IBAN, whose check digits and length are checked; blanks are ignored. Required unless accountNumber is given.
    pub iban: Option<String>,
    /// The account number, 1 to 34 letters and digits, if the account has no IBAN; blanks and hyphens are ignored.
    pub account_number: Option<String>,
    /// The code of the bank in its country, such as a routing number or a sort code, 1 to 20 letters and digits. With
    /// an accountNumber, it or a bic is required.
    pub bank_code: Option<String>,
    /// The BIC of the bank, 8 or 11 characters; optional with an IBAN.
    pub bic: Option<String>,
}

/// A bank account to confirm.
#[derive(Clone, InputObject)]
pub struct ConfirmBankAccountInput {
    /// The id of an UNCONFIRMED account; INVALID_STATE once it is ENDED. Confirming it again has no further effect.
    pub id: PayoutAccountId,
    /// The IBAN or account number as the partner has confirmed it to you by another way, such as by phone. If it is
    /// given and is another one, the call is rejected with CONFLICT. Recommended: only the end of the number is shown.
    pub number: Option<String>,
}

/// The details of an input that were checked.
struct Details {
    holder: String,
    country: String,
    account: BankAccount,
}

impl SetBankAccountInput {
    fn details(&self) -> Result<Details> {
        let written = BankAccountInput {
            country: self.country.as_deref(),
            iban: self.iban.as_deref(),
            account_number: self.account_number.as_deref(),
            bank_code: self.bank_code.as_deref(),
            bic: self.bic.as_deref(),
        };
        let (account, country) = written.parse()?;
        Ok(Details { holder: holder(&self.holder, account.accepts_sepa())?, country, account })
    }
}

/// Makes an UNCONFIRMED account, and ends the bank account that the partner had. Details that are as before change
/// nothing.
pub async fn set(
    db: &mut Transaction,
    (input, keys): &(&SetBankAccountInput, &SecretKeys),
) -> Result<Authorized<PayoutAccount>> {
    db.mark_idempotent();
    db.scope().require_partner(input.partner_id)?;
    db.caller().require_payout_account_change(input.partner_id)?;
    let details = input.details()?;
    let partner = partner::store::lock_by_id(db, "partnerId", input.partner_id).await?;
    if let Some(present) = store::living(db, partner.id, PayoutRail::File).await? {
        if present.holder.as_deref() == Some(details.holder.as_str())
            && present.details(keys)? == details.account
        {
            db.record_nothing();
            return Ok(present);
        }
        let ended = PayoutAccount {
            status: PayoutAccountStatus::Ended,
            ended_at: Some(db.clock_timestamp().await?),
            ..PayoutAccount::clone(&present)
        };
        store::update(db, &ended).await?;
        db.record_changed(&*present, &ended);
        published::updated(db, &ended);
    }
    let account = account(db, &partner, details, keys).await?;
    if !store::insert(db, &account).await? {
        return Err(Error::internal("a partner has two bank accounts"));
    }
    db.record_created(&account);
    published::updated(db, &account);
    notification::changed(db, &account, BankAccountChange::Set).await?;
    db.scope().authorize(account)
}

async fn account(
    db: &mut Transaction,
    partner: &Partner,
    details: Details,
    keys: &SecretKeys,
) -> Result<PayoutAccount> {
    let now = db.clock_timestamp().await?;
    let mut account = PayoutAccount {
        tenant_id: partner.tenant_id.clone(),
        id: PayoutAccountId::new(),
        partner_id: partner.id,
        rail: PayoutRail::File,
        status: PayoutAccountStatus::Unconfirmed,
        destination: details.account.ending(),
        rail_account: String::new(),
        is_live: true,
        requirements: Vec::new(),
        disabled_reason: None,
        created_at: now,
        created_by: db.caller().identity().user().to_owned(),
        checked_at: now,
        ended_at: None,
        holder: Some(details.holder),
        country: Some(details.country),
        accepts_sepa: details.account.accepts_sepa(),
        sealed_details: None,
        confirmed_by: None,
        confirmed_at: None,
    };
    account.seal(&details.account, keys)?;
    Ok(account)
}

/// UNCONFIRMED -> READY, by another user than the one who set the account.
pub async fn confirm(
    db: &mut Transaction,
    (input, keys): &(&ConfirmBankAccountInput, &SecretKeys),
) -> Result<Authorized<PayoutAccount>> {
    db.mark_idempotent();
    let found = store::by_id(db, input.id).await?;
    partner::store::lock_by_id(db, "id", found.partner_id).await?;
    let before = store::by_id(db, input.id).await?;
    let rejected = |code, message: &str| {
        Err(Error::user_error(UserError::new(code, message.to_owned()).at("id").about(before.id)))
    };
    if before.rail != PayoutRail::File {
        return rejected(
            UserErrorCode::InvalidState,
            "only bank accounts are confirmed; Stripe checks those at Stripe",
        );
    }
    match before.status {
        PayoutAccountStatus::Ready => {
            db.record_nothing();
            return Ok(before);
        }
        PayoutAccountStatus::Unconfirmed => {}
        PayoutAccountStatus::Incomplete | PayoutAccountStatus::Restricted | PayoutAccountStatus::Ended => {
            return rejected(
                UserErrorCode::InvalidState,
                "the bank account was ended or replaced; confirm the present one",
            );
        }
    }
    let user = db.caller().identity().user().to_owned();
    if user == before.created_by {
        let message =
            "you have set these bank details; another user with the role finance or admin must confirm them";
        return rejected(UserErrorCode::SamePerson, message);
    }
    if let Some(number) = &input.number
        && !is_same_number(before.details(keys)?.number(), number)
    {
        let message = "the number is not the one that was set; ask the partner which of them is right";
        let error = UserError::new(UserErrorCode::Conflict, message);
        return Err(Error::user_error(error.at("number").about(before.id)));
    }
    let now = db.clock_timestamp().await?;
    let ready = PayoutAccount {
        status: PayoutAccountStatus::Ready,
        confirmed_by: Some(user),
        confirmed_at: Some(now),
        checked_at: now,
        ..PayoutAccount::clone(&before)
    };
    store::update(db, &ready).await?;
    db.record_changed(&*before, &ready);
    published::updated(db, &ready);
    notification::changed(db, &ready, BankAccountChange::Confirmed).await?;
    db.scope().authorize(ready)
}
