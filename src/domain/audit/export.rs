//! The trail as a file, `audit.jsonl`: one JSON object a line, from which anyone can verify it.
//!
//! ```text
//! {"entry":{…},"hash":"…"}     the SHA-256 of the entry as canonical JSON (RFC 8785)
//! {"seal":{"entries":2,"hash":"…","number":1,"previousHash":"…","sealedAt":"…"}}
//! ```
//!
//! A seal comes after its entries, which are in the order of their ids; the entries of no seal are the last ones.

use std::io::BufRead;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::chain::{Chain, KnownHead};
use super::walk::{Item, Walk};
use super::{AuditEntry, AuditSeal, hex};
use crate::auth::Caller;
use crate::domain::db::audited_row::time_text;
use crate::domain::db::pool::Pool;
use crate::domain::db::session::Session;
use crate::primitives::error::{Error, Result};

/// The file of a tenant's trail, in one snapshot. Dropped before its end, it closes its connection.
pub struct Export {
    db: Session,
    walk: Walk,
}

impl Export {
    /// Opens the file.
    pub async fn open(pool: &Pool, caller: &Caller) -> Result<Self> {
        let mut db = Session::open(pool, caller).await?;
        db.begin_snapshot().await?;
        Ok(Self { db, walk: Walk::default() })
    }

    /// Returns the next lines and their number; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<(String, u64)>> {
        let Some(items) = self.walk.next_page(&mut self.db).await? else { return Ok(None) };
        let mut text = String::new();
        for item in &items {
            text.push_str(&line(item)?);
        }
        Ok(Some((text, u64::try_from(items.len()).unwrap_or(u64::MAX))))
    }

    /// Ends the snapshot, so that the connection can be used again.
    pub async fn close(mut self) -> Result<()> {
        self.db.roll_back().await
    }
}

/// A line of the file as it is read.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Entry { entry: Value, hash: String },
    Seal { seal: SealLine },
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SealLine {
    entries: i32,
    hash: String,
    number: i64,
    previous_hash: String,
    sealed_at: String,
}

/// Returns the line of an item, with its line feed; nothing for what is missing.
pub fn line(item: &Item) -> Result<String> {
    match item {
        Item::Entry(_, entry) => entry_line(entry),
        Item::Unsealed(entry) => entry_line(entry),
        Item::Seal(seal) => {
            let line = SealLine {
                entries: seal.entries,
                hash: seal.hash_text(),
                number: seal.number,
                previous_hash: seal.previous_hash_text(),
                sealed_at: time_text(seal.sealed_at),
            };
            Ok(format!("{{\"seal\":{}}}\n", serde_json::to_string(&line).map_err(Error::internal)?))
        }
        Item::MissingEntry(..) | Item::MissingSeal(_) => Ok(String::new()),
    }
}

fn entry_line(entry: &AuditEntry) -> Result<String> {
    Ok(format!("{{\"entry\":{},\"hash\":\"{}\"}}\n", entry.canonical()?, hex(&entry.hash)))
}

/// Verifies a file by itself, and that it contains the known head.
pub fn verify(file: impl BufRead, head: Option<KnownHead>) -> Result<Chain> {
    let mut chain = Chain::new(head);
    for (number, line) in (1_u64..).zip(file.lines()) {
        let line = line.map_err(|error| Error::bad_input("--file", format!("cannot be read: {error}")))?;
        match serde_json::from_str(&line) {
            Ok(Line::Entry { entry, hash }) => {
                // A JSON object as text is canonical: its members are sorted, and it has no blanks.
                let computed = Sha256::digest(entry.to_string());
                let id = entry["id"].as_str().map_or_else(|| format!("of line {number}"), str::to_owned);
                chain.entry(&id, &unhex(&hash), &computed);
            }
            Ok(Line::Seal { seal }) => match seal.parse() {
                Some(seal) => chain.seal(&seal),
                None => chain.findings.add(format!("line {number}"), "is not a seal"),
            },
            Err(_) => chain.findings.add(format!("line {number}"), "is neither an entry nor a seal"),
        }
    }
    chain.finish();
    Ok(chain)
}

impl SealLine {
    fn parse(self) -> Option<AuditSeal> {
        let sealed_at = chrono::DateTime::parse_from_rfc3339(&self.sealed_at).ok()?.to_utc();
        Some(AuditSeal {
            number: self.number,
            sealed_at,
            entries: self.entries,
            previous_hash: unhex(&self.previous_hash),
            hash: unhex(&self.hash),
        })
    }
}

/// Returns the bytes of a hexadecimal text; 32 bytes that no hash has if it is not one.
fn unhex(text: &str) -> Vec<u8> {
    let is_hash = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let bytes = (0..32).map(|index| text.get(2 * index..2 * index + 2));
    let bytes = bytes.map(|digits| u8::from_str_radix(digits?, 16).ok()).collect::<Option<Vec<_>>>();
    bytes.filter(|_| is_hash).unwrap_or_else(|| vec![0xff; 32])
}
