//! Loads for single rows that are answered together: one statement for each kind of thing and level of a query.

use std::collections::{HashMap, HashSet};
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dataloader::BatchFn;
use dataloader::cached::Loader;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tracing::Instrument;
use uuid::Uuid;

use crate::access::Admitted;
use crate::domain::account::{self, ManagedAccount};
use crate::domain::commission::{self, CommissionEvent};
use crate::domain::history::{self, StatusChange};
use crate::domain::line::Line;
use crate::domain::list::{self, Listed, Under};
use crate::domain::partner::user::PartnerUser;
use crate::domain::partner::{self, Partner};
use crate::domain::payout::{self, Payout};
use crate::domain::referral::{self, ReferralLead};
use crate::domain::session::Session;
use crate::domain::statement::{
    self, AccountFigures, Balance, BalancesKey, Dashboard, DashboardKey, Month, MonthsKey, Stage,
};
use crate::error::{Error, Result};
use crate::id::{CommissionEventId, ManagedAccountId, PartnerId, PayoutId, ReferralLeadId};
use crate::metrics::Teller;
use crate::page::{Page, Slice};

/// More keys than the largest page times its references, so that a level is never split into two statements.
const KEYS_MAX: usize = 100_000;
/// How often a load lets others go first, so that all keys of a level are in before the first one asks.
const YIELDS: usize = 2;

/// Loads values by key, those asked for at the same time in one go. Lives as long as its request.
pub struct Load<K: Key, V: Value> {
    loader: Loader<K, Result<Option<V>>, Batch<K, V>>,
    known: Known<K, V>,
}

/// What has been loaded: whoever finds it here need not wait for its turn at the loader.
type Known<K, V> = Arc<Mutex<HashMap<K, Result<Option<V>>>>>;

/// What values are loaded by.
pub trait Key: Clone + Debug + Eq + Hash + Send + Sync {}

impl<K: Clone + Debug + Eq + Hash + Send + Sync> Key for K {}

/// What is loaded.
pub trait Value: Clone + Send + Sync {}

impl<V: Clone + Send + Sync> Value for V {}

type Query<K, V> = for<'a> fn(&'a mut Session, &'a [K]) -> BoxFuture<'a, Result<HashMap<K, V>>>;

struct Batch<K, V> {
    line: Arc<Line>,
    teller: Teller,
    known: Known<K, V>,
    query: Query<K, V>,
}

impl<K: Key, V: Value> BatchFn<K, Result<Option<V>>> for Batch<K, V> {
    async fn load(&mut self, keys: &[K]) -> HashMap<K, Result<Option<V>>> {
        self.teller.metrics().loaded(keys.len());
        let found = async {
            let mut db = self.line.session().await?;
            (self.query)(&mut db, keys).await
        };
        let span = tracing::info_span!("load", what = std::any::type_name::<V>(), keys = keys.len());
        let found = found.instrument(span).await;
        // An entry for every key: the loader has no answer for a hole.
        let found: HashMap<_, _> = match found {
            Ok(mut values) => keys.iter().map(|key| (key.clone(), Ok(values.remove(key)))).collect(),
            Err(error) => {
                // The connection may be the reason.
                self.line.hang_up().await;
                keys.iter().map(|key| (key.clone(), Err(error.clone()))).collect()
            }
        };
        known(&self.known).extend(found.clone());
        found
    }
}

impl<K: Key, V: Value> Load<K, V> {
    fn new(line: &Arc<Line>, teller: &Teller, query: Query<K, V>) -> Self {
        let known = Known::default();
        let batch =
            Batch { line: Arc::clone(line), teller: teller.clone(), known: Arc::clone(&known), query };
        let loader = Loader::new(batch).with_yield_count(YIELDS).with_max_batch_size(KEYS_MAX);
        Self { loader, known }
    }

    /// Loads what will be asked for next, all of it as one: a hundred rows that each ask for theirs cost more than the
    /// statement that answers them.
    pub async fn gather(&self, keys: impl IntoIterator<Item = K>) {
        let keys: Vec<_> = keys.into_iter().collect::<HashSet<_>>().into_iter().collect();
        if !keys.is_empty() {
            // Whoever asks for one of them is told what went wrong.
            let _ = self.loader.try_load_many(keys).await;
        }
    }

