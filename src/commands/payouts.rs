//! `revshare payouts run`: the mutation runPayouts from the command line, for a scheduler.

use std::io::IsTerminal;

use async_graphql::MaybeUndefined;
use indicatif::{ProgressBar, ProgressStyle};

use super::args::{PeriodBound, RunPayoutsArgs};
use super::output::print_line;
use crate::auth::{Caller, Role};
use crate::domain::db::pool::Pool;
use crate::domain::db::session::Session;
use crate::domain::payout::run::{self, Outcome, Progress, RunPayoutsInput, SkippedPayout};
use crate::domain::{admission, partner, reporting, tenant};
use crate::primitives::error::{Error, Result, UserErrorCode};
use crate::primitives::id::{PartnerId, TenantId};
use crate::primitives::money::Money;
use crate::primitives::timestamp::Timestamp;

/// Runs the payouts of a tenant, or shows what a run would do. Fails after a run that could not pay a partner which should
/// have been paid; the others have been paid.
///
/// Shows a progress bar on a terminal, and otherwise a line per partner.
pub async fn run(pool: &Pool, args: &RunPayoutsArgs) -> Result<()> {
    let caller = admission::operator(pool, TenantId(args.tenant.clone()), &args.user, Role::Finance).await?;
    let zone = tenant::settings(&mut Session::open(pool, &caller).await?).await?.tenant.zone()?;
    let timestamp = |bound: PeriodBound| match bound {
        PeriodBound::Timestamp(at) => at,
        PeriodBound::Day(date) => Timestamp(reporting::midnight(date, zone)),
    };
    if timestamp(args.until) <= timestamp(args.since) {
        return Err(Error::bad_input("--until", "must come after --since"));
    }
    let input = RunPayoutsInput {
        period_start: timestamp(args.since),
        period_end: timestamp(args.until),
        currency: args.currency.map_or(MaybeUndefined::Undefined, MaybeUndefined::Value),
        payment_method: args.payment_method.clone(),
        exclude_partner_ids: MaybeUndefined::Value(args.exclude.iter().copied().map(PartnerId).collect()),
        dry_run: MaybeUndefined::Value(args.dry_run),
        idempotency_key: args.key.clone(),
    };
    let is_terminal = std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
    let bar = is_terminal.then(|| ProgressBar::new(0).with_style(style()));
    let mut has_progress = false;
    let report = run::run(pool, &caller, &input, |progress| {
        has_progress = true;
        report_progress(bar.as_ref(), progress);
    })
    .await?;
    if let Some(bar) = &bar {
        bar.finish_and_clear();
    }
    // The failures are always listed: a run that was finished before has no progress to report.
    let is_listed =
        |skip: &&SkippedPayout| bar.is_some() || args.dry_run || (!has_progress && skip.is_failure());
    let listed: Vec<_> = report.skipped.iter().filter(is_listed).collect();
    print_skipped(pool, &caller, &listed).await?;
    let totals: Vec<_> = report.totals.iter().map(Money::to_string).collect();
    let sums = if totals.is_empty() { String::new() } else { format!(", {}", totals.join(", ")) };
    let prefix = if args.dry_run { "dry run: " } else { "" };
    let failed = report.skipped.iter().filter(|skip| skip.is_failure()).count();
    let skipped = report.skipped.len() - failed;
    let failures = if failed == 0 { String::new() } else { format!("; failed: {failed}") };
    print_line(&format!("{prefix}payouts: {}{sums}; skipped: {skipped}{failures}", report.count))?;
    if failed > 0 {
        return Err(Error::internal(format!(
            "failed payouts: {failed}. After {} or {}, run the command again, with the same --key if it had one; \
             after {}, run it for shorter periods",
            UserErrorCode::Unavailable,
            UserErrorCode::InternalError,
            UserErrorCode::AmountTooLarge
        )));
    }
    Ok(())
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:40} {pos}/{len} {elapsed} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn report_progress(bar: Option<&ProgressBar>, progress: Progress<'_>) {
    let Progress { done, total, partner, outcome } = progress;
    let name = format!("{} {}", partner.partner_number, partner.company_name);
    if let Some(bar) = bar {
        bar.set_length(u64::try_from(total).unwrap_or(u64::MAX));
        bar.set_message(name);
        bar.inc(1);
        return;
    }
    let line = match outcome {
        Outcome::Paid(payout) => format!("paid {}, payout {}", payout.total(), payout.id),
        Outcome::Skipped(skip) => describe(skip),
        Outcome::AlreadyPaid => "paid by another run meanwhile".to_owned(),
        Outcome::Failed(skip, error) => format!("{}: {}", describe(skip), error.describe()),
    };
    // A closed standard output must not stop the run.
    let _ = print_line(&format!("[{done}/{total}] {name}: {line}"));
}

fn describe(skip: &SkippedPayout) -> String {
    let verb = if skip.is_failure() { "failed" } else { "skipped" };
    format!("{verb} {}, {}", skip.amount, skip.code)
}

async fn print_skipped(pool: &Pool, caller: &Caller, skipped: &[&SkippedPayout]) -> Result<()> {
    if skipped.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = skipped.iter().map(|skip| skip.partner_id).collect();
    let partners = partner::store::by_ids(&mut Session::open(pool, caller).await?, &ids).await?;
    for skip in skipped {
        if let Some(partner) = partners.iter().find(|partner| partner.id == skip.partner_id) {
            let name = format!("{} {}", partner.partner_number, partner.company_name);
            print_line(&format!("{name}: {}", describe(skip)))?;
        }
    }
    Ok(())
}
