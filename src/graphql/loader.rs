//! A loader: loads values by key, each key once per request, and the keys of a level in one statement.

use std::collections::{HashMap, HashSet};
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dataloader::BatchFn;
use dataloader::cached::Loader as BatchLoader;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tracing::Instrument;

use super::work::Work;
use crate::domain::db::request_session::RequestSession;
use crate::domain::db::session::Session;
use crate::metrics::RequestMetrics;
use crate::primitives::error::{Error, Result};

/// Larger than the largest page times its references, so that a level of a query is never split into two statements.
const BATCH_SIZE_MAX: usize = 100_000;
/// How often a load yields before it executes, so that all keys of a level arrive first.
const YIELDS: usize = 1;

/// What all loaders of a request share.
pub struct Base {
    /// The session that they read in.
    pub session: Arc<RequestSession>,
    /// The metrics of the request.
    pub metrics: RequestMetrics,
    /// The work of the request.
    pub work: Arc<Work>,
}

/// Loads values by key and caches them for the request; keys requested at the same time are loaded in one statement.
pub struct Loader<K: Key, V: Value> {
    batches: BatchLoader<K, Result<Option<V>>, Batch<K, V>>,
    cache: Cache<K, V>,
    work: Arc<Work>,
}

/// The values loaded so far: finding one here saves a turn at the batch loader.
type Cache<K, V> = Arc<Mutex<HashMap<K, Result<Option<V>>>>>;

/// A key of a loader.
pub trait Key: Clone + Debug + Eq + Hash + Send + Sync {}

impl<K: Clone + Debug + Eq + Hash + Send + Sync> Key for K {}

/// A value of a loader.
pub trait Value: Clone + Send + Sync {}

impl<V: Clone + Send + Sync> Value for V {}

/// The statement of a loader.
type Query<K, V> = for<'a> fn(&'a mut Session, &'a [K]) -> BoxFuture<'a, Result<HashMap<K, V>>>;

struct Batch<K, V> {
    session: Arc<RequestSession>,
    metrics: RequestMetrics,
    cache: Cache<K, V>,
    query: Query<K, V>,
    /// Whether the values of these keys are a report that reads all rows of a partner.
    is_report: fn(&[K]) -> bool,
}

impl<K: Key, V: Value> BatchFn<K, Result<Option<V>>> for Batch<K, V> {
    async fn load(&mut self, keys: &[K]) -> HashMap<K, Result<Option<V>>> {
        self.metrics.metrics().loaded(keys.len());
        let loaded = async {
            let _turn =
                if (self.is_report)(keys) { Some(self.session.reserve_report().await?) } else { None };
            let mut db = self.session.session().await?;
            (self.query)(&mut db, keys).await
        };
        let span = tracing::info_span!("load", what = std::any::type_name::<V>(), keys = keys.len());
        // The batch loader needs an entry for every key.
        let loaded: HashMap<_, _> = match loaded.instrument(span).await {
            Ok(mut values) => keys.iter().map(|key| (key.clone(), Ok(values.remove(key)))).collect(),
            Err(error) => {
                // The connection may be the cause.
                self.session.release().await;
                keys.iter().map(|key| (key.clone(), Err(error.clone()))).collect()
            }
        };
        lock(&self.cache).extend(loaded.clone());
        loaded
    }
}

impl<K: Key, V: Value> Loader<K, V> {
    /// Returns a loader with the statement that loads the values.
    pub fn new(base: &Base, query: Query<K, V>) -> Self {
        Self::with_reports(base, |_| false, query)
    }

    /// Returns a loader of which some loads are reports: one runs at a time in a tenant.
    pub fn with_reports(base: &Base, is_report: fn(&[K]) -> bool, query: Query<K, V>) -> Self {
        let cache = Cache::default();
        let batch = Batch {
            session: Arc::clone(&base.session),
            metrics: base.metrics.clone(),
            cache: Arc::clone(&cache),
            query,
            is_report,
        };
        let batches = BatchLoader::new(batch).with_yield_count(YIELDS).with_max_batch_size(BATCH_SIZE_MAX);
        Self { batches, cache, work: Arc::clone(&base.work) }
    }

    /// Stores a value that is loaded already.
    pub fn prime(&self, key: K, value: V) {
        lock(&self.cache).insert(key, Ok(Some(value)));
    }

    /// Loads the values that the fields below will load, as one batch: a hundred rows that each request their own cost more
    /// than the statement.
    pub async fn prefetch(&self, keys: impl IntoIterator<Item = K>) {
        let keys: Vec<_> = keys.into_iter().collect::<HashSet<_>>().into_iter().collect();
        if !keys.is_empty() {
            self.work.settle().await;
            // An error is cached for each key and reported by its field.
            let _ = self.batches.try_load_many(keys).await;
        }
    }

    /// Returns the value of a key, if it has one.
    pub async fn load(&self, key: K) -> Result<Option<V>> {
        if let Some(cached) = lock(&self.cache).get(&key) {
            return cached.clone();
        }
        // Boxed: the future of every field has the size of the largest one of its object.
        self.load_uncached(key).boxed().await
    }

    async fn load_uncached(&self, key: K) -> Result<Option<V>> {
        self.work.settle().await;
        // A batch is dropped when the field that drives it fails; then the key is loaded again.
        match self.batches.try_load(key.clone()).await {
            Ok(loaded) => loaded,
            Err(_) => self.batches.try_load(key).await.map_err(Error::internal)?,
        }
    }

    /// Returns the value of a key that a foreign key guarantees.
    pub async fn load_required(&self, key: K) -> Result<V> {
        self.load(key.clone()).await?.ok_or_else(|| Error::internal(format!("{key:?} is missing")))
    }
}

fn lock<K, V>(cache: &Cache<K, V>) -> MutexGuard<'_, HashMap<K, Result<Option<V>>>> {
    cache.lock().unwrap_or_else(PoisonError::into_inner)
}
