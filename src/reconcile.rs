//! `revshare reconcile`: whether the books of one tenant, or of all, agree.

use crate::access::{Caller, Role};
use crate::cli::ReconcileArgs;
use crate::domain::session::{Pool, Session};
use crate::domain::statement::{self, Difference, Reconciliation};
use crate::domain::{partner, tenant};
use crate::error::{Error, Result};
use crate::id::{PartnerId, TenantId};
use crate::say;

/// Reconciles the books and tells of every difference; fails if there is one.
pub async fn run(pool: &Pool, args: &ReconcileArgs) -> Result<()> {
    let tenants = match &args.tenant {
        Some(tenant) => vec![TenantId(tenant.clone())],
        None => tenant::all(pool).await?,
    };
    let mut differences = 0;
    for tenant in tenants {
        let caller = tenant::operator(pool, tenant, "operator", Role::Auditor).await?;
        differences += reconcile(pool, &caller).await?;
    }
    if differences > 0 {
        return Err(Error::internal(format!("the books do not agree; differences: {differences}")));
    }
    Ok(())
}

/// Reconciles the books of one tenant; answers the number of differences.
async fn reconcile(pool: &Pool, caller: &Caller) -> Result<usize> {
    let mut db = Session::open(pool, caller).await?;
    let books = db.snapshot(async |db| statement::reconcile(db).await).await?;
    let Reconciliation { differences, debts, stranded } = &books;
    let verdict = match differences.len() {
        0 => "balanced".to_owned(),
        count => format!("differences: {count}"),
    };
    say(&format!(
        "{}: {verdict}; debts: {}; stranded events: {}",
        caller.identity().tenant(),
        debts.len(),
        stranded.len()
    ))?;
    for Difference { partner_id, expected, actual, rule, ids } in differences {
        let who = match partner_id {
            Some(partner) => name(&mut db, *partner).await?,
            None => "no partner".to_owned(),
        };
        say(&format!("  difference: {who}: {rule}: expected {expected}, found {actual}"))?;
        for id in ids {
            say(&format!("    {id}"))?;
        }
    }
    for debt in debts {
        say(&format!("  debt: {}: {}", name(&mut db, debt.partner_id).await?, debt.amount))?;
    }
    for event in stranded {
        let who = name(&mut db, event.partner_id).await?;
        say(&format!(
            "  stranded: {who}: event {} of {}, {}",
            event.id,
            event.event_date,
            event.commission()
        ))?;
    }
    Ok(differences.len())
}

async fn name(db: &mut Session, partner: PartnerId) -> Result<String> {
    let partner = partner::store::by_ids(db, &[partner]).await?.pop();
    let partner = partner.ok_or_else(|| Error::internal("a partner is gone"))?;
    Ok(format!("{} {}", partner.partner_number, partner.company_name))
}
