//! Idempotency keys: a request with a key takes effect once, however often it is sent.

use diesel::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::db::request_schema::idempotency_keys;
use super::db::transaction::Transaction;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::text;

/// A key reserved by the current transaction; it is committed or rolled back with the other changes.
pub(in crate::domain) struct Key(Option<String>);

/// Reserves a key for a request, or returns the id of the row that the same request created before.
///
/// Waits for a concurrent transaction with the same key to end, because of the primary key of the table.
///
/// `input` is the canonical form of the request, with defaults filled in and texts normalized as the mutation stores
/// them: two requests are the same if their canonical forms are equal.
pub(in crate::domain) async fn reserve(
    db: &mut Transaction,
    key: Option<&str>,
    operation: &str,
    input: Value,
) -> Result<(Key, Option<Uuid>)> {
    let Some(key) = key else { return Ok((Key(None), None)) };
    db.mark_idempotent();
    let key = text::identifier("idempotencyKey", key)?;
    let request = json!({ "operation": operation, "input": input });
    let identity = db.caller().identity().clone();
    let insert = diesel::insert_into(idempotency_keys::table)
        .values((
            idempotency_keys::tenant_id.eq(identity.tenant()),
            idempotency_keys::idempotency_key.eq(&key),
            idempotency_keys::request.eq(&request),
            idempotency_keys::actor.eq(identity.user()),
        ))
        .on_conflict_do_nothing();
    if db.execute_unaudited(insert).await? == 1 {
        return Ok((Key(Some(key)), None));
    }
    let stored = idempotency_keys::table
        .filter(idempotency_keys::tenant_id.eq(identity.tenant().clone()))
        .filter(idempotency_keys::idempotency_key.eq(key.clone()))
        .select((idempotency_keys::request, idempotency_keys::result_id));
    match db.load_unchecked::<(Value, Option<Uuid>), _>(stored).await?.pop() {
        Some((before, Some(result))) if before == request => {
            db.record_nothing();
            Ok((Key(Some(key)), Some(result)))
        }
        Some(_) => Err(Error::user_error(
            UserError::new(
                UserErrorCode::Conflict,
                "this idempotency key was used before with different data",
            )
            .at("idempotencyKey"),
        )),
        None => Err(Error::SerializationFailure),
    }
}

impl Key {
    /// Stores the id of the row that the request created.
    pub(in crate::domain) async fn set_result(self, db: &mut Transaction, result: Uuid) -> Result<()> {
        let Self(Some(key)) = self else { return Ok(()) };
        let tenant = db.scope().tenant().clone();
        let update = diesel::update(idempotency_keys::table)
            .filter(idempotency_keys::tenant_id.eq(tenant))
            .filter(idempotency_keys::idempotency_key.eq(key))
            .set(idempotency_keys::result_id.eq(result));
        db.execute_unaudited(update).await?;
        Ok(())
    }
}
