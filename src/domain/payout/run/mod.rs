//! runPayouts: creates a payout for each partner and currency of the tenant with events that are due.

mod exclusion;
mod payments;
mod report;
pub mod store;

use std::collections::{BTreeSet, HashMap, HashSet};

use async_graphql::{InputObject, MaybeUndefined};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use self::exclusion::{excluded_partners, reject_unknown_partners};
use self::payments::Payments;
pub use self::report::{PlannedPayout, Report, SkippedPayout};
use super::{Payout, batch};
use crate::auth::{Authorized, Caller, PartnerOwned};
use crate::domain::commission::selection::CountAndSum;
use crate::domain::commission::{self, DueRule};
use crate::domain::db::act::Act;
use crate::domain::db::pool::Pool;
use crate::domain::db::schema::payout_runs;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::domain::partner::{self, Partner};
use crate::domain::{idempotency, tenant};
use crate::primitives::currency::Currency;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::{PartnerId, PayoutRunId, TenantId};
use crate::primitives::money::Money;
use crate::primitives::nullable::not_null;
use crate::primitives::text;
use crate::primitives::timestamp::Timestamp;

/// The period and the currency of the payouts to create.
#[derive(Clone, Debug, InputObject)]
pub struct RunPayoutsInput {
    /// The start of the period of event dates, inclusive.
    pub period_start: Timestamp,
    /// The end of the period of event dates, exclusive; after periodStart.
    pub period_end: Timestamp,
    /// Only payouts in this currency; left out, payouts in all currencies. Null is BAD_USER_INPUT.
    pub currency: MaybeUndefined<Currency>,
    /// The way in which the money is sent, in the tenant's own words, at most 255 characters; default `"manual"`.
    pub payment_method: Option<String>,
    /// The ids of at most 500 partners that the run leaves out, each once; they are neither paid nor skipped. An unknown id
    /// is NOT_FOUND. Left out, none; null is BAD_USER_INPUT.
    pub exclude_partner_ids: MaybeUndefined<Vec<PartnerId>>,
    /// Whether to write nothing and return what a run would do now; left out, false. Null is BAD_USER_INPUT.
    pub dry_run: MaybeUndefined<bool>,
    /// A name for this run, 1 to 255 characters, unique within the tenant. Repeated with the same key and data, the
    /// request returns the result of the first time, or resumes a run that was interrupted or that skipped a partner
    /// with UNAVAILABLE or INTERNAL_ERROR; with other data it is a CONFLICT. A dry run does not use the key. Default
    /// none.
    pub idempotency_key: Option<String>,
}

impl RunPayoutsInput {
    /// Returns the canonical form of the request, by which repetitions are recognized.
    fn canonical(&self) -> Value {
        let mut request = json!({
            "periodStart": self.period_start.0.to_rfc3339(),
            "periodEnd": self.period_end.0.to_rfc3339(),
            "currency": self.currency.value().map(ToString::to_string),
            "paymentMethod": batch::canonical_payment_method(self.payment_method.as_deref()),
        });
        // Left out if there are none, like in the requests that were stored before partners could be excluded.
        let excluded = BTreeSet::from_iter(self.exclude_partner_ids.value().into_iter().flatten());
        if !excluded.is_empty() {
            request["excludePartnerIds"] = excluded.into_iter().map(|partner| json!(partner.0)).collect();
        }
        request
    }
}

/// A run of payouts.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = payout_runs, check_for_backend(diesel::pg::Pg))]
pub struct PayoutRun {
    pub(in crate::domain) tenant_id: TenantId,
    pub(in crate::domain) id: PayoutRunId,
    pub(in crate::domain) period_start: DateTime<Utc>,
    pub(in crate::domain) period_end: DateTime<Utc>,
    pub(in crate::domain) currency: Option<Currency>,
    pub(in crate::domain) payment_method: String,
    actor: String,
    started_at: DateTime<Utc>,
    pub(in crate::domain) finished_at: Option<DateTime<Utc>>,
}

/// A run belongs to no partner, so that it is only within a scope of all partners.
impl PartnerOwned for PayoutRun {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    fn partner_id(&self) -> PartnerId {
        PartnerId(Uuid::nil())
    }
}

/// The result for one partner and currency.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A payout was created.
    Paid(Authorized<Payout>),
    /// No payout was created.
    Skipped(SkippedPayout),
    /// A concurrent transaction has paid the events.
    AlreadyPaid,
    /// The transaction failed; the run stays unfinished, so that a repetition tries again.
    Failed(SkippedPayout, Error),
}

/// The progress of a run, reported after each partner and currency.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// The number of partners and currencies that are done.
    pub done: usize,
    /// The number of all partners and currencies of the run.
    pub total: usize,
    /// The partner that was done last.
    pub partner: &'a Partner,
    /// The result for that partner.
    pub outcome: &'a Outcome,
}

