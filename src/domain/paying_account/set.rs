//! setPayingAccount: the bank account that payment files are paid from.

use async_graphql::InputObject;

use super::{PayingAccount, store};
use crate::auth::Authorized;
use crate::auth::secrets::SecretKeys;
use crate::domain::db::transaction::Transaction;
use crate::domain::tenant;
use crate::primitives::bank_account::{BankAccount, bic, holder, iban};
use crate::primitives::error::Result;
use crate::primitives::id::PayingAccountId;

/// The bank account that the tenant pays from.
#[derive(Clone, InputObject)]
pub struct SetPayingAccountInput {
    /// The name of the holder as the bank has it, 1 to 70 characters; the name of the payer in payment files.
    pub holder: String,
    /// The IBAN, whose check digits and length are checked; blanks are ignored. Stored sealed, and shown masked only.
    pub iban: String,
    /// The BIC of the bank, 8 or 11 characters. Some banks require it in payment files; default none.
    pub bic: Option<String>,
}

/// Sets the account, or replaces it. Files that were created before keep the one that they have. The same account
/// changes nothing.
pub async fn set(
    db: &mut Transaction,
    (input, keys): &(&SetPayingAccountInput, &SecretKeys),
) -> Result<Authorized<PayingAccount>> {
    db.mark_idempotent();
    let holder = holder(&input.holder, true)?;
    let iban = iban("iban", &input.iban)?;
    let bic = input.bic.as_deref().map(bic).transpose()?;
    // Serializes concurrent calls.
    let tenant = tenant::store::lock_own(db).await?;
    let before = store::own(db).await?;
    if let Some(before) = &before
        && before.holder == holder
        && before.bic == bic
        && before.iban(keys)? == iban
    {
        db.record_nothing();
        return Ok(before.clone());
    }
    let number = BankAccount { iban: Some(iban.clone()), account_number: None, bank_code: None, bic: None };
    let mut account = PayingAccount {
        tenant_id: tenant.tenant_id,
        id: before.as_ref().map_or_else(PayingAccountId::new, |before| before.id),
        holder,
        sealed_iban: Vec::new(),
        iban_ending: number.ending(),
        bic,
        set_at: db.clock_timestamp().await?,
        set_by: db.caller().identity().user().to_owned(),
    };
    account.sealed_iban = keys.seal(iban.as_bytes(), account.place())?;
    store::put(db, &account).await?;
    match &before {
        Some(before) => db.record_changed(&**before, &account),
        None => db.record_created(&account),
    }
    db.scope().authorize(account)
}
