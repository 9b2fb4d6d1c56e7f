//! Random schedules of everything that can come between a payout and its money: workers that are killed at any moment, two of
//! them at once, requests that hang, break off or fail before or after they are executed, events that come again and in any
//! order, staff who act meanwhile, a day that passes, and a database that is restored. Whatever happens, in the end the
//! transfers that live at Stripe are what the books say, and no payout ever has two.
//!
//! `SCHEDULES=5000` runs more of them, `SCHEDULE=17` that one only.

mod process;
mod staff;
mod stage;
mod verdict;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rand::Rng;

use stage::Stage;

const SCHEDULES: u64 = 200;
const STEPS: usize = 16;
/// How many schedules run at a time, each of them on a server and a stand-in of its own.
const LANES: u64 = 6;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().and_then(|text| text.parse().ok())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_schedule_pays_twice() {
    let seeds = match number("SCHEDULE") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SCHEDULES").unwrap_or(SCHEDULES),
    };
    let (mut lanes, is_over) = (tokio::task::JoinSet::new(), Arc::new(AtomicBool::new(false)));
    for lane in 0..LANES.min(seeds.end - seeds.start) {
        let seeds = seeds.clone().filter(move |seed| seed % LANES == (lane + seeds.start) % LANES);
        lanes.spawn(run(Stage::new().await, seeds.collect(), Arc::clone(&is_over)));
    }
    let mut failed = Vec::new();
    while let Some(lane) = lanes.join_next().await {
        failed.extend(lane.unwrap_or_else(|error| vec![error.to_string()]));
        // One failure is enough: the others would take minutes.
        is_over.fetch_or(!failed.is_empty(), Ordering::Relaxed);
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

/// Runs schedules one after the other; returns what was wrong, and stops at the first that is.
async fn run(mut stage: Stage, seeds: Vec<u64>, is_over: Arc<AtomicBool>) -> Vec<String> {
    for seed in seeds {
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        let report = PrintedAtPanic(seed);
        stage.begin(seed).await;
        for _ in 0..STEPS {
            stage.step().await;
        }
        let wrong = stage.end().await;
        drop(report);
        if !wrong.is_empty() {
            return vec![format!("seed {seed}: {wrong:#?}\n{:#?}\n{:#?}", stage.log, stage.transfers())];
        }
    }
    Vec::new()
}

/// Names the seed of a schedule in which a step itself failed.
struct PrintedAtPanic(u64);

impl Drop for PrintedAtPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("this was in the schedule of SCHEDULE={}", self.0);
        }
    }
}

impl Stage {
    /// Does one thing that may come between a payout and its money.
    async fn step(&mut self) {
        let choice = self.random.random_range(0..100);
        match choice {
            0..8 => self.make_payout().await,
            8..22 => self.send().await,
            22..32 => self.start_process(),
            32..38 => self.kill_processes(),
            38..41 => self.stop_process().await,
            41..53 => self.strike().await,
            53..63 => self.plan_fault(),
            63..67 => self.pause().await,
            67..71 => self.make_due(false).await,
            71..74 => self.make_due(true).await,
            74..77 => self.deliver_events().await,
            77..79 => self.reverse(),
            79..81 => self.change_conditions().await,
            81..85 => self.let_a_day_pass().await,
            85..87 => self.restore().await,
            _ => self.act_by_hand().await,
        }
    }
}
