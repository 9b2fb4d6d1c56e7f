//! Thousands of random commands, many of them concurrent, against a model of the rules: after each step every event,
//! payout, history and balance must be what some order of the commands would have made it.
//!
//! `PROPTEST_CASES=2000 cargo test model` runs more scenarios. One that fails is shrunk and printed.

mod command;
mod correction_sequences;
mod ledger;
mod refund_sequences;
mod remaining;
mod scenario;
mod system;

use futures_util::future::{join, join_all};
use itertools::Itertools;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use command::Command;
use ledger::Ledger;
use scenario::scenario;
use system::System;

use revshare::graphql::request::limits::Limits;
use revshare::http::Options;

use crate::support::{TestApp, with_superuser};

/// The number of scenarios unless `PROPTEST_CASES` is set.
const CASES: u32 = 40;
/// The number of events of a partner after which a scenario ends: a page shows a hundred.
const EVENTS_MAX: usize = 80;

/// A payment file counts as downloaded once it is created: otherwise a command that runs in between could not complete its payouts,
/// which the model does not predict.
const DOWNLOADED_AT_ONCE: &str = "
    CREATE FUNCTION download() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.downloaded_at := now(); NEW.downloaded_by := 'model'; RETURN NEW; END $$;
    CREATE TRIGGER download BEFORE INSERT ON payment_files FOR EACH ROW EXECUTE FUNCTION download()";

#[test]
fn every_scenario_ends_as_the_rules_predict() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    // Reading everything in one query exceeds the default limits of a client.
    let limits = Limits { limit_cost: u64::MAX, rate_staff: 0, ..Limits::default() };
    let app = runtime.block_on(TestApp::with(Options { limits, ..Options::default() }));
    runtime.block_on(with_superuser(&app.database, DOWNLOADED_AT_ONCE)).expect("a trigger");
    let config = Config { failure_persistence: None, max_shrink_iters: 500, ..Config::default() };
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { config.cases } else { CASES };
    let mut runner = TestRunner::new(Config { cases, ..config });
    let result = runner
        .run(&scenario(), |scenario| runtime.block_on(check(&app, &scenario)).map_err(TestCaseError::fail));
    // Inside of the runtime, because dropping the database blocks.
    runtime.block_on(async { drop(app) });
    if let Err(failure) = result {
        panic!("{failure}");
    }
}

/// Runs a scenario against the system and the model; reports the first step after which they differ.
async fn check(app: &TestApp, scenario: &[Vec<Command>]) -> Result<(), String> {
    let mut system = System::new(app).await;
    // Everything that the model may be: of some orders of concurrent commands, the difference shows later.
    let mut ledgers = vec![Ledger::new()];
    for (step, commands) in scenario.iter().enumerate() {
        let commands_sent = join_all(commands.iter().map(|command| system.send(command)));
        // Statements are issued while the commands run, and change nothing that the model predicts. Whatever comes later, the
        // reconciliation at the end compares them with their lines and with the balances, and their files stay the same.
        let (results, ()) = join(commands_sent, system.issue_statements(step % 3 == 1)).await;
        system.download_statements().await;
        system.read().await;
        let after = explanations(&ledgers, commands, &results, &system);
        let Some(ledger) = after.first() else {
            return Err(describe(step, commands, &results, &ledgers[0], &system));
        };
        system.remember_payouts(ledger);
        if ledger.most_events() > EVENTS_MAX {
            break;
        }
        ledgers = after;
    }
    system.issue_statements(true).await;
    match system.changed_files().await {
        changed if changed.is_empty() => {}
        changed => return Err(format!("files of statements changed: {changed:?}")),
    }
    match system.reconciliation_differences().await {
        differences if differences.is_empty() => Ok(()),
        differences => Err(format!("the reconciliation found {differences:?}")),
    }
}

/// The states of the model after a step. Concurrent commands take effect in any order, which must explain both the
/// results and the rows.
fn explanations(before: &[Ledger], commands: &[Command], results: &[String], system: &System) -> Vec<Ledger> {
    let mut found = Vec::new();
    for (ledger, order) in before.iter().cartesian_product((0..commands.len()).permutations(commands.len())) {
        let mut after = ledger.clone();
        let same_results =
            order.iter().all(|index| after.apply(&commands[*index], ledger) == results[*index]);
        after.order_payouts_since(ledger);
        if same_results && system.equals(&after) && !found.contains(&after) {
            found.push(after);
        }
    }
    found
}

fn describe(
    step: usize,
    commands: &[Command],
    results: &[String],
    before: &Ledger,
    system: &System,
) -> String {
    let mut predicted = before.clone();
    let predictions: Vec<_> = commands.iter().map(|command| predicted.apply(command, before)).collect();
    let description = system.describe(&predicted);
    format!("step {step}: {commands:?}: {results:?}, predicted {predictions:?}\n{description}")
}
