//! runPayouts: a payout for every partner and currency of the tenant that something is payable to.

pub mod store;

use std::collections::{BTreeMap, HashMap};

use async_graphql::InputObject;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::Payout;
use super::batch::{self, Batch};
use crate::auth::{Authorized, Caller};
use crate::domain::db::pool::Pool;
use crate::domain::db::schema::payout_runs;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::domain::partner::{self, Partner};
use crate::domain::{idempotency, tenant};
use crate::primitives::currency::Currency;
use crate::primitives::error::{Error, Result, UserErrorCode};
use crate::primitives::id::{PartnerId, PayoutRunId, TenantId};
use crate::primitives::money::Money;
use crate::primitives::text;
use crate::primitives::timestamp::Timestamp;

/// How many turns of a run may fail before it is taken that the others would too.
const FAILURES_MAX: usize = 5;

/// Which payouts to make.
#[derive(Clone, Debug, InputObject)]
pub struct RunPayoutsInput {
    /// The first moment of the period, by the dates of the events.
    pub period_start: Timestamp,
    /// The first moment after the period.
    pub period_end: Timestamp,
    /// Only payouts in this currency; left out, in all currencies.
    pub currency: Option<Currency>,
    /// How the money is sent, in the tenant's own words; default `"manual"`.
    pub payment_method: Option<String>,
    /// Whether to write nothing, and only answer what a run would do now; default false.
    pub dry_run: Option<bool>,
    /// Up to 255 characters that name this run. Sent again with the same key, it answers what the run did the first time,
    /// or goes on with it where it was cut off. A dry run uses up no key.
    pub idempotency_key: Option<String>,
}

/// A run that was begun, and perhaps finished.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = payout_runs, check_for_backend(diesel::pg::Pg))]
pub struct PayoutRun {
    tenant_id: TenantId,
    id: PayoutRunId,
    period_start: DateTime<Utc>,
    period_end: DateTime<Utc>,
    currency: Option<Currency>,
    payment_method: String,
    actor: String,
    started_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
}

/// A partner that a run does not pay in a currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedPayout {
    /// The partner.
    pub partner_id: PartnerId,
    /// What the payout would have been; negative for a debt.
    pub amount: Money,
    /// Why it is not made.
    pub code: UserErrorCode,
}

/// What a run did, or would do.
#[derive(Clone, Debug)]
pub struct Report {
    /// The payouts it made; none of a dry run.
    pub payouts: Option<Vec<Authorized<Payout>>>,
    /// How many payouts.
    pub count: usize,
    /// Their sums, by currency.
    pub totals: Vec<Money>,
    /// Whom it does not pay.
    pub skipped: Vec<SkippedPayout>,
}

/// What came of one partner and currency.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A payout was made.
    Paid(Authorized<Payout>),
    /// No payout is made.
    Skipped(SkippedPayout),
    /// Another transaction has paid it meanwhile.
    AlreadyPaid,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// How many partners and currencies are done.
    pub done: usize,
    /// How many there are to do.
    pub total: usize,
    /// The partner that was done last.
    pub partner: &'a Partner,
    /// What came of it.
    pub outcome: &'a Outcome,
}

