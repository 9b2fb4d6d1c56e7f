//! Thousands of random commands, many at the same time, against a model of the rules: after each step every event,
//! payout, history and balance is what some order of the commands would have made it.
//!
//! `PROPTEST_CASES=2000 cargo test model` tells more stories. One that fails is made shorter, and printed.

mod book;
mod command;
mod world;

use futures_util::future::join_all;
use itertools::Itertools;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use book::Book;
use command::{Command, story};
use world::World;

use revshare::graphql::request::limits::Limits;
use revshare::http::Options;

use crate::support::TestApp;

#[test]
fn every_story_ends_as_the_rules_say() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    // Everything at once is more than a client may ask for.
    let limits = Limits { limit_cost: u64::MAX, rate_staff: 0, ..Limits::default() };
    let app = runtime.block_on(TestApp::with(Options { limits, ..Options::default() }));
    let config = Config { failure_persistence: None, max_shrink_iters: 500, ..Config::default() };
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { config.cases } else { 40 };
    let mut runner = TestRunner::new(Config { cases, ..config });
    let told =
        runner.run(&story(), |story| runtime.block_on(tell(&app, &story)).map_err(TestCaseError::fail));
    // Dropping the database wants no runtime around.
    runtime.block_on(async { drop(app) });
    if let Err(failure) = told {
        panic!("{failure}");
    }
}

/// Tells a story to the program and to the model; says where they part.
async fn tell(app: &TestApp, story: &[Vec<Command>]) -> Result<(), String> {
    let mut world = World::new(app).await;
    let mut book = Book::default();
    for (number, commands) in story.iter().enumerate() {
        let outcomes = join_all(commands.iter().map(|command| world.send(command))).await;
        world.look().await;
        // Whatever order they took effect in, it must be one of these.
        let after = (0..commands.len()).permutations(commands.len()).find_map(|order| {
            let mut after = book.clone();
            let as_told = order.iter().all(|one| after.apply(&commands[*one], &book) == outcomes[*one]);
            (as_told && world.is(&after)).then_some(after)
        });
        book = after.ok_or_else(|| {
            let mut expected = book.clone();
            let told: Vec<_> = commands.iter().map(|command| expected.apply(command, &book)).collect();
            format!(
                "step {number}: {commands:?}: {outcomes:?}, expected {told:?}\n{}",
                world.describe(&expected)
            )
        })?;
        world.remember(&book);
    }
    match world.reconciliation_differences().await {
        differences if differences.is_empty() => Ok(()),
        differences => Err(format!("the reconciliation found {differences:?}")),
    }
}
