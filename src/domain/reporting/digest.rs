//! The monthly digests: what each partner earned and was paid in the month before, written as mails.

use chrono::Datelike;

use super::{balances, months};
use crate::domain::db::job::ClaimedJob;
use crate::domain::db::transaction::Transaction;
use crate::domain::mail::digest_schedule::{self, WHOLE_TENANT};
use crate::domain::mail::store::{self, Occasion};
use crate::domain::reporting::calendar::midnight;
use crate::domain::tenant;
use crate::mail::notification::{MonthTotal, Notification};
use crate::primitives::error::{Error, Result};
use crate::primitives::id::PartnerId;

/// The month of a digest, and the one that has begun.
const MONTHS: i32 = 2;

/// Does a job of digests: that of a tenant inserts those of its partners and schedules the next month, that of a partner writes
/// its mails. Rolls back if another worker has taken it over.
pub async fn write(db: &mut Transaction, job: &ClaimedJob) -> Result<()> {
    // Repeated, it finds that it no longer has the lease.
    db.mark_idempotent();
    if !job.finish(db).await? {
        return Err(Error::SerializationFailure);
    }
    if job.subject == WHOLE_TENANT {
        store::insert_digest_jobs(db).await?;
        db.wake_worker();
        let settings = tenant::settings(db).await?;
        return digest_schedule::schedule(db, settings.tenant.zone()?).await;
    }
    write_of_partner(db, PartnerId(job.subject)).await
}

/// Writes the digest of a partner for the month before this one, unless nothing happened and nothing is owed.
async fn write_of_partner(db: &mut Transaction, partner: PartnerId) -> Result<()> {
    let settings = tenant::settings(db).await?;
    let zone = settings.tenant.zone()?;
    let month = digest_schedule::month_before(settings.read_at, zone);
    let balances = balances(db, &[(partner, None)]).await?.remove(&(partner, None)).unwrap_or_default();
    let keys: Vec<_> = balances.iter().map(|balance| (partner, balance.pending.currency(), MONTHS)).collect();
    let mut reports = months(db, &keys).await?;
    let mut totals = Vec::new();
    for (balance, key) in balances.iter().zip(&keys) {
        let report = reports.remove(key).unwrap_or_default();
        let Some(before) = report.iter().find(|report| report.first_day == month) else { continue };
        let outstanding = balance.outstanding()?;
        if [before.commissions, before.payouts, outstanding].iter().all(|money| money.amount().is_zero()) {
            continue;
        }
        let (earned, paid) = (before.commissions.into(), before.payouts.into());
        totals.push(MonthTotal { earned, paid, outstanding: outstanding.into() });
    }
    if totals.is_empty() {
        return Ok(());
    }
    let notification = Notification::MonthlyDigest {
        partner_id: partner.0,
        year: month.year(),
        month: month.month(),
        totals,
    };
    let occasion = Occasion { subject: partner.0, at: midnight(month, zone), notification };
    store::insert_for_partner(db, partner, &occasion).await
}
