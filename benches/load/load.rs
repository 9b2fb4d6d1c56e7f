//! The load: wrk, which itself needs little, with requests that were made ready before.

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::work::Draw;

/// What wrk counted.
pub struct Loaded {
    pub requests: f64,
    pub seconds: f64,
    /// In milliseconds.
    pub p50: f64,
    pub p99: f64,
    pub errors: f64,
}

/// Asks once.
pub async fn ask(address: &str, draw: &Draw, number: &str) -> Value {
    let body = draw.body.to_string().replace("##########", number);
    static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
        // Nothing is encrypted here, but the client wants to know how it would be.
        let _ = rustls::crypto::ring::default_provider().install_default();
        reqwest::Client::builder().no_proxy().build().unwrap()
    });
    let request = CLIENT
        .post(format!("{address}/graphql"))
        .header("Content-Type", "application/json")
        .header("Authorization", format!("Bearer {}", draw.token))
        .body(body);
    let answer = request.send().await.expect("an answer");
    let text = answer.text().await.expect("an answer");
    let answer: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
    assert!(answer.get("errors").is_none(), "{text}");
    answer
}

/// Loads for a while.
pub fn run(address: &str, draws: &[Draw], connections: usize, time: Duration) -> Loaded {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    if Command::new("wrk").arg("-v").output().is_err() {
        let found = Command::new(folder.join(".make/wrk")).status().expect("a shell");
        assert!(found.success(), "wrk is missing");
    }
    let requests = std::env::temp_dir().join(format!("revshare-requests-{}", std::process::id()));
    let mut file = std::io::BufWriter::new(std::fs::File::create(&requests).unwrap());
    for draw in draws {
        writeln!(file, "{}\t{}", draw.token, draw.body).unwrap();
    }
    drop(file);
    let script = folder.join("benches/load/load.lua");
    // Invoices are told apart by the second in which a run began, too.
    let seed =
        chrono::Utc::now().timestamp() % 1_000_000_000 + i64::from(RUNS.fetch_add(1, Ordering::Relaxed));
    let output = Command::new("wrk")
        .args([
            "-t",
            "1",
            "-c",
            &connections.to_string(),
            "-d",
            &format!("{}s", time.as_secs()),
            "--timeout",
            "30s",
            "-s",
        ])
        .arg(&script)
        .args([address, "--"])
        .arg(&requests)
        .arg(seed.to_string())
        .output()
        .expect("wrk");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = said.lines().find_map(|line| line.strip_prefix("result ")).unwrap_or_else(|| panic!("{said}"));
    let counted: Vec<f64> = line.split(' ').map(|number| number.parse().unwrap()).collect();
    std::fs::remove_file(&requests).unwrap();
    let [requests, seconds, p50, p99, errors] = counted[..] else { panic!("{said}") };
    Loaded { requests, seconds, p50, p99, errors }
}
