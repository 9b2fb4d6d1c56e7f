//! How close the program comes to what the database itself can do: see README.md beside this folder.
//!
//! `cargo bench --bench load [-- --small --short W1 W4]`. As a test, it checks the answers over the small data, and times nothing.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on stops, with these words"
)]
#![expect(clippy::float_arithmetic, reason = "ratios of rates")]

mod batches;
mod data;
mod floor;
mod load;
mod server;
mod size;
mod tables;
mod work;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use diesel_async::AsyncPgConnection;
use revshare::auth::Role;
use revshare::domain::db::pool::Pool;
use revshare::domain::db::transaction::Transaction;
use revshare::domain::tenant;
use revshare::domain::tenant::service_token::create::{NewServiceToken, create};
use revshare::primitives::id::TenantId;
use serde_json::Value;

use data::{TENANTS, World};
use floor::{Floor, New, Statement};
use server::{Postgres, Server, connect, ok};
use size::{FULL, SMALL, Size};
use work::{Draw, Work};

/// How many requests of a kind are checked, and how many the statements are taken from.
const CHECKED: usize = 100;
const CAPTURED: usize = 100;

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let named: Vec<_> = arguments.iter().filter(|argument| !argument.starts_with('-')).cloned().collect();
    let is_test = !has("--bench");
    if is_test && (has("--list") || !named.is_empty()) {
        return;
    }
    let size = if is_test || has("--small") { SMALL } else { FULL };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let plan = if has("--short") { SHORT } else { THOROUGH };
    runtime.block_on(all(size, is_test, plan, &named));
}

async fn all(size: Size, is_test: bool, plan: Plan, named: &[String]) {
    let world = World::made(size);
    let postgres = Postgres::with(&world, size).await;
    let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join("load-server.log");
    let server = Server::start(&postgres.urls, &log);
    let billing = service_tokens(&postgres).await;
    let works = work::all(&world, &billing);
    let checked = if is_test { CHECKED / 5 } else { CHECKED };
    for work in &works {
        check(&server, &world, work, checked).await;
    }
    let bench = Bench { world, postgres, server, plan };
    if is_test {
        bench.check_depths().await;
        bench.reconcile();
        println!("load: the answers are right");
    } else {
        bench.report(&works, named, size).await;
    }
    bench.server.stop();
    bench.postgres.stop();
}

/// The tokens of the billing services of the tenants.
async fn service_tokens(postgres: &Postgres) -> Vec<String> {
    let pool = ok(Pool::new(&postgres.urls.serving, 1));
    let new = NewServiceToken { name: "billing".to_owned(), ttl: None };
    let mut tokens = Vec::new();
    for tenant in 0..TENANTS {
        let caller = ok(tenant::operator(&pool, TenantId(format!("t{tenant}")), "bench", Role::Admin).await);
        tokens.push(ok(Transaction::run(&pool, &caller, create, &new).await).secret.expose());
    }
    pool.close();
    tokens
}

