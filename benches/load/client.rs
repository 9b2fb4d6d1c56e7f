//! The clients: single requests, and load by wrk, which needs little CPU time itself.

use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::workload::{Request, UNIQUE_NUMBER};

/// The results of wrk.
pub struct Load {
    pub requests: f64,
    pub seconds: f64,
    /// Latencies in milliseconds.
    pub p50: f64,
    pub p99: f64,
    pub errors: f64,
}

/// Sends one request, with a number for the invoice; returns its response, which must have no errors.
pub async fn send(address: &str, request: &Request, number: &str) -> Value {
    let (body, text) = exchange(address, request, number).await;
    let response = serde_json::from_str::<Value>(&text).ok();
    let response = response.filter(|response| response.get("errors").is_none());
    response.unwrap_or_else(|| panic!("{body}: {text}"))
}

/// Returns whether a server responds to a request without errors.
pub async fn is_answered(address: &str, request: &Request) -> bool {
    let (_, text) = exchange(address, request, "").await;
    serde_json::from_str::<Value>(&text).is_ok_and(|response| response.get("errors").is_none())
}

/// Returns the body of a request as it was sent, and the text of its response.
async fn exchange(address: &str, request: &Request, number: &str) -> (String, String) {
    let body = request.body.to_string().replace(UNIQUE_NUMBER, number);
    static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
        // The connections are not encrypted, but the client requires a provider of cryptography.
        let _ = rustls::crypto::ring::default_provider().install_default();
        reqwest::Client::builder().no_proxy().build().unwrap()
    });
    let request = CLIENT
        .post(format!("{address}{}", request.path))
        .header("Content-Type", "application/json")
        .header("Authorization", format!("Bearer {}", request.token))
        .body(body.clone());
    let response = request.send().await.expect("a response");
    (body, response.text().await.expect("a response"))
}

/// Sends requests at random for some time, over several connections.
pub fn run_load(address: &str, requests: &[Request], connections: usize, time: Duration) -> Load {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    if Command::new("wrk").arg("-v").output().is_err() {
        let installed = Command::new(folder.join("../.make/wrk")).status().expect("a shell");
        assert!(installed.success(), "wrk is missing");
    }
    let path = std::env::temp_dir().join(format!("revshare-requests-{}", std::process::id()));
    let mut file = BufWriter::new(std::fs::File::create(&path).unwrap());
    for request in requests {
        writeln!(file, "{}\t{}\t{}", request.path, request.token, request.body).unwrap();
    }
    drop(file);
    // The seed is part of the invoice numbers, which must be unique across the runs of a benchmark.
    let seed =
        chrono::Utc::now().timestamp() % 1_000_000_000 + i64::from(RUNS.fetch_add(1, Ordering::Relaxed));
    let output = Command::new("wrk")
        .args(["-t", "1", "-c", &connections.to_string(), "-d", &format!("{}s", time.as_secs())])
        .args(["--timeout", "30s", "-s"])
        .arg(folder.join("load/wrk.lua"))
        .args([address, "--"])
        .arg(&path)
        .arg(seed.to_string())
        .output()
        .expect("wrk");
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = output.lines().find_map(|line| line.strip_prefix("result "));
    let line = line.unwrap_or_else(|| panic!("{output}"));
    let numbers: Vec<f64> = line.split(' ').map(|number| number.parse().unwrap()).collect();
    std::fs::remove_file(&path).unwrap();
    let [requests, seconds, p50, p99, errors] = numbers[..] else { panic!("{output}") };
    Load { requests, seconds, p50, p99, errors }
}
