//! `revshare payouts run`: runPayouts from the command line, for a scheduler.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

use crate::access::{Caller, Role};
use crate::cli::{Day, RunPayoutsArgs};
use crate::domain::payout::run::{self, Outcome, Progress, Report, RunPayoutsInput};
use crate::domain::session::{Pool, Session};
use crate::domain::{partner, statement, tenant};
use crate::error::{Error, Result};
use crate::id::TenantId;
use crate::instant::Instant;
use crate::money::Money;
use crate::say;

/// Makes the payouts of a tenant, or tells what that would do.
///
/// On a terminal a bar shows how far it is, otherwise a line tells of every partner.
pub async fn run(pool: &Pool, args: &RunPayoutsArgs) -> Result<()> {
    let caller = tenant::operator(pool, TenantId(args.tenant.clone()), &args.user, Role::Finance).await?;
    let zone = tenant::of_session(&mut Session::open(pool, &caller).await?).await?.zone()?;
    let moment = |day: Day| match day {
        Day::Moment(at) => at,
        Day::Date(date) => Instant(statement::midnight(date, zone)),
    };
    if moment(args.until) <= moment(args.since) {
        return Err(Error::bad_input("--until", "must come after --since"));
    }
    let input = RunPayoutsInput {
        period_start: moment(args.since),
        period_end: moment(args.until),
        currency: args.currency,
        payment_method: args.payment_method.clone(),
        dry_run: Some(args.dry_run),
        idempotency_key: args.key.clone(),
    };
    let on_a_terminal = std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
    let bar = on_a_terminal.then(|| ProgressBar::new(0).with_style(style()));
    let report = run::run(pool, &caller, &input, |progress| tell(bar.as_ref(), progress)).await?;
    if let Some(bar) = &bar {
        bar.finish_and_clear();
    }
    if bar.is_some() || args.dry_run {
        list_skipped(pool, &caller, &report).await?;
    }
    let totals: Vec<_> = report.totals.iter().map(Money::to_string).collect();
    let of = if totals.is_empty() { String::new() } else { format!(", {}", totals.join(", ")) };
    let dry = if args.dry_run { "dry run: " } else { "" };
    say(&format!("{dry}payouts: {}{of}; skipped: {}", report.count, report.skipped.len()))
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:40} {pos}/{len} {elapsed} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn tell(bar: Option<&ProgressBar>, progress: Progress<'_>) {
    let Progress { done, total, partner, outcome } = progress;
    let who = format!("{} {}", partner.partner_number, partner.company_name);
    if let Some(bar) = bar {
        bar.set_length(u64::try_from(total).unwrap_or(u64::MAX));
        bar.set_message(who);
        bar.inc(1);
        return;
    }
    let line = match outcome {
        Outcome::Paid(payout) => format!("paid {}, payout {}", payout.total(), payout.id),
        Outcome::Skipped(skip) => format!("skipped {}, {}", skip.amount, skip.code),
        Outcome::Gone => "paid by another run meanwhile".to_owned(),
    };
    // The run goes on although nobody reads of it any more.
    let _ = say(&format!("[{done}/{total}] {who}: {line}"));
}

async fn list_skipped(pool: &Pool, caller: &Caller, report: &Report) -> Result<()> {
    let ids: Vec<_> = report.skipped.iter().map(|skip| skip.partner_id).collect();
    let partners = partner::store::by_ids(&mut Session::open(pool, caller).await?, &ids).await?;
    for skip in &report.skipped {
        if let Some(partner) = partners.iter().find(|partner| partner.id == skip.partner_id) {
            let who = format!("{} {}", partner.partner_number, partner.company_name);
            say(&format!("{who}: skipped {}, {}", skip.amount, skip.code))?;
        }
    }
    Ok(())
}
