//! Reads and writes of the table `paying_accounts`.

use diesel::prelude::*;

use super::PayingAccount;
use crate::auth::Authorized;
use crate::domain::db::rail_schema::paying_accounts;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;

/// Returns the account of the caller's tenant, if it has set one.
pub async fn own(db: &mut Session) -> Result<Option<Authorized<PayingAccount>>> {
    let query = paying_accounts::table
        .filter(paying_accounts::tenant_id.eq(db.scope().tenant().clone()))
        .select(PayingAccount::as_select());
    db.load_one(query).await
}

/// Inserts an account, or replaces that of the tenant.
pub async fn put(db: &mut Transaction, account: &PayingAccount) -> Result<()> {
    let put = diesel::insert_into(paying_accounts::table)
        .values(account.clone())
        .on_conflict(paying_accounts::tenant_id)
        .do_update()
        .set((
            paying_accounts::holder.eq(account.holder.clone()),
            paying_accounts::sealed_iban.eq(account.sealed_iban.clone()),
            paying_accounts::iban_ending.eq(account.iban_ending.clone()),
            paying_accounts::bic.eq(account.bic.clone()),
            paying_accounts::set_at.eq(account.set_at),
            paying_accounts::set_by.eq(account.set_by.clone()),
        ));
    db.execute(put).await?;
    Ok(())
}
