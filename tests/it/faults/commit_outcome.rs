//! One connection is cut at the worst moment: the client is told the truth, and everything is there once.

use serde_json::{Value, json};

use super::proxy::{Cut, Proxy};
use crate::support::{TestTenant, TestApp, batch_input, in_days, invoice_input, refund_input};

/// A tenant on a server of its own, whose way to the database can be cut.
struct World {
    direct: TestTenant,
    cut_off: TestTenant,
    proxy: Proxy,
    partner: String,
}

impl World {
    async fn new() -> Self {
        let app = TestApp::new().await;
        let direct = app.tenant("acme").await;
        let partner = direct.create_partner_with_account("c").await;
        let url = app.database.urls().serving;
        let proxy = Proxy::to(&url);
        let name = url.rsplit('/').find_map(|part| part.split_once('?')).expect("a database").0.to_owned();
        let far = app.by_way_of(&proxy.url("revshare_app", &name));
        let cut_off = TestTenant { id: direct.id.clone(), app: far };
        Self { direct, cut_off, proxy, partner }
    }

    /// How many rows a list of the admin's has.
    async fn count(&self, list: &str) -> i64 {
        let data = self.direct.admin().query(&format!("{{{list}{{totalCount}}}}")).await.data();
        data[list]["totalCount"].as_i64().expect("a count")
    }
}

/// Acts one after the other that each need what came before, with what shows that they were done.
async fn story(world: &World) -> Vec<(&'static str, Value, &'static str)> {
    let pending = world.direct.commission_event("c", "first", "100.00", "EUR").await;
    let other = world.direct.commission_event("c", "other", "100.00", "EUR").await;
    let paid = invoice_input("c", "i-1", "100.00", "EUR", &in_days(-1));
    let adjustment = json!({
        "partnerId": world.partner, "amount": { "amount": "1.00", "currency": "EUR" }, "reason": "r", "idempotencyKey": "k",
    });
    let lead = json!({ "partnerId": world.partner, "contactName": "n", "contactEmail": "x@example.com" });
    vec![
        ("recordInvoicePaid", paid, "outcome commissionEvent{id}"),
        ("recordInvoiceRefunded", refund_input("i-1", "r-1", "10.00"), "outcome clawback{id}"),
        ("recordAdjustment", adjustment, "commissionEvent{id}"),
        ("approveCommissionEvents", json!({ "ids": [pending] }), "commissionEvents{id status}"),
        ("cancelCommissionEvents", json!({ "ids": [other], "reason": "r" }), "commissionEvents{id status}"),
        ("createPayoutBatch", batch_input(&world.partner), "payout{id status}"),
        ("createPartner", json!({ "companyName": "new" }), "partner{id companyName}"),
        ("submitReferralLead", lead, "referralLead{id status}"),
        ("updateTenantSettings", json!({ "name": "renamed" }), "tenant{name}"),
    ]
}

