//! Mutations whose answer is lost: the client sends them again, and nothing happens twice.

use serde_json::{Value, json};

use super::{Rail, is};
use crate::faults::proxied_tenant::database_name;
use crate::faults::proxy::{Cut, Proxy};
use crate::support::{TestTenant, with_superuser};

/// A rail, and a second server that reaches its database through a proxy.
struct ProxiedRail {
    rail: Rail,
    proxied: TestTenant,
    proxy: Proxy,
}

impl ProxiedRail {
    async fn new() -> Self {
        let rail = Rail::new().await;
        let url = rail.acme.app.database.urls().serving;
        let proxy = Proxy::to(&url);
        let app = rail.acme.app.by_way_of(&proxy.url("revshare_app", database_name(&url)));
        let proxied = TestTenant { id: rail.acme.id.clone(), app };
        // Opens the connection that is cut.
        proxied.finance().query("{ viewer { userId } }").await.data();
        Self { rail, proxied, proxy }
    }

    /// Sends a mutation of which the client does not hear what became of it, and then once more; returns what it hears then.
    async fn twice(&self, cut: Cut, mutation: &str, input: Value, selection: &str) -> Result<Value, String> {
        let before = self.proxy.cuts();
        self.proxy.cut_and_go_down(cut);
        let lost = self.proxied.finance().try_mutate(mutation, input.clone(), selection).await;
        assert_eq!(self.proxy.cuts(), before + 1, "{mutation}");
        let lost = lost.map(|payload| payload["skipped"][0]["code"].as_str().unwrap_or_default().to_owned());
        assert_eq!(lost.unwrap_or_else(|code| code), "UNAVAILABLE", "{mutation}");
        self.proxy.come_up();
        self.proxied.finance().try_mutate(mutation, input, selection).await
    }
}

const CUTS: [Cut; 2] = [Cut::AfterCommit, Cut::BeforeCommit];

fn is_committed(cut: Cut) -> bool {
    cut == Cut::AfterCommit
}

fn code<T>(result: &Result<T, String>) -> &str {
    result.as_ref().err().map_or("", String::as_str)
}

/// Returns what a mutation that is only possible once says when it is repeated.
fn expected(cut: Cut) -> &'static str {
    if is_committed(cut) { "INVALID_STATE" } else { "" }
}

#[tokio::test(flavor = "multi_thread")]
async fn send_payouts_sends_once_although_its_answer_is_lost() {
    for cut in CUTS {
        let test = ProxiedRail::new().await;
        let payout = test.rail.payout("one", "1000.00").await;
        let selection = "sent { id } skipped { code message }";
        let again =
            test.twice(cut, "sendPayouts", json!({ "ids": [payout] }), selection).await.expect("a payload");
        assert_eq!(again["sent"].as_array().map(Vec::len), Some(usize::from(!is_committed(cut))), "{again}");
        assert_eq!(again["skipped"][0]["code"].as_str().unwrap_or_default(), expected(cut));
        let _worker = test.rail.worker();
        let shown = test.rail.wait_for_status(&payout, "COMPLETED").await;
        assert_eq!(shown["attempts"].as_array().map(Vec::len), Some(1));
        assert_eq!(test.rail.stripe.transfers().len(), 1);
        test.rail.assert_paid_once().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn withdraw_payout_attempt_withdraws_once_although_its_answer_is_lost() {
    for cut in CUTS {
        let test = ProxiedRail::new().await;
        let payout = test.rail.payout("one", "1000.00").await;
        test.rail.send(&[&payout]).await;
        let attempt = test.rail.shown(&payout).await["attempts"][0]["id"].clone();
        let input = json!({ "id": attempt, "reason": "not now" });
        let again = test.twice(cut, "withdrawPayoutAttempt", input, "payoutAttempt { id }").await;
        assert_eq!(code(&again), expected(cut));
        let shown = test.rail.shown(&payout).await;
        assert_eq!(
            (&shown["status"], &shown["attempts"][0]["status"]),
            (&json!("READY"), &json!("WITHDRAWN"))
        );
        assert_eq!(shown["history"].as_array().map(Vec::len), Some(3));
        let _worker = test.rail.worker();
        test.rail.send(&[&payout]).await;
        test.rail.wait_for_status(&payout, "COMPLETED").await;
        test.rail.assert_paid_once().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn recall_payout_takes_the_money_back_once_although_its_answer_is_lost() {
    for cut in CUTS {
        let test = ProxiedRail::new().await;
        let payout = test.rail.payout("one", "1000.00").await;
        test.rail.send(&[&payout]).await;
        {
            let _worker = test.rail.worker();
            test.rail.wait_for_status(&payout, "COMPLETED").await;
        }
        let input = json!({ "id": payout, "reason": "a wrong account" });
        let again = test.twice(cut, "recallPayout", input.clone(), "payout { id }").await;
        assert_eq!(code(&again), "", "the recall that waits is the same");
        let _worker = test.rail.worker();
        test.rail.wait_for_status(&payout, "RETURNED").await;
        assert_eq!(test.rail.stripe.requests_of("POST", "/v1/transfers/").len(), 1);
        test.rail.assert_paid_once().await;
    }
}

/// Makes the attempt of a payout uncertain, as if it had not been answered for a day, and looked for since.
async fn uncertain(rail: &Rail) -> (String, Value) {
    let payout = rail.payout("one", "1000.00").await;
    rail.stripe.fail_next(1, "POST", "/v1/transfers", stripe_stand_in::Fault::BreakBefore);
    rail.send(&[&payout]).await;
    {
        let _worker = rail.worker();
        rail.wait_for(&payout, |shown| shown["attempts"][0]["message"].is_string()).await;
    }
    let update = "UPDATE payout_attempts SET first_sent_at = first_sent_at - interval '25 hours',
        last_sent_at = last_sent_at - interval '25 hours', created_at = created_at - interval '26 hours'";
    with_superuser(&rail.acme.app.database, update).await.expect("an update");
    for _ in 0..2 {
        rail.hurry().await;
        let _worker = rail.worker();
        rail.wait_for(&payout, is("UNCERTAIN")).await;
    }
    rail.hurry().await;
    let _worker = rail.worker();
    let shown = rail.wait_for(&payout, |shown| shown["attempts"][0]["lookedAt"].is_string()).await;
    let attempt = shown["attempts"][0]["id"].clone();
    (payout, attempt)
}

#[tokio::test(flavor = "multi_thread")]
async fn resolve_payout_attempt_resolves_once_although_its_answer_is_lost() {
    for cut in CUTS {
        for outcome in
            [json!({ "outcome": "NOT_MOVED" }), json!({ "outcome": "MOVED", "reference": "tr_found" })]
        {
            let test = ProxiedRail::new().await;
            let (payout, attempt) = uncertain(&test.rail).await;
            let input =
                crate::support::with_fields(json!({ "id": attempt, "reason": "looked" }), outcome.clone());
            let again = test.twice(cut, "resolvePayoutAttempt", input, "payoutAttempt { id }").await;
            assert_eq!(code(&again), expected(cut), "{cut:?} {outcome}");
            let shown = test.rail.shown(&payout).await;
            let (status, changes) =
                if outcome["reference"].is_null() { ("READY", 3) } else { ("COMPLETED", 3) };
            assert_eq!(shown["status"], status);
            assert_eq!(shown["history"].as_array().map(Vec::len), Some(changes));
            test.rail.acme.assert_reconciled().await;
        }
    }
}
