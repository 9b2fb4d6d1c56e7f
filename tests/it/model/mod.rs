//! Thousands of random commands, many of them concurrent, against a model of the rules: after each step every event,
//! payout, history and balance must be what some order of the commands would have made it.
//!
//! `PROPTEST_CASES=2000 cargo test model` runs more scenarios. One that fails is shrunk and printed.

mod command;
mod correction_sequences;
mod ledger;
mod refund_sequences;
mod system;

use futures_util::future::join_all;
use itertools::Itertools;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use command::{Command, scenario};
use ledger::Ledger;
use system::System;

use revshare::graphql::request::limits::Limits;
use revshare::http::Options;

use crate::support::TestApp;

/// The number of scenarios unless `PROPTEST_CASES` is set.
const CASES: u32 = 40;

#[test]
fn every_scenario_ends_as_the_rules_predict() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    // Reading everything in one query exceeds the default limits of a client.
    let limits = Limits { limit_cost: u64::MAX, rate_staff: 0, ..Limits::default() };
    let app = runtime.block_on(TestApp::with(Options { limits, ..Options::default() }));
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
    let mut ledger = Ledger::default();
    for (step, commands) in scenario.iter().enumerate() {
        let results = join_all(commands.iter().map(|command| system.send(command))).await;
        system.read().await;
        // Concurrent commands take effect in any order, which must explain both the results and the rows.
        let after = (0..commands.len()).permutations(commands.len()).find_map(|order| {
            let mut after = ledger.clone();
            let same_results =
                order.iter().all(|index| after.apply(&commands[*index], &ledger) == results[*index]);
            (same_results && system.equals(&after)).then_some(after)
        });
        ledger = after.ok_or_else(|| {
            let mut predicted = ledger.clone();
            let predictions: Vec<_> =
                commands.iter().map(|command| predicted.apply(command, &ledger)).collect();
            format!(
                "step {step}: {commands:?}: {results:?}, predicted {predictions:?}\n{}",
                system.describe(&predicted)
            )
        })?;
        system.remember_payouts(&ledger);
    }
    match system.reconciliation_differences().await {
        differences if differences.is_empty() => Ok(()),
        differences => Err(format!("the reconciliation found {differences:?}")),
    }
}
