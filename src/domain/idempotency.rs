//! Idempotency keys: a request that carries one takes effect once, however often it is sent. And what shows afterwards whether
//! one that carries none took effect.

use std::time::Duration;

use async_graphql::InputType;
use diesel::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::act::Act;
use super::schema::idempotency_keys;
use super::session::Pool;
use crate::access::Caller;
use crate::decimal::DecimalText;
use crate::error::{Error, Result, UserError, UserErrorCode};
use crate::text;

/// How often it is asked for a witness while the database does not answer.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A key that this act has taken; it becomes known with the act's other changes, or not at all.
pub(in crate::domain) struct Key(Option<String>);

/// Takes a key for a request, or finds the row that the same request made before.
///
/// Waits for a concurrent twin to commit or roll back: the primary key of the table makes it.
pub(in crate::domain) async fn take(
    db: &mut Act,
    key: Option<&str>,
    operation: &str,
    request: &impl InputType,
) -> Result<(Key, Option<Uuid>)> {
    let Some(key) = key else { return Ok((Key(None), None)) };
    db.may_be_repeated();
    let key = text::line("idempotencyKey", key)?;
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
    if db.change(insert).await? == 1 {
        return Ok((Key(Some(key)), None));
    }
    let stored = idempotency_keys::table
        .filter(idempotency_keys::tenant_id.eq(identity.tenant().clone()))
        .filter(idempotency_keys::idempotency_key.eq(key.clone()))
        .select((idempotency_keys::request, idempotency_keys::result_id));
    match db.figures::<(Value, Option<Uuid>), _>(stored).await?.pop() {
        Some((before, Some(result))) if before == request => Ok((Key(Some(key)), Some(result))),
        Some(_) => Err(Error::refused(
            UserError::new(UserErrorCode::Conflict, "this idempotency key was used before, with other data")
                .at("idempotencyKey"),
        )),
        None => Err(Error::Overtaken),
    }
}

/// What shows that an act was committed: a key of ours, for an act that has none of its own.
pub(in crate::domain) struct Witness(String);

impl Witness {
    /// Leaves a witness, as the last thing that an act does.
    pub(in crate::domain) async fn leave(db: &mut Act) -> Result<Self> {
        let witness = Self(format!("act {}", Uuid::now_v7()));
        witness.write(db).await?;
        Ok(witness)
    }

    /// Whether the act was committed that left it; none if the database does not say so in time.
    ///
    /// It is written once more, which waits for the act that may still be about to end, and undone.
    pub(in crate::domain) async fn speaks(
        &self,
        pool: &Pool,
        caller: &Caller,
        within: Duration,
    ) -> Option<bool> {
        let written = async {
            loop {
                match self.look(pool, caller).await {
                    Ok(is_news) => return !is_news,
                    Err(_) => tokio::time::sleep(LOOK_EVERY).await,
                }
            }
        };
        tokio::time::timeout(within, written).await.ok()
    }

    async fn look(&self, pool: &Pool, caller: &Caller) -> Result<bool> {
        let mut db = Act::open(pool, caller).await?;
        let is_news = self.write(&mut db).await?;
        // Whether that succeeds or not, nothing of it stays.
        let _ = db.roll_back().await;
        Ok(is_news)
    }

    /// Writes it, unless it is there; answers whether it was not.
    async fn write(&self, db: &mut Act) -> Result<bool> {
        let identity = db.caller().identity().clone();
        let insert = diesel::insert_into(idempotency_keys::table)
            .values((
                idempotency_keys::tenant_id.eq(identity.tenant()),
                idempotency_keys::idempotency_key.eq(&self.0),
                idempotency_keys::request.eq(json!({ "operation": "act" })),
                idempotency_keys::actor.eq(identity.user()),
            ))
            .on_conflict_do_nothing();
        Ok(db.change(insert).await? == 1)
    }
}

/// Puts the text of a request right as the act itself will, so that only what matters makes a difference.
fn put_right(input: &mut Value) {
    match input {
        Value::String(text) => *text = text::composed(text),
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
    pub(in crate::domain) async fn made(self, db: &mut Act, result: Uuid) -> Result<()> {
        let Self(Some(key)) = self else { return Ok(()) };
        let tenant = db.scope().tenant().clone();
        let update = diesel::update(idempotency_keys::table)
            .filter(idempotency_keys::tenant_id.eq(tenant))
            .filter(idempotency_keys::idempotency_key.eq(key))
            .set(idempotency_keys::result_id.eq(result));
        db.change(update).await?;
        Ok(())
    }
}
