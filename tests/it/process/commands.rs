//! The commands of an operator: payouts for everybody, and the reconciliation.

use std::process::Output;

use serde_json::json;

use crate::support::{Folder, TestApp, TestTenant, in_days, output_text, refund_input, with_superuser};

/// Runs a command on a test's database.
fn run(tenant: &TestTenant, arguments: &[&str]) -> Output {
    let urls = tenant.app.database.urls();
    let folder = Folder::new();
    let mut command = folder.command(arguments);
    command.env("DATABASE_URL", urls.serving).env("MIGRATION_DATABASE_URL", urls.owner);
    command.output().expect("a program")
}

fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", output_text(output));
    String::from_utf8(output.stdout.clone()).expect("text")
}

async fn acme() -> TestTenant {
    let acme = TestApp::new().await.tenant("acme").await;
    for (name, amount) in [("one", "100.00"), ("two", "200.00"), ("small", "10.00")] {
        acme.create_partner_with_account(name).await;
        let event = acme.commission_event_at(name, name, amount, "EUR", "2026-06-30T22:30:00Z").await;
        acme.approve(&[event]).await;
    }
    let settings =
        json!({ "minimumPayouts": [{ "amount": "5.00", "currency": "EUR" }], "timeZone": "Europe/Berlin" });
    acme.admin().mutate_ok("updateTenantSettings", settings, "tenant{id}").await;
    acme
}

#[tokio::test(flavor = "multi_thread")]
async fn payouts_are_run_from_the_command_line() {
    let acme = acme().await;
    let until = |until: &'static str| ["payouts", "run", "--tenant", "acme", "--until", until];
    // Half past midnight of the first of July, where the tenant is.
    assert_eq!(printed(&run(&acme, &until("2026-07-01"))), "payouts: 0; skipped: 0\n");
    let dry = run(&acme, &[&until("2026-07-02")[..], &["--dry-run"]].concat());
    let expected =
        "P-00003 small: skipped 1.50 EUR, BELOW_MINIMUM\ndry run: payouts: 2, 45.00 EUR; skipped: 1\n";
    assert_eq!(printed(&dry), expected);
    let keyed = [
        &until("2026-06-30T22:30:00.000001Z")[..],
        &["--key", "july", "--user", "cron", "--payment-method", "sepa"],
    ]
    .concat();
    let lines = printed(&run(&acme, &keyed));
    for line in ["[1/3] P-00001 one: paid 15.00 EUR, payout ", "[2/3] P-00002 two: paid 30.00 EUR, payout "] {
        assert!(lines.contains(line), "{lines}");
    }
    assert!(lines.contains("[3/3] P-00003 small: skipped 1.50 EUR, BELOW_MINIMUM\n"), "{lines}");
    assert!(lines.ends_with("payouts: 2, 45.00 EUR; skipped: 1\n"), "{lines}");
    assert_eq!(printed(&run(&acme, &keyed)), "payouts: 2, 45.00 EUR; skipped: 1\n", "the same run");
    let payouts = acme.admin().query("{payouts{nodes{paymentMethod history{actor}}}}").await.data();
    let payout = json!({ "paymentMethod": "sepa", "history": [{ "actor": "cron" }] });
    assert_eq!(payouts["payouts"]["nodes"], json!([payout, payout]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_cannot_be_says_why() {
    let acme = acme().await;
    for (arguments, reason) in [
        (&["--tenant", "nobody", "--until", "2026-07-01"][..], "--tenant: there is no tenant nobody"),
        (&["--tenant", "acme", "--until", "tomorrow"], "write a day, 2026-12-01"),
        (&["--tenant", "acme", "--until", "1969-01-01"], "--until: must come after --since"),
        (&["--tenant", "acme"], "--until"),
        (&["--tenant", "acme", "--until", "2026-07-01", "--user", " "], "--user: must not be empty"),
        (&["--tenant", "acme", "--until", "2026-07-01", "--currency", "XXX"], "XXX"),
    ] {
        let refused = run(&acme, &[&["payouts", "run"], arguments].concat());
        assert!(
            !refused.status.success() && output_text(&refused).contains(reason),
            "{arguments:?}: {}",
            output_text(&refused)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reconcile_fails_when_the_books_do_not_agree() {
    let acme = acme().await;
    acme.app.tenant("globex").await;
    assert_eq!(
        printed(&run(&acme, &["reconcile"])),
        "acme: balanced; debts: 0; stranded events: 0\nglobex: balanced; debts: 0; stranded events: 0\n"
    );
    acme.finance()
        .mutate_ok(
            "runPayouts",
            json!({ "periodStart": in_days(-1000), "periodEnd": in_days(1) }),
            "payoutCount",
        )
        .await;
    acme.billing().mutate_ok("recordInvoiceRefunded", refund_input("one", "r", "100.00"), "outcome").await;
    let debts = printed(&run(&acme, &["reconcile", "--tenant", "acme"]));
    assert!(debts.contains("\n  debt: P-00001 one: -15.00 EUR\n"), "{debts}");
    assert!(debts.contains("\n  stranded: P-00001 one: -15.00 EUR, event "), "{debts}");
    let damage = "UPDATE payouts SET total_amount = 31 WHERE total_amount = 30";
    with_superuser(&acme.app.database, damage).await.expect("damage");
    let found = run(&acme, &["reconcile"]);
    assert_eq!(found.status.code(), Some(1));
    let line = "  difference: P-00002 two: the total and the count of a payout are those of its lines: expected 30.00 EUR, found 31.00 EUR\n";
    assert!(output_text(&found).contains(line), "{}", output_text(&found));
    // What is on its way is what the payouts say, so a balance is wrong, too, and that is found as well.
    assert!(
        output_text(&found).contains("inTransit of a balance is the sum of the events in that state"),
        "{}",
        output_text(&found)
    );
    assert!(
        output_text(&found).contains("the books do not agree; differences: 4"),
        "{}",
        output_text(&found)
    );
    let unknown = run(&acme, &["reconcile", "--tenant", "nobody"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(output_text(&unknown).contains("there is no tenant nobody"), "{}", output_text(&unknown));
}
