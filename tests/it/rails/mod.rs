//! Payouts that the program sends itself by Stripe, over a stand-in for it.

mod accounts;
mod audit;
pub mod bank_accounts;
mod billing;
mod demo;
mod doctor;
mod inbox;
mod lost_answers;
mod payment_file_outcomes;
pub mod payment_files;
mod processes;
mod schedules;
mod secrets;
mod send;
mod uncertain;

use std::time::Duration;

use revshare::http::Options;
use revshare::stripe::client::{StripeClient, StripeSettings};
use revshare::worker::Worker;
use serde_json::{Value, json};
use stripe_stand_in::{EventTarget, Platform, StandIn};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::support::{TestApp, TestTenant, ok, test_mails, test_webhooks, with_superuser};

/// The account of the tenant at the stand-in, its key, and the secret of its events.
const PLATFORM: &str = "acct_platform";
const KEY: &str = "sk_test_platform1234";
const SECRET: &str = "whsec_platformSecret0123456789abcdef";

/// A tenant that is connected to a stand-in for Stripe, and a partner with an account there.
pub struct Rail {
    pub acme: TestTenant,
    pub partner: String,
    stripe: StandIn,
    /// The partner's account at Stripe.
    account: String,
}

/// What `payout` shows of a payout and its attempts.
const PAYOUT: &str = "query($id: ID!) { payout(id: $id) {
    status paymentReference attention totalAmount { amount } history { from to actor }
    attempts { id status returnedAmount { amount } reference code message isLive destination firstSentAt lookedAt recalledAt endedAt }
} }";

impl Rail {
    /// A tenant `acme` whose partner earns 15 %, connected, with an account that can receive transfers.
    pub async fn new() -> Self {
        let options = stripe_stand_in::Options {
            platforms: vec![Platform {
                api_key: KEY.to_owned(),
                account: PLATFORM.to_owned(),
                livemode: false,
            }],
            ..stripe_stand_in::Options::default()
        };
        let stripe = StandIn::start(options).await.expect("a stand-in");
        let settings = ok(StripeSettings::new(Some(&stripe.url())));
        let app = TestApp::with(Options { stripe: settings, ..Options::default() }).await;
        let acme = app.tenant("acme").await;
        let partner = acme.create_partner_with_account("p").await;
        let connect = json!({ "apiKey": KEY, "webhookSecrets": [SECRET] });
        acme.admin().mutate_ok("connectStripe", connect, "stripeConnection { account }").await;
        let account = stripe.add_account(PLATFORM, None, "DE");
        let rail = Self { acme, partner, stripe, account };
        let link = json!({ "partnerId": rail.partner, "account": rail.account });
        let linked =
            rail.acme.finance().mutate_ok("linkStripeAccount", link, "payoutAccount { status }").await;
        assert_eq!(linked["payoutAccount"]["status"], "READY");
        // The audits of this night are over.
        let audited =
            "UPDATE jobs SET available_at = now() + interval '1 day' WHERE lane IN ('AUDIT', 'ACCOUNT')";
        with_superuser(&rail.acme.app.database, audited).await.expect("an update");
        rail
    }

    fn client(&self) -> StripeClient {
        ok(StripeClient::new(&ok(StripeSettings::new(Some(&self.stripe.url())))))
    }

    /// Starts a worker, which stops when the guard is dropped.
    fn worker(&self) -> DropGuard {
        self.worker_with(self.client())
    }

    fn worker_with(&self, client: StripeClient) -> DropGuard {
        let stop = CancellationToken::new();
        let worker = ok(Worker::new(&self.acme.app.pool, test_webhooks(), test_mails())).with_stripe(client);
        tokio::spawn(worker.run(stop.clone()));
        stop.drop_guard()
    }

    /// Has the stand-in send its events to the router of the tenant, by way of a server.
    async fn listen(&self) {
        let url = self.acme.app.served().await;
        let target = |connect| EventTarget {
            platform: None,
            url: format!("{url}/webhooks/stripe/acme"),
            secret: SECRET.to_owned(),
            connect,
        };
        self.stripe.send_events_to(vec![target(false), target(true)]);
    }

