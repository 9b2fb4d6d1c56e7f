//! The public keys of an identity provider, refreshed from their source in the background.

mod jwk;
pub mod source;

use std::sync::Arc;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use jsonwebtoken::Algorithm;
use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, sleep};
use tokio_util::task::AbortOnDropHandle;

pub use jwk::{Key, KeyLookupError, KeySet};

use source::{Source, Version};

use crate::primitives::error::{Error, Result};

/// How often a URL is retried at start: the provider may be starting, too.
const START_RETRIES: usize = 3;
const START_RETRY_DELAY: Duration = Duration::from_millis(500);

/// How often a source is read.
#[derive(Clone, Copy, Debug)]
pub struct RefreshPolicy {
    /// The interval if the source does not name one.
    pub default: Duration,
    /// The shortest interval, and the one after a failure.
    pub min: Duration,
    /// The longest interval.
    pub max: Duration,
    /// The shortest interval between two reads for tokens with an unknown `kid`.
    pub unknown_key: Duration,
}

impl RefreshPolicy {
    fn of(source: &Source) -> Self {
        let seconds = Duration::from_secs;
        match source {
            // Checking whether a file has changed is cheap.
            Source::File(_) => {
                Self { default: seconds(10), min: seconds(10), max: seconds(10), unknown_key: seconds(1) }
            }
            Source::Url(..) => Self {
                default: seconds(600),
                min: seconds(60),
                max: seconds(86_400),
                unknown_key: seconds(60),
            },
        }
    }
}

/// The keys of a source: read at start and refreshed in the background. If that fails, the previous keys are kept.
pub struct PublicKeys {
    cache: Arc<Cache>,
    _refresh: AbortOnDropHandle<()>,
}

impl PublicKeys {
    /// Reads the keys of a source, given by its path or URL.
    pub async fn open(source: &str) -> Result<Self> {
        let source = Source::parse(source)?;
        let policy = RefreshPolicy::of(&source);
        Self::with_policy(source, policy).await
    }

    /// Reads the keys of a source, with this refresh policy.
    pub async fn with_policy(source: Source, policy: RefreshPolicy) -> Result<Self> {
        let cache = Arc::new(Cache::new(source, policy).await?);
        let refresh = tokio::spawn(Arc::clone(&cache).refresh_periodically());
        Ok(Self { cache, _refresh: AbortOnDropHandle::new(refresh) })
    }

    /// Returns the key with this `kid` for the algorithm; without a `kid`, the only key for it.
    ///
    /// For an unknown `kid` the source is read again, once for all concurrent requests and at most once per interval. Waits
    /// no longer than the source may take to respond.
    pub async fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<Arc<Key>, KeyLookupError> {
        let cache = &self.cache;
        let found = cache.find(id, algorithm);
        if !matches!(found, Err(KeyLookupError::UnknownKeyId)) {
            return found;
        }
        let arrived = Instant::now();
        let mut state = cache.state.lock().await;
        let was_read_meanwhile = state.last_read.is_some_and(|at| at >= arrived);
        let was_read_recently =
            state.last_unknown_key.is_some_and(|at| at.elapsed() < cache.policy.unknown_key);
        if !was_read_meanwhile && !was_read_recently {
            // Before the read: a request that is cancelled meanwhile counts, too.
            state.last_unknown_key = Some(arrived);
            cache.refresh(&mut state).await;
        }
        drop(state);
        cache.find(id, algorithm)
    }
}

struct Cache {
    source: Source,
    policy: RefreshPolicy,
    set: watch::Sender<Arc<KeySet>>,
    /// Held while the source is read: one read at a time.
    state: Mutex<RefreshState>,
}

/// The history of reads of a source.
#[derive(Default)]
struct RefreshState {
    /// When the last read ended.
    last_read: Option<Instant>,
    /// When the last read for an unknown `kid` started.
    last_unknown_key: Option<Instant>,
    /// The time until the next read.
    interval: Duration,
    version: Option<Version>,
}

impl Cache {
    async fn new(source: Source, policy: RefreshPolicy) -> Result<Self> {
        let set = watch::Sender::new(Arc::new(KeySet::default()));
        let cache = Self { source, policy, set, state: Mutex::default() };
        let retries = if matches!(cache.source, Source::Url(..)) { START_RETRIES } else { 0 };
        let backoff = ExponentialBuilder::default().with_min_delay(START_RETRY_DELAY).with_max_times(retries);
        (async || cache.read(&mut *cache.state.lock().await).await)
            .retry(backoff)
            .await
            .map_err(|reason| Error::bad_input("AUTH_JWKS", format!("{}: {reason}", cache.source)))?;
        Ok(cache)
    }

    fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<Arc<Key>, KeyLookupError> {
        self.set.borrow().find(id, algorithm)
    }

    async fn refresh_periodically(self: Arc<Self>) {
        loop {
            let interval = self.state.lock().await.interval;
            sleep(interval).await;
            self.refresh(&mut *self.state.lock().await).await;
        }
    }

    /// Reads the source again; keeps the previous keys if that fails.
    async fn refresh(&self, state: &mut RefreshState) {
        if let Err(reason) = self.read(state).await {
            state.interval = self.policy.min;
            tracing::warn!(source = %self.source, %reason, "JWKS refresh failed; keeping the previous keys");
        }
        state.last_read = Some(Instant::now());
    }

    async fn read(&self, state: &mut RefreshState) -> Result<(), String> {
        let RefreshPolicy { default, min, max, .. } = self.policy;
        let Some(fetched) = self.source.fetch(state.version).await? else {
            state.interval = default;
            return Ok(());
        };
        let set = KeySet::parse(&fetched.json)?;
        let skipped = set.skipped.join("; ");
        if !set.skipped.is_empty() && skipped != self.set.borrow().skipped.join("; ") {
            tracing::warn!(source = %self.source, %skipped, "some keys of the JWKS are not accepted");
        }
        self.set.send_replace(Arc::new(set));
        state.version = fetched.version;
        state.interval = fetched.max_age.unwrap_or(default).max(min).min(max);
        Ok(())
    }
}
