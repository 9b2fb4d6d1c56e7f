//! `revshare statements`: issues statements from the command line, for a scheduler.

use async_graphql::MaybeUndefined;

use super::args::{BackfillStatementsArgs, IssueStatementsArgs, PeriodBound};
use super::output::print_line;
use crate::auth::Role;
use crate::domain::db::pool::Pool;
use crate::domain::db::session::Session;
use crate::domain::statement::account_statement::{self, IssueStatementsInput};
use crate::domain::{admission, reporting, statement, tenant};
use crate::primitives::error::{Error, Result, UserErrorCode};
use crate::primitives::id::{PartnerId, TenantId};
use crate::primitives::timestamp::Timestamp;

/// Issues the statements of the accounts of a tenant, or shows what would be issued. Fails after a call that could not issue
/// the statement of an account; those of the others are issued.
pub async fn issue(pool: &Pool, args: &IssueStatementsArgs) -> Result<()> {
    let caller = admission::operator(pool, TenantId(args.tenant.clone()), &args.user, Role::Finance).await?;
    let zone = tenant::settings(&mut Session::open(pool, &caller).await?).await?.tenant.zone()?;
    let before = args.before.map(|bound| match bound {
        PeriodBound::Timestamp(at) => at,
        PeriodBound::Day(date) => Timestamp(reporting::midnight(date, zone)),
    });
    let partner = args.partner.map(PartnerId);
    let input = IssueStatementsInput {
        partner_id: partner.map_or(MaybeUndefined::Undefined, MaybeUndefined::Value),
        currency: args.currency.map_or(MaybeUndefined::Undefined, MaybeUndefined::Value),
        before,
        dry_run: MaybeUndefined::Value(args.dry_run),
    };
    let (mut count, mut failed) = (0, 0);
    loop {
        let report = match account_statement::issue(pool, &caller, &input).await {
            Err(Error::UserErrors(errors))
                if errors.iter().all(|error| error.code == UserErrorCode::NothingToState) =>
            {
                return print_line(&format!("{}: nothing to state", UserErrorCode::NothingToState));
            }
            report => report?,
        };
        for issued in &report.statements {
            let closing = issued.closing().unwrap_or_else(|| issued.total());
            print_line(&format!(
                "{}: {} lines, closing balance {closing}",
                issued.number, issued.line_count
            ))?;
        }
        for preview in &report.previews {
            let (partner, closing) = (preview.partner_id, preview.closing);
            print_line(&format!("{partner}: {} lines, closing balance {closing}", preview.movement_count))?;
        }
        count += report.statements.len() + report.previews.len();
        failed += report.failed;
        // A dry run would begin with the same accounts again.
        if !report.has_more || report.failed > 0 || args.dry_run {
            break;
        }
    }
    let prefix = if args.dry_run { "dry run: " } else { "" };
    print_line(&format!("{prefix}statements: {count}"))?;
    reject_failures(failed)
}

/// Issues the statements that completed payouts of one tenant or of all lack.
pub async fn backfill(pool: &Pool, args: &BackfillStatementsArgs) -> Result<()> {
    let tenants = match &args.tenant {
        Some(tenant) => vec![TenantId(tenant.clone())],
        None => tenant::all(pool).await?,
    };
    let mut failed = 0;
    for tenant in tenants {
        let caller = admission::operator(pool, tenant.clone(), &args.user, Role::Finance).await?;
        let backfilled = statement::backfill(pool, &caller).await?;
        print_line(&format!("{tenant}: statements: {}", backfilled.issued))?;
        failed += backfilled.failed;
    }
    reject_failures(failed)
}

fn reject_failures(failed: usize) -> Result<()> {
    if failed == 0 {
        return Ok(());
    }
    Err(Error::internal(format!(
        "failed statements: {failed}; the log has the causes; run the command again"
    )))
}
