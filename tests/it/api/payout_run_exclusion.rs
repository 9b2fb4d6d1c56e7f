//! `runPayouts`: the partners that it leaves out, and the payouts that it plans.

use serde_json::{Value, json};

use crate::support::{TestTenant, UNKNOWN_ID, acme, run_input, with_fields};

const RUN: &str = "
    payoutCount
    planned { partner { id } currency commissionCount totalAmount { amount currency } }
    totals { amount currency }
    skipped { partner { id } code }";

/// Three partners with an approved commission each, and the same for the first one in JPY.
async fn partners(acme: &TestTenant) -> [String; 3] {
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(acme.create_partner_with_account(name).await);
        acme.approved_event(name, name, "100.00", "EUR").await;
    }
    acme.approved_event("a", "yen", "1000", "JPY").await;
    ids.try_into().expect("three")
}

/// Runs payouts; returns the payload.
async fn run(acme: &TestTenant, fields: Value) -> Value {
    acme.finance().mutate_ok("runPayouts", with_fields(run_input(), fields), RUN).await
}

#[tokio::test]
async fn a_dry_run_plans_the_payouts_that_the_run_makes() {
    let acme = acme().await;
    let [a, b, c] = partners(&acme).await;
    acme.update_partner(&c, json!({ "status": "SUSPENDED" })).await;
    let planned = run(&acme, json!({ "dryRun": true })).await;
    assert_eq!(planned["payoutCount"], 3);
    let row = |partner: &str, amount: &str, currency: &str| {
        json!({
            "partner": { "id": partner }, "currency": currency, "commissionCount": 1,
            "totalAmount": { "amount": amount, "currency": currency },
        })
    };
    assert_eq!(
        planned["planned"],
        json!([row(&a, "15.00", "EUR"), row(&a, "150", "JPY"), row(&b, "15.00", "EUR")])
    );
    assert_eq!(planned["skipped"], json!([{ "partner": { "id": c }, "code": "PARTNER_NOT_PAYABLE" }]));

    let input = with_fields(run_input(), json!({ "idempotencyKey": "k" }));
    let paid = acme.finance().mutate_ok("runPayouts", input.clone(), RUN).await;
    assert_eq!(paid, planned);
    assert_eq!(acme.finance().mutate_ok("runPayouts", input, RUN).await, paid, "a finished run");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn a_run_leaves_the_excluded_partners_out() {
    let acme = acme().await;
    let [a, b, _] = partners(&acme).await;
    let dry = run(&acme, json!({ "dryRun": true, "excludePartnerIds": [b, a] })).await;
    let input = with_fields(run_input(), json!({ "excludePartnerIds": [a, b], "idempotencyKey": "k" }));
    let paid = acme.finance().mutate_ok("runPayouts", input.clone(), RUN).await;
    assert_eq!(paid, dry);
    assert_eq!([&paid["payoutCount"], &paid["skipped"]], [&json!(1), &json!([])]);
    assert_eq!(acme.events_of_invoice("a").await, ["APPROVED 15.00"]);

    let reordered = with_fields(input.clone(), json!({ "excludePartnerIds": [b, a] }));
    assert_eq!(acme.finance().mutate_ok("runPayouts", reordered, RUN).await, paid);
    let others = with_fields(input.clone(), json!({ "excludePartnerIds": [a] }));
    assert_eq!(acme.finance().error_code("runPayouts", others).await, "CONFLICT");
    assert_eq!(run(&acme, json!({ "excludePartnerIds": [] })).await["payoutCount"], 3);
    assert_eq!(acme.finance().mutate_ok("runPayouts", input, RUN).await, paid);
}

#[tokio::test]
async fn an_excluded_partner_must_exist_and_be_named_once() {
    let acme = acme().await;
    let [a, ..] = partners(&acme).await;
    let many: Vec<_> = (0..501).map(|n| format!("00000000-0000-7000-8000-{n:012}")).collect();
    for dry_run in [true, false] {
        for (ids, expected) in [
            (json!([a, UNKNOWN_ID]), "NOT_FOUND"),
            (json!([a, a]), "BAD_USER_INPUT"),
            (json!(many), "BAD_USER_INPUT"),
            (json!(["nonsense"]), "BAD_USER_INPUT"),
        ] {
            let input = with_fields(run_input(), json!({ "dryRun": dry_run, "excludePartnerIds": ids }));
            assert_eq!(acme.finance().error_code("runPayouts", input).await, expected);
        }
    }
    assert_eq!(acme.events_of_invoice("b").await, ["APPROVED 15.00"]);
}
