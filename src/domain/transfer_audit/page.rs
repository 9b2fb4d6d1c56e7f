//! A page of transfers compared with the books.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::comparison::{Books, compare};
use super::{FindingKind, TransferAudit, TransferFinding, store};
use crate::auth::Authorized;
use crate::domain::db::job::{self, ClaimedJob};
use crate::domain::db::transaction::Transaction;
use crate::domain::payout::{self, PayoutStatus};
use crate::domain::payout_attempt::{self, PayoutAttempt};
use crate::primitives::error::Result;
use crate::primitives::id::{PayoutAttemptId, PayoutId, TransferFindingId};
use crate::stripe::transfer::Transfer;

/// After this many transfers an audit is not complete, and ends.
const TRANSFERS_MAX: i64 = 50_000;
/// After this many findings as well.
const FINDINGS_MAX: i64 = 500;

/// What was read from the rail.
#[derive(Clone, Debug)]
pub struct ReadPage<'a> {
    /// The transfers, the latest first.
    pub transfers: &'a [Transfer],
    /// Whether there are more.
    pub has_more: bool,
}

/// Compares a page, and records how far the audit is; returns `None` without the lease: another worker goes on.
pub async fn compare_page(
    db: &mut Transaction,
    (job, audit, page): &(&ClaimedJob, &TransferAudit, &ReadPage<'_>),
) -> Result<Option<TransferAudit>> {
    db.mark_idempotent();
    db.record_nothing();
    if !job::lease::is_valid(db, job).await? {
        return Ok(None);
    }
    let is_counted = compare_all(db, audit, page.transfers).await?;
    let transfers = audit.transfers + i64::try_from(page.transfers.len()).unwrap_or(i64::MAX);
    let is_too_long = page.has_more && transfers >= TRANSFERS_MAX;
    let read = TransferAudit {
        last_read: page.transfers.last().map(|last| last.id.clone()).or_else(|| audit.last_read.clone()),
        transfers,
        is_read: !page.has_more || is_too_long || !is_counted || page.transfers.is_empty(),
        is_complete: audit.is_complete && is_counted && !is_too_long,
        ..TransferAudit::clone(audit)
    };
    store::put(db, &read).await?;
    Ok(Some(read))
}

/// Compares transfers, and keeps what is found; returns whether all findings were kept.
pub(super) async fn compare_all(
    db: &mut Transaction,
    audit: &TransferAudit,
    transfers: &[Transfer],
) -> Result<bool> {
    let now = db.clock_timestamp().await?;
    let books = Known::of(db, transfers).await?;
    let mut found = Vec::new();
    let mut findings = Vec::new();
    for transfer in transfers {
        let books = books.about(audit, transfer);
        found.extend(books.attempt.map(|attempt| attempt.id));
        if let Some((kind, message)) = compare(transfer, &books) {
            let payout = books.attempt.or_else(|| books.named.first()).map(|attempt| attempt.payout_id);
            findings.push(finding(audit, (kind, message), &transfer.id, payout, now));
        }
    }
    payout_attempt::store::mark_found(db, found, now).await?;
    keep(db, audit, findings).await
}

/// Keeps findings, up to the most that one audit keeps; returns whether these were all.
pub(super) async fn keep(
    db: &mut Transaction,
    audit: &TransferAudit,
    mut findings: Vec<TransferFinding>,
) -> Result<bool> {
    if findings.is_empty() {
        return Ok(true);
    }
    let room = FINDINGS_MAX - store::count_since(db, audit.began_at).await?;
    let count = findings.len();
    findings.truncate(usize::try_from(room).unwrap_or_default());
    let is_all = findings.len() == count;
    store::insert(db, findings).await?;
    Ok(is_all)
}

pub(super) fn finding(
    audit: &TransferAudit,
    (kind, message): (FindingKind, String),
    reference: &str,
    payout_id: Option<PayoutId>,
    found_at: DateTime<Utc>,
) -> TransferFinding {
    TransferFinding {
        tenant_id: audit.tenant_id.clone(),
        id: TransferFindingId::new(),
        kind,
        reference: reference.to_owned(),
        payout_id,
        message,
        found_at,
    }
}

/// What the books have about a page of transfers.
struct Known {
    by_reference: HashMap<String, PayoutAttempt>,
    by_payout: HashMap<PayoutId, Vec<PayoutAttempt>>,
    payout_of: HashMap<PayoutAttemptId, PayoutId>,
    statuses: HashMap<PayoutId, PayoutStatus>,
}

impl Known {
    async fn of(db: &mut Transaction, transfers: &[Transfer]) -> Result<Self> {
        let references = transfers.iter().map(|transfer| transfer.id.clone()).collect();
        let referred = payout_attempt::store::by_references(db, references).await?;
        let named: Vec<_> = transfers.iter().filter_map(attempt_named_by).collect();
        let named = payout_attempt::store::by_ids(db, &named).await?;
        let payout_of: HashMap<_, _> = named.iter().map(|attempt| (attempt.id, attempt.payout_id)).collect();
        let mut payouts: Vec<_> = transfers.iter().filter_map(payout_named_by).collect();
        payouts.extend(payout_of.values());
        payouts.extend(referred.iter().map(|attempt| attempt.payout_id));
        payouts.sort_unstable();
        payouts.dedup();
        let attempts = payout_attempt::store::of_payouts(db, &payouts).await?;
        let plain = |attempts: Vec<Authorized<PayoutAttempt>>| -> Vec<PayoutAttempt> {
            attempts.iter().map(|attempt| PayoutAttempt::clone(attempt)).collect()
        };
        let payouts = payout::store::by_ids(db, &payouts).await?;
        Ok(Self {
            by_reference: referred
                .iter()
                .filter_map(|attempt| Some((attempt.reference.clone()?, PayoutAttempt::clone(attempt))))
                .collect(),
            by_payout: attempts.into_iter().map(|(payout, attempts)| (payout, plain(attempts))).collect(),
            payout_of,
            statuses: payouts.iter().map(|payout| (payout.id, payout.status)).collect(),
        })
    }

    fn about(&self, audit: &TransferAudit, transfer: &Transfer) -> Books<'_> {
        // Another account may have a transfer of the same name.
        let is_of_account = |attempt: &&PayoutAttempt| {
            attempt.rail_account == audit.rail_account && attempt.is_live == audit.is_live
        };
        let attempt = self.by_reference.get(&transfer.id).filter(is_of_account);
        let payout = attempt_named_by(transfer).and_then(|id| self.payout_of.get(&id).copied());
        let payout = payout.or_else(|| payout_named_by(transfer));
        let is_of_tenant = transfer.metadata.get("tenant") == Some(&audit.tenant_id.0);
        let names_payout = ["payout", "attempt"].iter().any(|name| transfer.metadata.contains_key(*name));
        Books {
            attempt,
            status: attempt.and_then(|attempt| self.statuses.get(&attempt.payout_id).copied()),
            named: payout.and_then(|payout| self.by_payout.get(&payout)).map_or(&[], Vec::as_slice),
            is_ours: is_of_tenant && names_payout,
        }
    }
}

fn id_in(transfer: &Transfer, name: &str) -> Option<Uuid> {
    transfer.metadata.get(name).and_then(|id| Uuid::parse_str(id).ok())
}

fn attempt_named_by(transfer: &Transfer) -> Option<PayoutAttemptId> {
    id_in(transfer, "attempt").map(PayoutAttemptId)
}

fn payout_named_by(transfer: &Transfer) -> Option<PayoutId> {
    id_in(transfer, "payout").map(PayoutId)
}
