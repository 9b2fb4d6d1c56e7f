//! A worker as a process that can be killed: it has a runtime of its own, which ends at whatever it waits for.

use std::time::Duration;

use revshare::domain::db::pool::Pool;
use revshare::stripe::client::{StripeClient, StripeSettings};
use revshare::worker::Worker;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::{ok, test_mails, test_webhooks};

/// How long the workers wait for an answer of the stand-in.
pub const TIMEOUT: Duration = Duration::from_millis(400);

/// A worker that can be killed.
pub struct Process {
    runtime: Option<Runtime>,
    running: JoinHandle<()>,
    stop: CancellationToken,
}

impl Process {
    /// Starts a worker on the database of a pool, which asks the stand-in at a URL.
    pub fn start(pool: &Pool, url: &str) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let stop = CancellationToken::new();
        let (pool, url, stopped) = (pool.clone(), url.to_owned(), stop.clone());
        let running = runtime.spawn(async move {
            let stripe = ok(StripeClient::new(&ok(StripeSettings::new(Some(&url))))).with_timeout(TIMEOUT);
            let worker = ok(Worker::new(&pool, test_webhooks(), test_mails())).with_stripe(stripe);
            worker.run(stopped).await;
        });
        Self { runtime: Some(runtime), running, stop }
    }

    /// Lets it end what it has begun, as a signal to stop does.
    pub async fn stop(mut self) {
        self.stop.cancel();
        let ended = tokio::time::timeout(Duration::from_secs(30), &mut self.running).await;
        ended.expect("an end").expect("no panic");
    }
}

/// Ends it at whatever it waits for: nothing of it runs on, and its connections close.
impl Drop for Process {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
