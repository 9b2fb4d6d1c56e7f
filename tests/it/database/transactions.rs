//! Transactions: rolled back when they are dropped, and retried when they lose a deadlock.

use std::time::Duration;

use async_graphql::MaybeUndefined;
use revshare::auth::{Caller, Identity, Role};
use revshare::domain::admission;
use revshare::domain::db::act::Act;
use revshare::domain::db::transaction::Transaction;
use revshare::domain::partner::update::{UpdatePartnerInput, update};
use revshare::primitives::error::Result;
use revshare::primitives::id::{PartnerId, TenantId};
use serde_json::json;
use uuid::Uuid;

use crate::support::{TestTenant, acme, ok};

async fn acme_with_caller() -> (TestTenant, Caller) {
    let acme = acme().await;
    let identity = Identity::operator(TenantId(acme.id.clone()), "adam", Role::Admin);
    let caller = ok(admission::admit(&acme.app.pool, identity).await).caller;
    (acme, caller)
}

fn rename_input(partner: &str, name: &str) -> UpdatePartnerInput {
    UpdatePartnerInput {
        id: PartnerId(Uuid::parse_str(partner).expect("an id")),
        company_name: MaybeUndefined::Value(name.to_owned()),
        tier: MaybeUndefined::Undefined,
        status: MaybeUndefined::Undefined,
        default_commission_rate: MaybeUndefined::Undefined,
        payout_currency: MaybeUndefined::Undefined,
        effective_from: None,
    }
}

const COMPANY_NAME: &str = "
    query ($partner: ID!) {
        partner(id: $partner) { companyName }
    }";

async fn company_name(acme: &TestTenant, partner: &str) -> String {
    let data = acme.admin().query_with(COMPANY_NAME, json!({ "partner": partner })).await.data();
    data["partner"]["companyName"].as_str().unwrap_or_default().to_owned()
}

async fn rename_and_hang(db: &mut Transaction, input: &UpdatePartnerInput) -> Result<()> {
    update(db, input).await?;
    std::future::pending().await
}

#[tokio::test]
async fn a_dropped_transaction_is_rolled_back_and_releases_its_locks() {
    let (acme, caller) = acme_with_caller().await;
    let partner = acme.create_partner("before").await;
    let (pool, input) = (acme.app.pool.clone(), rename_input(&partner, "never"));
    let hanging = tokio::spawn(async move {
        Transaction::run(&pool, &caller, Act::UpdatePartner, rename_and_hang, &input).await
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    hanging.abort();
    assert!(hanging.await.is_err_and(|error| error.is_cancelled()));
    assert_eq!(company_name(&acme, &partner).await, "before");
    // Before the database itself would end the dropped transaction by its timeouts.
    let input = json!({ "id": partner, "companyName": "after" });
    let admin = acme.admin();
    let renaming = admin.mutate_ok("updatePartner", input, "partner { id }");
    tokio::time::timeout(Duration::from_secs(5), renaming).await.expect("the lock is released");
    assert_eq!(company_name(&acme, &partner).await, "after");
}

/// Renames two partners in this order, with a pause in between.
async fn rename_both(db: &mut Transaction, inputs: &[UpdatePartnerInput; 2]) -> Result<()> {
    update(db, &inputs[0]).await?;
    tokio::time::sleep(Duration::from_millis(200)).await;
    update(db, &inputs[1]).await?;
    Ok(())
}

#[tokio::test]
async fn a_transaction_that_loses_a_deadlock_is_retried() {
    let (acme, caller) = acme_with_caller().await;
    let (one, two) = (acme.create_partner("one").await, acme.create_partner("two").await);
    // The product always locks in the same order; the test does not, and both transactions succeed all the same.
    let (forward, backward) = (
        [rename_input(&one, "a"), rename_input(&two, "a")],
        [rename_input(&two, "b"), rename_input(&one, "b")],
    );
    let pool = &acme.app.pool;
    let (first, second) = tokio::join!(
        Transaction::run(pool, &caller, Act::UpdatePartner, rename_both, &forward),
        Transaction::run(pool, &caller, Act::UpdatePartner, rename_both, &backward),
    );
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    assert_eq!(company_name(&acme, &one).await, company_name(&acme, &two).await);
}
