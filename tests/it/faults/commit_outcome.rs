//! The outcome of a COMMIT whose connection is cut: clients get the actual outcome, and everything is stored exactly
//! once.

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use super::proxied_tenant::{ProxiedTenant, database_name};
use super::proxy::{Cut, Proxy};
use crate::support::{
    Folder, Program, TestDatabase, batch_input, euros, in_days, invoice_input, refund_input, reversal_input,
    run_input, with_fields,
};

fn adjustment_input(tenant: &ProxiedTenant) -> Value {
    json!({ "partnerId": tenant.partner, "amount": euros("1.00"), "reason": "r", "idempotencyKey": "k" })
}

/// A mutation with its input and the selection of its payload.
struct Mutation {
    name: &'static str,
    input: Value,
    selection: &'static str,
}

/// Returns mutations that depend on each other in this order.
async fn dependent_mutations(tenant: &ProxiedTenant) -> Vec<Mutation> {
    let pending = tenant.direct.commission_event("c", "first", "100.00", "EUR").await;
    let cancelled = tenant.direct.commission_event("c", "other", "100.00", "EUR").await;
    let lead = json!({ "partnerId": tenant.partner, "contactName": "n", "contactEmail": "x@example.com" });
    let mutation = |name, input, selection| Mutation { name, input, selection };
    vec![
        mutation(
            "recordInvoicePaid",
            invoice_input("c", "i-1", "100.00", "EUR", &in_days(-1)),
            "outcome commissionEvent { id }",
        ),
        mutation("recordInvoiceRefunded", refund_input("i-1", "r-1", "10.00"), "outcome clawback { id }"),
        mutation("recordRefundReversed", reversal_input("r-1"), "outcome reinstatement { id }"),
        mutation("recordAdjustment", adjustment_input(tenant), "commissionEvent { id }"),
        mutation("approveCommissionEvents", json!({ "ids": [pending] }), "commissionEvents { id status }"),
        mutation(
            "cancelCommissionEvents",
            json!({ "ids": [cancelled], "reason": "r" }),
            "commissionEvents { id status }",
        ),
        mutation("createPayoutBatch", batch_input(&tenant.partner), "payout { id status }"),
        mutation("createPartner", json!({ "companyName": "new" }), "partner { id companyName }"),
        mutation("submitReferralLead", lead, "referralLead { id status }"),
        mutation("updateTenantSettings", json!({ "name": "renamed" }), "tenant { name }"),
    ]
}

/// Cuts the connection at the COMMIT of every mutation, each of which must succeed and be stored exactly once.
async fn every_mutation_survives(cut: Cut) {
    let tenant = ProxiedTenant::new().await;
    let admin = tenant.proxied.admin();
    let mutations = dependent_mutations(&tenant).await;
    for (cuts_before, Mutation { name, input, selection }) in mutations.into_iter().enumerate() {
        tenant.proxy.cut(cut);
        let payload = admin.mutate_ok(name, input, selection).await;
        assert_eq!(tenant.proxy.cuts(), cuts_before + 1, "{name} was not cut");
        assert!(!payload.to_string().contains("null"), "{name}: {payload}");
    }
    let payouts = tenant.direct.admin().query("{ payouts { nodes { id } } }").await.data();
    let payout = &payouts["payouts"]["nodes"][0]["id"];
    tenant.proxy.cut(cut);
    let started = admin.mutate_ok("startPayout", json!({ "id": payout }), "payout { status }").await;
    assert_eq!(started["payout"]["status"], "PROCESSING");
    tenant.proxy.cut(cut);
    let complete = json!({ "id": payout, "paymentReference": "W-1" });
    let completed = admin.mutate_ok("completePayout", complete, "payout { status }").await;
    assert_eq!(completed["payout"]["status"], "COMPLETED");
    tenant.proxy.cut(cut);
    let run = with_fields(run_input(), json!({ "idempotencyKey": "run" }));
    admin.mutate_ok("runPayouts", run, "totals { amount }").await;

    // The events are those of "first", "other" and "i-1", the clawback, its reinstatement, and the adjustment.
    let expected = json!({
        "commissionEvents": { "totalCount": 6 },
        "payouts": { "totalCount": 1 },
        "partners": { "totalCount": 2 },
        "referralLeads": { "totalCount": 1 },
    });
    assert_eq!(tenant.counts().await, expected);
    tenant.direct.assert_reconciled().await;
}

