//! The private PostgreSQL of a server without a configured database.

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::support::{Folder, Program};

/// Returns the number of commission events that a server reports, if it can.
fn count_events(server: &Program, token: &str) -> Option<i64> {
    let response = server.post(token, r#"{"query":"{ commissionEvents { totalCount } }"}"#);
    response.pointer("/data/commissionEvents/totalCount").and_then(Value::as_i64)
}

#[test]
fn a_private_postgresql_is_restarted_when_it_is_killed() {
    let folder = Folder::new();
    let mut server = Program::start(&folder);
    let token = folder.token("ada", "admin");
    let count = count_events(&server, &token).expect("a count");
    for signal in [Signal::SIGKILL, Signal::SIGINT, Signal::SIGQUIT] {
        let killed = folder.postmaster().expect("a PostgreSQL");
        kill(killed, signal).expect("a signal");
        let begun = Instant::now();
        let is_restarted = || folder.postmaster().is_some_and(|postmaster| postmaster != killed);
        while !is_restarted() || count_events(&server, &token) != Some(count) {
            assert!(begun.elapsed() < Duration::from_secs(60), "no recovery from {signal}");
            std::thread::sleep(Duration::from_millis(50));
        }
        println!("recovered from {signal} after {} ms", begun.elapsed().as_millis());
    }
    assert!(server.process.try_wait().expect("a process").is_none(), "the server itself has exited");
    assert!(server.signal(Signal::SIGTERM).success());
    assert_eq!(folder.postmaster(), None);
}

/// Returns the processes that a process has started (Linux only, as in CI).
fn children(parent: Pid) -> Vec<Pid> {
    let entries = std::fs::read_dir("/proc").expect("the processes").flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_child = |pid: &i32| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let fields = status.rsplit_once(')').map(|(_, rest)| rest.to_owned()).unwrap_or_default();
        fields.split_whitespace().nth(1) == Some(&parent.to_string())
    };
    pids.filter(is_child).map(Pid::from_raw).collect()
}

const CREATE_PARTNER: &str =
    r#"{"query":"mutation { createPartner(input: { companyName: \"kept\" }) { partner { id } } }"}"#;

#[test]
fn the_program_stops_in_bounded_time_although_its_private_postgresql_hangs() {
    let folder = Folder::new();
    let server = Program::start(&folder);
    let token = folder.token("ada", "admin");
    let created = server.post(&token, CREATE_PARTNER);
    let id = created.pointer("/data/createPartner/partner/id").and_then(Value::as_str).map(str::to_owned);
    let id = id.unwrap_or_else(|| panic!("{created}"));

    let postmaster = folder.postmaster().expect("a PostgreSQL");
    let processes: Vec<_> = children(postmaster).into_iter().chain([postmaster]).collect();
    assert!(processes.len() > 3, "{processes:?}");
    processes.iter().for_each(|process| kill(*process, Signal::SIGSTOP).expect("a signal"));
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| assert!(server.get("/readyz").starts_with("HTTP/1.1 503")));
        }
        assert!(server.get("/livez").starts_with("HTTP/1.1 200"));
    });
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());

    let begun = Instant::now();
    assert!(server.signal(Signal::SIGTERM).success());
    println!("stopped after {:?}", begun.elapsed());
    // Jobs in flight, such as the mails of the demo, are waited for 18 seconds, and then PostgreSQL for 10.
    assert!(begun.elapsed() < Duration::from_secs(35), "{:?}", begun.elapsed());
    // A process that was killed ends a moment later.
    let deadline = Instant::now() + Duration::from_secs(10);
    for process in processes {
        while kill(process, None).is_ok() && !is_zombie(process) {
            assert!(Instant::now() < deadline, "process {process} is left");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    let log = std::fs::read_to_string(folder.0.with_extension("log")).expect("a log");
    assert!(log.contains("did not stop in time; it is killed"), "{log}");

    let server = Program::start(&folder);
    let query = format!(r#"{{"query":"{{ partner(id: \"{id}\") {{ companyName }} }}"}}"#);
    assert_eq!(server.post(&token, &query)["data"]["partner"]["companyName"], "kept");
    assert!(server.signal(Signal::SIGTERM).success());
}

/// Returns whether a process has ended, but its parent has not noticed yet.
fn is_zombie(process: Pid) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    status.rsplit_once(')').is_none_or(|(_, rest)| rest.trim_start().starts_with('Z'))
}
