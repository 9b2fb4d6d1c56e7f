//! Those who ask, as they are in the world: the audits of GraphQL over HTTP, the clients that portals are written with, curl,
//! linters, and GraphiQL in a browser.

use nix::sys::signal::Signal;

use crate::support::{Folder, Program, node, npm_run, said};

/// A server with the demo, and tokens for an admin, a partner's user and the billing service.
fn demo() -> (Folder, Program, [String; 3]) {
    let folder = Folder::new();
    let server = Program::start(&folder);
    let users = [("ada", "admin"), ("paula", "partner"), ("billing", "billing")];
    let tokens = users.map(|(user, role)| folder.token(user, role));
    (folder, server, tokens)
}

#[test]
fn every_audit_of_graphql_over_http_is_passed() {
    let (_folder, server, [admin, ..]) = demo();
    let audits = node(&["tests/graphql-over-http.mjs", &format!("http://{}/graphql", server.address), &admin]);
    assert!(audits.status.success(), "{}", said(&audits));
    assert!(said(&audits).lines().filter(|line| line.starts_with("ok ")).count() >= 61, "{}", said(&audits));
    assert!(server.signal(Signal::SIGTERM).success());
}

#[test]
fn the_clients_that_portals_are_written_with_work() {
    let (_folder, server, [admin, partner, billing]) = demo();
    let origin = format!("http://{}", server.address);
    let clients = node(&["tests/clients/all.mjs", &origin, &admin, &partner, &billing]);
    assert!(clients.status.success(), "{}", said(&clients));
    for client in ["operations", "apollo", "urql", "relay", "curl"] {
        assert!(said(&clients).contains(&format!("# {client}\nok ")), "{}", said(&clients));
    }
    assert!(server.signal(Signal::SIGTERM).success());
}

#[test]
fn graphiql_works_in_a_browser() {
    let (_folder, server, [admin, partner, _]) = demo();
    let browser = node(&["tests/graphiql.mjs", &format!("http://{}", server.address), &admin, &partner]);
    assert!(browser.status.success(), "{}", said(&browser));
    assert!(
        said(&browser).lines().filter(|line| line.starts_with("ok ")).count() >= 15,
        "{}",
        said(&browser)
    );
    assert!(server.signal(Signal::SIGTERM).success());
}

#[test]
fn http_2_is_spoken_too() {
    let (_folder, server, _) = demo();
    let answer = node(&["tests/http2.mjs", &format!("http://{}", server.address), "/readyz"]);
    assert_eq!(said(&answer), "200\n{\"status\":\"ok\"}\n");
    assert!(server.signal(Signal::SIGTERM).success());
}

/// Every description, and the shape of lists and nodes, by the rules of graphql-eslint and of Relay.
#[test]
fn the_schema_and_the_operations_of_the_portal_pass_the_linter() {
    let lint = npm_run(&["lint"]);
    assert!(lint.status.success(), "{}", said(&lint));
}
