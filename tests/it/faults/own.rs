//! The program and its private PostgreSQL: when that dies, it is started again.

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use serde_json::Value;

use crate::support::{Folder, Program};

#[test]
fn a_private_postgresql_that_is_killed_is_started_again() {
    let folder = Folder::new();
    let mut server = Program::start(&folder);
    let token = folder.token("ada", "admin");
    let ask = |server: &Program| server.post(&token, r#"{"query":"{commissionEvents{totalCount}}"}"#);
    let count = |answer: &Value| answer["data"]["commissionEvents"]["totalCount"].as_i64();
    let before = count(&ask(&server)).expect("a count");
    for signal in [Signal::SIGKILL, Signal::SIGINT, Signal::SIGQUIT] {
        let postmaster = folder.postmaster().expect("a PostgreSQL");
        kill(postmaster, signal).expect("a signal");
        let begun = Instant::now();
        while folder.postmaster().is_none_or(|pid| pid == postmaster) || count(&ask(&server)) != Some(before)
        {
            assert!(begun.elapsed() < Duration::from_secs(60), "it does not come back after {signal}");
            std::thread::sleep(Duration::from_millis(50));
        }
        println!("{signal}: back after {} ms", begun.elapsed().as_millis());
    }
    assert!(server.process.try_wait().expect("a process").is_none(), "it is the same process still");
    assert!(server.signal(Signal::SIGTERM).success());
    assert_eq!(folder.postmaster(), None);
}
