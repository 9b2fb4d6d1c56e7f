//! A trial: what callers of other tenants experience before, during and after an attack, and what memory the server
//! uses.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpStream};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::client::{LOCALHOST, connect, exchange, send_once};
use super::memory::{MIB, resident};
use super::target::Target;

/// The time between two requests of the callers to be served.
const INTERVAL: Duration = Duration::from_millis(50);
/// How long they are measured before the attack.
const BEFORE: Duration = Duration::from_millis(1_000);
/// How long an attack is in progress before they are measured.
const RAMP: Duration = Duration::from_millis(300);
/// How long the server may take to recover.
const RECOVERY_MAX: Duration = Duration::from_secs(5);

/// How many times as long a request may take during the attack.
const SLOWDOWN_MAX: u32 = 3;
/// How much memory the server may use in addition during the attack.
const MEMORY_GROWTH_MAX: u64 = 200 * MIB;
/// How much of it the allocator may retain, beside a fifth of what there was before: it returns pages to the system only
/// as the threads that have freed them allocate again.
const MEMORY_RETAINED_MAX: u64 = 128 * MIB;

/// Returns the first number of milliseconds for a server of a debug build, which is that of the tests, and the second one for
/// a release build, or for the one that `PROGRAM` names.
pub fn milliseconds(debug: u64, release: u64) -> Duration {
    let is_debug = cfg!(debug_assertions) && std::env::var_os("PROGRAM").is_none();
    Duration::from_millis(if is_debug { debug } else { release })
}

/// Returns a latency that is never too long: a debug build computes ten times as long, and a busy machine varies by itself.
fn latency_floor() -> Duration {
    milliseconds(2_000, 60)
}

/// Returns the same for the median after the attack.
fn median_floor() -> Duration {
    milliseconds(250, 25)
}

/// How often each outcome of the attackers' requests occurred.
pub type Outcomes = BTreeMap<String, usize>;

/// An attack to be tried, and how long it lasts.
pub struct Trial<'t> {
    pub target: &'t Target,
    /// How many threads attack.
    pub attackers: usize,
    pub duration: Duration,
    /// A latency that is never too long.
    pub latency_floor: Duration,
}

/// One of the attackers.
pub struct Attacker<'t> {
    pub target: &'t Target,
    pub number: usize,
    is_over: &'t AtomicBool,
    outcomes: &'t Mutex<Outcomes>,
}

impl Attacker<'_> {
    /// Returns whether the attack is still in progress.
    pub fn continues(&self) -> bool {
        !self.is_over.load(Ordering::Relaxed)
    }

    /// Counts an outcome.
    pub fn count(&self, outcome: &str, times: usize) {
        if times > 0 {
            let mut outcomes = self.outcomes.lock().expect("a map");
            *outcomes.entry(outcome.to_owned()).or_default() += times;
        }
    }

    /// Sends requests one after the other on a connection, as fast as they are answered.
    pub fn repeat(&self, request: impl FnMut(usize) -> Vec<u8>) {
        self.repeat_from(LOCALHOST, request);
    }

    /// The same, from this address.
    pub fn repeat_from(&self, from: Ipv4Addr, mut request: impl FnMut(usize) -> Vec<u8>) {
        let mut connection: Option<TcpStream> = None;
        for turn in 0.. {
            if !self.continues() {
                return;
            }
            self.send(&mut connection, from, &request(turn));
        }
    }

    /// Sends a request on a connection, which it opens if there is none; counts and returns the outcome.
    pub fn send(&self, connection: &mut Option<TcpStream>, from: Ipv4Addr, request: &[u8]) -> String {
        let opened = connection.take().map_or_else(|| connect(self.target.address, from, None), Ok);
        let Ok(mut stream) = opened else {
            self.count("not connected", 1);
            thread::sleep(Duration::from_millis(10));
            return String::new();
        };
        let outcome = match exchange(&mut stream, request, &|| !self.continues()) {
            Ok(response) => {
                *connection = Some(stream).filter(|_| !response.is_last);
                response.outcome()
            }
            Err(_) if !self.continues() => "in progress at the end".to_owned(),
            Err(error) => format!("{:?}", error.kind()),
        };
        self.count(&outcome, 1);
        outcome
    }
}

/// What the callers to be served experienced.
struct Service {
    /// The latencies of all requests, in order.
    latencies: Vec<Duration>,
    failures: Outcomes,
}

impl Service {
    /// Sends good requests for this time, one each interval whether or not the ones before have been answered.
    fn measure(target: &Target, duration: Duration) -> Self {
        let results = Mutex::new((Vec::new(), Outcomes::new()));
        let begun = Instant::now();
        thread::scope(|scope| {
            for n in 0.. {
                let at = INTERVAL * n;
                if at >= duration {
                    break;
                }
                thread::sleep(at.saturating_sub(begun.elapsed()));
                let results = &results;
                scope.spawn(move || {
                    let request = target.good_request(usize::try_from(n).expect("a number"));
                    let sent = Instant::now();
                    let response = send_once(target.address, &request.bytes);
                    let latency = sent.elapsed();
                    let failure = match response {
                        Ok(response) => request.failure(&response),
                        Err(error) => Some(format!("{:?}", error.kind())),
                    };
                    let mut results = results.lock().expect("results");
                    results.0.push(latency);
                    if let Some(failure) = failure {
                        *results.1.entry(failure).or_default() += 1;
                    }
                });
            }
        });
        let (mut latencies, failures) = results.into_inner().expect("results");
        latencies.sort_unstable();
        Self { latencies, failures }
    }

    fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.latencies.len() * percent).div_ceil(100).max(1);
        self.latencies[rank - 1]
    }

    fn summary(&self) -> String {
        let [median, p95, worst] = [50, 95, 100].map(|percent| self.percentile(percent).as_millis());
        let failed = if self.failures.is_empty() { String::new() } else { format!(", {:?}", self.failures) };
        format!("{} requests in {median}/{p95}/{worst} ms{failed}", self.latencies.len())
    }
}

/// The result of one attack.
struct Attempt {
    outcomes: Outcomes,
    violations: Vec<String>,
    /// Whether good requests took too long.
    is_slow: bool,
}

impl<'t> Trial<'t> {
    /// A trial with this number of attackers, of the usual length.
    pub fn of(target: &'t Target, attackers: usize) -> Self {
        Self { target, attackers, duration: Duration::from_millis(1_800), latency_floor: latency_floor() }
    }

    /// Runs the attack, fails the test if others suffered from it, and returns how often each outcome occurred.
    ///
    /// Latency alone fails the test only if it is too high twice: something else may have been running on this machine.
    pub fn run(&self, attack: impl Fn(&Attacker) + Sync) -> Outcomes {
        let (first, report) = self.attempt(&attack);
        if first.violations.is_empty() && !first.is_slow {
            return first.outcomes;
        }
        assert!(first.violations.is_empty(), "{:#?}\n{report}", first.violations);
        let (second, report) = self.attempt(&attack);
        assert!(second.violations.is_empty() && !second.is_slow, "slow: {:#?}\n{report}", second.violations);
        second.outcomes
    }

    /// Runs the attack once.
    fn attempt(&self, attack: &(impl Fn(&Attacker) + Sync)) -> (Attempt, String) {
        // The first requests open connections and fill caches.
        Service::measure(self.target, INTERVAL * 6);
        let before = Service::measure(self.target, BEFORE);
        let memory_before = resident(self.target.pid());
        let (outcomes, during, memory_during) = self.attack(attack);
        let latency_max = self.latency_floor.max(before.percentile(95) * SLOWDOWN_MAX);
        let mut violations = Vec::new();
        for (when, service) in [("before", &before), ("during", &during)] {
            if !service.failures.is_empty() {
                violations.push(format!("good requests failed {when} the attack: {:?}", service.failures));
            }
        }
        if memory_during > memory_before + MEMORY_GROWTH_MAX {
            violations
                .push(format!("the server used {} MiB more memory", (memory_during - memory_before) / MIB));
        }
        let (recovery, memory_after) = self.recovery(&before, memory_before);
        violations.extend(recovery);
        let test = thread::current().name().unwrap_or_default().to_owned();
        let report = format!(
            "{test}\n  before: {}\n  during: {}; at most {} ms are allowed\n  \
             memory: {} MiB, at most {} MiB, {} MiB afterwards\n  attackers: {outcomes:?}",
            before.summary(),
            during.summary(),
            latency_max.as_millis(),
            memory_before / MIB,
            memory_during / MIB,
            memory_after / MIB,
        );
        println!("{report}");
        let is_slow = during.percentile(95) > latency_max;
        (Attempt { outcomes, violations, is_slow }, report)
    }

    /// Returns the attackers' outcomes, what others experienced, and the most memory that the server used.
    fn attack(&self, attack: &(impl Fn(&Attacker) + Sync)) -> (Outcomes, Service, u64) {
        let (is_over, outcomes) = (AtomicBool::new(false), Mutex::new(Outcomes::new()));
        let (is_measured, memory) = (AtomicBool::new(false), AtomicU64::new(0));
        let target = self.target;
        let during = thread::scope(|scope| {
            scope.spawn(|| {
                while !is_measured.load(Ordering::Relaxed) {
                    memory.fetch_max(resident(target.pid()), Ordering::Relaxed);
                    thread::sleep(Duration::from_millis(20));
                }
            });
            let attackers: Vec<_> = (0..self.attackers)
                .map(|number| {
                    let attacker = Attacker { target, number, is_over: &is_over, outcomes: &outcomes };
                    scope.spawn(move || {
                        yield_to_server();
                        attack(&attacker);
                    })
                })
                .collect();
            thread::sleep(RAMP);
            let during = Service::measure(target, self.duration);
            is_over.store(true, Ordering::Relaxed);
            let ended: Vec<_> = attackers.into_iter().map(|attacker| attacker.join()).collect();
            is_measured.store(true, Ordering::Relaxed);
            ended.into_iter().for_each(|ended| ended.expect("an attacker"));
            during
        });
        (outcomes.into_inner().expect("a map"), during, memory.into_inner())
    }

    /// Waits until latency and memory are what they were before; returns what is not, and the memory.
    fn recovery(&self, before: &Service, memory_before: u64) -> (Vec<String>, u64) {
        let median_max = median_floor().max(before.percentile(50) * 6 / 5);
        let memory_max = memory_before * 6 / 5 + MEMORY_RETAINED_MAX;
        let begun = Instant::now();
        loop {
            let after = Service::measure(self.target, INTERVAL * 8);
            let (median, memory) = (after.percentile(50), resident(self.target.pid()));
            if after.failures.is_empty() && median <= median_max && memory <= memory_max {
                return (Vec::new(), memory);
            }
            if begun.elapsed() > RECOVERY_MAX {
                let memory_max = memory_max / MIB;
                let text = format!(
                    "not recovered: {}; at most {median_max:?} and {memory_max} MiB are allowed",
                    after.summary()
                );
                return (vec![text], memory);
            }
        }
    }
}

/// Gives the calling thread a low priority: an attacker is another machine, which takes no time from the server's.
fn yield_to_server() {
    let thread = std::fs::read_link("/proc/thread-self").unwrap_or_default();
    if let Some(id) = thread.file_name() {
        // The priority of a process can always be lowered.
        let lowered = Command::new("renice").args(["-n", "10", "-p"]).arg(id).output();
        drop(lowered);
    }
}
