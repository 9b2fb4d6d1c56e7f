//! The measurements of the workloads W1 to W4 and W6, and their tables.

use std::time::Duration;

use diesel_async::AsyncPgConnection;

use crate::baseline::{self, Baseline, Statement, Unique};
use crate::dataset::Dataset;
use crate::postgres::{Postgres, connect};
use crate::server::{self, Server};
use crate::size::DatasetSize;
use crate::workload::{self, Workload};
use crate::{client, payouts, send};

/// How many requests of a workload are logged to extract their statements.
const LOGGED_REQUESTS: usize = 100;

/// What the measurements use.
pub struct Benchmark {
    pub dataset: Dataset,
    pub postgres: Postgres,
    pub server: Server,
    pub schedule: Schedule,
}

/// How long and with how many connections each side is measured.
#[derive(Clone, Copy)]
pub struct Schedule {
    rounds: usize,
    round_time: Duration,
    /// Begins with 16, with which the other numbers are compared.
    connections: &'static [usize],
}

pub const THOROUGH: Schedule =
    Schedule { rounds: 3, round_time: Duration::from_secs(5), connections: &[16, 1, 64] };
pub const SHORT: Schedule =
    Schedule { rounds: 2, round_time: Duration::from_secs(3), connections: &[16, 64] };

/// The result of one round of one side.
#[derive(Clone, Copy, Default)]
struct Measurement {
    /// Requests per second.
    rate: f64,
    /// Latencies in milliseconds.
    p50: f64,
    p99: f64,
    /// CPU time for each request, in microseconds.
    server_cpu: f64,
    database_cpu: f64,
}

impl Benchmark {
    /// Runs `revshare reconcile`, which fails if any stored amount is wrong.
    pub fn reconcile(&self) {
        server::run_command(&self.postgres.urls, &["reconcile"]);
    }

    /// Measures the workloads with these names, or all of them, and prints the results.
    pub async fn report(&self, workloads: &[Workload], names: &[String], size: DatasetSize) {
        let is_selected =
            |workload: &str| names.is_empty() || names.iter().any(|name| workload.starts_with(name.as_str()));
        let mut superuser = connect(&self.postgres.superuser_url()).await;
        println!(
            "{} events, {} partners; {} rounds of {} s\n",
            size.events,
            size.partners,
            self.schedule.rounds,
            self.schedule.round_time.as_secs()
        );
        println!("started in {} ms on an existing database\n", self.server.startup_time.as_millis());
        println!(
            "| {:<14} | conns | {:>7} | {:>7} | {:>7} | stmts | server us | db us | {:>10} | db us | ratio | target | to 16 | RSS MiB |",
            "", "req/s", "p50 ms", "p99 ms", "baseline/s"
        );
        println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
        for workload in workloads.iter().filter(|workload| is_selected(workload.name)) {
            let baseline = self.baseline(&mut superuser, workload).await;
            self.compare(workload, &baseline);
        }
        if is_selected("W1") {
            self.compare_partner_sizes(size);
        }
        if is_selected("W6") {
            self.compare_list_depths().await;
        }
        if is_selected("W5") {
            payouts::report(&self.postgres, &self.server, &mut superuser, size).await;
        }
        if names.is_empty() {
            self.reconcile();
            println!("\nthe books balance (revshare reconcile)");
        }
    }

    /// Returns the baseline of a workload, from the statements that some of its requests send.
    async fn baseline(&self, superuser: &mut AsyncPgConnection, workload: &Workload) -> Baseline {
        for request in workload.requests.iter().take(20) {
            send(&self.server, request, 0).await;
        }
        baseline::log_statements(superuser, true).await;
        let log_start = self.postgres.log().len();
        for (n, request) in workload.requests.iter().take(LOGGED_REQUESTS).enumerate() {
            baseline::log_separator(superuser).await;
            send(&self.server, request, n).await;
        }
        baseline::log_separator(superuser).await;
        baseline::log_statements(superuser, false).await;
        let requests: Vec<Vec<Statement>> = baseline::parse_log(&self.postgres.log()[log_start..]);
        let today = uuid::Uuid::from_u128(
            u128::from(u64::try_from(self.dataset.today.timestamp_millis()).unwrap()) << 80,
        );
        let unique = |value: &str| match value.parse::<uuid::Uuid>() {
            Ok(id) if id > today && id.get_version_num() == 7 => Some(Unique::Id),
            Ok(_) => None,
            Err(_) => value.starts_with("check-").then_some(Unique::Number),
        };
        let name = workload.name.replace(' ', "_").to_lowercase();
        Baseline::new(&self.postgres, &name, &requests, unique)
    }

