//! The audit trail: what each mutation and command changed, sealed in a chain of hashes that an outsider can verify.
//!
//! Entries are written by their transactions (`db::transaction`). A seal takes all committed entries that no seal has, so that
//! no transaction waits for another one.

pub mod chain;
pub mod download;
pub mod export;
pub mod list;
pub mod seal;
pub mod store;
pub mod verification;
pub mod walk;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use sha2::{Digest, Sha256};

pub use super::db::audit_entry::AuditEntry;
pub use super::db::audit_log::{FieldChange, hex};
use super::db::audit_schema::audit_seals;
use super::db::audited_row::time_text;
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

/// The hash before that of the first seal.
pub const NO_HASH: [u8; 32] = [0; 32];

impl AuditSeal {
    /// Returns the hash in hexadecimal.
    pub fn hash_text(&self) -> String {
        hex(&self.hash)
    }

    /// Returns the hash of the seal before in hexadecimal.
    pub fn previous_hash_text(&self) -> String {
        hex(&self.previous_hash)
    }

    /// Returns the seal as it is printed and passed to `audit verify`: `17:ab34…`.
    pub fn head_text(&self) -> String {
        format!("{}:{}", self.number, self.hash_text())
    }

    /// Returns the hash that the seal should have: the SHA-256 of the hash before, the number (8 bytes, big-endian), the time
    /// (text in UTC, to the microsecond) and the hashes of the entries, one after the other, in the order of their ids.
    pub fn computed_hash(&self, previous_hash: &[u8], entry_hashes: &[u8]) -> Vec<u8> {
        let mut hash = Sha256::new();
        hash.update(previous_hash);
        hash.update(self.number.to_be_bytes());
        hash.update(time_text(self.sealed_at));
        hash.update(entry_hashes);
        hash.finalize().to_vec()
    }
}

/// Returns the newest seal of the tenant, which proves all entries before it; `None` before the first one.
pub async fn head(db: &mut Session) -> Result<Option<AuditSeal>> {
    store::head(db).await
}
