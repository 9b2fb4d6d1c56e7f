//! Reads and writes of the table `partner_legal`.

use std::collections::HashMap;

use diesel::prelude::*;

use super::PartnerLegal;
use crate::auth::Authorized;
use crate::domain::db::scope_filter::{PartnerTable, ScopeFilter};
use crate::domain::db::session::Session;
use crate::domain::db::statement_schema::partner_legal;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;
use crate::primitives::id::PartnerId;

const TABLE: PartnerTable = PartnerTable { name: "partner_legal", partner_column: "partner_id" };

/// Returns the legal identities of these partners, by partner; those without one are left out.
pub async fn of_partners(
    db: &mut Session,
    ids: &[PartnerId],
) -> Result<HashMap<PartnerId, Authorized<PartnerLegal>>> {
    let query = partner_legal::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(partner_legal::partner_id.eq_any(ids.to_vec()))
        .select((
            partner_legal::tenant_id,
            partner_legal::partner_id,
            (partner_legal::name, partner_legal::address, partner_legal::country, partner_legal::vat_id),
            partner_legal::tax_treatment,
            partner_legal::tax_note,
            partner_legal::self_billing_agreed_at,
        ));
    let rows: Vec<Authorized<PartnerLegal>> = db.load(query).await?;
    Ok(rows.into_iter().map(|row| (row.partner_id, row)).collect())
}

/// Returns the legal identity of a partner, if it has one.
pub async fn of_partner(db: &mut Session, id: PartnerId) -> Result<Option<Authorized<PartnerLegal>>> {
    Ok(of_partners(db, &[id]).await?.remove(&id))
}

/// Inserts the legal identity of a partner that has none.
pub(super) async fn insert(db: &mut Transaction, legal: &PartnerLegal) -> Result<()> {
    let insert = diesel::insert_into(partner_legal::table).values((
        partner_legal::tenant_id.eq(legal.tenant_id.clone()),
        partner_legal::partner_id.eq(legal.partner_id),
        partner_legal::name.eq(legal.identity.name.clone()),
        partner_legal::address.eq(legal.identity.address.clone()),
        partner_legal::country.eq(legal.identity.country),
        partner_legal::vat_id.eq(legal.identity.vat_id.clone()),
        partner_legal::tax_treatment.eq(legal.tax_treatment),
        partner_legal::tax_note.eq(legal.tax_note.clone()),
        partner_legal::self_billing_agreed_at.eq(legal.self_billing_agreed_at),
    ));
    db.execute(insert).await?;
    Ok(())
}

/// Updates the legal identity of a partner.
pub(super) async fn update(db: &mut Transaction, legal: &PartnerLegal) -> Result<()> {
    let row = partner_legal::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(partner_legal::partner_id.eq(legal.partner_id));
    let update = diesel::update(row).set((
        partner_legal::name.eq(legal.identity.name.clone()),
        partner_legal::address.eq(legal.identity.address.clone()),
        partner_legal::country.eq(legal.identity.country),
        partner_legal::vat_id.eq(legal.identity.vat_id.clone()),
        partner_legal::tax_treatment.eq(legal.tax_treatment),
        partner_legal::tax_note.eq(legal.tax_note.clone()),
        partner_legal::self_billing_agreed_at.eq(legal.self_billing_agreed_at),
    ));
    db.execute(update).await?;
    Ok(())
}
