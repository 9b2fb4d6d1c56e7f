//! The measurements of all workloads, and their tables.

use crate::dataset::Dataset;
use crate::measurement::{Measurement, Schedule, Target, median};
use crate::postgres::Postgres;
use crate::server::{Program, Server};
use crate::size::DatasetSize;
use crate::workload::Workload;
use crate::{client, lists, partner_sizes, payouts, send, webhooks};

/// How many requests of a workload are logged to count their statements.
const LOGGED_REQUESTS: usize = 100;

/// What the measurements use.
pub struct Benchmark {
    pub dataset: Dataset,
    pub size: DatasetSize,
    pub postgres: Postgres,
    pub program: Server,
    pub thin: Server,
    /// Another build of the program, to compare with.
    pub other: Option<Server>,
    pub schedule: Schedule,
}

/// The results of a workload.
struct Results {
    name: &'static str,
    target: Option<f64>,
    /// The statements of a request to the program and to the other build.
    statements: [Option<f64>; 2],
    /// One for each number of connections, the first of which is 16.
    rows: Vec<Row>,
}

/// The results with one number of connections: the medians of all rounds.
struct Row {
    connections: usize,
    program: Measurement,
    thin: Option<Versus>,
    other: Option<Versus>,
    /// The resident memory of the program afterwards, in MiB.
    memory: u64,
}

/// Another side, and the rate of the program relative to it.
struct Versus {
    measured: Measurement,
    /// The median of the ratios of all rounds.
    ratio: f64,
}

impl Benchmark {
    /// Runs `revshare reconcile`, which fails if any stored amount is wrong.
    pub fn reconcile(&self) {
        Program::Present.run(&self.program.database, &["reconcile"]);
    }

    /// Stops all servers.
    pub fn stop(self) {
        self.program.stop();
        self.thin.stop();
        if let Some(other) = self.other {
            other.stop();
        }
        self.postgres.stop();
    }

    /// Measures the workloads with these names, or all of them, and prints the results.
    pub async fn report(&self, workloads: &[Workload], names: &[String]) {
        let is_selected =
            |workload: &str| names.is_empty() || names.iter().any(|name| workload.starts_with(name.as_str()));
        let Schedule { rounds, round_time, .. } = self.schedule;
        println!(
            "{} events, {} partners; {rounds} rounds of {} s\n",
            self.size.events,
            self.size.partners,
            round_time.as_secs()
        );
        let startup = self.program.startup_time.as_secs_f64() * 1e3;
        let mut targets = vec![Target::at_most("cold start, ms".to_owned(), startup, 200.0)];
        print_header();
        let mut results = Vec::new();
        for workload in workloads.iter().filter(|workload| is_selected(workload.name)) {
            let measured = self.measure(workload).await;
            measured.print();
            targets.extend(measured.targets());
            results.push(measured);
        }
        print_comparison(&results);
        targets.extend(targets_of_portal(&results));
        if is_selected("sizes") {
            targets.extend(partner_sizes::report(self));
        }
        if is_selected("lists") {
            targets.extend(lists::report(&self.program).await);
        }
        if is_selected("W5") {
            targets.extend(payouts::report(self).await);
        }
        if is_selected("W8") {
            let accruals = workloads.iter().find(|workload| workload.name.starts_with("W4"));
            targets.extend(webhooks::report(self, &accruals.expect("W4").requests).await);
        }
        Target::print(&targets);
        if names.is_empty() {
            self.reconcile();
            println!("\nthe books balance (revshare reconcile)");
        }
    }

    /// Measures all sides in turns, with each number of connections.
    async fn measure(&self, workload: &Workload) -> Results {
        let mut other = self.other.as_ref();
        if let Some(server) = other
            && !client::is_answered(&server.address, &workload.requests[0]).await
        {
            println!("({}: the other build does not answer this request)", workload.name);
            other = None;
        }
        let thin = (!workload.thin.is_empty()).then_some((&self.thin, &workload.thin));
        let others = other.map(|server| (server, &workload.requests));
        let sides = [Some((&self.program, &workload.requests)), thin, others];
        let mut statements = [None, None];
        for (count, server) in statements.iter_mut().zip([Some(&self.program), other]) {
            if let Some(server) = server {
                *count = Some(self.count_statements(server, workload).await);
            }
        }
        let Schedule { rounds, round_time, connections } = self.schedule;
        let mut rows = Vec::new();
        for connections in connections {
            let mut measured: [Vec<Measurement>; 3] = Default::default();
            for round in 0..rounds {
                for turn in 0..sides.len() {
                    let n = (turn + round) % sides.len();
                    if let Some((server, requests)) = sides[n] {
                        let one = Measurement::of(&self.postgres, server, requests, *connections, round_time);
                        measured[n].push(one);
                    }
                }
            }
            let [program, thin, other] = measured;
            let versus = |side: Vec<Measurement>| {
                (!side.is_empty()).then(|| Versus {
                    ratio: median(program.iter().zip(&side).map(|(program, side)| program.rate / side.rate)),
                    measured: Measurement::median(&side),
                })
            };
            let (thin, other) = (versus(thin), versus(other));
            let (program, memory) = (Measurement::median(&program), self.program.memory());
            rows.push(Row { connections: *connections, program, thin, other, memory });
        }
        Results { name: workload.name, target: workload.target, statements, rows }
    }

