//! `revshare reconcile`: whether the books of one tenant, or of all, agree.

use std::collections::BTreeSet;

use crate::access::{Caller, Role};
use crate::cli::ReconcileArgs;
use crate::domain::session::{Pool, Session};
use crate::domain::statement::{self, Difference, Reconciliation};
use crate::domain::{partner, tenant};
use crate::error::{Error, Result};
use crate::id::{PartnerId, TenantId};
use crate::say;

/// Reconciles the books and tells of every difference; answers whether there is none.
pub async fn run(pool: &Pool, args: &ReconcileArgs) -> Result<bool> {
    let tenants = match &args.tenant {
        Some(tenant) => vec![TenantId(tenant.clone())],
        None => tenant::all(pool).await?,
    };
    if tenants.is_empty() {
        // Whoever watches the books does not want to hear that those of nobody are in order.
        return Err(Error::internal("this database has no tenants; is it the right one?"));
    }
    let mut differences = 0;
    for tenant in tenants {
        let caller = tenant::operator(pool, tenant, "operator", Role::Auditor).await?;
        differences += reconcile(pool, &caller).await?;
    }
    if differences > 0 {
        say(&format!("the books do not agree; differences: {differences}"))?;
    }
    Ok(differences == 0)
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
        say(&format!("  difference: {}: {rule}: expected {expected}, found {actual}", name(*partner_id)))?;
        for id in ids {
            say(&format!("    {id}"))?;
        }
    }
    for debt in debts {
        say(&format!("  debt: {}: {}", name(debt.partner_id), debt.amount))?;
    }
    for event in stranded {
        let (who, what) = (name(event.partner_id), event.commission());
        say(&format!("  stranded: {who}: {what}, event {} of {}", event.id, event.event_date))?;
    }
    Ok(differences.len())
}
