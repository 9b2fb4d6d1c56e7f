//! The entries of the audit trail, and their hash.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::act::Act;
use super::audit_log::{Content, FieldChange};
use super::audit_schema::audit_entries;
use super::audited_row::time_text;
use crate::auth::{Caller, PartnerOwned};
use crate::primitives::error::{Error, Result};
use crate::primitives::id::{AuditEntryId, PartnerId, TenantId};
use crate::primitives::mask;

/// An entry of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, QueryableByName, Selectable, Insertable)]
// One text for all entries, so that a connection prepares one statement.
#[diesel(table_name = audit_entries, check_for_backend(diesel::pg::Pg), treat_none_as_default_value = false)]
pub struct AuditEntry {
    /// The tenant whose rows changed.
    pub tenant_id: TenantId,
    /// The id of the entry.
    pub id: AuditEntryId,
    /// When the entry was written, just before its transaction was committed, by the database's clock.
    pub at: DateTime<Utc>,
    /// The id of the user, or the name of the service; that of a partner user is masked.
    pub actor: String,
    /// The role of the actor.
    pub actor_role: String,
    /// The name of the mutation or command.
    pub act: String,
    /// The kind of the row; `None` for a bulk change.
    pub subject_type: Option<String>,
    /// The id of the row.
    pub subject_id: Option<Uuid>,
    /// The partner of the rows, if it is one.
    pub partner_id: Option<PartnerId>,
    /// The changes, as a list of [`FieldChange`].
    pub changes: Value,
    /// The reason that was given.
    pub reason: Option<String>,
    /// The id of the request.
    pub request_id: String,
    /// The SHA-256 of the canonical form.
    pub hash: Vec<u8>,
}

impl PartnerOwned for AuditEntry {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    /// Returns the partner of the rows. An entry of no single partner is only within a scope of all partners.
    fn partner_id(&self) -> PartnerId {
        self.partner_id.unwrap_or(PartnerId(Uuid::nil()))
    }
}

/// The canonical form of an entry by RFC 8785: the members are in the order of their names, and all values are strings,
/// lists, objects or null.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Canonical<'a> {
    act: &'a str,
    actor: &'a str,
    actor_role: &'a str,
    at: String,
    changes: &'a Value,
    id: String,
    partner_id: Option<String>,
    reason: Option<&'a str>,
    request_id: &'a str,
    subject_id: Option<String>,
    subject_type: Option<&'a str>,
    tenant_id: &'a str,
}

impl AuditEntry {
    pub(super) fn new(caller: &Caller, act: Act, at: DateTime<Utc>, content: Content) -> Result<Self> {
        let identity = caller.identity();
        // The id of a partner user can be erased; an entry cannot.
        let actor = identity.user();
        let actor = if caller.is_partner_user() { mask::email(actor) } else { actor.to_owned() };
        let mut entry = Self {
            tenant_id: identity.tenant().clone(),
            id: AuditEntryId::new(),
            at,
            actor,
            actor_role: identity.role().to_string(),
            act: act.name().to_owned(),
            subject_type: content.subject.map(|row| row.kind.to_string()),
            subject_id: content.subject.and_then(|row| row.id),
            partner_id: content.partner,
            changes: serde_json::to_value(content.changes).map_err(Error::internal)?,
            reason: content.reason,
            request_id: caller.request_id().to_owned(),
            hash: Vec::new(),
        };
        entry.hash = entry.computed_hash()?;
        Ok(entry)
    }

    /// Returns the entry as canonical JSON, without its hash.
    pub fn canonical(&self) -> Result<String> {
        let canonical = Canonical {
            act: &self.act,
            actor: &self.actor,
            actor_role: &self.actor_role,
            at: time_text(self.at),
            changes: &self.changes,
            id: self.id.to_string(),
            partner_id: self.partner_id.map(|id| id.to_string()),
            reason: self.reason.as_deref(),
            request_id: &self.request_id,
            subject_id: self.subject_id.map(|id| id.to_string()),
            subject_type: self.subject_type.as_deref(),
            tenant_id: &self.tenant_id.0,
        };
        serde_json::to_string(&canonical).map_err(Error::internal)
    }

    /// Returns the hash that the entry should have.
    pub fn computed_hash(&self) -> Result<Vec<u8>> {
        Ok(Sha256::digest(self.canonical()?).to_vec())
    }

    /// Returns the changes; fails if they are not what the program writes.
    pub fn field_changes(&self) -> Result<Vec<FieldChange>> {
        serde_json::from_value(self.changes.clone()).map_err(Error::internal)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    /// Fails if a dependency makes `serde_json` keep the order of insertion: then canonical forms would not be sorted.
    #[test]
    fn members_are_sorted() {
        let value = json!({ "b": null, "a": { "d": "\u{7f}\u{1}\n/", "c": [] } });
        assert_eq!(value.to_string(), "{\"a\":{\"c\":[],\"d\":\"\u{7f}\\u0001\\n/\"},\"b\":null}");
    }
}
