//! `revshare reconcile`: reconciles the books of one tenant or of all.

use std::collections::BTreeSet;

use super::args::ReconcileArgs;
use super::output::print_line;
use crate::auth::{Caller, Role};
use crate::domain::db::pool::Pool;
use crate::domain::db::session::Session;
use crate::domain::reporting::{self, AuditedTransfers, Difference, Reconciliation};
use crate::domain::{admission, partner, tenant};
use crate::primitives::error::{Error, Result};
use crate::primitives::id::{PartnerId, TenantId};

/// Reconciles the books and prints every difference; returns whether there is none. Fails in the end if the books of a
/// tenant could not be reconciled, which does not keep those of the others from being.
pub async fn run(pool: &Pool, args: &ReconcileArgs) -> Result<bool> {
    let tenants = match &args.tenant {
        Some(tenant) => vec![TenantId(tenant.clone())],
        None => tenant::all(pool).await?,
    };
    if tenants.is_empty() {
        // An empty database is more likely the wrong one than a balanced one.
        return Err(Error::internal("this database has no tenants; is it the right one?"));
    }
    let (mut differences, mut findings, mut failure) = (0, 0, None);
    for tenant in tenants {
        let caller = admission::operator(pool, tenant.clone(), "operator", Role::Auditor).await;
        let result = async { reconcile(pool, &caller?).await }.await;
        match result {
            Ok((different, found)) => {
                differences += different;
                findings += found;
            }
            Err(error) => {
                print_line(&format!("{tenant}: not reconciled: {}", error.describe()))?;
                failure = failure.or(Some(error));
            }
        }
    }
    if let Some(failure) = failure {
        return Err(failure);
    }
    if differences > 0 {
        print_line(&format!("the books do not balance; differences: {differences}"))?;
    }
    if findings > 0 {
        print_line(&format!(
            "transfers at Stripe differ from the payouts that were sent; findings: {findings}"
        ))?;
    }
    Ok(differences == 0 && findings == 0)
}

/// Reconciles the books of one tenant; returns the number of differences, and that of findings about transfers.
async fn reconcile(pool: &Pool, caller: &Caller) -> Result<(usize, usize)> {
    let mut db = Session::open(pool, caller).await?;
    let books = db.read_snapshot(async |db| reporting::reconcile(db).await).await?;
    let Reconciliation { differences, debts, stranded, .. } = &books;
    let result = match differences.len() {
        0 => "balanced".to_owned(),
        count => format!("differences: {count}"),
    };
    print_line(&format!(
        "{}: {result}; debts: {}; stranded events: {}",
        caller.identity().tenant(),
        debts.len(),
        stranded.len()
    ))?;
    let ids = differences.iter().map(|difference| difference.partner_id);
    let ids = ids
        .chain(debts.iter().map(|debt| debt.partner_id))
        .chain(stranded.iter().map(|event| event.partner_id));
    let partners =
        partner::store::by_ids(&mut db, &BTreeSet::from_iter(ids).into_iter().collect::<Vec<_>>()).await?;
    let name = |id: PartnerId| {
        let partner = partners.iter().find(|partner| partner.id == id);
        partner.map_or_else(
            || id.to_string(),
            |partner| format!("{} {}", partner.partner_number, partner.company_name),
        )
    };
    for Difference { partner_id, expected, actual, rule, ids } in differences {
        print_line(&format!(
            "  difference: {}: {rule}: expected {expected}, found {actual}",
            name(*partner_id)
        ))?;
        for id in ids {
            print_line(&format!("    {id}"))?;
        }
    }
    for debt in debts {
        print_line(&format!("  debt: {}: {}", name(debt.partner_id), debt.amount))?;
    }
    for event in stranded {
        let (partner, amount) = (name(event.partner_id), event.commission());
        print_line(&format!("  stranded: {partner}: {amount}, event {} of {}", event.id, event.event_date))?;
    }
    let findings = books.transfers.as_ref().map_or(Ok(0), print_transfers)?;
    Ok((differences.len(), findings))
}

/// Prints the last audit of the transfers at Stripe; returns the number of findings.
fn print_transfers(transfers: &AuditedTransfers) -> Result<usize> {
    let AuditedTransfers { audit, findings } = transfers;
    let ended = audit
        .ended_at
        .map_or_else(|| "never yet".to_owned(), |at| at.format("%Y-%m-%d %H:%M UTC").to_string());
    let part = if audit.is_complete { "" } else { ", not all of them" };
    print_line(&format!("  transfers at Stripe: last compared {ended}{part}; findings: {}", findings.len()))?;
    if let (Some(failure), Some(at)) = (&audit.failure, audit.failed_at) {
        print_line(&format!(
            "  transfers at Stripe: not read at {}: {failure}",
            at.format("%Y-%m-%d %H:%M UTC")
        ))?;
    }
    for finding in findings {
        let payout = finding.payout_id.map_or_else(|| "no payout".to_owned(), |id| format!("payout {id}"));
        print_line(&format!(
            "  transfer: {} {}, {payout}: {}",
            finding.kind, finding.reference, finding.message
        ))?;
    }
    Ok(findings.len())
}