fn revshare(postgres: &Postgres, arguments: &[&str]) {
    let output = Command::new(server::revshare())
        .args(arguments)
        .env("DATABASE_URL", &postgres.urls.serving)
        .env("MIGRATION_DATABASE_URL", &postgres.urls.owner)
        .output()
        .expect("the program");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Asks, and holds the answers against what they must be.
async fn check(server: &Server, world: &World, work: &Work, count: usize) {
    for (n, draw) in work.draws.iter().take(count).enumerate() {
        (work.check)(world, draw, &ask(server, draw, n).await);
    }
}

async fn ask(server: &Server, draw: &Draw, n: usize) -> Value {
    load::ask(&server.address, draw, &number(n)).await
}

/// A number that no other request has.
fn number(n: usize) -> String {
    let now = chrono::Utc::now().timestamp_micros();
    format!("check-{now}-{n}")
}

/// What is measured.
struct Bench {
    world: World,
    postgres: Postgres,
    server: Server,
    plan: Plan,
}

/// How long it is measured.
#[derive(Clone, Copy)]
struct Plan {
    rounds: usize,
    time: Duration,
    /// With how many connections; 16 first, which the others are held against.
    connections: &'static [usize],
}

const THOROUGH: Plan = Plan { rounds: 3, time: Duration::from_secs(5), connections: &[16, 1, 64] };
const SHORT: Plan = Plan { rounds: 2, time: Duration::from_secs(3), connections: &[16, 64] };

/// What one side did in a while.
#[derive(Clone, Copy, Default)]
struct Measured {
    rate: f64,
    p50: f64,
    p99: f64,
    /// The microseconds of work for each request.
    server_cpu: f64,
    database_cpu: f64,
}

impl Bench {
    /// Whether pages deep in a list and counts are right.
    async fn check_depths(&self) {
        for work in [work::from(&self.world, None), work::count(&self.world)] {
            check(&self.server, &self.world, &work, 1).await;
        }
    }

    /// Whether the books agree after all that was done.
    fn reconcile(&self) {
        revshare(&self.postgres, &["reconcile"]);
    }

    async fn report(&self, works: &[Work], named: &[String], size: Size) {
        let wanted =
            |work: &str| named.is_empty() || named.iter().any(|name| work.starts_with(name.as_str()));
        let mut superuser = connect(&self.postgres.superuser_url()).await;
        println!(
            "{} events, {} partners; {} rounds of {} s\n",
            size.events,
            size.partners,
            self.plan.rounds,
            self.plan.time.as_secs()
        );
        println!("started in {} ms on this database\n", self.server.started_in.as_millis());
        println!(
            "| {:<14} | conns | {:>7} | {:>7} | {:>7} | stmts | server us | db us | {:>7} | db us | ratio | target | to 16 | RSS MiB |",
            "", "req/s", "p50 ms", "p99 ms", "floor/s"
        );
        println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
        for work in works.iter().filter(|work| wanted(work.name)) {
            let floor = self.floor(&mut superuser, work).await;
            self.lines(work, &floor);
        }
        if wanted("W1") {
            self.ages(size);
        }
        if wanted("W6") {
            self.depths().await;
        }
        if wanted("W5") {
            batches::report(&self.postgres, &self.server, &mut superuser, size).await;
        }
        if named.is_empty() {
            self.reconcile();
            println!("\nthe books agree");
        }
    }

    /// What the database does of the same.
    async fn floor(&self, superuser: &mut AsyncPgConnection, work: &Work) -> Floor {
        for draw in work.draws.iter().take(20) {
            ask(&self.server, draw, 0).await;
        }
        floor::listen(superuser, true).await;
        let before = self.postgres.log().len();
        for (n, draw) in work.draws.iter().take(CAPTURED).enumerate() {
            floor::mark(superuser).await;
            ask(&self.server, draw, n).await;
        }
        floor::mark(superuser).await;
        floor::listen(superuser, false).await;
        let requests: Vec<Vec<Statement>> = floor::requests(&self.postgres.log()[before..]);
        let today = uuid::Uuid::from_u128(
            u128::from(u64::try_from(self.world.today.timestamp_millis()).unwrap()) << 80,
        );
        let is_new = |value: &str| match value.parse::<uuid::Uuid>() {
            Ok(id) if id > today && id.get_version_num() == 7 => Some(New::Id),
            Ok(_) => None,
            Err(_) => value.starts_with("check-").then_some(New::Number),
        };
        let name = work.name.replace(' ', "_").to_lowercase();
        Floor::of(&self.postgres, &name, &requests, is_new)
    }

    /// Both sides in turns, with any number of connections; prints the medians.
    fn lines(&self, work: &Work, floor: &Floor) {
        let mut sides = vec![(Vec::new(), Vec::new()); self.plan.connections.len()];
        for round in 0..self.plan.rounds {
            for (connections, (ours, theirs)) in self.plan.connections.iter().zip(&mut sides) {
                for is_ours in [round % 2 == 0, round % 2 != 0] {
                    if is_ours {
                        ours.push(self.measure(work, *connections));
                    } else {
                        theirs.push(self.measure_floor(floor, *connections));
                    }
                }
            }
        }
        let of_sixteen = median(sides[0].0.clone()).rate;
        for (connections, (ours, theirs)) in self.plan.connections.iter().zip(sides) {
            let mut ratios: Vec<_> =
                ours.iter().zip(&theirs).map(|(ours, theirs)| ours.rate / theirs.rate).collect();
            ratios.sort_by(f64::total_cmp);
            let (ours, theirs, ratio) = (median(ours), median(theirs), ratios[ratios.len() / 2]);
            let target = if *connections == 16 { format!("{:.2}", work.target) } else { String::new() };
            println!(
                "| {:<14} | {connections:>5} | {:>7.0} | {:>7.2} | {:>7.2} | {:>5} | {:>9.0} | {:>5.0} | {:>7.0} | {:>5.0} | {ratio:>5.2} | {target:>6} | {:>5.2} | {:>7} |",
                work.name,
                ours.rate,
                ours.p50,
                ours.p99,
                floor.statements,
                ours.server_cpu,
                ours.database_cpu,
                theirs.rate,
                theirs.database_cpu,
                ours.rate / of_sixteen,
                self.server.memory().0
            );
        }
    }

    fn measure(&self, work: &Work, connections: usize) -> Measured {
        let before = (self.server.cpu(), self.postgres.cpu());
        let loaded = load::run(&self.server.address, &work.draws, connections, self.plan.time);
        let after = (self.server.cpu(), self.postgres.cpu());
        assert!(loaded.errors < 1.0, "{}: {} errors", work.name, loaded.errors);
        let each = |seconds: f64| seconds * 1e6 / loaded.requests;
        Measured {
            rate: loaded.requests / loaded.seconds,
            p50: loaded.p50,
            p99: loaded.p99,
            server_cpu: each(after.0 - before.0),
            database_cpu: each(after.1 - before.1),
        }
    }

    fn measure_floor(&self, floor: &Floor, connections: usize) -> Measured {
        let before = self.postgres.cpu();
        let rate = floor.run(&self.postgres, connections, self.plan.time);
        let database_cpu = (self.postgres.cpu() - before) * 1e6 / (rate * self.plan.time.as_secs_f64());
        Measured { rate, database_cpu, ..Measured::default() }
    }

    /// Whether a dashboard gets slower with the partner's events.
    fn ages(&self, size: Size) {
        let works = [size.of_the_small, size.of_the_big].map(|events| work::of_size(&self.world, events));
        let rates = self.in_turns(&works);
        let [young, old] = [rates[0], rates[1]];
        println!(
            "\nW1 of partners with {} events {:.0}/s, with {} events {:.0}/s: {:.2} times the cost",
            size.of_the_small,
            young.rate,
            size.of_the_big,
            old.rate,
            young.rate / old.rate
        );
        println!(
            "(server {:.0} and {:.0} us, database {:.0} and {:.0} us)",
            young.server_cpu, old.server_cpu, young.database_cpu, old.database_cpu
        );
    }

    /// Pages deep in a list against the first.
    async fn depths(&self) {
        let deep = self.size_of_the_first() * 4 / 5;
        let mut after: Option<String> = None;
        for _ in 0..deep / 50 {
            let draw = work::from(&self.world, after.as_deref()).draws[0].clone();
            let answer = ask(&self.server, &draw, 0).await;
            let end = work::at(&answer, "/data/partner/commissionEvents/pageInfo/endCursor");
            after = end.as_str().map(str::to_owned);
        }
        let works = [
            work::from(&self.world, None),
            work::from(&self.world, after.as_deref()),
            work::count(&self.world),
        ];
        let rates = self.in_turns(&works);
        println!(
            "\nW6 the first page {:.0}/s, after {deep} events {:.0}/s: {:.2}",
            rates[0].rate,
            rates[1].rate,
            rates[1].rate / rates[0].rate
        );
        println!(
            "W6 totalCount of {}: {:.0}/s, p50 {:.1} ms",
            self.size_of_the_first(),
            rates[2].rate,
            rates[2].p50
        );
    }

    fn size_of_the_first(&self) -> u32 {
        self.world.partners[0].size
    }

    /// The medians of several kinds of requests, sent in turns.
    fn in_turns(&self, works: &[Work]) -> Vec<Measured> {
        let mut measured = vec![Vec::new(); works.len()];
        for round in 0..self.plan.rounds {
            for turn in 0..works.len() {
                let n = (turn + round) % works.len();
                measured[n].push(self.measure(&works[n], 16));
            }
        }
        measured.into_iter().map(median).collect()
    }
}

/// The measurement with the median rate.
fn median(mut measured: Vec<Measured>) -> Measured {
    measured.sort_by(|one, other| one.rate.total_cmp(&other.rate));
    measured[measured.len() / 2]
}
