//! Servers as processes that are killed: at whatever moment, each payout is sent once.

use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;
use private_postgres::Urls;
use revshare::auth::{Identity, Role};
use revshare::primitives::id::TenantId;
use serde_json::{Value, json};
use stripe_stand_in::Fault;

use super::Rail;
use crate::faults::proxied_tenant::database_name;
use crate::faults::proxy::{Cut, Proxy};
use crate::support::{Folder, Program, SECRET, ok, with_superuser};

/// The keys that seal the secrets of tenants: those of the tests in this process, and others.
const SECRETS_KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
const OTHER_SECRETS_KEY: &str = "CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg=";

/// A request for a transfer, which hangs for longer than the test takes to kill the server.
const HANG: Duration = Duration::from_secs(15);

/// A folder, and how a server with its worker is started over the database of a rail.
struct Servers<'a> {
    rail: &'a Rail,
    folder: Folder,
    urls: Urls,
}

impl<'a> Servers<'a> {
    fn of(rail: &'a Rail) -> Self {
        Self { rail, folder: Folder::new(), urls: rail.acme.app.database.urls() }
    }

    fn command(&self) -> Command {
        let mut command = self.folder.command_for(&self.urls, &["serve"]);
        command
            .env("AUTH_HS256_SECRET", String::from_utf8_lossy(SECRET).as_ref())
            .env("SECRETS_KEY", SECRETS_KEY)
            .env("STRIPE_API_URL", self.rail.stripe.url());
        command
    }

    fn start(&self) -> Program {
        Program::start_with(&mut self.command())
    }

    /// Ends the leases of a worker that was killed.
    async fn end_leases(&self) {
        let update = "UPDATE jobs SET available_at = clock_timestamp()
            WHERE lane NOT IN ('DIGEST', 'AUDIT', 'ACCOUNT')";
        with_superuser(&self.rail.acme.app.database, update).await.expect("an update");
    }

    /// Lets the jobs be due until a payout is completed.
    async fn wait_until_completed(&self, payout: &str) -> Value {
        for _ in 0..300 {
            self.end_leases().await;
            tokio::time::sleep(Duration::from_millis(200)).await;
            let shown = self.rail.shown(payout).await;
            if shown["status"] == "COMPLETED" {
                return shown;
            }
        }
        panic!("{:#}", self.rail.shown(payout).await);
    }
}

/// Waits until something is so, for up to 30 seconds.
async fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..3_000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not within 30 seconds: {what}");
}

