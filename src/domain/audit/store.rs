//! Reads of the audit trail, and writes of the tables `audit_seals` and `audit_seal_members`.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text, Uuid as SqlUuid};
use uuid::Uuid;

use super::{AuditEntry, AuditSeal};
use crate::auth::Authorized;
use crate::domain::db::audit_schema::{audit_entries, audit_seal_members, audit_seals};
use crate::domain::db::session::Session;
use crate::domain::db::sql_builder::SqlBuilder;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;
use crate::primitives::id::AuditEntryId;

/// Returns the newest seal of the tenant. It is a digest of all entries and no row of a partner, so that partner users may
/// read it too: it is printed on their statements.
pub(super) async fn head(db: &mut Session) -> Result<Option<AuditSeal>> {
    let query = audit_seals::table
        .filter(audit_seals::tenant_id.eq(db.scope().tenant().clone()))
        .order(audit_seals::number.desc())
        .limit(1)
        .select(AuditSeal::as_select());
    Ok(db.aggregate(query).await?.pop())
}

/// Returns the seals after a number, in order.
pub(super) async fn seals_after(db: &mut Session, number: i64, limit: i64) -> Result<Vec<AuditSeal>> {
    let query = audit_seals::table
        .filter(audit_seals::tenant_id.eq(db.scope().tenant().clone()))
        .filter(audit_seals::number.gt(number))
        .order(audit_seals::number)
        .limit(limit)
        .select(AuditSeal::as_select());
    db.aggregate(query).await
}

/// An entry of a seal: the number of the seal, the id of the entry, and the entry, unless it is missing.
pub(super) type Member = (i64, AuditEntryId, Option<AuditEntry>);

/// Returns the entries of seals after a position, in the order of the numbers of the seals and of the ids.
pub(super) async fn members_after(
    db: &mut Session,
    (number, id): (i64, AuditEntryId),
    limit: i64,
) -> Result<Vec<Member>> {
    let is_after = audit_seal_members::seal_number
        .gt(number)
        .or(audit_seal_members::seal_number.eq(number).and(audit_seal_members::entry_id.gt(id)));
    let query = audit_seal_members::table
        .left_join(
            audit_entries::table.on(audit_entries::tenant_id
                .eq(audit_seal_members::tenant_id)
                .and(audit_entries::id.eq(audit_seal_members::entry_id))),
        )
        .filter(audit_seal_members::tenant_id.eq(db.scope().tenant().clone()))
        .filter(audit_seal_members::seal_number.ge(number))
        .filter(is_after)
        .order((audit_seal_members::seal_number, audit_seal_members::entry_id))
        .limit(limit)
        .select((
            audit_seal_members::seal_number,
            audit_seal_members::entry_id,
            Option::<AuditEntry>::as_select(),
        ));
    db.aggregate(query).await
}

/// The condition that an entry is of no seal.
#[diesel::dsl::auto_type(no_type_alias)]
fn is_unsealed() -> _ {
    not(exists(
        audit_seal_members::table
            .filter(audit_seal_members::tenant_id.eq(audit_entries::tenant_id))
            .filter(audit_seal_members::entry_id.eq(audit_entries::id)),
    ))
}

/// Returns the entries of no seal, in the order of their ids, after one of them.
pub(super) async fn unsealed_after(
    db: &mut Session,
    id: AuditEntryId,
    limit: i64,
) -> Result<Vec<Authorized<AuditEntry>>> {
    let query = audit_entries::table
        .filter(audit_entries::tenant_id.eq(db.scope().tenant().clone()))
        .filter(audit_entries::id.gt(id))
        .filter(is_unsealed())
        .order(audit_entries::id)
        .limit(limit)
        .select(AuditEntry::as_select());
    db.load(query).await
}

/// Returns the ids and hashes of entries of no seal that are not older than `since`, oldest first: the order of an index, so
/// that recent entries are found without reading the others.
pub(super) async fn unsealed_hashes(
    db: &mut Session,
    since: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<(AuditEntryId, Vec<u8>)>> {
    let query = audit_entries::table
        .filter(audit_entries::tenant_id.eq(db.scope().tenant().clone()))
        .filter(audit_entries::at.ge(since))
        .filter(is_unsealed())
        .order((audit_entries::at, audit_entries::id))
        .limit(limit)
        .select((audit_entries::id, audit_entries::hash));
    db.aggregate(query).await
}

/// Inserts a seal with its entries, unless another server has inserted one with its number; returns whether it did.
pub(super) async fn insert(db: &mut Transaction, seal: &AuditSeal, entries: &[AuditEntryId]) -> Result<bool> {
    let tenant = db.scope().tenant().clone();
    let AuditSeal { number, sealed_at, entries: count, previous_hash, hash } = seal.clone();
    let insert = diesel::insert_into(audit_seals::table)
        .values((
            audit_seals::tenant_id.eq(tenant.clone()),
            audit_seals::number.eq(number),
            audit_seals::sealed_at.eq(sealed_at),
            audit_seals::entries.eq(count),
            audit_seals::previous_hash.eq(previous_hash),
            audit_seals::hash.eq(hash),
        ))
        .on_conflict_do_nothing();
    if db.execute(insert).await? == 0 {
        return Ok(false);
    }
    let members =
        SqlBuilder::new("INSERT INTO audit_seal_members (tenant_id, seal_number, entry_id) SELECT ")
            .bind::<Text, _>(tenant)
            .sql(", ")
            .bind::<BigInt, _>(number)
            .sql(", unnest(")
            .bind::<Array<SqlUuid>, _>(entries.to_vec())
            .sql(")");
    db.execute(members).await?;
    Ok(true)
}

/// Returns the seals of these entries.
pub async fn seals_of(
    db: &mut Session,
    entries: &[AuditEntryId],
) -> Result<HashMap<AuditEntryId, AuditSeal>> {
    let query = audit_seal_members::table
        .inner_join(
            audit_seals::table.on(audit_seals::tenant_id
                .eq(audit_seal_members::tenant_id)
                .and(audit_seals::number.eq(audit_seal_members::seal_number))),
        )
        .filter(audit_seal_members::tenant_id.eq(db.scope().tenant().clone()))
        .filter(audit_seal_members::entry_id.eq_any(entries.to_vec()))
        .select((audit_seal_members::entry_id, AuditSeal::as_select()));
    Ok(db.aggregate::<(AuditEntryId, AuditSeal), _>(query).await?.into_iter().collect())
}

/// Returns the entries with these ids; unknown ids are skipped.
pub async fn by_ids(db: &mut Session, ids: &[AuditEntryId]) -> Result<Vec<Authorized<AuditEntry>>> {
    let query = audit_entries::table
        .filter(audit_entries::tenant_id.eq(db.scope().tenant().clone()))
        .filter(audit_entries::id.eq_any(ids.to_vec()))
        .select(AuditEntry::as_select());
    db.load(query).await
}

/// Returns whether the trail of the tenant is complete: it began with the tenant, or with a baseline of all of its rows.
pub async fn has_beginning(db: &mut Session, acts: &[&str]) -> Result<bool> {
    let acts: Vec<_> = acts.iter().map(|act| (*act).to_owned()).collect();
    let query = audit_entries::table
        .filter(audit_entries::tenant_id.eq(db.scope().tenant().clone()))
        .filter(audit_entries::act.eq_any(acts))
        .filter(audit_entries::subject_type.eq("Tenant"))
        .limit(1)
        .select(audit_entries::id);
    Ok(!db.aggregate::<Uuid, _>(query).await?.is_empty())
}