#[tokio::test]
async fn a_mutation_succeeds_once_if_the_response_to_its_commit_is_lost() {
    every_mutation_survives(Cut::AfterCommit).await;
}

#[tokio::test]
async fn a_mutation_is_retried_if_its_commit_did_not_arrive() {
    every_mutation_survives(Cut::BeforeCommit).await;
}

const RECORD_INVOICE_PAID: &str = "
    mutation ($input: RecordInvoicePaidInput!) {
        recordInvoicePaid(input: $input) { outcome }
    }";

const COUNT_EVENTS_OF_INVOICE: &str = "
    query ($invoice: String!) {
        commissionEvents(filter: { invoiceId: $invoice }) { totalCount }
    }";

#[tokio::test]
async fn an_unknown_outcome_is_reported_as_retryable_and_the_retry_reveals_it() {
    let tenant = ProxiedTenant::new().await;
    let billing = tenant.proxied.billing();
    // Opens the connection that will be cut.
    let first = invoice_input("c", "first", "1.00", "EUR", &in_days(-1));
    billing.mutate_ok("recordInvoicePaid", first, "outcome").await;
    for (invoice, cut, stored, outcome_of_retry) in
        [("i-1", Cut::AfterCommit, 1, "ALREADY_RECORDED"), ("i-2", Cut::BeforeCommit, 0, "RECORDED")]
    {
        let input = invoice_input("c", invoice, "100.00", "EUR", &in_days(-1));
        tenant.proxy.cut_and_go_down(cut);
        let response = billing.query_with(RECORD_INVOICE_PAID, json!({ "input": input })).await;
        let error = &response.body["errors"][0]["extensions"];
        assert_eq!(error, &json!({ "code": "UNAVAILABLE", "retryable": true }), "{}", response.body);
        let variables = json!({ "invoice": invoice });
        let data = tenant.direct.admin().query_with(COUNT_EVENTS_OF_INVOICE, variables).await.data();
        assert_eq!(data["commissionEvents"]["totalCount"], stored, "{cut:?}");
        tenant.proxy.come_up();
        let retried = billing.mutate_ok("recordInvoicePaid", input, "outcome").await;
        assert_eq!(retried["outcome"], outcome_of_retry);
    }
    tenant.direct.assert_reconciled().await;
}

#[tokio::test]
async fn a_mutation_without_a_key_is_not_executed_twice_after_an_unknown_outcome() {
    let tenant = ProxiedTenant::new().await;
    tenant.direct.approved_event("c", "i", "100.00", "EUR").await;
    let payout = tenant.direct.create_payout(&tenant.partner).await;
    let finance = tenant.proxied.finance();
    finance.query("{ viewer { userId } }").await.data();
    let fail = json!({ "id": payout, "reason": "r" });
    tenant.proxy.cut_and_go_down(Cut::AfterCommit);
    assert_eq!(finance.error_code("failPayout", fail.clone()).await, "UNAVAILABLE");
    tenant.proxy.come_up();
    assert_eq!(finance.error_code("failPayout", fail).await, "INVALID_STATE");
    tenant.direct.assert_reconciled().await;
}

/// Returns the mutations that have an idempotency key or an id of the caller's choice.
fn keyed_mutations(tenant: &ProxiedTenant) -> Vec<Mutation> {
    let mutation = |name, input, selection| Mutation { name, input, selection };
    vec![
        mutation(
            "recordInvoicePaid",
            invoice_input("c", "i-1", "100.00", "EUR", &in_days(-1)),
            "commissionEvent { id commissionAmount { amount } }",
        ),
        mutation(
            "recordInvoiceRefunded",
            refund_input("i-1", "r-1", "10.00"),
            "commissionEvent { id } clawback { id }",
        ),
        mutation(
            "recordAdjustment",
            adjustment_input(tenant),
            "commissionEvent { id commissionAmount { amount } }",
        ),
        mutation(
            "createPayoutBatch",
            with_fields(batch_input(&tenant.partner), json!({ "idempotencyKey": "b" })),
            "payout { id totalAmount { amount } }",
        ),
        mutation(
            "runPayouts",
            with_fields(run_input(), json!({ "idempotencyKey": "run" })),
            "payouts { id totalAmount { amount } }",
        ),
        mutation("recordRefundReversed", reversal_input("r-1"), "reinstatement { id }"),
    ]
}

