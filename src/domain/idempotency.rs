//! Idempotency keys: a request that carries one takes effect once, however often it is sent. And what shows afterwards whether
//! one that carries none took effect.

use async_graphql::InputType;
use diesel::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::db::schema::idempotency_keys;
use super::db::transaction::Transaction;
use crate::primitives::decimal::DecimalText;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::text;

/// A key that this act has taken; it becomes known with the act's other changes, or not at all.
pub(in crate::domain) struct Key(Option<String>);

/// Takes a key for a request, or finds the row that the same request made before.
///
/// Waits for a concurrent twin to commit or roll back: the primary key of the table makes it.
pub(in crate::domain) async fn take(
    db: &mut Transaction,
    key: Option<&str>,
    operation: &str,
    request: &impl InputType,
) -> Result<(Key, Option<Uuid>)> {
    let Some(key) = key else { return Ok((Key(None), None)) };
    db.mark_idempotent();
    let key = text::required_text("idempotencyKey", key)?;
    let mut input = request.to_value().into_json().map_err(Error::internal)?;
    if let Value::Object(fields) = &mut input {
        // What was left out then may have a name by now; it is no difference, nor is a blank, nor a flag that is not set,
        // nor how the key was spaced.
        let says_nothing = |value: &Value| match value {
            Value::Null | Value::Bool(false) => true,
            Value::String(text) => text.trim().is_empty(),
            Value::Bool(true) | Value::Number(_) | Value::Array(_) | Value::Object(_) => false,
        };
        fields.retain(|name, value| !says_nothing(value) && name != "idempotencyKey");
    }
    put_right(&mut input);
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
    if db.execute(insert).await? == 1 {
        return Ok((Key(Some(key)), None));
    }
    let stored = idempotency_keys::table
        .filter(idempotency_keys::tenant_id.eq(identity.tenant().clone()))
        .filter(idempotency_keys::idempotency_key.eq(key.clone()))
        .select((idempotency_keys::request, idempotency_keys::result_id));
    match db.load_unchecked::<(Value, Option<Uuid>), _>(stored).await?.pop() {
        Some((before, Some(result))) if before == request => Ok((Key(Some(key)), Some(result))),
        Some(_) => Err(Error::user_error(
            UserError::new(UserErrorCode::Conflict, "this idempotency key was used before, with other data")
                .at("idempotencyKey"),
        )),
        None => Err(Error::SerializationFailure),
    }
}

/// Puts the text of a request right as the act itself will, so that only what matters makes a difference.
fn put_right(input: &mut Value) {
    match input {
        Value::String(text) => *text = text::nfc(text),
        Value::Array(items) => items.iter_mut().for_each(put_right),
        Value::Object(fields) => {
            fields.values_mut().for_each(put_right);
            if let Some(amount) =
                fields.get("amount").and_then(Value::as_str).and_then(|text| text.parse().ok())
            {
                let DecimalText(amount) = amount;
                fields.insert("amount".to_owned(), amount.normalize().to_string().into());
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

impl Key {
    /// Remembers the row that the request made.
    pub(in crate::domain) async fn made(self, db: &mut Transaction, result: Uuid) -> Result<()> {
        let Self(Some(key)) = self else { return Ok(()) };
        let tenant = db.scope().tenant().clone();
        let update = diesel::update(idempotency_keys::table)
            .filter(idempotency_keys::tenant_id.eq(tenant))
            .filter(idempotency_keys::idempotency_key.eq(key))
            .set(idempotency_keys::result_id.eq(result));
        db.execute(update).await?;
        Ok(())
    }
}
