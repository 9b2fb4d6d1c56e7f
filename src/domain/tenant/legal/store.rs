//! Reads and writes of the table `tenant_legal`.

use diesel::prelude::*;

use crate::domain::db::session::Session;
use crate::domain::db::statement_schema::tenant_legal;
use crate::domain::db::transaction::Transaction;
use crate::domain::legal::LegalIdentity;
use crate::primitives::error::Result;

/// Returns the legal identity of the tenant of the session's caller, if it has one. It is no row of a partner: partner users
/// may read it, because it is printed on their statements.
pub async fn own(db: &mut Session) -> Result<Option<LegalIdentity>> {
    let query = tenant_legal::table.filter(tenant_legal::tenant_id.eq(db.scope().tenant().clone())).select((
        tenant_legal::name,
        tenant_legal::address,
        tenant_legal::country,
        tenant_legal::vat_id,
    ));
    Ok(db.aggregate(query).await?.pop())
}

/// Inserts the legal identity of the tenant, which must have none.
pub(super) async fn insert(db: &mut Transaction, legal: &LegalIdentity) -> Result<()> {
    let insert = diesel::insert_into(tenant_legal::table).values((
        tenant_legal::tenant_id.eq(db.scope().tenant().clone()),
        tenant_legal::name.eq(legal.name.clone()),
        tenant_legal::address.eq(legal.address.clone()),
        tenant_legal::country.eq(legal.country),
        tenant_legal::vat_id.eq(legal.vat_id.clone()),
    ));
    db.execute(insert).await?;
    Ok(())
}

/// Updates the legal identity of the tenant.
pub(super) async fn update(db: &mut Transaction, legal: &LegalIdentity) -> Result<()> {
    let row = tenant_legal::table.filter(tenant_legal::tenant_id.eq(db.scope().tenant().clone()));
    let update = diesel::update(row).set((
        tenant_legal::name.eq(legal.name.clone()),
        tenant_legal::address.eq(legal.address.clone()),
        tenant_legal::country.eq(legal.country),
        tenant_legal::vat_id.eq(legal.vat_id.clone()),
    ));
    db.execute(update).await?;
    Ok(())
}
