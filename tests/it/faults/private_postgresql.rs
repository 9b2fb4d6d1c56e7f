//! The private PostgreSQL of a server without a configured database.

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use serde_json::Value;

use crate::support::{Folder, Program};

#[test]
fn a_private_postgresql_is_restarted_when_it_is_killed() {
    let folder = Folder::new();
    let mut server = Program::start(&folder);
    let token = folder.token("ada", "admin");
    let count_events = |server: &Program| {
        let response = server.post(&token, r#"{"query":"{ commissionEvents { totalCount } }"}"#);
        response.pointer("/data/commissionEvents/totalCount").and_then(Value::as_i64)
    };
    let count = count_events(&server).expect("a count");
    for signal in [Signal::SIGKILL, Signal::SIGINT, Signal::SIGQUIT] {
        let killed = folder.postmaster().expect("a PostgreSQL");
        kill(killed, signal).expect("a signal");
        let begun = Instant::now();
        let is_restarted = || folder.postmaster().is_some_and(|postmaster| postmaster != killed);
        while !is_restarted() || count_events(&server) != Some(count) {
            assert!(begun.elapsed() < Duration::from_secs(60), "no recovery from {signal}");
            std::thread::sleep(Duration::from_millis(50));
        }
        println!("recovered from {signal} after {} ms", begun.elapsed().as_millis());
    }
    assert!(server.process.try_wait().expect("a process").is_none(), "the server itself has exited");
    assert!(server.signal(Signal::SIGTERM).success());
    assert_eq!(folder.postmaster(), None);
}