fn keys(rail: &Rail) -> Vec<String> {
    let posts = rail.stripe.requests_of("POST", "/v1/transfers").into_iter();
    let mut keys: Vec<_> = posts.filter_map(|request| request.idempotency_key).collect();
    keys.sort();
    keys.dedup();
    keys
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_while_it_asks_stripe_has_paid_once() {
    // Before the request for the transfer, before Stripe executes it, and after that.
    for (method, fault) in [
        ("GET", Fault::HangBefore(HANG)),
        ("POST", Fault::HangBefore(Duration::from_secs(5))),
        ("POST", Fault::HangAfter(HANG)),
    ] {
        let rail = Rail::new().await;
        let servers = Servers::of(&rail);
        let payout = rail.payout("one", "1000.00").await;
        rail.stripe.fail_next(1, method, "/v1/transfers", fault.clone());
        let is_executed = matches!(fault, Fault::HangAfter(_));
        let killed = servers.start();
        rail.send(&[&payout]).await;
        wait_until("the request", || {
            let has_come = !rail.stripe.requests_of(method, "/v1/transfers").is_empty();
            if is_executed { !rail.stripe.transfers().is_empty() } else { has_come }
        })
        .await;
        assert_eq!(rail.shown(&payout).await["attempts"][0]["status"], "SENDING");
        killed.signal(Signal::SIGKILL);
        assert_eq!(rail.stripe.transfers().len(), usize::from(is_executed), "{method} {fault:?}");

        let _restarted = servers.start();
        let completed = servers.wait_until_completed(&payout).await;
        assert_eq!(completed["attempts"].as_array().map(Vec::len), Some(1));
        assert_eq!((rail.stripe.transfers().len(), keys(&rail).len()), (1, 1), "{method} {fault:?}");
        assert_eq!(completed["paymentReference"], rail.stripe.transfers()[0].id.as_str());
        rail.assert_paid_once().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_whose_commit_is_not_answered_is_recorded_once() {
    for cut in [Cut::AfterCommit, Cut::BeforeCommit] {
        let rail = Rail::new().await;
        let mut servers = Servers::of(&rail);
        let proxy = Proxy::to(&servers.urls.serving);
        servers.urls.serving = proxy.url("revshare_app", database_name(&servers.urls.serving));
        let payout = rail.payout("one", "1000.00").await;
        let hang = Duration::from_millis(300);
        rail.stripe.fail_next(1, "POST", "/v1/transfers", Fault::HangAfter(hang));
        let killed = servers.start();
        rail.send(&[&payout]).await;
        wait_until("the transfer", || !rail.stripe.transfers().is_empty()).await;
        // The next COMMIT is that of the result, unless the worker claims something meanwhile; the server is killed before
        // it reaches the database again.
        proxy.cut_and_go_down(cut);
        wait_until("a cut", || proxy.cuts() > 0).await;
        killed.signal(Signal::SIGKILL);
        proxy.come_up();
        let status = if cut == Cut::AfterCommit { "COMPLETED" } else { "PROCESSING" };
        assert_eq!(rail.shown(&payout).await["status"], status, "{cut:?}");

        let _restarted = servers.start();
        servers.wait_until_completed(&payout).await;
        assert_eq!((rail.stripe.transfers().len(), keys(&rail).len()), (1, 1), "{cut:?}");
        let history = rail.shown(&payout).await["history"].clone();
        assert_eq!(history.as_array().map(Vec::len), Some(3), "{history:#}");
        rail.assert_paid_once().await;
    }
}

/// Sends payouts by a server; returns the ids of those that it says it sends.
fn send_by(server: &Program, token: &str, payouts: &[String]) -> Vec<String> {
    let query =
        "mutation($ids: [ID!]!) { sendPayouts(input: { ids: $ids }) { sent { id } skipped { code } } }";
    let body = json!({ "query": query, "variables": { "ids": payouts } }).to_string();
    let response = server.post(token, &body);
    let sent = response["data"]["sendPayouts"]["sent"].as_array().unwrap_or_else(|| panic!("{response}"));
    sent.iter().map(|payout| payout["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_send_fifty_payouts_once_each_although_they_are_killed() {
    let rail = Rail::new().await;
    let (one, other) = (Servers::of(&rail), Servers::of(&rail));
    let mut payouts = Vec::new();
    for n in 0..50 {
        payouts.push(rail.payout(&format!("i{n}"), "100.00").await);
    }
    let identity = Identity::operator(TenantId("acme".to_owned()), "fiona", Role::Finance);
    let token = ok(rail.acme.app.tokens.sign(&identity, Duration::from_secs(600)));
    let (first, second) = (one.start(), other.start());
    let (sent, also_sent) = std::thread::scope(|scope| {
        let sent = scope.spawn(|| send_by(&first, &token, &payouts));
        let also_sent = scope.spawn(|| send_by(&second, &token, &payouts));
        (sent.join().expect("no panic"), also_sent.join().expect("no panic"))
    });
    let mut all = [sent, also_sent].concat();
    all.sort();
    let mut expected = payouts.clone();
    expected.sort();
    assert_eq!(all, expected, "each payout is in one of the answers");

    wait_until("some transfers", || rail.stripe.transfers().len() >= 5).await;
    first.signal(Signal::SIGKILL);
    one.end_leases().await;
    let again = one.start();
    wait_until("more transfers", || rail.stripe.transfers().len() >= 15).await;
    second.signal(Signal::SIGKILL);
    for payout in &payouts {
        one.wait_until_completed(payout).await;
    }
    assert_eq!((rail.stripe.transfers().len(), keys(&rail).len()), (50, 50));
    assert!(again.signal(Signal::SIGTERM).success());
    rail.assert_paid_once().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_the_database_on_a_test_machine_sends_nothing() {
    let rail = Rail::new().await;
    let servers = Servers::of(&rail);
    let payout = rail.payout("one", "1000.00").await;
    rail.send(&[&payout]).await;
    let requests = rail.stripe.requests().len();
    for key in [Some(OTHER_SECRETS_KEY), None] {
        let mut command = servers.command();
        match key {
            Some(key) => command.env("SECRETS_KEY", key),
            None => command.env_remove("SECRETS_KEY"),
        };
        let server = Program::start_with(&mut command);
        for _ in 0..10 {
            servers.end_leases().await;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let shown = rail.shown(&payout).await;
        assert_eq!(
            (&shown["status"], &shown["attempts"][0]["status"]),
            (&json!("PROCESSING"), &json!("QUEUED"))
        );
        assert_eq!(rail.stripe.requests().len(), requests, "Stripe was not asked");
        assert!(server.signal(Signal::SIGTERM).success());
    }
    let _server = servers.start();
    servers.wait_until_completed(&payout).await;
    rail.assert_paid_once().await;
}