    /// A READY payout of 15 % of an amount in dollars.
    pub async fn payout(&self, invoice: &str, amount: &str) -> String {
        self.acme.approved_event("p", invoice, amount, "USD").await;
        let mut input = crate::support::batch_input(&self.partner);
        input["currency"] = json!("USD");
        let payload = self.acme.finance().mutate_ok("createPayoutBatch", input, "payout { id }").await;
        payload["payout"]["id"].as_str().expect("an id").to_owned()
    }

    /// Sends payouts; returns the ids of those that are being sent, and the codes of the others.
    pub async fn send(&self, payouts: &[&str]) -> Value {
        let selection = "sent { id status } skipped { id code message }";
        self.acme.finance().mutate_ok("sendPayouts", json!({ "ids": payouts }), selection).await
    }

    /// Sends a payout, and withdraws it before a worker does.
    pub async fn withdraw_payout(&self) {
        let payout = self.payout("withdrawn", "100.00").await;
        self.send(&[&payout]).await;
        let withdraw = json!({ "id": self.shown(&payout).await["attempts"][0]["id"], "reason": "not now" });
        self.acme.finance().mutate_ok("withdrawPayoutAttempt", withdraw, "payoutAttempt { id }").await;
    }

    /// Sends a payout of which a part comes back, and dismisses its attention.
    pub async fn dismiss_attention(&self) {
        let payout = self.payout("in-part", "100.00").await;
        self.send(&[&payout]).await;
        self.listen().await;
        let _worker = self.worker();
        let completed = self.wait_for_status(&payout, "COMPLETED").await;
        let transfer = completed["paymentReference"].as_str().expect("a reference");
        self.stripe.reverse_transfer(transfer, Some(500)).expect("a reversal");
        self.wait_for(&payout, |shown| shown["attention"] == "RETURNED_IN_PART").await;
        let dismiss = json!({ "id": payout, "reason": "an adjustment was recorded" });
        let finance = self.acme.finance();
        finance.mutate_ok("dismissPayoutAttention", dismiss, "payout { attention }").await;
    }

    /// Returns the id of the READY payout.
    pub async fn ready_payout(&self) -> Value {
        let list = "{ payouts(filter: { status: [READY] }) { nodes { id } } }";
        self.acme.finance().query(list).await.data()["payouts"]["nodes"][0]["id"].clone()
    }

    pub async fn shown(&self, payout: &str) -> Value {
        self.acme.finance().query_with(PAYOUT, json!({ "id": payout })).await.data()["payout"].clone()
    }

    /// Waits until a payout is as wanted, for up to a minute.
    async fn wait_for(&self, payout: &str, is_wanted: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..600 {
            let shown = self.shown(payout).await;
            if is_wanted(&shown) {
                return shown;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{:#}", self.shown(payout).await);
    }

    async fn wait_for_status(&self, payout: &str, status: &str) -> Value {
        self.wait_for(payout, |shown| shown["status"] == status).await
    }

    /// Makes all jobs due now, as if their time had come.
    async fn hurry(&self) {
        let update = "UPDATE jobs SET available_at = clock_timestamp()
            WHERE lane NOT IN ('DIGEST', 'AUDIT', 'ACCOUNT') AND lease_id IS NULL";
        with_superuser(&self.acme.app.database, update).await.expect("an update");
    }

    /// Asserts that the transfers that live at the stand-in are what the books say.
    async fn assert_paid_once(&self) {
        let living: i64 =
            self.stripe.transfers().iter().map(|transfer| transfer.amount - transfer.amount_reversed).sum();
        let balances = "query($id: ID!) { partner(id: $id) { balances { currency settled { amount } } } }";
        let data = self.acme.admin().query_with(balances, json!({ "id": self.partner })).await.data();
        let settled = data["partner"]["balances"].as_array().expect("balances").iter();
        let settled = settled.filter(|balance| balance["currency"] == "USD");
        let cents: i64 = settled
            .map(|balance| {
                let amount = balance["settled"]["amount"].as_str().expect("an amount");
                amount.replace('.', "").parse::<i64>().expect("cents")
            })
            .sum();
        assert_eq!(living, cents, "{:#?}", self.stripe.transfers());
        self.acme.assert_reconciled().await;
    }
}

fn is(status: &str) -> impl Fn(&Value) -> bool {
    move |shown: &Value| shown["attempts"][0]["status"] == status
}
