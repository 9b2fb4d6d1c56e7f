//! The chain of seals: the verification of entries and seals in their order, from the database or from a file.

use std::fmt;
use std::str::FromStr;

use super::{AuditSeal, NO_HASH, hex};

/// The most findings of a verification; the rest would say nothing else.
const FINDINGS_MAX: usize = 1_000;

/// Something that does not agree with the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is about: an entry, a seal, or a row.
    pub subject: String,
    /// What does not agree.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject, self.message)
    }
}

/// The findings of a verification, at most 1,000.
#[derive(Debug, Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Adds a finding.
    pub fn add(&mut self, subject: impl Into<String>, message: impl Into<String>) {
        if self.0.len() < FINDINGS_MAX {
            self.0.push(Finding { subject: subject.into(), message: message.into() });
        }
    }

    /// Returns the findings.
    pub fn into_vec(self) -> Vec<Finding> {
        self.0
    }
}

/// A seal that a partner or an auditor has kept: its number and hash, as printed on a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownHead {
    /// The number.
    pub number: i64,
    /// The hash in hexadecimal, or its beginning of at least 16 digits.
    pub hash: String,
}

impl FromStr for KnownHead {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "write it as printed, number:hash, with at least 16 digits of the hash".to_owned();
        let (number, hash) = text.trim().split_once(':').ok_or_else(wrong)?;
        let hash = hash.to_ascii_lowercase();
        let is_hash = (16..=64).contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = number.parse().ok().filter(|number| *number > 0 && is_hash).ok_or_else(wrong)?;
        Ok(Self { number, hash })
    }
}

/// Verifies entries and seals, in the order of the numbers of the seals: the entries of a seal in the order of their ids,
/// then the seal.
#[derive(Debug)]
pub struct Chain {
    previous: AuditSeal,
    /// The hashes of the entries since the last seal.
    hashes: Vec<u8>,
    head: Option<KnownHead>,
    has_found_head: bool,
    entries: u64,
    /// What does not agree.
    pub findings: Findings,
}

impl Chain {
    /// Returns a chain without seals. `head` must be in it.
    pub fn new(head: Option<KnownHead>) -> Self {
        let previous = AuditSeal {
            number: 0,
            sealed_at: chrono::DateTime::UNIX_EPOCH,
            entries: 0,
            previous_hash: Vec::new(),
            hash: NO_HASH.to_vec(),
        };
        let findings = Findings::default();
        Self { previous, hashes: Vec::new(), head, has_found_head: false, entries: 0, findings }
    }

    /// Verifies an entry: `computed` is the hash that it should have.
    pub fn entry(&mut self, id: &str, stored: &[u8], computed: &[u8]) {
        self.entries += 1;
        self.hashes.extend_from_slice(stored);
        if stored != computed {
            let message = "was changed after it was written: its hash is that of other content";
            self.findings.add(format!("entry {id}"), message);
        }
    }

    /// Notes that the seal of the entries since the last seal does not exist.
    pub fn missing_seal(&mut self, number: i64) {
        self.hashes.clear();
        self.findings.add(format!("seal {number}"), "is missing, and entries refer to it");
    }

    /// Verifies a seal of the entries since the last one.
    pub fn seal(&mut self, seal: &AuditSeal) {
        let hashes = std::mem::take(&mut self.hashes);
        let subject = format!("seal {}", seal.number);
        for number in self.previous.number + 1..seal.number.min(self.previous.number + 10) {
            self.findings.add(format!("seal {number}"), "is missing");
        }
        if seal.previous_hash != self.previous.hash && seal.number == self.previous.number + 1 {
            self.findings.add(&subject, format!("does not continue seal {}", self.previous.number));
        }
        if i32::try_from(hashes.len() / NO_HASH.len()).ok() != Some(seal.entries) {
            let count = hashes.len() / NO_HASH.len();
            self.findings.add(&subject, format!("has {count} entries; it was made of {}", seal.entries));
        } else if seal.computed_hash(&seal.previous_hash, &hashes) != seal.hash {
            self.findings
                .add(&subject, "or one of its entries was changed: its hash is that of other content");
        }
        if let Some(head) = self.head.as_ref().filter(|head| head.number == seal.number) {
            self.has_found_head = true;
            if !seal.hash_text().starts_with(&head.hash) {
                let message = format!("has another hash than the head that is known: {}", head.hash);
                self.findings.add(subject, message);
            }
        }
        self.previous = seal.clone();
    }

    /// Ends the chain: the known head must be one of its seals. Entries after the last seal are allowed.
    pub fn finish(&mut self) {
        if let Some(head) = self.head.as_ref().filter(|_| !self.has_found_head) {
            let (number, last) = (head.number, self.previous.number);
            self.findings.add(format!("seal {number}"), format!("is missing; the last seal is {last}"));
        }
    }

    /// Returns the number of entries so far.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// Returns the last seal as it is printed; `None` without seals.
    pub fn head_text(&self) -> Option<String> {
        (self.previous.number > 0).then(|| format!("{}:{}", self.previous.number, hex(&self.previous.hash)))
    }
}
