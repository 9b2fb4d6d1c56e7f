//! Reads and writes of the table `payment_files`.

use diesel::prelude::*;

use super::PaymentFile;
use crate::auth::Authorized;
use crate::domain::db::rail_schema::payment_files;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::PaymentFileId;

/// Returns the files with these ids; unknown ids are left out.
pub async fn by_ids(db: &mut Session, ids: &[PaymentFileId]) -> Result<Vec<Authorized<PaymentFile>>> {
    let query = payment_files::table
        .filter(payment_files::tenant_id.eq(db.scope().tenant().clone()))
        .filter(payment_files::id.eq_any(ids.to_vec()))
        .select(PaymentFile::as_select());
    db.load(query).await
}

/// Returns the file of an input; rejects an unknown id with NOT_FOUND.
pub async fn by_id(db: &mut Session, id: PaymentFileId) -> Result<Authorized<PaymentFile>> {
    by_ids(db, &[id]).await?.pop().ok_or_else(|| not_found(id))
}

/// Locks a file until the end of the transaction: it is not downloaded and not withdrawn meanwhile. To be locked before
/// partners.
pub async fn lock(db: &mut Transaction, id: PaymentFileId) -> Result<Authorized<PaymentFile>> {
    let query = payment_files::table
        .filter(payment_files::tenant_id.eq(db.scope().tenant().clone()))
        .filter(payment_files::id.eq(id))
        .for_no_key_update()
        .select(PaymentFile::as_select());
    db.load_one(query).await?.ok_or_else(|| not_found(id))
}

fn not_found(id: PaymentFileId) -> Error {
    let error = UserError::new(UserErrorCode::NotFound, "there is no such payment file");
    Error::user_error(error.at("id").about(id))
}

/// Returns the sealed content of a file.
pub async fn sealed_content(db: &mut Session, id: PaymentFileId) -> Result<Vec<u8>> {
    let query = payment_files::table
        .filter(payment_files::tenant_id.eq(db.scope().tenant().clone()))
        .filter(payment_files::id.eq(id))
        .select(payment_files::sealed_content);
    let content = db.aggregate::<Vec<u8>, _>(query).await?.pop();
    content.ok_or_else(|| Error::internal("a payment file has no content"))
}

/// Inserts a file with its sealed content.
pub async fn insert(db: &mut Transaction, file: &PaymentFile, sealed_content: Vec<u8>) -> Result<()> {
    let file = file.clone();
    let insert = diesel::insert_into(payment_files::table).values((
        payment_files::tenant_id.eq(file.tenant_id),
        payment_files::id.eq(file.id),
        payment_files::format.eq(file.format),
        payment_files::execution_date.eq(file.execution_date),
        payment_files::currency.eq(file.currency),
        payment_files::payout_count.eq(file.payout_count),
        payment_files::total_amount.eq(file.total_amount),
        payment_files::sha256.eq(file.sha256),
        payment_files::sealed_content.eq(sealed_content),
        payment_files::skipped.eq(file.skipped),
        payment_files::created_at.eq(file.created_at),
        payment_files::created_by.eq(file.created_by),
    ));
    db.execute(insert).await?;
    Ok(())
}

/// Updates whether a file was downloaded or withdrawn.
pub async fn update(db: &mut Transaction, file: &PaymentFile) -> Result<()> {
    let update = diesel::update(payment_files::table)
        .filter(payment_files::tenant_id.eq(db.scope().tenant().clone()))
        .filter(payment_files::id.eq(file.id))
        .set((
            payment_files::downloaded_at.eq(file.downloaded_at),
            payment_files::downloaded_by.eq(file.downloaded_by.clone()),
            payment_files::withdrawn_at.eq(file.withdrawn_at),
        ));
    db.execute(update).await?;
    Ok(())
}
