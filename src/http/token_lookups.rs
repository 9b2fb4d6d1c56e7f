//! The look-ups of service tokens. Nothing in such a token shows that it is genuine, so that a forged one causes a
//! statement, too: tokens that were never accepted before share a small budget, apart from that of callers.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota};
use moka::sync::Cache;
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::auth::Identity;
use crate::metrics::CacheState;

/// How many unknown tokens are looked up at a time.
const LOOKUPS_MAX: usize = 2;
/// How long an unknown token waits for its look-up.
const WAIT: Duration = Duration::from_millis(500);
/// How many unknown tokens are looked up per second, of all clients and of one address; the burst is twice as much.
const PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(49);
const PER_SECOND_OF_ADDRESS: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);
/// How many tokens are remembered, and for how long: as accepted, or as rejected. A rejected one never becomes valid.
const REMEMBERED_MAX: u64 = 10_000;
const ACCEPTED_TTL: Duration = Duration::from_secs(24 * 3_600);
const REJECTED_TTL: Duration = Duration::from_secs(600);

/// The memory of what is remembered about clients, in bytes at most: accepted and rejected tokens, and the rates of
/// callers and of addresses, ten thousand of each with at most a KiB.
pub const CALLERS_BYTES_MAX: usize = 5 * 10_000 * 1_024;

/// The address of a client, as the listener sees it: behind a proxy, that of the proxy.
#[derive(Clone, Copy, Debug)]
pub struct PeerAddress(pub IpAddr);

type TokenHash = [u8; 32];

/// What is known about a token before it is looked up.
pub enum Known {
    /// It was accepted before, as this service. It may have been revoked since.
    Accepted(Identity),
    /// It was looked up and rejected.
    Rejected,
    /// It has not been looked up.
    Unknown,
}

/// The tokens that were looked up, and the budget for those that were not.
pub struct TokenLookups {
    accepted: Cache<TokenHash, Identity>,
    rejected: Cache<TokenHash, ()>,
    permits: Arc<Semaphore>,
    rate: DefaultDirectRateLimiter,
    address_rate: DefaultKeyedRateLimiter<IpAddr>,
}

impl Default for TokenLookups {
    fn default() -> Self {
        let quota = |per_second: NonZeroU32| {
            Quota::per_second(per_second)
                .allow_burst(per_second.saturating_mul(NonZeroU32::MIN.saturating_add(1)))
        };
        let remembered = || Cache::<TokenHash, ()>::builder().max_capacity(REMEMBERED_MAX);
        Self {
            accepted: Cache::builder().max_capacity(REMEMBERED_MAX).time_to_live(ACCEPTED_TTL).build(),
            rejected: remembered().time_to_live(REJECTED_TTL).build(),
            permits: Arc::new(Semaphore::new(LOOKUPS_MAX)),
            rate: DefaultDirectRateLimiter::direct(quota(PER_SECOND)),
            address_rate: DefaultKeyedRateLimiter::keyed(quota(PER_SECOND_OF_ADDRESS)),
        }
    }
}

impl TokenLookups {
    /// Returns how many tokens and addresses are remembered.
    pub fn states(&self) -> [CacheState; 3] {
        let tokens = |cache, entries| CacheState { cache, entries, bytes: None };
        [
            tokens("accepted_tokens", self.accepted.entry_count()),
            tokens("rejected_tokens", self.rejected.entry_count()),
            CacheState::counted("lookup_rates", self.address_rate.len()),
        ]
    }

    /// Returns what is known about a token.
    pub fn known(&self, token: &str) -> Known {
        let hash = hash(token);
        if self.rejected.contains_key(&hash) {
            return Known::Rejected;
        }
        self.accepted.get(&hash).map_or(Known::Unknown, Known::Accepted)
    }

    /// Returns the permit to look up an unknown token; `None` if the budget is used up.
    pub async fn permit(&self, address: Option<IpAddr>) -> Option<OwnedSemaphorePermit> {
        // The address first: one that exceeds its own rate must not use up that of all.
        if let Some(address) = address {
            self.address_rate.check_key(&address).ok()?;
            if self.address_rate.len() > 10_000 {
                self.address_rate.retain_recent();
                self.address_rate.shrink_to_fit();
            }
        }
        self.rate.check().ok()?;
        tokio::time::timeout(WAIT, Arc::clone(&self.permits).acquire_owned()).await.ok()?.ok()
    }

    /// Remembers that a token was accepted.
    pub fn remember_accepted(&self, token: &str, identity: &Identity) {
        self.accepted.insert(hash(token), identity.clone());
    }

    /// Remembers that a token was rejected.
    pub fn remember_rejected(&self, token: &str) {
        self.accepted.invalidate(&hash(token));
        self.rejected.insert(hash(token), ());
    }
}

fn hash(token: &str) -> TokenHash {
    Sha256::digest(token).into()
}
