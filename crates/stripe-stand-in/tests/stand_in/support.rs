//! A client without the repetitions of Stripe's.

use std::path::PathBuf;
use std::sync::OnceLock;

use reqwest::Method;
use serde_json::Value;
use stripe_stand_in::{Options, Platform, StandIn};

pub const KEY: &str = "sk_test_acme";
pub const PLATFORM: &str = "acct_acme";

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub is_replayed: bool,
}

/// A client of a stand-in.
#[derive(Clone)]
pub struct Client {
    client: reqwest::Client,
    url: String,
    key: String,
}

impl Client {
    pub fn of(stand_in: &StandIn) -> Self {
        // Fails if there is one already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { client, url: stand_in.url(), key: KEY.to_owned() }
    }

    /// Returns a client with another API key.
    pub fn with_key(&self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self.clone() }
    }

    pub async fn get(&self, path: &str) -> reqwest::Result<Answer> {
        self.send(Method::GET, path, None, &[]).await
    }

    /// Sends a POST, with an idempotency key unless it is empty.
    pub async fn post(&self, path: &str, key: &str, form: &[(&str, &str)]) -> reqwest::Result<Answer> {
        self.send(Method::POST, path, Some(key).filter(|key| !key.is_empty()), form).await
    }

    /// Sends a POST that transfers an amount in USD to `acct_1`.
    pub async fn transfer(&self, key: &str, amount: &str) -> reqwest::Result<Answer> {
        let form = [("amount", amount), ("currency", "usd"), ("destination", "acct_1")];
        self.post("/v1/transfers", key, &form).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        form: &[(&str, &str)],
    ) -> reqwest::Result<Answer> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut request = self.client.request(method, format!("{}{path}", self.url)).bearer_auth(&self.key);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if !body.is_empty() {
            request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let is_replayed = response.headers().contains_key("idempotent-replayed");
        let body = serde_json::from_slice(&response.bytes().await?).unwrap_or_default();
        Ok(Answer { status, body, is_replayed })
    }
}

/// Returns options with the platform of these tests.
pub fn options() -> Options {
    let platform = Platform { api_key: KEY.to_owned(), account: PLATFORM.to_owned(), livemode: false };
    Options { platforms: vec![platform], ..Options::default() }
}

/// Starts a stand-in with the account `acct_1`, which can receive transfers.
pub async fn start() -> (StandIn, Client) {
    let stand_in = StandIn::start(options()).await.unwrap();
    assert_eq!(stand_in.add_account(PLATFORM, None, "DE"), "acct_1");
    let client = Client::of(&stand_in);
    (stand_in, client)
}

/// Returns the code of an error.
pub fn code(answer: &Answer) -> &str {
    answer.body["error"]["code"].as_str().unwrap_or_default()
}

/// Returns a folder of its own for a test.
pub fn folder(test: &str) -> PathBuf {
    static RUN: OnceLock<u64> = OnceLock::new();
    let run = RUN.get_or_init(rand::random);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("stand-in-{run:016x}-{test}"));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