#[tokio::test]
async fn an_idempotency_key_returns_the_same_result_forever() {
    let tenant = ProxiedTenant::new().await;
    let (direct, admin) = (&tenant.direct, tenant.direct.admin());
    let mutations = keyed_mutations(&tenant);
    let mut results = Vec::new();
    for Mutation { name, input, selection } in &mutations {
        results.push(admin.mutate_ok(name, input.clone(), selection).await);
        direct.approve_all_pending().await;
    }
    let payout = results[3]["payout"]["id"].as_str().expect("a payout").to_owned();
    // The result stays the same while what it refers to changes.
    for transition in [None, Some("startPayout"), Some("completePayout")] {
        if let Some(transition) = transition {
            direct.transition_payout(transition, &payout).await;
        }
        for (Mutation { name, input, selection }, result) in mutations.iter().zip(&results) {
            assert_eq!(&admin.mutate_ok(name, input.clone(), selection).await, result, "{name}");
        }
    }
    // A key cannot be reused for another request.
    let other_period = json!({ "periodStart": in_days(-999) });
    let key = |key: &str| json!({ "idempotencyKey": key });
    let other_requests = [
        ("recordInvoicePaid", invoice_input("c", "i-1", "101.00", "EUR", &in_days(-1))),
        ("recordInvoiceRefunded", refund_input("i-1", "r-1", "11.00")),
        ("recordRefundReversed", with_fields(reversal_input("r-1"), json!({ "reversedAt": in_days(0) }))),
        (
            "createPayoutBatch",
            with_fields(with_fields(batch_input(&tenant.partner), key("b")), other_period.clone()),
        ),
        ("runPayouts", with_fields(with_fields(run_input(), key("run")), other_period)),
    ];
    for (mutation, input) in other_requests {
        assert_eq!(admin.error_code(mutation, input).await, "CONFLICT", "{mutation}");
    }
    direct.assert_reconciled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_commit_is_logged_with_the_id_of_its_request() {
    let (database, folder) = (TestDatabase::migrated().await, Folder::new());
    let mut urls = database.urls();
    let proxy = Proxy::to(&urls.serving);
    urls.serving = proxy.url("revshare_app", database_name(&urls.serving));
    let create_tenant = folder.command_for(&urls, &["tenant", "create", "demo"]).output();
    assert!(create_tenant.expect("a program").status.success());
    let token = folder.token("ada", "admin");
    let mut serve = folder.command_for(&urls, &["serve"]);
    let server = Program::start_with(serve.env("RUST_LOG", "info").env("LOG_FORMAT", "json"));
    let body = json!({
        "query": r#"mutation { createPartner(input: { companyName: "p" }) { partner { id } } }"#,
    })
    .to_string();
    server.request(&token, "X-Request-Id: before\r\n", &body);
    let log = folder.0.with_extension("log");
    let log = || std::fs::read_to_string(&log).expect("a log");
    // The server seals the audit trail when it starts: it may be that COMMIT which is cut.
    for _ in 0..10 {
        proxy.cut(Cut::AfterCommit);
        let response = server.request(&token, "X-Request-Id: story-9\r\n", &body);
        assert!(response.contains("\"partner\":{\"id\":"), "{response}");
        if log().lines().any(|line| line.contains("no answer to COMMIT") && line.contains("story-9")) {
            break;
        }
    }
    assert!(server.signal(Signal::SIGTERM).success());
    let log = log();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("story-9")).collect();
    for expected in ["no answer to COMMIT", "\"outcome\":\"ok\""] {
        assert!(lines.iter().any(|line| line.contains(expected)), "{expected} is missing in {log}");
    }
}
