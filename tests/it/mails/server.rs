//! A real SMTP server, whose answers are scripted: `portal/tests/mail-server.mjs`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::support::built_pages;

/// A mail that arrived, and what the server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    pub answer: String,
    pub from: String,
    pub to: String,
    /// The bytes, with the line ends of SMTP.
    pub message: String,
}

impl Arrived {
    /// Returns the value of a header, with its continuation lines.
    pub fn header(&self, name: &str) -> String {
        let (head, _) = self.message.split_once("\r\n\r\n").expect("a head");
        let unfolded = head.replace("\r\n ", " ");
        let start = format!("{}:", name.to_lowercase());
        let line = unfolded.split("\r\n").find(|line| line.to_lowercase().starts_with(&start));
        line.map(|line| line[start.len()..].trim().to_owned()).unwrap_or_default()
    }
}

/// A running server; killed when it is dropped.
pub struct MailServer {
    process: Child,
    port: u16,
    arrived: Arc<Mutex<Vec<Arrived>>>,
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl MailServer {
    /// Starts a server that answers like this, and then accepts everything.
    pub fn start(answers: &[&str]) -> Self {
        let mut node = Command::new("node");
        node.arg("tests/mail-server.mjs").args(answers).current_dir(built_pages());
        let mut process = node.stdout(Stdio::piped()).spawn().expect("the mail server");
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let port = lines.next().expect("a line").expect("text").parse().expect("a port");
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let list = Arc::clone(&arrived);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let mail: Value = serde_json::from_str(&line).expect("JSON");
                let text = |value: &Value| value.as_str().expect("a text").to_owned();
                list.lock().expect("a list").push(Arrived {
                    answer: text(&mail["answer"]),
                    from: text(&mail["from"]),
                    to: text(&mail["to"][0]),
                    message: text(&mail["message"]),
                });
            }
        });
        Self { process, port, arrived }
    }

    /// Returns the setting `SMTP_URL`.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// Returns what has arrived so far.
    pub fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().expect("a list").clone()
    }

    /// Waits until this many mails have arrived; returns them.
    pub async fn wait_for(&self, count: usize) -> Vec<Arrived> {
        for _ in 0..600 {
            let arrived = self.arrived();
            if arrived.len() >= count {
                return arrived;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{count} mails should arrive: {:#?}", self.arrived());
    }
}
