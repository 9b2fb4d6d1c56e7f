//! One side of a comparison under load, and the figures that are compared with targets.

use std::time::Duration;

use crate::client;
use crate::postgres::Postgres;
use crate::server::Server;
use crate::workload::Request;

/// How long each side gets its load before it is measured: it was not running before.
const WARM_UP: Duration = Duration::from_secs(1);

/// How long and with how many connections each side is measured.
#[derive(Clone, Copy)]
pub struct Schedule {
    pub rounds: usize,
    pub round_time: Duration,
    /// Begins with 16, with which the other numbers are compared.
    pub connections: &'static [usize],
}

pub const THOROUGH: Schedule =
    Schedule { rounds: 3, round_time: Duration::from_secs(5), connections: &[16, 1, 64] };
pub const SHORT: Schedule =
    Schedule { rounds: 2, round_time: Duration::from_secs(3), connections: &[16, 64] };

/// The result of a round of one side, or the medians of several.
#[derive(Clone, Copy, Default)]
pub struct Measurement {
    /// Requests per second.
    pub rate: f64,
    /// Latencies in milliseconds.
    pub p50: f64,
    pub p99: f64,
    /// CPU time for each request, in microseconds.
    pub server_cpu: f64,
    pub database_cpu: f64,
}

impl Measurement {
    /// Measures a server under load.
    pub fn of(
        postgres: &Postgres,
        server: &Server,
        requests: &[Request],
        connections: usize,
        time: Duration,
    ) -> Self {
        client::run_load(&server.address, requests, connections, WARM_UP);
        let before = (server.cpu_seconds(), postgres.cpu_seconds());
        let load = client::run_load(&server.address, requests, connections, time);
        let after = (server.cpu_seconds(), postgres.cpu_seconds());
        assert!(load.errors < 1.0, "{}: {} errors", server.address, load.errors);
        let micros_per_request = |seconds: f64| seconds * 1e6 / load.requests;
        Self {
            rate: load.requests / load.seconds,
            p50: load.p50,
            p99: load.p99,
            server_cpu: micros_per_request(after.0 - before.0),
            database_cpu: micros_per_request(after.1 - before.1),
        }
    }

    /// Returns the median of each figure.
    pub fn median(measurements: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| median(measurements.iter().map(figure));
        Self {
            rate: of(|measurement| measurement.rate),
            p50: of(|measurement| measurement.p50),
            p99: of(|measurement| measurement.p99),
            server_cpu: of(|measurement| measurement.server_cpu),
            database_cpu: of(|measurement| measurement.database_cpu),
        }
    }

    /// Returns the CPU time of server and database for each request, in microseconds.
    pub fn cpu(&self) -> f64 {
        self.server_cpu + self.database_cpu
    }
}

/// Returns the median of some figures.
pub fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<_> = figures.collect();
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    if figures.len().is_multiple_of(2) {
        (figures[middle - 1] + figures[middle]) / 2.0
    } else {
        figures[middle]
    }
}

/// A figure and what it should be.
pub struct Target {
    name: String,
    figure: f64,
    limit: f64,
    is_minimum: bool,
}

impl Target {
    /// Returns a figure that should have at least this value.
    pub fn at_least(name: String, figure: f64, limit: f64) -> Self {
        Self { name, figure, limit, is_minimum: true }
    }

    /// Returns a figure that should have at most this value.
    pub fn at_most(name: String, figure: f64, limit: f64) -> Self {
        Self { name, figure, limit, is_minimum: false }
    }

    /// Prints a table of figures beside their targets.
    pub fn print(targets: &[Self]) {
        println!("\n| figure | measured | target | |\n|---|---|---|---|");
        for Self { name, figure, limit, is_minimum } in targets {
            let is_met = if *is_minimum { figure >= limit } else { figure <= limit };
            let relation = if *is_minimum { "at least" } else { "at most" };
            let verdict = if is_met { "met" } else { "**missed**" };
            println!("| {name} | {figure:.2} | {relation} {limit} | {verdict} |");
        }
    }
}
