//! The delay of rejections: a client that goes on sending what is rejected is answered later, so that it cannot occupy the
//! processors with rejections.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::{DefaultKeyedRateLimiter, Quota};
use tokio::sync::Semaphore;

use super::token_lookups::PeerAddress;
use crate::metrics::CacheState;

/// How many rejections of an address are sent at once per second; the burst is twice as much.
const PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(19);
const BURST: NonZeroU32 = NonZeroU32::MIN.saturating_add(39);
/// How long a further one waits. It holds its connection meanwhile, and nothing else.
const DELAY: Duration = Duration::from_secs(1);
/// How many rejections may wait; further ones are sent at once.
const WAITING_MAX: usize = 4_096;
/// How many addresses are remembered before those with a full quota are forgotten.
const ADDRESSES_MAX: usize = 10_000;

/// The rates of rejections by address.
pub struct RejectionDelay {
    rates: DefaultKeyedRateLimiter<IpAddr>,
    waiting: Semaphore,
}

impl Default for RejectionDelay {
    fn default() -> Self {
        let rates = DefaultKeyedRateLimiter::keyed(Quota::per_second(PER_SECOND).allow_burst(BURST));
        Self { rates, waiting: Semaphore::new(WAITING_MAX) }
    }
}

impl RejectionDelay {
    /// Returns how many addresses are remembered.
    pub fn state(&self) -> CacheState {
        CacheState::counted("rejection_rates", self.rates.len())
    }

    /// Waits if the address has caused many rejections lately. Does nothing if the address is not known.
    pub async fn wait(&self, address: Option<PeerAddress>) {
        let Some(PeerAddress(address)) = address else { return };
        if self.rates.len() > ADDRESSES_MAX {
            self.rates.retain_recent();
            self.rates.shrink_to_fit();
        }
        if self.rates.check_key(&address).is_ok() {
            return;
        }
        if let Ok(_permit) = self.waiting.try_acquire() {
            tokio::time::sleep(DELAY).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    async fn only_many_rejections_of_one_address_are_delayed() {
        let delay = RejectionDelay::default();
        let address = |last| Some(PeerAddress(IpAddr::V4(Ipv4Addr::new(192, 0, 2, last))));
        let started = Instant::now();
        for _ in 0..40 {
            delay.wait(address(1)).await;
        }
        for _ in 0..100 {
            delay.wait(None).await;
        }
        assert!(started.elapsed() < DELAY);
        delay.wait(address(1)).await;
        assert!(started.elapsed() >= DELAY);
        let started = Instant::now();
        delay.wait(address(2)).await;
        assert!(started.elapsed() < DELAY);
    }
}
