//! Reads and writes of the table `service_tokens`.

use diesel::dsl::{now, sql};
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Text, Timestamptz};
use diesel_async::RunQueryDsl;

use super::ServiceToken;
use crate::domain::db::plan_cache::PlanCacheMode;
use crate::domain::db::schema::service_tokens;
use crate::domain::db::session::Session;
use crate::domain::db::subquery::Subquery;
use crate::domain::db::tenant_connection::TenantConnection;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;
use crate::primitives::id::{ServiceTokenId, TenantId};

/// The time of the last use is recorded at most once per minute.
const IS_USE_DUE: &str = "(last_used_at IS NULL OR last_used_at < now() - interval '1 minute')";

/// What `SUBSCRIBED_EVENT_TYPES` is for the tenant of a token.
const SUBSCRIBED_OF_TOKEN: Subquery<Array<Text>> = Subquery::new(
    "ARRAY(SELECT unnest(endpoint.event_types) FROM webhook_endpoints AS endpoint
           WHERE endpoint.tenant_id = service_tokens.tenant_id AND endpoint.status <> 'DELETED')",
);

/// The stored part of a valid token.
#[derive(Queryable)]
pub struct LiveToken {
    /// The name of the service.
    pub name: String,
    /// The SHA-256 of the secret.
    pub token_hash: Vec<u8>,
    /// Whether the time of the last use is due to be recorded.
    pub is_use_due: bool,
    /// The names of the event types that the webhook endpoints of the tenant subscribe to.
    pub event_types: Vec<String>,
}

/// Returns a token that is neither expired nor revoked.
///
/// Without a session, because a session needs the caller that the token authenticates.
pub async fn live(
    connection: &mut TenantConnection,
    tenant: &TenantId,
    id: ServiceTokenId,
) -> Result<Option<LiveToken>> {
    let query = service_tokens::table
        .filter(service_tokens::tenant_id.eq(tenant))
        .filter(service_tokens::id.eq(id))
        .filter(service_tokens::revoked_at.is_null())
        .filter(service_tokens::expires_at.is_null().or(service_tokens::expires_at.gt(now)))
        .select((
            service_tokens::name,
            service_tokens::token_hash,
            Subquery::<Bool>::new(IS_USE_DUE),
            SUBSCRIBED_OF_TOKEN,
        ));
    let found = connection
        .execute_as(tenant, PlanCacheMode::Generic, async move |mut connection| {
            query.load(&mut connection).await
        })
        .await?;
    Ok(found.into_iter().next())
}

/// Records the time of the last use, unless it was recorded within the last minute.
pub async fn record_use(db: &mut Transaction, id: &ServiceTokenId) -> Result<()> {
    db.mark_idempotent();
    let update = diesel::update(service_tokens::table)
        .filter(service_tokens::tenant_id.eq(db.scope().tenant().clone()))
        .filter(service_tokens::id.eq(*id))
        .filter(sql::<Bool>(IS_USE_DUE))
        .set(service_tokens::last_used_at.eq(now));
    db.execute(update).await?;
    Ok(())
}

/// Returns the tokens of the tenant, oldest first.
pub async fn all(db: &mut Session) -> Result<Vec<ServiceToken>> {
    let query = service_tokens::table
        .filter(service_tokens::tenant_id.eq(db.scope().tenant().clone()))
        .order((service_tokens::created_at, service_tokens::id))
        .select(ServiceToken::as_select());
    db.load_unchecked(query).await
}

/// Inserts a token.
pub async fn insert(db: &mut Transaction, token: &ServiceToken, hash: Vec<u8>) -> Result<()> {
    let identity = db.caller().identity().clone();
    let insert = diesel::insert_into(service_tokens::table).values((
        service_tokens::tenant_id.eq(identity.tenant().clone()),
        service_tokens::id.eq(token.id),
        service_tokens::name.eq(token.name.clone()),
        service_tokens::token_hash.eq(hash),
        service_tokens::created_at.eq(token.created_at),
        service_tokens::created_by.eq(token.created_by.clone()),
        service_tokens::expires_at.eq(token.expires_at),
    ));
    db.execute(insert).await?;
    Ok(())
}

/// Locks a token of the tenant until the end of the transaction.
pub async fn lock(db: &mut Transaction, id: ServiceTokenId) -> Result<Option<ServiceToken>> {
    let query = service_tokens::table
        .filter(service_tokens::tenant_id.eq(db.scope().tenant().clone()))
        .filter(service_tokens::id.eq(id))
        .for_no_key_update()
        .select(ServiceToken::as_select());
    Ok(db.load_unchecked(query).await?.pop())
}

/// Revokes a token.
pub async fn revoke(db: &mut Transaction, id: ServiceTokenId) -> Result<()> {
    let update = diesel::update(service_tokens::table)
        .filter(service_tokens::tenant_id.eq(db.scope().tenant().clone()))
        .filter(service_tokens::id.eq(id))
        .set(service_tokens::revoked_at.eq(sql::<Timestamptz>("clock_timestamp()").nullable()));
    db.execute(update).await?;
    Ok(())
}