    /// Measures the program and the baseline in turns, with each number of connections; prints the medians.
    fn compare(&self, workload: &Workload, baseline: &Baseline) {
        let mut sides = vec![(Vec::new(), Vec::new()); self.schedule.connections.len()];
        for round in 0..self.schedule.rounds {
            for (connections, (program, database)) in self.schedule.connections.iter().zip(&mut sides) {
                for is_program in [round % 2 == 0, round % 2 != 0] {
                    if is_program {
                        program.push(self.measure(workload, *connections));
                    } else {
                        database.push(self.measure_baseline(baseline, *connections));
                    }
                }
            }
        }
        let rate_of_16 = median(sides[0].0.clone()).rate;
        for (connections, (program, database)) in self.schedule.connections.iter().zip(sides) {
            let mut ratios: Vec<_> = program
                .iter()
                .zip(&database)
                .map(|(program, database)| program.rate / database.rate)
                .collect();
            ratios.sort_by(f64::total_cmp);
            let (program, database, ratio) = (median(program), median(database), ratios[ratios.len() / 2]);
            let target = if *connections == 16 { format!("{:.2}", workload.target) } else { String::new() };
            println!(
                "| {:<14} | {connections:>5} | {:>7.0} | {:>7.2} | {:>7.2} | {:>5} | {:>9.0} | {:>5.0} | {:>10.0} | {:>5.0} | {ratio:>5.2} | {target:>6} | {:>5.2} | {:>7} |",
                workload.name,
                program.rate,
                program.p50,
                program.p99,
                baseline.statements,
                program.server_cpu,
                program.database_cpu,
                database.rate,
                database.database_cpu,
                program.rate / rate_of_16,
                self.server.memory()
            );
        }
    }

    fn measure(&self, workload: &Workload, connections: usize) -> Measurement {
        let before = (self.server.cpu_seconds(), self.postgres.cpu_seconds());
        let load =
            client::run_load(&self.server.address, &workload.requests, connections, self.schedule.round_time);
        let after = (self.server.cpu_seconds(), self.postgres.cpu_seconds());
        assert!(load.errors < 1.0, "{}: {} errors", workload.name, load.errors);
        let micros_per_request = |seconds: f64| seconds * 1e6 / load.requests;
        Measurement {
            rate: load.requests / load.seconds,
            p50: load.p50,
            p99: load.p99,
            server_cpu: micros_per_request(after.0 - before.0),
            database_cpu: micros_per_request(after.1 - before.1),
        }
    }

    fn measure_baseline(&self, baseline: &Baseline, connections: usize) -> Measurement {
        let before = self.postgres.cpu_seconds();
        let time = self.schedule.round_time;
        let rate = baseline.run(&self.postgres, connections, time);
        let database_cpu = (self.postgres.cpu_seconds() - before) * 1e6 / (rate * time.as_secs_f64());
        Measurement { rate, database_cpu, ..Measurement::default() }
    }

    /// W1 of partners with few events and with many.
    fn compare_partner_sizes(&self, size: DatasetSize) {
        let sizes = [size.events_of_small, size.events_of_large];
        let workloads = sizes.map(|events| workload::dashboards_of_size(&self.dataset, events));
        let measurements = self.measure_interleaved(&workloads);
        let [small, large] = [measurements[0], measurements[1]];
        println!(
            "\nW1 of partners with {} events {:.0}/s, with {} events {:.0}/s: {:.2} times the cost",
            sizes[0],
            small.rate,
            sizes[1],
            large.rate,
            small.rate / large.rate
        );
        println!(
            "(server {:.0} and {:.0} us, database {:.0} and {:.0} us)",
            small.server_cpu, large.server_cpu, small.database_cpu, large.database_cpu
        );
    }

    /// W6: the first page of a long list, a page after four fifths of it, and its count.
    async fn compare_list_depths(&self) {
        let events = self.dataset.partners[0].size;
        let depth = events * 4 / 5;
        let mut after: Option<String> = None;
        for _ in 0..depth / 50 {
            let request = workload::list_page(&self.dataset, after.as_deref()).requests[0].clone();
            let response = send(&self.server, &request, 0).await;
            let cursor = workload::at(&response, "/data/partner/commissionEvents/pageInfo/endCursor");
            after = cursor.as_str().map(str::to_owned);
        }
        let workloads = [
            workload::list_page(&self.dataset, None),
            workload::list_page(&self.dataset, after.as_deref()),
            workload::count(&self.dataset),
        ];
        let measurements = self.measure_interleaved(&workloads);
        println!(
            "\nW6 the first page {:.0}/s, after {depth} events {:.0}/s: {:.2}",
            measurements[0].rate,
            measurements[1].rate,
            measurements[1].rate / measurements[0].rate
        );
        println!(
            "W6 totalCount of {events}: {:.0}/s, p50 {:.1} ms",
            measurements[2].rate, measurements[2].p50
        );
    }

    /// Measures several workloads in turns, with 16 connections; returns their medians.
    fn measure_interleaved(&self, workloads: &[Workload]) -> Vec<Measurement> {
        let mut measurements = vec![Vec::new(); workloads.len()];
        for round in 0..self.schedule.rounds {
            for turn in 0..workloads.len() {
                let n = (turn + round) % workloads.len();
                measurements[n].push(self.measure(&workloads[n], 16));
            }
        }
        measurements.into_iter().map(median).collect()
    }
}

/// Returns the measurement with the median rate.
fn median(mut measurements: Vec<Measurement>) -> Measurement {
    measurements.sort_by(|one, other| one.rate.total_cmp(&other.rate));
    measurements[measurements.len() / 2]
}
