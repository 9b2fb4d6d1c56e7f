//! `revshare payouts` and `revshare reconcile`.

use std::process::Output;

use serde_json::json;

use crate::support::{Folder, TestTenant, acme, output_text, refund_input, run_input, with_superuser};

/// Runs a command on the tenant's database.
fn run(tenant: &TestTenant, arguments: &[&str]) -> Output {
    let urls = tenant.app.database.urls();
    Folder::new().command_for(&urls, arguments).output().expect("a program")
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", output_text(output));
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// A tenant in Berlin with three partners: "one" has earned 15.00 EUR, "two" 30.00 EUR, and "small" 1.50 EUR, which is
/// below the minimum payout of 5.00 EUR. All their customers paid on 1 July 2026 at half past midnight, local time.
async fn acme_with_earnings() -> TestTenant {
    let acme = acme().await;
    for (name, amount) in [("one", "100.00"), ("two", "200.00"), ("small", "10.00")] {
        acme.create_partner_with_account(name).await;
        acme.approved_event_at(name, name, amount, "EUR", "2026-06-30T22:30:00Z").await;
    }
    acme.update_settings(json!({
        "minimumPayouts": [{ "amount": "5.00", "currency": "EUR" }], "timeZone": "Europe/Berlin",
    }))
    .await;
    acme
}

#[tokio::test(flavor = "multi_thread")]
async fn payouts_run_pays_until_a_day_of_the_tenant_s_time_zone() {
    let acme = acme_with_earnings().await;
    let until = |until: &'static str| ["payouts", "run", "--tenant", "acme", "--until", until];
    assert_eq!(stdout(&run(&acme, &until("2026-07-01"))), "payouts: 0; skipped: 0\n");
    let dry_run = run(&acme, &[&until("2026-07-02")[..], &["--dry-run"]].concat());
    insta::assert_snapshot!(stdout(&dry_run), @r"
    P-00003 small: skipped 1.50 EUR, BELOW_MINIMUM
    dry run: payouts: 2, 45.00 EUR; skipped: 1
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn payouts_run_reports_each_partner_and_repeats_its_result_for_the_same_key() {
    let acme = acme_with_earnings().await;
    let arguments = [
        "payouts",
        "run",
        "--tenant",
        "acme",
        "--until",
        "2026-06-30T22:30:00.000001Z",
        "--key",
        "july",
        "--user",
        "cron",
        "--payment-method",
        "sepa",
    ];
    let text = stdout(&run(&acme, &arguments));
    for line in [
        "[1/3] P-00001 one: paid 15.00 EUR, payout ",
        "[2/3] P-00002 two: paid 30.00 EUR, payout ",
        "[3/3] P-00003 small: skipped 1.50 EUR, BELOW_MINIMUM\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
    assert!(text.ends_with("payouts: 2, 45.00 EUR; skipped: 1\n"), "{text}");
    assert_eq!(stdout(&run(&acme, &arguments)), "payouts: 2, 45.00 EUR; skipped: 1\n");
    let data = acme.admin().query("{ payouts { nodes { paymentMethod history { actor } } } }").await.data();
    let payout = json!({ "paymentMethod": "sepa", "history": [{ "actor": "cron" }] });
    assert_eq!(data["payouts"]["nodes"], json!([payout, payout]));
}

#[tokio::test(flavor = "multi_thread")]
async fn payouts_run_exits_with_2_if_a_payout_failed_and_makes_it_when_run_again() {
    let acme = acme_with_earnings().await;
    let fail = "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.total_amount = 15 THEN RAISE EXCEPTION 'canceling statement due to lock timeout'; END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER fail BEFORE INSERT ON payouts FOR EACH ROW EXECUTE FUNCTION fail();";
    with_superuser(&acme.app.database, fail).await.expect("a trigger");
    let arguments = ["payouts", "run", "--tenant", "acme", "--until", "2026-07-02", "--key", "july"];
    let failed = run(&acme, &arguments);
    let text = output_text(&failed);
    assert_eq!(failed.status.code(), Some(2), "{text}");
    for line in [
        "[1/3] P-00001 one: failed 15.00 EUR, UNAVAILABLE: the service is busy",
        "[2/3] P-00002 two: paid 30.00 EUR, payout ",
        "payouts: 1, 30.00 EUR; skipped: 1; failed: 1\n",
        "error: failed payouts: 1. After UNAVAILABLE",
    ] {
        assert!(text.contains(line), "{text}");
    }
    with_superuser(&acme.app.database, "DROP FUNCTION fail CASCADE").await.expect("no trigger");
    let text = stdout(&run(&acme, &arguments));
    assert!(text.ends_with("payouts: 2, 45.00 EUR; skipped: 1\n"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn payouts_run_rejects_invalid_arguments_with_a_reason() {
    let acme = acme().await;
    for (arguments, reason) in [
        (&["--tenant", "unknown", "--until", "2026-07-01"][..], "--tenant: there is no tenant unknown"),
        (&["--tenant", "acme", "--until", "tomorrow"], "write a day, 2026-12-01"),
        (&["--tenant", "acme", "--until", "1969-01-01"], "--until: must come after --since"),
        (&["--tenant", "acme"], "--until"),
        (&["--tenant", "acme", "--until", "2026-07-01", "--user", " "], "--user: must not be empty"),
        (&["--tenant", "acme", "--until", "2026-07-01", "--currency", "XXX"], "XXX"),
    ] {
        let rejected = run(&acme, &[&["payouts", "run"], arguments].concat());
        let text = output_text(&rejected);
        assert!(!rejected.status.success() && text.contains(reason), "{arguments:?}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reconcile_reports_every_tenant_and_the_debts_of_one() {
    let acme = acme_with_earnings().await;
    acme.app.tenant("globex").await;
    insta::assert_snapshot!(stdout(&run(&acme, &["reconcile"])), @r"
    acme: balanced; debts: 0; stranded events: 0
    globex: balanced; debts: 0; stranded events: 0
    ");
    acme.finance().mutate_ok("runPayouts", run_input(), "payoutCount").await;
    let refund = refund_input("one", "r", "100.00");
    acme.billing().mutate_ok("recordInvoiceRefunded", refund, "outcome").await;
    let text = stdout(&run(&acme, &["reconcile", "--tenant", "acme"]));
    assert!(text.contains("\n  debt: P-00001 one: -15.00 EUR\n"), "{text}");
    assert!(text.contains("\n  stranded: P-00001 one: -15.00 EUR, event "), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn reconcile_fails_if_the_books_do_not_balance_or_the_tenant_is_unknown() {
    let acme = acme_with_earnings().await;
    acme.finance().mutate_ok("runPayouts", run_input(), "payoutCount").await;
    let damage = "UPDATE payouts SET total_amount = 31 WHERE total_amount = 30";
    with_superuser(&acme.app.database, damage).await.expect("a wrong total");
    let unbalanced = run(&acme, &["reconcile"]);
    let text = output_text(&unbalanced);
    assert_eq!(unbalanced.status.code(), Some(1), "{text}");
    for line in [
        "  difference: P-00002 two: the total and the count of a payout equal those of its lines: \
         expected 30.00 EUR, found 31.00 EUR\n",
        // A balance counts the payouts, and is wrong as well.
        "inTransit of a balance is the sum of the events in that state",
        "the books do not balance; differences: 4",
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
    let unknown = run(&acme, &["reconcile", "--tenant", "unknown"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(output_text(&unknown).contains("there is no tenant unknown"), "{}", output_text(&unknown));
}

#[tokio::test(flavor = "multi_thread")]
async fn reconcile_reports_the_other_tenants_if_one_cannot_be_reconciled() {
    let acme = acme_with_earnings().await;
    acme.app.tenant("globex").await;
    let damage = "UPDATE tenants SET time_zone = 'Atlantis' WHERE tenant_id = 'acme'";
    with_superuser(&acme.app.database, damage).await.expect("an unknown time zone");
    let output = run(&acme, &["reconcile"]);
    let text = output_text(&output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("acme: not reconciled: ") && text.contains("globex: balanced;"), "{text}");
}
