//! What the server and PostgreSQL use over time.

use std::time::Duration;

use super::load::Counts;
use crate::faults::attacks::client::{get, send_once};
use crate::faults::attacks::memory::{open_files, resident, resident_private};
use crate::faults::attacks::target::Target;

/// What is in use at one time.
pub struct Sample {
    at: Duration,
    /// The resident memory of the server, in KiB.
    server: u64,
    /// The private memory of all backends of PostgreSQL, in KiB.
    postgresql: u64,
    backends: usize,
    /// The statements that the server's connections keep prepared.
    statements: usize,
    files: usize,
    served: usize,
    hostile: usize,
}

impl Sample {
    /// Takes a sample.
    pub fn take(target: &Target, at: Duration, counts: &Counts) -> Self {
        let backends = target.backends();
        Self {
            at,
            server: resident(target.pid()) / 1024,
            postgresql: backends.iter().map(|pid| resident_private(*pid) / 1024).sum(),
            backends: backends.len(),
            statements: metric(target, "revshare_prepared_statements"),
            files: open_files(target.pid()),
            served: counts.served(),
            hostile: counts.hostile(),
        }
    }
}

/// Returns a metric of the server without labels; 0 if the server does not answer.
fn metric(target: &Target, name: &str) -> usize {
    let Ok(response) = send_once(target.address, &get("/metrics", "")) else { return 0 };
    let text = String::from_utf8_lossy(&response.body).into_owned();
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    value.unwrap_or_else(|| panic!("{name} is missing in\n{text}"))
}

/// The samples of a run, in order.
#[derive(Default)]
pub struct Samples(Vec<Sample>);

impl Samples {
    /// Adds a sample.
    pub fn push(&mut self, sample: Sample) {
        self.0.push(sample);
    }

    /// Prints a table of at most sixty samples.
    pub fn print(&self) {
        println!(
            "{:>8} {:>12} {:>16} {:>9} {:>11} {:>6} {:>9} {:>8}",
            "seconds", "server MiB", "PostgreSQL MiB", "backends", "statements", "files", "served", "hostile"
        );
        for Sample { at, server, postgresql, backends, statements, files, served, hostile } in
            self.0.iter().step_by(self.0.len().div_ceil(60).max(1))
        {
            let (seconds, server, postgresql) = (at.as_secs(), server / 1024, postgresql / 1024);
            println!(
                "{seconds:>8} {server:>12} {postgresql:>16} {backends:>9} {statements:>11} {files:>6} {served:>9} \
                 {hostile:>8}"
            );
        }
    }

    /// Returns the most statements that a connection kept prepared on average.
    pub fn statements_per_connection(&self) -> usize {
        self.0.iter().map(|sample| sample.statements / sample.backends.max(1)).max().unwrap_or(0)
    }

    /// Returns how fast the memory of the server and of PostgreSQL grows in the second half, in MiB per hour.
    pub fn growth(&self) -> [i128; 2] {
        let half = &self.0[self.0.len() / 2..];
        let sizes: [fn(&Sample) -> u64; 2] = [|sample| sample.server, |sample| sample.postgresql];
        sizes.map(|size| {
            let points = half.iter().map(|sample| {
                let milliseconds = i128::try_from(sample.at.as_millis()).expect("a time");
                (milliseconds, i128::from(size(sample)))
            });
            // KiB per millisecond, as a fraction.
            let (numerator, denominator) = slope(&points.collect::<Vec<_>>());
            if denominator == 0 { 0 } else { numerator * 3_600_000 / (denominator * 1024) }
        })
    }
}

/// Returns the slope of the line through points by least squares, as a fraction.
fn slope(points: &[(i128, i128)]) -> (i128, i128) {
    let count = i128::try_from(points.len()).expect("a number");
    let sum = |term: fn(i128, i128) -> i128| points.iter().map(|(x, y)| term(*x, *y)).sum::<i128>();
    let (x, y) = (sum(|x, _| x), sum(|_, y| y));
    (count * sum(|x, y| x * y) - x * y, count * sum(|x, _| x * x) - x * x)
}

#[test]
fn the_slope_is_that_of_the_line() {
    assert_eq!(slope(&[(0, 1), (1, 3), (2, 5), (3, 7)]), (40, 20));
    assert_eq!(slope(&[(0, 4), (1, 4)]).0, 0);
}
