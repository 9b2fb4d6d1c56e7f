//! The audit trail: what each mutation and command changed, sealed in a chain of hashes that an outsider can verify.

mod store;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::db::audit_schema::audit_seals;
use super::db::session::Session;
use crate::primitives::error::Result;

/// A seal: the hash of all entries that were committed since the seal before, and of that seal.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = audit_seals, check_for_backend(diesel::pg::Pg))]
pub struct AuditSeal {
    /// The number of the seal within the tenant, from 1, without gaps.
    pub number: i64,
    /// When the entries were sealed, by the database's clock.
    pub sealed_at: DateTime<Utc>,
    /// The number of entries.
    pub entries: i32,
    /// The hash of the seal before; 32 zero bytes for the first one.
    pub previous_hash: Vec<u8>,
    /// The SHA-256 of the seal.
    pub hash: Vec<u8>,
}

impl AuditSeal {
    /// Returns the hash in hexadecimal.
    pub fn hash_text(&self) -> String {
        hex(&self.hash)
    }

    /// Returns the hash of the seal before in hexadecimal.
    pub fn previous_hash_text(&self) -> String {
        hex(&self.previous_hash)
    }
}

/// Returns the newest seal of the tenant, which proves all entries before it; `None` before the first one.
pub async fn head(db: &mut Session) -> Result<Option<AuditSeal>> {
    store::head(db).await
}

/// Returns bytes in hexadecimal, lower case.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
