//! The rate limit of each caller: requests weighted by their cost.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};

use crate::auth::{Identity, Role};
use crate::graphql::request::limits::Limits;
use crate::metrics::CacheState;

/// The cost of a request besides its document: authentication and the response. Charged first, so that a request that
/// is rejected later is not free.
const BASE_COST: u64 = 20;
/// For how many seconds unused quota accumulates.
const BURST_SECONDS: u32 = 10;
/// After this number of requests, callers whose quota is full again are forgotten.
const CLEANUP_INTERVAL: u32 = 10_000;

/// Tenant and user id.
type CallerKey = (String, String);

/// The rate limits by kind of caller; `None` for no limit.
pub struct RateLimiter {
    partner: Option<DefaultKeyedRateLimiter<CallerKey>>,
    staff: Option<DefaultKeyedRateLimiter<CallerKey>>,
    service: Option<DefaultKeyedRateLimiter<CallerKey>>,
    requests: AtomicU32,
}

/// A caller exceeded its rate limit.
pub struct RateLimited {
    /// The message for the client.
    pub message: String,
    /// The time until the same request is within the limit again.
    pub retry_after: Duration,
}

impl RateLimiter {
    /// Returns rate limits under which every caller has its full quota.
    pub fn new(limits: &Limits) -> Self {
        let limiter = |per_second| {
            let quota = Quota::per_second(NonZeroU32::new(per_second)?);
            let burst = NonZeroU32::new(per_second.saturating_mul(BURST_SECONDS))?;
            Some(DefaultKeyedRateLimiter::keyed(quota.allow_burst(burst)))
        };
        Self {
            partner: limiter(limits.rate_partner),
            staff: limiter(limits.rate_staff),
            service: limiter(limits.rate_service),
            requests: AtomicU32::new(0),
        }
    }

    /// Returns how many callers are remembered.
    pub fn state(&self) -> CacheState {
        let limiters = [&self.partner, &self.staff, &self.service];
        CacheState::counted("caller_rates", limiters.into_iter().flatten().map(|limiter| limiter.len()).sum())
    }

    /// Charges a caller for a request, or rejects it.
    pub fn admit(&self, caller: &Identity) -> Result<(), RateLimited> {
        self.take(caller, BASE_COST, BASE_COST)
    }

    /// Charges an admitted caller up to this cost, of which some may be charged already, or rejects it.
    pub fn charge(&self, caller: &Identity, charged: &mut u64, cost: u64) -> Result<(), RateLimited> {
        self.take(caller, cost.saturating_sub(*charged), cost.saturating_add(BASE_COST))?;
        *charged = cost.max(*charged);
        Ok(())
    }

    /// Takes a number of cells from the quota of a caller; `cost` is the whole cost, for the message.
    fn take(&self, caller: &Identity, cells: u64, cost: u64) -> Result<(), RateLimited> {
        let limiter = match caller.role() {
            Role::Partner => &self.partner,
            Role::Admin | Role::Finance | Role::Support | Role::Auditor => &self.staff,
            Role::Billing => &self.service,
        };
        let Some(limiter) = limiter else { return Ok(()) };
        if self.requests.fetch_add(1, Ordering::Relaxed) % CLEANUP_INTERVAL == CLEANUP_INTERVAL - 1 {
            for limiter in [&self.partner, &self.staff, &self.service].into_iter().flatten() {
                limiter.retain_recent();
                limiter.shrink_to_fit();
            }
        }
        let key = (caller.tenant().0.clone(), caller.user().to_owned());
        let Some(cells) = NonZeroU32::new(u32::try_from(cells).unwrap_or(u32::MAX)) else { return Ok(()) };
        let limited = |advice: &str, retry_after| {
            let message = format!(
                "this request costs {cost}, which exceeds your rate limit over {BURST_SECONDS} seconds; {advice}"
            );
            Err(RateLimited { message, retry_after })
        };
        match limiter.check_key_n(&key, cells) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(not_until)) => {
                let wait = not_until.wait_time_from(DefaultClock::default().now());
                let seconds = wait.as_secs().saturating_add(1);
                limited(&format!("try again in {seconds} s"), Duration::from_secs(seconds))
            }
            Err(capacity) => {
                let advice = format!("no request may cost more than {}: request less at a time", capacity.0);
                limited(&advice, Duration::from_secs(BURST_SECONDS.into()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::id::TenantId;

    #[test]
    fn each_caller_has_its_own_quota_and_pays_by_cost() {
        let limits = Limits { rate_partner: 100, rate_staff: 0, rate_service: 1, ..Limits::default() };
        let limiter = RateLimiter::new(&limits);
        let caller = |tenant: &str, user, role| Identity::operator(TenantId(tenant.to_owned()), user, role);
        let paula = caller("acme", "paula", Role::Partner);
        let rejection = |caller: &Identity, cost| {
            let charged = limiter.admit(caller).and_then(|()| limiter.charge(caller, &mut 0, cost));
            charged.err().map(|limited| limited.message)
        };
        assert_eq!(rejection(&paula, 880), None);
        let message = rejection(&paula, 880).unwrap_or_default();
        assert!(
            message.starts_with("this request costs 900,") && message.contains("try again in "),
            "{message}"
        );
        assert_eq!(rejection(&caller("globex", "paula", Role::Partner), 880), None);
        assert_eq!(rejection(&caller("acme", "erik", Role::Partner), 880), None);
        for _ in 0..10 {
            assert_eq!(rejection(&caller("acme", "ada", Role::Admin), 1_000_000), None);
        }
        let message = rejection(&caller("acme", "billing", Role::Billing), 0).unwrap_or_default();
        assert!(message.contains("no request may cost more than 10:"), "{message}");
    }
}
