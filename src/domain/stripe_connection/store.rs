//! Reads and writes of the table `stripe_connections`.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{StripeConnection, notification};
use crate::auth::Authorized;
use crate::domain::db::rail_schema::stripe_connections;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;

/// Returns the connection of the caller's tenant, if it has one.
pub async fn own(db: &mut Session) -> Result<Option<Authorized<StripeConnection>>> {
    let query = stripe_connections::table
        .filter(stripe_connections::tenant_id.eq(db.scope().tenant().clone()))
        .select(StripeConnection::as_select());
    db.load_one(query).await
}

/// Inserts a connection, or replaces that of the tenant.
pub async fn put(db: &mut Transaction, connection: &StripeConnection) -> Result<()> {
    let put = diesel::insert_into(stripe_connections::table)
        .values(connection.clone())
        .on_conflict(stripe_connections::tenant_id)
        .do_update()
        .set((
            stripe_connections::account.eq(connection.account.clone()),
            stripe_connections::is_live.eq(connection.is_live),
            stripe_connections::sealed_key.eq(connection.sealed_key.clone()),
            stripe_connections::sealed_webhook_secrets.eq(connection.sealed_webhook_secrets.clone()),
            stripe_connections::connected_at.eq(connection.connected_at),
            stripe_connections::broken_at.eq(None::<DateTime<Utc>>),
            stripe_connections::broken_reason.eq(None::<String>),
            stripe_connections::takes_invoices.eq(connection.takes_invoices),
            stripe_connections::customer_metadata_key.eq(connection.customer_metadata_key.clone()),
        ));
    db.execute(put).await?;
    Ok(())
}

/// Updates what is recorded of the invoices at Stripe.
pub async fn update_billing(db: &mut Transaction, connection: &StripeConnection) -> Result<()> {
    let update = diesel::update(stripe_connections::table)
        .filter(stripe_connections::tenant_id.eq(db.scope().tenant().clone()))
        .set((
            stripe_connections::takes_invoices.eq(connection.takes_invoices),
            stripe_connections::customer_metadata_key.eq(connection.customer_metadata_key.clone()),
        ));
    db.execute(update).await?;
    Ok(())
}

/// Marks that Stripe does not accept the key of a connection, unless that is known, or it was given another key since: nothing is
/// sent until staff connect again.
pub async fn mark_broken(
    db: &mut Transaction,
    connection: &StripeConnection,
    reason: &str,
    at: DateTime<Utc>,
) -> Result<()> {
    let is_same =
        |own: &StripeConnection| own.broken_at.is_none() && own.connected_at == connection.connected_at;
    let Some(before) = own(db).await?.filter(|own| is_same(own)) else { return Ok(()) };
    let update = diesel::update(stripe_connections::table)
        .filter(stripe_connections::tenant_id.eq(db.scope().tenant().clone()))
        .filter(stripe_connections::broken_at.is_null())
        .filter(stripe_connections::connected_at.eq(connection.connected_at))
        .set((
            stripe_connections::broken_at.eq(Some(at)),
            stripe_connections::broken_reason.eq(Some(reason.to_owned())),
        ));
    if db.execute(update).await? == 1 {
        let broken = StripeConnection {
            broken_at: Some(at),
            broken_reason: Some(reason.to_owned()),
            ..StripeConnection::clone(&before)
        };
        db.record_changed(&*before, &broken);
        notification::key_refused(db, &broken, at).await?;
    }
    Ok(())
}