/// Makes a payout for every partner and currency, each in its own transaction, or answers what that would do.
///
/// A partner whose turn fails keeps nobody else from being paid; the first failure is told at the end, and the run stays
/// unfinished.
///
/// Cut off at any moment, it has paid some partners and not others, and none in part: run again, it finds what is left.
pub async fn run(
    pool: &Pool,
    caller: &Caller,
    input: &RunPayoutsInput,
    mut tell: impl FnMut(Progress<'_>) + Send,
) -> Result<Report> {
    if input.dry_run == Some(true) {
        let mut db = Session::open(pool, caller).await?;
        return db.read_snapshot(async |db| preview(db, input).await).await;
    }
    let run = Transaction::run(pool, caller, begin, input).await?;
    if run.finished_at.is_none() {
        let (mut skipped, mut failures) = (Vec::new(), Vec::new());
        let candidates = candidates(&mut Session::open(pool, caller).await?, &run).await?;
        let total = candidates.len();
        for (done, candidate) in candidates.into_iter().enumerate() {
            let turn = Turn {
                run: run.clone(),
                partner: candidate.partner.id,
                currency: candidate.total.currency(),
            };
            let outcome = match Transaction::run(pool, caller, pay, &turn).await {
                Ok(outcome) => outcome,
                Err(error) => {
                    failures.push(error);
                    if failures.len() == FAILURES_MAX {
                        break;
                    }
                    continue;
                }
            };
            tell(Progress { done: done + 1, total, partner: &candidate.partner, outcome: &outcome });
            if let Outcome::Skipped(skip) = outcome {
                skipped.push(skip);
            }
        }
        if let Some(failure) = failures.into_iter().next() {
            return Err(failure);
        }
        Transaction::run(pool, caller, finish, &(run.id, skipped)).await?;
    }
    let mut db = Session::open(pool, caller).await?;
    let payouts = store::payouts(&mut db, run.id).await?;
    let totals = sums(payouts.iter().map(|payout| payout.total()))?;
    let skipped = store::skips(&mut db, run.id).await?;
    Ok(Report { count: payouts.len(), payouts: Some(payouts), totals, skipped })
}

/// Writes down that a run begins, or finds the one of this key.
async fn begin(db: &mut Transaction, input: &RunPayoutsInput) -> Result<PayoutRun> {
    let started_at = db.clock_timestamp().await?;
    let run = planned(db, input, started_at)?;
    // A default that is written out is no other request.
    let request = RunPayoutsInput { payment_method: Some(run.payment_method.clone()), ..input.clone() };
    let (key, before) =
        idempotency::take(db, input.idempotency_key.as_deref(), "runPayouts", &request).await?;
    if let Some(before) = before {
        return store::lock(db, PayoutRunId(before)).await;
    }
    store::insert(db, &run).await?;
    key.made(db, run.id.0).await?;
    Ok(run)
}

fn planned(db: &Session, input: &RunPayoutsInput, started_at: DateTime<Utc>) -> Result<PayoutRun> {
    batch::period(input.period_start, input.period_end)?;
    Ok(PayoutRun {
        tenant_id: db.scope().tenant().clone(),
        id: PayoutRunId::new(),
        period_start: input.period_start.0,
        period_end: input.period_end.0,
        currency: input.currency,
        payment_method: batch::payment_method(input.payment_method.as_deref())?,
        actor: db.caller().identity().user().to_owned(),
        started_at,
        finished_at: None,
    })
}

/// What is payable to a partner in a currency.
struct Candidate {
    partner: Authorized<Partner>,
    total: Money,
}

async fn candidates(db: &mut Session, run: &PayoutRun) -> Result<Vec<Candidate>> {
    let at = db.clock_timestamp().await?;
    let payable = store::payable(db, run, at).await?;
    let ids: Vec<_> = payable.iter().map(|(partner, _)| *partner).collect();
    let partners: HashMap<_, _> =
        partner::store::by_ids(db, &ids).await?.into_iter().map(|partner| (partner.id, partner)).collect();
    payable
        .into_iter()
        .map(|(partner, total)| {
            let partner = partners.get(&partner).cloned();
            let partner = partner.ok_or_else(|| Error::internal("an event has no partner"))?;
            Ok(Candidate { partner, total })
        })
        .collect()
}

async fn preview(db: &mut Session, input: &RunPayoutsInput) -> Result<Report> {
    text::optional_text_non_blank("idempotencyKey", input.idempotency_key.as_deref())?;
    let started_at = db.clock_timestamp().await?;
    let run = planned(db, input, started_at)?;
    let minimums = tenant::minimum_payouts(db).await?;
    let (mut payable, mut skipped) = (Vec::new(), Vec::new());
    for Candidate { partner, total } in candidates(db, &run).await? {
        match batch::reason_not_payable(&partner, total, &minimums) {
            None => payable.push(total),
            Some(refusal) => {
                skipped.push(SkippedPayout { partner_id: partner.id, amount: total, code: refusal.code });
            }
        }
    }
    Ok(Report { payouts: None, count: payable.len(), totals: sums(payable)?, skipped })
}

/// The turn of one partner and currency in a run.
struct Turn {
    run: PayoutRun,
    partner: PartnerId,
    currency: Currency,
}

async fn pay(db: &mut Transaction, turn: &Turn) -> Result<Outcome> {
    if store::share(db, turn.run.id).await?.finished_at.is_some() {
        // A twin with the same key was faster: what the run did stays as it was told.
        return Ok(Outcome::AlreadyPaid);
    }
    let partner = partner::store::lock_named(db, "partnerId", turn.partner).await?;
    let payout = Batch {
        currency: turn.currency,
        period: (turn.run.period_start, turn.run.period_end),
        payment_method: turn.run.payment_method.clone(),
        payout_date: None,
        notes: None,
        run_id: Some(turn.run.id),
    };
    let payout = batch::draft(db, &partner, payout).await?;
    let (total, lines) = super::store::payable(db, &payout).await?;
    if lines == 0 {
        return Ok(Outcome::AlreadyPaid);
    }
    match batch::reason_not_payable(&partner, total, &tenant::minimum_payouts(db).await?) {
        None => Ok(Outcome::Paid(batch::create_with_lines(db, payout, total, lines).await?)),
        Some(refusal) => {
            Ok(Outcome::Skipped(SkippedPayout { partner_id: partner.id, amount: total, code: refusal.code }))
        }
    }
}

/// Writes down that a run is finished, and whom it skipped; unless a twin with the same key did so before.
async fn finish(db: &mut Transaction, (run, skipped): &(PayoutRunId, Vec<SkippedPayout>)) -> Result<()> {
    db.mark_idempotent();
    let known = store::lock(db, *run).await?;
    if known.finished_at.is_some() {
        return Ok(());
    }
    store::insert_skips(db, *run, skipped).await?;
    // The clock may have been set back since.
    let at = db.clock_timestamp().await?.max(known.started_at);
    store::finish(db, *run, at).await
}

/// The sum of each currency, by currency code.
fn sums(amounts: impl IntoIterator<Item = Money>) -> Result<Vec<Money>> {
    let mut sums = BTreeMap::new();
    for amount in amounts {
        let sum = sums.entry(amount.currency()).or_insert(Money::zero(amount.currency()));
        *sum = sum.plus(amount)?;
    }
    Ok(sums.into_values().collect())
}