    /// The value of a key, if it has one.
    pub async fn find(&self, key: K) -> Result<Option<V>> {
        if let Some(found) = known(&self.known).get(&key) {
            return found.clone();
        }
        // Boxed: every field of an object takes the room of its largest one, whether that is asked for or not.
        self.load(key).boxed().await
    }

    async fn load(&self, key: K) -> Result<Option<V>> {
        // The load that took this key along may have been dropped with a field that failed: then it is asked again.
        match self.loader.try_load(key.clone()).await {
            Ok(found) => found,
            Err(_) => self.loader.try_load(key).await.map_err(Error::internal)?,
        }
    }

    /// The value of a key that a foreign key promises.
    pub async fn get(&self, key: K) -> Result<V> {
        self.find(key.clone()).await?.ok_or_else(|| Error::internal(format!("{key:?} is missing")))
    }
}

fn known<K, V>(known: &Known<K, V>) -> MutexGuard<'_, HashMap<K, Result<Option<V>>>> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The pages and counts of one kind of row under its parents.
pub struct Lists<R: Listed> {
    /// A part of the list of one parent.
    pub pages: Load<PageKey<R>, Slice<Admitted<R>>>,
    /// How long the list of one parent is.
    pub counts: Load<CountKey<R>, i64>,
}

impl<R: Listed> Lists<R> {
    fn new(line: &Arc<Line>, teller: &Teller) -> Self {
        Self {
            pages: Load::new(line, teller, |db, keys| pages::<R>(db, keys).boxed()),
            counts: Load::new(line, teller, |db, keys| counts::<R>(db, keys).boxed()),
        }
    }
}

/// Which part of the list of which parent.
pub type PageKey<R> = (Uuid, Under, <R as Listed>::Filter, Page);
/// Which list of which parent.
pub type CountKey<R> = (Uuid, Under, <R as Listed>::Filter);

/// One statement for all parents that ask for the same part of the same list.
async fn pages<R: Listed>(
    db: &mut Session,
    keys: &[PageKey<R>],
) -> Result<HashMap<PageKey<R>, Slice<Admitted<R>>>> {
    let mut asked = HashMap::<_, Vec<Uuid>>::new();
    for (parent, under, filter, page) in keys {
        asked.entry((*under, filter.clone(), page.clone())).or_default().push(*parent);
    }
    let mut found = HashMap::new();
    for ((under, filter, page), parents) in asked {
        let mut slices = list::pages_of(db, (under, parents.clone()), &filter, &page).await?;
        for parent in parents {
            let slice = slices.remove(&parent).unwrap_or_else(|| page.slice(Vec::new()));
            found.insert((parent, under, filter.clone(), page.clone()), slice);
        }
    }
    Ok(found)
}

async fn counts<R: Listed>(db: &mut Session, keys: &[CountKey<R>]) -> Result<HashMap<CountKey<R>, i64>> {
    let mut asked = HashMap::<_, Vec<Uuid>>::new();
    for (parent, under, filter) in keys {
        asked.entry((*under, filter.clone())).or_default().push(*parent);
    }
    let mut found = HashMap::new();
    for ((under, filter), parents) in asked {
        for (parent, rows) in list::counts_of::<R>(db, (under, parents), &filter).await? {
            found.insert((parent, under, filter.clone()), rows);
        }
    }
    Ok(found)
}

