//! The download of a payment file, the only way in which its content leaves the system.

use std::collections::BTreeSet;

use super::{PaymentFile, PaymentFileFormat, store};
use crate::auth::secrets::SecretKeys;
use crate::domain::db::transaction::Transaction;
use crate::domain::payout::batch::reason_partner_not_payable;
use crate::domain::payout_account::{self, PayoutAccountStatus};
use crate::domain::{partner, payout_attempt};
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::PaymentFileId;

/// The content of a payment file.
pub struct PaymentFileContent {
    /// The name under which it is saved.
    pub name: String,
    /// The format.
    pub format: PaymentFileFormat,
    /// The number of payments.
    pub payout_count: i32,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Returns the content of a file, and records that it was downloaded if it is the first time. Rejects a file that was
/// withdrawn, and the first download of one that would pay a partner who may not be paid now, or an account that was
/// ended since.
pub async fn open(
    db: &mut Transaction,
    (id, keys): &(PaymentFileId, &SecretKeys),
) -> Result<PaymentFileContent> {
    db.mark_idempotent();
    let file = store::lock(db, *id).await?;
    if file.withdrawn_at.is_some() {
        return Err(invalid(
            &file,
            "the payment file was withdrawn: its payouts are in no file, or in another one",
        ));
    }
    if file.downloaded_at.is_none() {
        if let Some(why) = reason_not_payable(db, &file).await? {
            return Err(invalid(&file, &format!("{why}; withdraw the file, and create another one")));
        }
        let downloaded = PaymentFile {
            downloaded_at: Some(db.clock_timestamp().await?),
            downloaded_by: Some(db.caller().identity().user().to_owned()),
            ..PaymentFile::clone(&file)
        };
        store::update(db, &downloaded).await?;
        db.record_changed(&*file, &downloaded);
    } else {
        db.record_nothing();
    }
    let sealed = store::sealed_content(db, file.id).await?;
    Ok(PaymentFileContent {
        name: format!("payments-{}.{}", file.message_id(), file.format.extension()),
        format: file.format,
        payout_count: file.payout_count,
        bytes: file.open(&sealed, keys)?,
    })
}

fn invalid(file: &PaymentFile, message: &str) -> Error {
    let error = UserError::new(UserErrorCode::InvalidState, message.to_owned());
    Error::user_error(error.at("id").about(file.id))
}

/// Returns why a file must not be given to the bank any more.
async fn reason_not_payable(db: &mut Transaction, file: &PaymentFile) -> Result<Option<String>> {
    let attempts = payout_attempt::store::of_file(db, file.id).await?;
    let accounts: Vec<_> = attempts.iter().map(|attempt| attempt.payout_account_id).collect();
    let accounts = payout_account::store::by_ids(db, &accounts).await?;
    if accounts.iter().any(|account| account.status != PayoutAccountStatus::Ready) {
        return Ok(Some("a bank account in the file was ended or replaced since it was created".to_owned()));
    }
    let partners: BTreeSet<_> = attempts.iter().map(|attempt| attempt.partner_id).collect();
    let partners = partner::store::by_ids(db, &partners.into_iter().collect::<Vec<_>>()).await?;
    let reason = partners.iter().find_map(|partner| reason_partner_not_payable(partner));
    Ok(reason.map(|reason| reason.message))
}