/// Creates a payout for every partner and currency, each in its own transaction, or returns what that would do.
///
/// A failure for one partner is reported beside the payouts of the others. A run that had failures, or was interrupted,
/// stays unfinished: it has paid some partners and not others, and none of them in part. Run again, it pays the rest.
pub async fn run(
    pool: &Pool,
    caller: &Caller,
    input: &RunPayoutsInput,
    on_progress: impl FnMut(Progress<'_>) + Send,
) -> Result<Report> {
    if not_null("dryRun", &input.dry_run)?.cloned() == Some(true) {
        let _turn = pool.reserve_report(caller.scope().tenant()).await?;
        let mut db = Session::open(pool, caller).await?;
        return db.read_snapshot(async |db| preview(db, input).await).await;
    }
    let run = Transaction::run(pool, caller, Act::RunPayouts, begin, input).await?;
    if run.finished_at.is_some() {
        let mut db = Session::open(pool, caller).await?;
        return Report::new(store::payouts(&mut db, run.id).await?, store::skips(&mut db, run.id).await?);
    }
    // In a block, so that the run does not occupy the connection.
    let (earlier, candidates) = {
        let mut db = Session::open(pool, caller).await?;
        (store::payouts(&mut db, run.id).await?, candidates(&mut db, &run, input).await?)
    };
    let payments = payments::pay_all(pool, caller, &run, candidates, on_progress).await;
    conclude(pool, caller, run.id, earlier, payments).await
}

/// Finishes a run without failures, and returns the report of the run.
///
/// If the database cannot be reached, the report consists of what is known: `earlier` are the payouts of attempts that
/// were interrupted, `payments` those of this one.
async fn conclude(
    pool: &Pool,
    caller: &Caller,
    run: PayoutRunId,
    earlier: Vec<Authorized<Payout>>,
    payments: Payments,
) -> Result<Report> {
    let Payments { paid, skipped, failed } = payments;
    let before: HashSet<_> = earlier.iter().map(|payout| payout.id).collect();
    let is_finished = failed.is_empty() && {
        let finished = FinishedRun { id: run, skipped: skipped.clone() };
        let result = Transaction::run(pool, caller, Act::RunPayouts, finish, &finished).await;
        if let Err(error) = &result {
            tracing::warn!(
                cause = error.describe(),
                "a payout run has paid all partners and could not be finished"
            );
        }
        result.is_ok()
    };
    let stored: Result<_> = async {
        let mut db = Session::open(pool, caller).await?;
        let payouts = store::payouts(&mut db, run).await?;
        Ok((payouts, if is_finished { store::skips(&mut db, run).await? } else { skipped.clone() }))
    }
    .await;
    let (payouts, mut skipped) =
        stored.unwrap_or_else(|_| (earlier.into_iter().chain(paid).collect(), skipped));
    // A payment whose COMMIT was not answered may have been made, and so may one that a concurrent request has tried.
    let was_paid = |skip: &SkippedPayout| {
        payouts.iter().any(|payout| skip.is_of(payout) && !before.contains(&payout.id))
    };
    skipped.extend(failed.into_iter().filter(|skip| !was_paid(skip)));
    Report::new(payouts, skipped)
}

/// Inserts a run, or locks and returns the one that was begun with the same idempotency key.
async fn begin(db: &mut Transaction, input: &RunPayoutsInput) -> Result<PayoutRun> {
    let started_at = db.clock_timestamp().await?;
    let run = new_run(db, input, started_at)?;
    reject_unknown_partners(db, input).await?;
    let (key, recorded) =
        idempotency::reserve(db, input.idempotency_key.as_deref(), "runPayouts", input.canonical()).await?;
    if let Some(recorded) = recorded {
        return store::lock(db, PayoutRunId(recorded)).await;
    }
    store::insert(db, &run).await?;
    db.record_created(&run);
    key.set_result(db, run.id.0).await?;
    Ok(run)
}

/// Returns a run of a valid input that is not stored yet.
fn new_run(db: &Session, input: &RunPayoutsInput, started_at: DateTime<Utc>) -> Result<PayoutRun> {
    batch::validate_period(input.period_start, input.period_end)?;
    Ok(PayoutRun {
        tenant_id: db.scope().tenant().clone(),
        id: PayoutRunId::new(),
        period_start: input.period_start.0,
        period_end: input.period_end.0,
        currency: not_null("currency", &input.currency)?.cloned(),
        payment_method: batch::payment_method_or_default(input.payment_method.as_deref())?,
        actor: db.caller().identity().user().to_owned(),
        started_at,
        finished_at: None,
    })
}

/// A partner with events that are due in a currency.
struct Candidate {
    partner: Authorized<Partner>,
    /// The number of the events and their sum.
    due: CountAndSum,
}

/// Returns the partners and currencies with events that are due in a run, without those that it leaves out, ordered by
/// partner and currency.
async fn candidates(db: &mut Session, run: &PayoutRun, input: &RunPayoutsInput) -> Result<Vec<Candidate>> {
    let excluded = excluded_partners(input)?;
    let at = db.clock_timestamp().await?;
    let due = DueRule { at, period: Some((run.period_start, run.period_end)) };
    let mut payable = commission::store::payable_by_partner(db, run.currency, due).await?;
    payable.retain(|(partner, _)| !excluded.contains(partner));
    let ids: Vec<_> = payable.iter().map(|(partner, _)| *partner).collect();
    let partners: HashMap<_, _> =
        partner::store::by_ids(db, &ids).await?.into_iter().map(|partner| (partner.id, partner)).collect();
    payable
        .into_iter()
        .map(|(partner, due)| {
            let partner = partners.get(&partner).cloned();
            let partner =
                partner.ok_or_else(|| Error::internal("the partner of a commission event was not found"))?;
            Ok(Candidate { partner, due })
        })
        .collect()
}

/// Returns what a run would do now.
async fn preview(db: &mut Session, input: &RunPayoutsInput) -> Result<Report> {
    text::optional_identifier_non_blank("idempotencyKey", input.idempotency_key.as_deref())?;
    let started_at = db.clock_timestamp().await?;
    let run = new_run(db, input, started_at)?;
    reject_unknown_partners(db, input).await?;
    let settings = tenant::settings(db).await?;
    let (mut planned, mut skipped) = (Vec::new(), Vec::new());
    for Candidate { partner, due } in candidates(db, &run, input).await? {
        let total = due.sum;
        match batch::reason_not_payable(&partner, total, &settings.minimum_payouts) {
            None => {
                planned.push(PlannedPayout { partner_id: partner.id, commission_count: due.count, total });
            }
            Some(reason) => {
                skipped.push(SkippedPayout { partner_id: partner.id, amount: total, code: reason.code });
            }
        }
    }
    let totals = Money::sums_by_currency(planned.iter().map(|payout| payout.total))?;
    Ok(Report { payouts: None, count: planned.len(), planned, totals, skipped })
}

/// A run that has paid all partners but those that it skipped.
struct FinishedRun {
    id: PayoutRunId,
    skipped: Vec<SkippedPayout>,
}

/// Marks a run as finished, unless a concurrent request with the same key has done so.
async fn finish(db: &mut Transaction, finished: &FinishedRun) -> Result<()> {
    db.mark_idempotent();
    let run = store::lock(db, finished.id).await?;
    if run.finished_at.is_some() {
        db.record_nothing();
        return Ok(());
    }
    store::insert_skips(db, run.id, &finished.skipped).await?;
    // The clock may have been set back since the run was begun.
    let finished_at = db.clock_timestamp().await?.max(run.started_at);
    store::finish(db, run.id, finished_at).await?;
    db.record_changed(&run, &PayoutRun { finished_at: Some(finished_at), ..run.clone() });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> RunPayoutsInput {
        RunPayoutsInput {
            period_start: Timestamp(DateTime::UNIX_EPOCH),
            period_end: Timestamp(DateTime::UNIX_EPOCH + chrono::TimeDelta::days(1)),
            currency: MaybeUndefined::Undefined,
            payment_method: None,
            exclude_partner_ids: MaybeUndefined::Undefined,
            dry_run: MaybeUndefined::Undefined,
            idempotency_key: None,
        }
    }

    #[test]
    fn a_request_is_the_same_however_it_is_written() {
        let method = Some(" manual ".to_owned());
        let spelled_out =
            RunPayoutsInput { payment_method: method, dry_run: MaybeUndefined::Value(false), ..request() };
        assert_eq!(spelled_out.canonical(), request().canonical());
    }

    #[test]
    fn every_field_makes_another_request() {
        let later = Timestamp(DateTime::UNIX_EPOCH + chrono::TimeDelta::hours(1));
        for other in [
            RunPayoutsInput { period_start: later, ..request() },
            RunPayoutsInput { period_end: later, ..request() },
            RunPayoutsInput { currency: MaybeUndefined::from(Some("EUR".parse().ok())), ..request() },
            RunPayoutsInput {
                exclude_partner_ids: MaybeUndefined::Value(vec![PartnerId(Uuid::nil())]),
                ..request()
            },
            RunPayoutsInput { payment_method: Some("sepa".to_owned()), ..request() },
        ] {
            assert_ne!(other.canonical(), request().canonical(), "{other:?}");
        }
    }
}
