//! The receivers of the documentation verify real deliveries with the official libraries.

use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;
use tokio::task::block_in_place;

use super::{create_endpoint, ended_deliveries, worker};
use crate::support::{acme_with_partner, built_pages, output_text};

/// A running receiver; killed when it is dropped.
struct Example {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    url: String,
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Example {
    /// Starts a receiver of the documentation with a secret, on this port.
    fn start(mut command: Command, port: u16, secret: &str) -> Self {
        command.env("WEBHOOK_SECRET", secret).env("PORT", port.to_string()).stdout(Stdio::piped());
        let mut process = command.stderr(Stdio::null()).spawn().expect("the receiver");
        let lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let mut example = Self { process, lines, url: String::new() };
        let first = example.line();
        example.url = first.split_whitespace().last().expect("an address").to_owned();
        example
    }

    fn line(&mut self) -> String {
        block_in_place(|| self.lines.next()).expect("a line").expect("text")
    }

    /// Returns the next event that it has verified.
    fn event(&mut self) -> Value {
        serde_json::from_str(&self.line()).expect("JSON")
    }
}

fn docs(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(file)
}

/// Returns the Node.js receiver, copied to where its library is found.
fn node_receiver() -> Command {
    let folder = built_pages();
    let copy = folder.join("node_modules/.webhook-receiver.mjs");
    std::fs::copy(docs("webhook-receiver.mjs"), &copy).expect("a copy");
    let mut node = Command::new("node");
    node.arg(copy).current_dir(folder);
    node
}

/// Returns the Python receiver, in an environment with its library.
fn python_receiver() -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let made = Command::new(root.join(".make/python")).output().expect("a shell");
    assert!(made.status.success(), "{}", output_text(&made));
    let interpreter = String::from_utf8(made.stdout).expect("a path");
    let mut python = Command::new(root.join(interpreter.trim()));
    python.arg(docs("webhook-receiver.py"));
    python
}

/// Returns a free port: the endpoint has to be registered before its secret is known.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

async fn verifies(command: Command) {
    let (acme, _) = acme_with_partner().await;
    let port = free_port();
    let url = format!("http://127.0.0.1:{port}/");
    let (endpoint, secret) = create_endpoint(&acme, &url, &["PARTNER_CREATED"]).await;
    let mut example = Example::start(command, port, &secret);
    assert_eq!(example.url, url);
    let _worker = worker(&acme.app);
    let partner = acme.create_partner("one").await;
    let event = example.event();
    assert_eq!(event["type"], "partner.created");
    assert_eq!(event["data"]["partner"]["id"], partner.as_str());

    // During a rotation, the receiver still has the secret before.
    let rotation = serde_json::json!({ "id": endpoint });
    acme.admin().mutate_ok("rotateWebhookSecret", rotation.clone(), "secret").await;
    let partner = acme.create_partner("two").await;
    assert_eq!(example.event()["data"]["partner"]["id"], partner.as_str());
    let ended = serde_json::json!({ "id": endpoint, "overlapHours": 0 });
    acme.admin().mutate_ok("rotateWebhookSecret", ended, "secret").await;
    assert_eq!(ended_deliveries(&acme, 2).await[0]["status"], "DELIVERED");
    acme.create_partner("three").await;
    for _ in 0..300 {
        let latest = super::deliveries(&acme).await[0].clone();
        if latest["lastStatus"] == 400 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("a body that was signed with an unknown secret must be refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_receiver_in_javascript_verifies_deliveries() {
    verifies(node_receiver()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_receiver_in_python_verifies_deliveries() {
    verifies(python_receiver()).await;
}
