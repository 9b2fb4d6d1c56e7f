//! What the rows of a file refer to, loaded for some rows at a time.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::domain::db::session::Session;
use crate::domain::{invoice, partner, payout};
use crate::primitives::error::Result;
use crate::primitives::id::{InvoiceId, PartnerId, PayoutId};
use crate::primitives::money::Rate;

/// The most referred rows of a kind that are kept: enough that a file seldom loads one twice, and a few megabytes.
const KEPT_MAX: usize = 10_000;

/// The rows that one row of a file refers to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Referred {
    /// The partner, for its number and its rate.
    pub partner: Option<PartnerId>,
    /// The payout, for when it was completed.
    pub payout: Option<PayoutId>,
    /// The invoice, for what was refunded of it.
    pub invoice: Option<InvoiceId>,
}

/// What a file shows of a partner.
struct ReferredPartner {
    number: String,
    default_rate: Option<Rate>,
}

/// What the rows of a file refer to.
#[derive(Default)]
pub struct References {
    partners: HashMap<PartnerId, ReferredPartner>,
    completions: HashMap<PayoutId, Option<DateTime<Utc>>>,
    refunded: HashMap<InvoiceId, Decimal>,
}

impl References {
    /// Loads what is not known yet, from the snapshot of the rows.
    pub async fn load(&mut self, db: &mut Session, rows: impl Iterator<Item = Referred>) -> Result<()> {
        let (mut partners, mut payouts, mut invoices) = (HashSet::new(), HashSet::new(), HashSet::new());
        for Referred { partner, payout, invoice } in rows {
            partners.extend(partner);
            payouts.extend(payout);
            invoices.extend(invoice);
        }
        let ids = unknown(&mut self.partners, partners);
        if !ids.is_empty() {
            let rows = partner::store::by_ids(db, &ids).await?;
            self.partners.extend(rows.iter().map(|row| {
                let (number, default_rate) = (row.partner_number.clone(), row.terms.default_commission_rate);
                (row.id, ReferredPartner { number, default_rate })
            }));
        }
        let ids = unknown(&mut self.completions, payouts);
        if !ids.is_empty() {
            let rows = payout::store::by_ids(db, &ids).await?;
            self.completions.extend(rows.iter().map(|row| (row.id, row.completed_at)));
        }
        // Each invoice occurs once.
        self.refunded.clear();
        if !invoices.is_empty() {
            let ids: Vec<_> = invoices.into_iter().collect();
            self.refunded = invoice::store::refunded_amounts(db, &ids).await?;
        }
        Ok(())
    }

    /// Returns the number of a partner.
    pub fn partner_number(&self, id: PartnerId) -> Option<&str> {
        Some(&self.partners.get(&id)?.number)
    }

    /// Returns the default rate of a partner, if it has one.
    pub fn default_rate(&self, id: PartnerId) -> Option<Rate> {
        self.partners.get(&id)?.default_rate
    }

    /// Returns when a payout was completed.
    pub fn completed_at(&self, id: PayoutId) -> Option<DateTime<Utc>> {
        *self.completions.get(&id)?
    }

    /// Returns what was refunded of an invoice: zero if nothing was.
    pub fn refunded(&self, id: InvoiceId) -> Decimal {
        self.refunded.get(&id).copied().unwrap_or_default()
    }
}

/// Returns the ids that are not known yet. If they would be too many together, what is known is forgotten first.
fn unknown<K: Copy + Eq + Hash, V>(known: &mut HashMap<K, V>, ids: HashSet<K>) -> Vec<K> {
    let count = ids.iter().filter(|id| !known.contains_key(id)).count();
    if known.len() + count > KEPT_MAX {
        known.clear();
    }
    ids.into_iter().filter(|id| !known.contains_key(id)).collect()
}
