//! Compatibility with clients as they are used: the audits of GraphQL over HTTP, GraphQL libraries, curl, linters, and
//! GraphiQL in a browser.

use nix::sys::signal::Signal;

use crate::support::{Folder, Program, node, npm_run, output_text};

/// A server with the demo tenant, and tokens of its users.
struct Demo {
    folder: Folder,
    server: Program,
}

impl Demo {
    fn start() -> Self {
        let folder = Folder::new();
        let server = Program::start(&folder);
        Self { folder, server }
    }

    fn origin(&self) -> String {
        format!("http://{}", self.server.address)
    }

    fn admin_token(&self) -> String {
        self.folder.token("ada", "admin")
    }

    fn partner_token(&self) -> String {
        self.folder.token("paula", "partner")
    }

    fn billing_token(&self) -> String {
        self.folder.token("billing", "billing")
    }

    fn stop(self) {
        assert!(self.server.signal(Signal::SIGTERM).success());
    }
}

/// Runs a script of the portal's folder and returns its output.
fn run_script(arguments: &[&str]) -> String {
    let output = node(arguments);
    let text = output_text(&output);
    assert!(output.status.success(), "{text}");
    text
}

fn passed(text: &str) -> usize {
    text.lines().filter(|line| line.starts_with("ok ")).count()
}

#[test]
fn every_audit_of_graphql_over_http_passes() {
    let demo = Demo::start();
    let endpoint = format!("{}/graphql", demo.origin());
    let text = run_script(&["tests/graphql-over-http.mjs", &endpoint, &demo.admin_token()]);
    assert!(passed(&text) >= 61, "{text}");
    demo.stop();
}

#[test]
fn common_graphql_clients_work() {
    let demo = Demo::start();
    let text = run_script(&[
        "tests/clients/all.mjs",
        &demo.origin(),
        &demo.admin_token(),
        &demo.partner_token(),
        &demo.billing_token(),
    ]);
    for client in ["operations", "apollo", "urql", "relay", "curl"] {
        assert!(text.contains(&format!("# {client}\nok ")), "{text}");
    }
    demo.stop();
}

#[test]
fn graphiql_works_in_a_browser() {
    let demo = Demo::start();
    let text =
        run_script(&["tests/graphiql.mjs", &demo.origin(), &demo.admin_token(), &demo.partner_token()]);
    assert!(passed(&text) >= 15, "{text}");
    demo.stop();
}

#[test]
fn http_2_is_supported() {
    let demo = Demo::start();
    let text = run_script(&["tests/http2.mjs", &demo.origin(), "/readyz"]);
    assert_eq!(text, "200\n{\"status\":\"ok\"}\n");
    demo.stop();
}

/// Checks descriptions and the shape of lists and nodes by the rules of graphql-eslint and Relay.
#[test]
fn the_schema_and_the_operations_of_the_portal_pass_the_linter() {
    let lint = npm_run(&["lint"]);
    assert!(lint.status.success(), "{}", output_text(&lint));
}

/// Compares the catalogs of the portal with its code: no message is missing, obsolete or without a translation.
#[test]
fn every_message_of_the_portal_has_a_translation() {
    let words = npm_run(&["words:check"]);
    assert!(words.status.success(), "{}", output_text(&words));
}