async fn nobody_notices(cut: Cut) {
    let world = World::new().await;
    let admin = world.cut_off.admin();
    let mut cuts = 0;
    for (mutation, input, fields) in story(&world).await {
        world.proxy.cut(cut);
        let payload = admin.mutate_ok(mutation, input, fields).await;
        cuts += 1;
        assert_eq!(world.proxy.cuts(), cuts, "{mutation} met a cut");
        assert!(!payload.to_string().contains("null"), "{mutation}: {payload}");
    }
    let payout =
        world.direct.admin().query("{payouts{nodes{id}}}").await.data()["payouts"]["nodes"][0]["id"].clone();
    let complete = json!({ "id": payout, "paymentReference": "W-1" });
    for (mutation, input, status) in
        [("startPayout", json!({ "id": payout }), "PROCESSING"), ("completePayout", complete, "COMPLETED")]
    {
        world.proxy.cut(cut);
        let done = admin.mutate_ok(mutation, input, "payout{status}").await;
        assert_eq!(done["payout"]["status"], status);
    }
    world.proxy.cut(cut);
    let period =
        json!({ "periodStart": in_days(-1000), "periodEnd": in_days(1000), "idempotencyKey": "run" });
    admin.mutate_ok("runPayouts", period, "totals{amount}").await;
    // first, other, i-1, its refund, the adjustment.
    let counts = [("commissionEvents", 5), ("payouts", 1), ("partners", 2), ("referralLeads", 1)];
    for (list, expected) in counts {
        assert_eq!(world.count(list).await, expected, "{list}");
    }
    assert_eq!(world.direct.reconciliation_differences().await, json!([]));
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_found_out() {
    nobody_notices(Cut::AfterCommit).await;
}

#[tokio::test]
async fn a_commit_that_did_not_arrive_is_done_again() {
    nobody_notices(Cut::BeforeCommit).await;
}

#[tokio::test]
async fn whoever_cannot_be_told_what_became_of_it_is_told_so_and_may_send_it_again() {
    let world = World::new().await;
    let billing = world.cut_off.billing();
    billing
        .mutate_ok("recordInvoicePaid", invoice_input("c", "warm", "1.00", "EUR", &in_days(-1)), "outcome")
        .await;
    for (invoice, cut, is_done) in [("i-1", Cut::AfterCommit, true), ("i-2", Cut::BeforeCommit, false)] {
        let input = invoice_input("c", invoice, "100.00", "EUR", &in_days(-1));
        world.proxy.cut_and_stay_away(cut);
        let query = "mutation($input:RecordInvoicePaidInput!){recordInvoicePaid(input:$input){outcome}}";
        let answer = billing.query_with(query, json!({ "input": input })).await;
        let extensions = &answer.body["errors"][0]["extensions"];
        assert_eq!(extensions, &json!({ "code": "UNAVAILABLE", "retryable": true }), "{}", answer.body);
        let query = format!("{{commissionEvents(filter:{{invoiceId:\"{invoice}\"}}){{totalCount}}}}");
        let found = world.direct.admin().query(&query).await.data();
        assert_eq!(found["commissionEvents"]["totalCount"], i64::from(is_done));
        world.proxy.come_back();
        let again = billing.mutate_ok("recordInvoicePaid", input, "outcome").await;
        assert_eq!(again["outcome"], if is_done { "ALREADY_RECORDED" } else { "RECORDED" });
    }
    // Without a key of its own: what was done stays done, and cannot be done twice.
    let payout = {
        world.direct.approved_event("c", "i-3", "100.00", "EUR").await;
        world.direct.create_payout(&world.partner).await
    };
    let finance = world.cut_off.finance();
    let fail = json!({ "id": payout, "reason": "r" });
    world.proxy.cut_and_stay_away(Cut::AfterCommit);
    assert_eq!(finance.error_code("failPayout", fail.clone()).await, "UNAVAILABLE");
    world.proxy.come_back();
    assert_eq!(finance.error_code("failPayout", fail).await, "INVALID_STATE");
    assert_eq!(world.direct.reconciliation_differences().await, json!([]));
}

#[tokio::test]
async fn a_database_that_goes_away_is_told_of_and_found_again() {
    let world = World::new().await;
    let admin = world.cut_off.admin();
    let query = "{viewer{userId} partners{totalCount}}";
    let status = async |path: &str| {
        let request = axum::http::Request::get(path).body(axum::body::Body::empty()).expect("a request");
        world.cut_off.app.send(request).await.status().as_u16()
    };
    admin.query(query).await.data();
    assert_eq!(status("/readyz").await, 200);
    for _ in 0..3 {
        world.proxy.go_away();
        for _ in 0..20 {
            let answer = admin.query(query).await;
            let extensions = &answer.body["errors"][0]["extensions"];
            assert_eq!(extensions["code"], "UNAVAILABLE", "{}", answer.body);
            assert_eq!(extensions["retryable"], true);
        }
        assert_eq!((status("/readyz").await, status("/livez").await), (503, 200));
        world.proxy.come_back();
        let begun = std::time::Instant::now();
        while status("/readyz").await != 200 {
            assert!(begun.elapsed() < std::time::Duration::from_secs(5), "it is not ready again");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        admin.query(query).await.data();
    }
}

#[tokio::test]
async fn a_key_answers_the_same_for_ever() {
    let world = World::new().await;
    let (direct, admin) = (&world.direct, world.direct.admin());
    let paid = invoice_input("c", "i-1", "100.00", "EUR", &in_days(-1));
    let adjustment = json!({
        "partnerId": world.partner, "amount": { "amount": "1.00", "currency": "EUR" }, "reason": "r", "idempotencyKey": "k",
    });
    let mut batch = batch_input(&world.partner);
    batch["idempotencyKey"] = json!("b");
    let run = json!({ "periodStart": in_days(-1000), "periodEnd": in_days(1000), "idempotencyKey": "run" });
    let acts = [
        ("recordInvoicePaid", paid.clone(), "commissionEvent{id commissionAmount{amount}}"),
        ("recordInvoiceRefunded", refund_input("i-1", "r-1", "10.00"), "commissionEvent{id} clawback{id}"),
        ("recordAdjustment", adjustment.clone(), "commissionEvent{id commissionAmount{amount}}"),
        ("createPayoutBatch", batch, "payout{id totalAmount{amount}}"),
        ("runPayouts", run, "payouts{id totalAmount{amount}}"),
    ];
    let mut answers = Vec::new();
    for (mutation, input, fields) in &acts {
        answers.push(admin.mutate_ok(mutation, input.clone(), fields).await);
        let everything = json!({ "eventDateTo": in_days(1) });
        admin.mutate_ok("approvePendingCommissionEvents", everything, "approvedCount").await;
    }
    let payout = answers[3]["payout"]["id"].as_str().expect("a payout").to_owned();
    // Whatever becomes of what they made.
    for act in [None, Some("startPayout"), Some("completePayout")] {
        if let Some(act) = act {
            direct.transition_payout(act, &payout).await;
        }
        for ((mutation, input, fields), answer) in acts.iter().zip(&answers) {
            assert_eq!(&admin.mutate_ok(mutation, input.clone(), fields).await, answer, "{mutation}");
        }
    }
    let others = [
        ("recordInvoicePaid", invoice_input("c", "i-1", "101.00", "EUR", &in_days(-1))),
        ("recordInvoiceRefunded", refund_input("i-1", "r-1", "11.00")),
        (
            "createPayoutBatch",
            json!({
                "partnerId": world.partner, "periodStart": in_days(-999), "periodEnd": in_days(1000), "idempotencyKey": "b",
            }),
        ),
        (
            "runPayouts",
            json!({ "periodStart": in_days(-999), "periodEnd": in_days(1000), "idempotencyKey": "run" }),
        ),
    ];
    for (mutation, input) in others {
        assert_eq!(admin.error_code(mutation, input).await, "CONFLICT", "{mutation}");
    }
    assert_eq!(direct.reconciliation_differences().await, json!([]));
}
