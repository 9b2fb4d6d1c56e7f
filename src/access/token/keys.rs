//! The keys that others sign tokens with, kept as fresh as their source says.

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::Algorithm;
use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, sleep};
use tokio_util::task::AbortOnDropHandle;

use super::jwk::{Key, KeySet, Miss};
use super::source::{Source, Version};
use crate::error::{Error, Result};

/// How often a source is tried at the start: it may be starting too.
const TRIES: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// How often a source is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The pause between two looks, where the source does not say.
    pub usual: Duration,
    /// The shortest pause, and the one after a failure.
    pub shortest: Duration,
    /// The longest.
    pub longest: Duration,
    /// The pause between two looks for the sake of a token that names an unknown key.
    pub unknown: Duration,
}

impl Pace {
    fn of(source: &Source) -> Self {
        let seconds = Duration::from_secs;
        match source {
            // To see whether a file has changed costs nothing.
            Source::File(_) => {
                Self { usual: seconds(10), shortest: seconds(10), longest: seconds(10), unknown: seconds(1) }
            }
            Source::Web(..) => Self {
                usual: seconds(600),
                shortest: seconds(60),
                longest: seconds(86_400),
                unknown: seconds(60),
            },
        }
    }
}

/// The public keys of a source. Read at the start, then again in the background; when that fails, the keys that there
/// were go on to hold.
pub struct PublicKeys {
    cache: Arc<Cache>,
    _refreshing: AbortOnDropHandle<()>,
}

impl PublicKeys {
    /// The keys that a setting names, by path or address.
    pub async fn open(source: &str) -> Result<Self> {
        let source = Source::parse(source)?;
        let pace = Pace::of(&source);
        Self::at_pace(source, pace).await
    }

    /// The keys of a source that is looked at this often.
    pub async fn at_pace(source: Source, pace: Pace) -> Result<Self> {
        let cache = Arc::new(Cache::new(source, pace).await?);
        let refreshing = tokio::spawn(Arc::clone(&cache).keep_fresh());
        Ok(Self { cache, _refreshing: AbortOnDropHandle::new(refreshing) })
    }

    /// The key of that name that checks that algorithm; without a name, the only one that does.
    ///
    /// For a name that is not known the source is asked, by one of all who look for one, and not too often. Waits no longer
    /// than the source may take to answer.
    pub async fn find(&self, name: Option<&str>, algorithm: Algorithm) -> Result<Arc<Key>, Miss> {
        let cache = &self.cache;
        let found = cache.find(name, algorithm);
        if !matches!(found, Err(Miss::Unknown)) {
            return found;
        }
        let arrived = Instant::now();
        let mut turn = cache.turn.lock().await;
        let asked_meanwhile = turn.looked.is_some_and(|at| at >= arrived);
        let asked_lately = turn.asked.is_some_and(|at| at.elapsed() < cache.pace.unknown);
        if !asked_meanwhile && !asked_lately {
            // Before the answer: whoever hangs up while it comes has asked, too.
            turn.asked = Some(arrived);
            cache.refresh(&mut turn).await;
        }
        drop(turn);
        cache.find(name, algorithm)
    }
}

struct Cache {
    source: Source,
    pace: Pace,
    set: watch::Sender<Arc<KeySet>>,
    /// Whose turn it is to look at the source: one at a time.
    turn: Mutex<Turn>,
}

/// What is known of the last looks at a source.
#[derive(Default)]
struct Turn {
    /// When the last one ended.
    looked: Option<Instant>,
    /// When the last one for the sake of an unknown key began.
    asked: Option<Instant>,
    /// How long until the next one.
    pause: Duration,
    version: Option<Version>,
}

impl Cache {
    async fn new(source: Source, pace: Pace) -> Result<Self> {
        let set = watch::Sender::new(Arc::new(KeySet::default()));
        let cache = Self { source, pace, set, turn: Mutex::default() };
        let mut turn = Turn::default();
        let mut pause = FIRST_PAUSE;
        for attempt in 1..=TRIES {
            match cache.look(&mut turn).await {
                Ok(()) => break,
                Err(_) if attempt < TRIES && matches!(cache.source, Source::Web(..)) => sleep(pause).await,
                Err(trouble) => {
                    return Err(Error::bad_input("AUTH_JWKS", format!("{}: {trouble}", cache.source)));
                }
            }
            pause *= 2;
        }
        *cache.turn.lock().await = turn;
        Ok(cache)
    }

    fn find(&self, name: Option<&str>, algorithm: Algorithm) -> Result<Arc<Key>, Miss> {
        self.set.borrow().find(name, algorithm)
    }

    async fn keep_fresh(self: Arc<Self>) {
        loop {
            let pause = self.turn.lock().await.pause;
            sleep(pause).await;
            self.refresh(&mut *self.turn.lock().await).await;
        }
    }

    /// Looks at the source again; keeps the keys there were if that fails.
    async fn refresh(&self, turn: &mut Turn) {
        if let Err(trouble) = self.look(turn).await {
            turn.pause = self.pace.shortest;
            tracing::warn!(source = %self.source, %trouble, "cannot read the keys anew; those there were go on to hold");
        }
        turn.looked = Some(Instant::now());
    }

    async fn look(&self, turn: &mut Turn) -> Result<(), String> {
        let Pace { usual, shortest, longest, .. } = self.pace;
        let Some(fetched) = self.source.fetch(turn.version).await? else {
            turn.pause = usual;
            return Ok(());
        };
        let set = KeySet::read(&fetched.json)?;
        let skipped = set.skipped.join("; ");
        if !set.skipped.is_empty() && skipped != self.set.borrow().skipped.join("; ") {
            tracing::warn!(source = %self.source, %skipped, "some keys cannot be used");
        }
        self.set.send_replace(Arc::new(set));
        turn.version = fetched.version;
        turn.pause = fetched.good_for.unwrap_or(usual).max(shortest).min(longest);
        Ok(())
    }
}