/// All loaders of a request. They hold its caller: a key can find nothing that the caller may not see.
pub struct Loaders {
    /// Partners.
    pub partner: Load<PartnerId, Admitted<Partner>>,
    /// The users of a partner.
    pub users: Load<PartnerId, Vec<Admitted<PartnerUser>>>,
    /// The balances of a partner.
    pub balances: Load<BalancesKey, Vec<Balance>>,
    /// The dashboards of partners.
    pub dashboard: Load<DashboardKey, Dashboard>,
    /// The months of partners.
    pub months: Load<MonthsKey, Vec<Month>>,
    /// How far the leads of a partner came.
    pub funnel: Load<PartnerId, Vec<Stage>>,
    /// Managed accounts.
    pub account: Load<ManagedAccountId, Admitted<ManagedAccount>>,
    /// What was earned on an account.
    pub account_figures: Load<ManagedAccountId, Vec<AccountFigures>>,
    /// Commission events.
    pub event: Load<CommissionEventId, Admitted<CommissionEvent>>,
    /// The lines that take back part of an event.
    pub reversing: Load<CommissionEventId, Vec<Admitted<CommissionEvent>>>,
    /// The history of an event.
    pub event_history: Load<CommissionEventId, Vec<StatusChange>>,
    /// Payouts.
    pub payout: Load<PayoutId, Admitted<Payout>>,
    /// The history of a payout.
    pub payout_history: Load<PayoutId, Vec<StatusChange>>,
    /// Referral leads.
    pub lead: Load<ReferralLeadId, Admitted<ReferralLead>>,
    /// Lists of commission events.
    pub events: Lists<CommissionEvent>,
    /// Lists of payouts.
    pub payouts: Lists<Payout>,
    /// Lists of leads.
    pub leads: Lists<ReferralLead>,
    /// Lists of managed accounts.
    pub accounts: Lists<ManagedAccount>,
}

impl Loaders {
    /// Loaders for one request of a caller.
    pub fn new(line: &Arc<Line>, teller: &Teller) -> Self {
        Self {
            partner: Load::new(line, teller, |db, ids| {
                async move { Ok(keyed(partner::store::by_ids(db, ids).await?, |row| row.id)) }.boxed()
            }),
            users: Load::new(line, teller, |db, ids| partner::user::store::of_partners(db, ids).boxed()),
            balances: Load::new(line, teller, |db, keys| statement::balances(db, keys).boxed()),
            dashboard: Load::new(line, teller, |db, keys| {
                async move {
                    let read = async |db: &mut Session| statement::dashboards(db, keys).await;
                    // A past moment is counted from all rows, and that is not planned the same way for all.
                    let is_of_now = keys.iter().all(|(_, _, as_of)| as_of.is_none());
                    if is_of_now { db.lookup(read).await } else { db.snapshot(read).await }
                }
                .boxed()
            }),
            months: Load::new(line, teller, |db, keys| statement::months(db, keys).boxed()),
            funnel: Load::new(line, teller, |db, ids| statement::funnels(db, ids).boxed()),
            account: Load::new(line, teller, |db, ids| {
                async move { Ok(keyed(account::store::by_ids(db, ids).await?, |row| row.id)) }.boxed()
            }),
            account_figures: Load::new(line, teller, |db, ids| statement::of_accounts(db, ids).boxed()),
            event: Load::new(line, teller, |db, ids| {
                async move { Ok(keyed(commission::store::by_ids(db, ids).await?, |row| row.id)) }.boxed()
            }),
            reversing: Load::new(line, teller, |db, ids| reversing(db, ids).boxed()),
            event_history: Load::new(line, teller, |db, ids| history::of_events(db, ids).boxed()),
            payout: Load::new(line, teller, |db, ids| {
                async move { Ok(keyed(payout::store::by_ids(db, ids).await?, |row| row.id)) }.boxed()
            }),
            payout_history: Load::new(line, teller, |db, ids| history::of_payouts(db, ids).boxed()),
            lead: Load::new(line, teller, |db, ids| {
                async move { Ok(keyed(referral::store::by_ids(db, ids).await?, |row| row.id)) }.boxed()
            }),
            events: Lists::new(line, teller),
            payouts: Lists::new(line, teller),
            leads: Lists::new(line, teller),
            accounts: Lists::new(line, teller),
        }
    }
}

async fn reversing(
    db: &mut Session,
    ids: &[CommissionEventId],
) -> Result<HashMap<CommissionEventId, Vec<Admitted<CommissionEvent>>>> {
    let mut lines = HashMap::<_, Vec<_>>::new();
    for line in commission::store::reversing(db, ids).await? {
        if let Some(original) = line.reverses_id {
            lines.entry(original).or_default().push(line);
        }
    }
    Ok(lines)
}

fn keyed<K: Eq + Hash, T>(rows: Vec<Admitted<T>>, key: fn(&T) -> K) -> HashMap<K, Admitted<T>> {
    rows.into_iter().map(|row| (key(&row), row)).collect()
}
