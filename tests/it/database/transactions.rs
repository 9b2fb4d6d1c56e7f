//! Acts: all or nothing, whatever happens to whoever waits for them.

use std::time::Duration;

use revshare::auth::{Caller, Identity, Role};
use revshare::domain::db::transaction::Transaction;
use revshare::domain::partner::update::{UpdatePartnerInput, update};
use revshare::domain::tenant;
use revshare::primitives::error::Result;
use revshare::primitives::id::{PartnerId, TenantId};
use serde_json::json;
use uuid::Uuid;

use crate::support::{TestApp, TestTenant};

async fn acme() -> (TestTenant, Caller) {
    let acme = TestApp::new().await.tenant("acme").await;
    let identity = Identity::operator(TenantId(acme.id.clone()), "adam", Role::Admin);
    let caller = tenant::resolve_caller(&acme.app.pool, identity).await.map_err(|error| error.describe());
    (acme, caller.expect("a caller"))
}

fn rename(partner: &str, name: &str) -> UpdatePartnerInput {
    UpdatePartnerInput {
        id: PartnerId(Uuid::parse_str(partner).expect("an id")),
        company_name: Some(name.to_owned()),
        tier: None,
        status: None,
        default_commission_rate: async_graphql::MaybeUndefined::Undefined,
        payout_currency: None,
    }
}

async fn name(acme: &TestTenant, partner: &str) -> String {
    let data = acme.admin().query(&format!("{{partner(id:\"{partner}\"){{companyName}}}}")).await.data();
    data["partner"]["companyName"].as_str().unwrap_or_default().to_owned()
}

async fn rename_and_wait_for_ever(db: &mut Transaction, input: &UpdatePartnerInput) -> Result<()> {
    update(db, input).await?;
    std::future::pending().await
}

#[tokio::test]
async fn an_act_that_is_dropped_is_undone_and_lets_go_at_once() {
    let (acme, caller) = acme().await;
    let partner = acme.create_partner("before").await;
    let (pool, input) = (acme.app.pool.clone(), rename(&partner, "never"));
    let stuck =
        tokio::spawn(async move { Transaction::run(&pool, &caller, rename_and_wait_for_ever, &input).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    stuck.abort();
    assert!(stuck.await.is_err_and(|error| error.is_cancelled()));
    assert_eq!(name(&acme, &partner).await, "before");
    // Well within the time after which the database itself would give up on the dropped transaction.
    let input = json!({ "id": partner, "companyName": "after" });
    let admin = acme.admin();
    let after = admin.mutate_ok("updatePartner", input, "partner{id}");
    tokio::time::timeout(Duration::from_secs(5), after).await.expect("the partner is free");
    assert_eq!(name(&acme, &partner).await, "after");
}

/// Renames two partners, one after the other.
async fn rename_both(db: &mut Transaction, inputs: &[UpdatePartnerInput; 2]) -> Result<()> {
    update(db, &inputs[0]).await?;
    tokio::time::sleep(Duration::from_millis(200)).await;
    update(db, &inputs[1]).await?;
    Ok(())
}

#[tokio::test]
async fn an_act_that_loses_a_deadlock_is_tried_again() {
    let (acme, caller) = acme().await;
    let (one, two) = (acme.create_partner("one").await, acme.create_partner("two").await);
    // Nothing of ours locks in two orders; whoever does, finds both renamed all the same.
    let (there, back) = ([rename(&one, "a"), rename(&two, "a")], [rename(&two, "b"), rename(&one, "b")]);
    let pool = &acme.app.pool;
    let (first, second) = tokio::join!(
        Transaction::run(pool, &caller, rename_both, &there),
        Transaction::run(pool, &caller, rename_both, &back),
    );
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    assert_eq!(name(&acme, &one).await, name(&acme, &two).await);
}
