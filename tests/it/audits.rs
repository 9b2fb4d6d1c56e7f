//! The public audit suite of GraphQL over HTTP, against the program as it is started.

use std::path::Path;
use std::process::Command;

use nix::sys::signal::Signal;

use crate::support::{Folder, Program, said};

#[test]
fn every_audit_of_graphql_over_http_is_passed() {
    let portal = Path::new(env!("CARGO_MANIFEST_DIR")).join("portal");
    if !portal.join("node_modules").exists() {
        let mut npm = Command::new("npm");
        let installed =
            npm.args(["ci", "--no-audit", "--no-fund"]).current_dir(&portal).output().expect("npm");
        assert!(installed.status.success(), "{}", said(&installed));
    }
    let folder = Folder::new();
    let server = Program::start(&folder);
    let token = folder.run(&["token", "--tenant", "demo", "--user", "ada", "--role", "admin"]);
    let token = String::from_utf8(token.stdout).expect("a token");
    let mut node = Command::new("node");
    node.args(["tests/audits.mjs", &format!("http://{}/graphql", server.address), token.trim()]);
    let audits = node.current_dir(&portal).output().expect("node");
    assert!(audits.status.success(), "{}", said(&audits));
    assert!(said(&audits).lines().filter(|line| line.starts_with("ok ")).count() >= 61, "{}", said(&audits));
    server.signal(Signal::SIGTERM);
}
