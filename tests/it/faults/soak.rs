//! All kinds of callers at the same time, with some hostile requests among them, for `SOAK_SECONDS` or ten seconds: the
//! memory and the files of the server and of PostgreSQL do not grow, and the books balance afterwards.
//!
//! `SOAK_SECONDS=1800 PROGRAM=target/release/revshare cargo test --test it faults::soak -- --nocapture` prints a table.

mod hostile;
mod load;
mod samples;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use load::{Counts, Worker};
use samples::{Sample, Samples};

use super::attacks::memory::{may_have_huge_pages, open_files};
use super::attacks::target::Target;
use crate::support::output_text;

/// Clients at a time.
const WORKERS: usize = 8;
/// The growth of memory that a run of some minutes may show, in MiB per hour.
const GROWTH_MAX: i128 = 60;
/// The shortest run whose growth says anything.
const GROWTH_SECONDS_MIN: u64 = 300;
/// How many statements a connection may keep prepared on average. Those of all callers are about a hundred; more means that
/// statements are cached whose text a client can vary.
const STATEMENTS_MAX: usize = 150;
/// How many files more the server may have open afterwards.
const FILES_MAX: usize = 20;

#[test]
fn nothing_grows_under_a_mixed_load() {
    let seconds = std::env::var("SOAK_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    let duration = Duration::from_secs(seconds);
    let target = Target::start();
    let (counts, is_over) = (Counts::default(), AtomicBool::new(false));
    let files_before = open_files(target.pid());
    let samples = thread::scope(|scope| {
        for number in 0..WORKERS {
            let (target, counts, is_over) = (&target, &counts, &is_over);
            scope.spawn(move || Worker::new(target, number, counts).run(is_over));
        }
        let samples = take_samples(&target, &counts, duration);
        is_over.store(true, Ordering::Relaxed);
        samples
    });
    samples.print();
    counts.print();
    let [server, postgresql] = samples.growth();
    println!("growth over the second half: server {server}, PostgreSQL {postgresql} MiB per hour");
    if seconds >= GROWTH_SECONDS_MIN {
        assert!(server <= GROWTH_MAX, "the server grows by {server} MiB per hour");
        assert!(postgresql <= GROWTH_MAX, "PostgreSQL grows by {postgresql} MiB per hour");
    }
    let statements = samples.statements_per_connection();
    assert!(statements > 0 && statements <= STATEMENTS_MAX, "{statements} statements per connection");
    assert_files_are_closed(&target, files_before);
    counts.assert_served();
    let reconciled = target.run(&["reconcile"]);
    assert!(reconciled.status.success(), "{}", output_text(&reconciled));
}

#[test]
fn a_server_has_no_huge_pages() {
    let target = Target::start();
    // The allocator asks for them for its whole reserve, and what is free in one is not returned to the system.
    assert!(!may_have_huge_pages(target.pid()));
}

/// Takes a sample every second, or six hundred during a long run: what hostile requests need for a moment varies, and its
/// effect on the slope must be small.
fn take_samples(target: &Target, counts: &Counts, duration: Duration) -> Samples {
    let (begun, mut samples) = (Instant::now(), Samples::default());
    let interval = Duration::from_secs(1).max(duration / 600);
    while begun.elapsed() < duration {
        thread::sleep(interval.min(duration.saturating_sub(begun.elapsed())));
        samples.push(Sample::take(target, begun.elapsed(), counts));
    }
    samples
}

/// Waits until the server has closed the connections that its clients have left.
fn assert_files_are_closed(target: &Target, before: usize) {
    let begun = Instant::now();
    // The pool has opened its connections since.
    let allowed = before + target.backends().len() + FILES_MAX;
    loop {
        let open = open_files(target.pid());
        if open <= allowed {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{open} files are open, {allowed} are allowed");
        thread::sleep(Duration::from_millis(200));
    }
}
