//! The whole trail of a tenant in its order, page by page: the entries of each seal in the order of their ids, the seal after
//! them, and in the end the entries of no seal.

use std::collections::VecDeque;

use uuid::Uuid;

use super::{AuditEntry, AuditSeal, store};
use crate::auth::Authorized;
use crate::domain::db::session::Session;
use crate::primitives::error::Result;
use crate::primitives::id::AuditEntryId;

/// The entries, and the seals, that are read at a time.
const PAGE_ROWS: i64 = 1_000;

/// A part of the trail.
#[derive(Clone, Debug)]
pub enum Item {
    /// An entry of a seal.
    Entry(i64, Box<AuditEntry>),
    /// The id of an entry that a seal has and that does not exist.
    MissingEntry(i64, AuditEntryId),
    /// A seal, after its entries.
    Seal(AuditSeal),
    /// The number of a seal that entries refer to and that does not exist, after these entries.
    MissingSeal(i64),
    /// An entry of no seal.
    Unsealed(Authorized<AuditEntry>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Sealed,
    Unsealed,
    Ended,
}

/// A walk through the trail; to be made in one snapshot.
pub struct Walk {
    stage: Stage,
    /// The seal and the id of the last entry.
    position: (i64, AuditEntryId),
    /// The last unsealed entry.
    last_unsealed: AuditEntryId,
    /// The next seals.
    seals: VecDeque<AuditSeal>,
    last_seal: i64,
    has_all_seals: bool,
}

impl Default for Walk {
    fn default() -> Self {
        let nil = AuditEntryId(Uuid::nil());
        Self {
            stage: Stage::Sealed,
            position: (0, nil),
            last_unsealed: nil,
            seals: VecDeque::new(),
            last_seal: 0,
            has_all_seals: false,
        }
    }
}

impl Walk {
    /// Returns the next items; `None` at the end.
    pub async fn next_page(&mut self, db: &mut Session) -> Result<Option<Vec<Item>>> {
        match self.stage {
            Stage::Sealed => self.sealed(db).await.map(Some),
            Stage::Unsealed => {
                let entries = store::unsealed_after(db, self.last_unsealed, PAGE_ROWS).await?;
                match entries.last() {
                    Some(last) => self.last_unsealed = last.id,
                    None => self.stage = Stage::Ended,
                }
                Ok(Some(entries.into_iter().map(Item::Unsealed).collect()))
            }
            Stage::Ended => Ok(None),
        }
    }

    async fn sealed(&mut self, db: &mut Session) -> Result<Vec<Item>> {
        let members = store::members_after(db, self.position, PAGE_ROWS).await?;
        let is_last = members.is_empty();
        let mut items = Vec::new();
        for (number, id, entry) in members {
            if number != self.position.0 {
                self.close(db, number, &mut items).await?;
            }
            self.position = (number, id);
            items.push(match entry {
                Some(entry) => Item::Entry(number, Box::new(entry)),
                None => Item::MissingEntry(number, id),
            });
        }
        if is_last {
            self.close(db, i64::MAX, &mut items).await?;
            self.stage = Stage::Unsealed;
        }
        Ok(items)
    }

    /// Adds the seal of the entries so far, and then those before the next number, which have no entries.
    async fn close(&mut self, db: &mut Session, next: i64, items: &mut Vec<Item>) -> Result<()> {
        let current = self.position.0;
        let mut is_open = current > 0;
        while let Some(seal) = self.peek(db).await?.filter(|seal| seal.number < next) {
            self.seals.pop_front();
            if is_open && seal.number > current {
                items.push(Item::MissingSeal(current));
            }
            is_open = false;
            items.push(Item::Seal(seal));
        }
        if is_open {
            items.push(Item::MissingSeal(current));
        }
        Ok(())
    }

    async fn peek(&mut self, db: &mut Session) -> Result<Option<AuditSeal>> {
        if self.seals.is_empty() && !self.has_all_seals {
            self.seals = store::seals_after(db, self.last_seal, PAGE_ROWS).await?.into();
            match self.seals.back() {
                Some(last) => self.last_seal = last.number,
                None => self.has_all_seals = true,
            }
        }
        Ok(self.seals.front().cloned())
    }
}
