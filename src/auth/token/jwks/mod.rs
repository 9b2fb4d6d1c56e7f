//! The public keys of an identity provider, refreshed from their source in the background.

mod jwk;
pub mod source;

use std::sync::Arc;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use futures_util::FutureExt;
use jsonwebtoken::Algorithm;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until};
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
        let set = watch::Sender::new(Arc::new(KeySet::default()));
        let cache = Arc::new(Cache { source, policy, set, has_unknown_key: Notify::new() });
        let schedule = cache.read_at_start().await?;
        let refresh = tokio::spawn(Arc::clone(&cache).refresh_periodically(schedule));
        Ok(Self { cache, _refresh: AbortOnDropHandle::new(refresh) })
    }

    /// Returns the key with this `kid` for the algorithm; without a `kid`, the only key for it.
    ///
    /// For an unknown `kid` the source is read again in the background, at most once per interval. No request waits for
    /// that: a provider that does not respond must delay no request.
    pub fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<Arc<Key>, KeyLookupError> {
        let found = self.cache.set.borrow().find(id, algorithm);
        if matches!(found, Err(KeyLookupError::UnknownKeyId)) {
            self.cache.has_unknown_key.notify_one();
        }
        found
    }
}

struct Cache {
    source: Source,
    policy: RefreshPolicy,
    set: watch::Sender<Arc<KeySet>>,
    /// Wakes the background task when a token has an unknown `kid`.
    has_unknown_key: Notify,
}

/// When a source is read next, and what is known of its last version.
struct Schedule {
    /// The time until the next read.
    interval: Duration,
    version: Option<Version>,
}

impl Cache {
    async fn read_at_start(&self) -> Result<Schedule> {
        let retries = if matches!(self.source, Source::Url(..)) { START_RETRIES } else { 0 };
        let backoff = ExponentialBuilder::default().with_min_delay(START_RETRY_DELAY).with_max_times(retries);
        (async || self.read(None).await)
            .retry(backoff)
            .await
            .map_err(|reason| Error::bad_input("AUTH_JWKS", format!("{}: {reason}", self.source)))
    }

    /// Reads the source when its interval has passed, and earlier for an unknown `kid`.
    async fn refresh_periodically(self: Arc<Self>, mut schedule: Schedule) {
        let mut read_for_unknown_key: Option<Instant> = None;
        loop {
            let due = Instant::now() + schedule.interval;
            tokio::select! {
                () = sleep_until(due) => {}
                () = self.has_unknown_key.notified() => {
                    // Later instead of never: the key may have been published just after the last read.
                    let earliest = read_for_unknown_key.map(|at| at + self.policy.unknown_key);
                    sleep_until(earliest.map_or_else(Instant::now, |earliest| earliest.min(due))).await;
                    read_for_unknown_key = Some(Instant::now());
                }
            }
            schedule = self.refresh(schedule).await;
            // Tokens that arrived during the read are answered by what it found.
            let _ = self.has_unknown_key.notified().now_or_never();
        }
    }

    /// Reads the source again; keeps the previous keys if that fails.
    async fn refresh(&self, schedule: Schedule) -> Schedule {
        self.read(schedule.version).await.unwrap_or_else(|reason| {
            tracing::warn!(source = %self.source, %reason, "JWKS refresh failed; keeping the previous keys");
            Schedule { interval: self.policy.min, ..schedule }
        })
    }

    async fn read(&self, version: Option<Version>) -> Result<Schedule, String> {
        let RefreshPolicy { default, min, max, .. } = self.policy;
        let Some(fetched) = self.source.fetch(version).await? else {
            return Ok(Schedule { interval: default, version });
        };
        let set = KeySet::parse(&fetched.json)?;
        let skipped = set.skipped.join("; ");
        if !set.skipped.is_empty() && skipped != self.set.borrow().skipped.join("; ") {
            tracing::warn!(source = %self.source, %skipped, "some keys of the JWKS are not accepted");
        }
        self.set.send_replace(Arc::new(set));
        let interval = fetched.max_age.unwrap_or(default).max(min).min(max);
        Ok(Schedule { interval, version: fetched.version })
    }
}