    /// Returns the number of statements of a request, from PostgreSQL's log.
    async fn count_statements(&self, server: &Server, workload: &Workload) -> f64 {
        let requests = workload.requests.iter().take(LOGGED_REQUESTS);
        for (n, request) in requests.clone().enumerate().take(LOGGED_REQUESTS / 5) {
            send(server, request, n).await;
        }
        self.postgres.log_statements(true).await;
        let before = self.postgres.logged_statements();
        let count = requests.len();
        for (n, request) in requests.enumerate() {
            send(server, request, n).await;
        }
        let statements = self.postgres.logged_statements() - before;
        self.postgres.log_statements(false).await;
        let [statements, count] = [statements, count].map(|count| f64::from(u32::try_from(count).unwrap()));
        statements / count
    }
}

fn print_header() {
    println!(
        "| {:<14} | conns | {:>6} | {:>6} | {:>6} | stmts | server us | db us | thin: {:>6} | server us | db us | share of thin | target | thin's share of CPU | RSS MiB |",
        "", "req/s", "p50 ms", "p99 ms", "req/s"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
}

impl Results {
    fn print(&self) {
        for Row { connections, program, thin, memory, .. } in &self.rows {
            let thin_figures = thin.as_ref().map_or(
                format!("{:>12} | {:>9} | {:>5} | {:>13} | {:>6} | {:>19}", "", "", "", "", "", ""),
                |thin| {
                    let target = self.target.filter(|_| *connections == 16);
                    format!(
                        "{:>12.0} | {:>9.0} | {:>5.0} | {:>13.2} | {:>6} | {:>19.2}",
                        thin.measured.rate,
                        thin.measured.server_cpu,
                        thin.measured.database_cpu,
                        thin.ratio,
                        target.map_or(String::new(), |target| format!("{target:.2}")),
                        thin.measured.cpu() / program.cpu()
                    )
                },
            );
            println!(
                "| {:<14} | {connections:>5} | {:>6.0} | {:>6.2} | {:>6.2} | {:>5.1} | {:>9.0} | {:>5.0} | {thin_figures} | {memory:>7} |",
                self.name,
                program.rate,
                program.p50,
                program.p99,
                self.statements[0].unwrap_or_default(),
                program.server_cpu,
                program.database_cpu,
            );
        }
    }

    fn with(&self, connections: usize) -> Option<&Row> {
        self.rows.iter().find(|row| row.connections == connections)
    }

    fn targets(&self) -> Vec<Target> {
        let name = self.name;
        let mut targets = Vec::new();
        let with_16 = self.with(16);
        if let (Some(target), Some(thin)) = (self.target, with_16.and_then(|row| row.thin.as_ref())) {
            targets.push(Target::at_least(format!("{name}: share of thin"), thin.ratio, target));
        }
        if let (Some(with_16), Some(with_64)) = (with_16, self.with(64)) {
            let Measurement { p50, p99, rate, .. } = with_64.program;
            targets.push(Target::at_most(format!("{name}: p99 to p50, 64 connections"), p99 / p50, 3.0));
            let ratio = rate / with_16.program.rate;
            targets.push(Target::at_least(format!("{name}: rate with 64 connections to 16"), ratio, 1.0));
            let memory = f64::from(u32::try_from(with_64.memory).unwrap());
            targets.push(Target::at_most(format!("{name}: RSS, MiB"), memory, 64.0));
        }
        targets
    }
}

/// The targets of W7: its statements, and its CPU time relative to that of W1.
fn targets_of_portal(results: &[Results]) -> Vec<Target> {
    let find = |name: &str| results.iter().find(|results| results.name.starts_with(name));
    let Some(portal) = find("W7") else { return Vec::new() };
    let statements = portal.statements[0].unwrap_or_default();
    let mut targets = vec![Target::at_most(format!("{}: statements", portal.name), statements, 12.0)];
    if let (Some(dashboard), Some(portal)) =
        (find("W1").and_then(|dashboard| dashboard.with(16)), portal.with(16))
    {
        let ratio = portal.program.cpu() / dashboard.program.cpu();
        targets.push(Target::at_most("W7: CPU time to that of W1".to_owned(), ratio, 2.5));
    }
    targets
}

/// Prints the program relative to the other build, if there is one.
fn print_comparison(results: &[Results]) {
    if results.iter().flat_map(|results| &results.rows).all(|row| row.other.is_none()) {
        return;
    }
    println!(
        "\n| compared with the other build | conns | its req/s | rate to its | its stmts | stmts | its server us | server us | its db us | db us | its CPU to ours |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for results in results {
        for row in &results.rows {
            let Some(Versus { measured: other, ratio }) = &row.other else { continue };
            let [statements, other_statements] = results.statements.map(Option::unwrap_or_default);
            println!(
                "| {} | {} | {:.0} | {ratio:.3} | {other_statements:.1} | {statements:.1} | {:.0} | {:.0} | {:.0} | {:.0} | {:.3} |",
                results.name,
                row.connections,
                other.rate,
                other.server_cpu,
                row.program.server_cpu,
                other.database_cpu,
                row.program.database_cpu,
                other.cpu() / row.program.cpu()
            );
        }
    }
}
