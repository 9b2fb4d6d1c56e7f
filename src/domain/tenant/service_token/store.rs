//! Reads and writes of the table `service_tokens`.

use diesel::dsl::{now, sql};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Timestamptz};
use diesel_async::RunQueryDsl;

use super::ServiceToken;
use crate::domain::planning::Planning;
use crate::domain::schema::service_tokens;
use crate::domain::session::{Act, Session};
use crate::domain::speaker::Speaker;
use crate::error::Result;
use crate::id::{ServiceTokenId, TenantId};

/// Uses are written down once a minute at most.
const IS_NEWS: &str = "(last_used_at IS NULL OR last_used_at < now() - interval '1 minute')";

/// The name and the hash of a token that holds now, and whether a use of it is news.
///
/// Without a session: it is what a session's caller is made of.
pub async fn live(
    speaker: &mut Speaker,
    tenant: &TenantId,
    id: ServiceTokenId,
) -> Result<Option<(String, Vec<u8>, bool)>> {
    let query = service_tokens::table
        .filter(service_tokens::tenant_id.eq(tenant))
        .filter(service_tokens::id.eq(id))
        .filter(service_tokens::revoked_at.is_null())
        .filter(service_tokens::expires_at.is_null().or(service_tokens::expires_at.gt(now)))
        .select((service_tokens::name, service_tokens::token_hash, sql::<Bool>(IS_NEWS)));
    let found = speaker
        .ask(tenant, Planning::Once, async move |mut connection| query.load(&mut connection).await)
        .await?;
    Ok(found.into_iter().next())
}

/// Writes down that a token was used, unless that is known.
pub async fn note_use(db: &mut Act, id: &ServiceTokenId) -> Result<()> {
    db.may_be_repeated();
    let update = diesel::update(service_tokens::table)
        .filter(service_tokens::tenant_id.eq(db.scope().tenant().clone()))
        .filter(service_tokens::id.eq(*id))
        .filter(sql::<Bool>(IS_NEWS))
        .set(service_tokens::last_used_at.eq(now));
    db.change(update).await?;
    Ok(())
}

/// The tokens of the tenant, oldest first.
pub async fn all(db: &mut Session) -> Result<Vec<ServiceToken>> {
    let query = service_tokens::table
        .filter(service_tokens::tenant_id.eq(db.scope().tenant().clone()))
        .order((service_tokens::created_at, service_tokens::id))
        .select(ServiceToken::as_select());
    db.figures(query).await
}

/// Inserts a token.
pub async fn insert(db: &mut Act, token: &ServiceToken, hash: Vec<u8>) -> Result<()> {
    let identity = db.caller().identity().clone();
    let insert = diesel::insert_into(service_tokens::table).values((
        service_tokens::tenant_id.eq(identity.tenant().clone()),
        service_tokens::id.eq(token.id),
        service_tokens::name.eq(token.name.clone()),
        service_tokens::token_hash.eq(hash),
        service_tokens::created_at.eq(token.created_at),
        service_tokens::created_by.eq(identity.user().to_owned()),
        service_tokens::expires_at.eq(token.expires_at),
    ));
    db.change(insert).await?;
    Ok(())
}

/// A token of the tenant, locked until the end of the act.
pub async fn lock(db: &mut Act, id: ServiceTokenId) -> Result<Option<ServiceToken>> {
    let query = service_tokens::table
        .filter(service_tokens::tenant_id.eq(db.scope().tenant().clone()))
        .filter(service_tokens::id.eq(id))
        .for_no_key_update()
        .select(ServiceToken::as_select());
    Ok(db.figures(query).await?.pop())
}

/// Revokes a token.
pub async fn revoke(db: &mut Act, id: ServiceTokenId) -> Result<()> {
    let update = diesel::update(service_tokens::table)
        .filter(service_tokens::tenant_id.eq(db.scope().tenant().clone()))
        .filter(service_tokens::id.eq(id))
        .set(service_tokens::revoked_at.eq(sql::<Timestamptz>("clock_timestamp()").nullable()));
    db.change(update).await?;
    Ok(())
}
