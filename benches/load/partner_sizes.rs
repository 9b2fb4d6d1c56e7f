//! W1 and W2 of partners with many events, relative to those of partners with few.

use crate::measurement::{Measurement, Target};
use crate::report::Benchmark;
use crate::workload;

/// The CPU time for a request about a partner with many events, relative to one with few, at most.
const TARGET: f64 = 1.2;

/// Measures both sizes in turns, with 16 connections, and prints the medians.
pub fn report(benchmark: &Benchmark) -> Vec<Target> {
    let Benchmark { dataset, postgres, program, schedule, size, .. } = benchmark;
    let sizes = [size.events_of_small, size.events_of_large];
    println!("\n| partners with | workload | req/s | server us | db us | times the CPU, at most {TARGET} |");
    println!("|---|---|---|---|---|---|");
    let requests = sizes.map(|events| workload::of_size(dataset, events));
    let mut targets = Vec::new();
    for (n, workload) in ["W1", "W2"].into_iter().enumerate() {
        let mut measurements = [Vec::new(), Vec::new()];
        for round in 0..schedule.rounds {
            for turn in 0..2 {
                let side = (turn + round) % 2;
                let measured =
                    Measurement::of(postgres, program, &requests[side][n], 16, schedule.round_time);
                measurements[side].push(measured);
            }
        }
        let [small, large] = measurements.map(|measurements| Measurement::median(&measurements));
        for (events, measured) in sizes.iter().zip([small, large]) {
            println!(
                "| {events} events | {workload} | {:.0} | {:.0} | {:.0} | {:.2} |",
                measured.rate,
                measured.server_cpu,
                measured.database_cpu,
                measured.cpu() / small.cpu()
            );
        }
        let name = format!("{workload} of a partner with {} events to one with {}", sizes[1], sizes[0]);
        targets.push(Target::at_most(name, large.cpu() / small.cpu(), TARGET));
    }
    targets
}
