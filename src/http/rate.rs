//! How much a caller may ask for in a while: requests weighted by what they cost.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::limits::Limits;
use crate::access::{Identity, Role};

/// What a request costs beside its fields: who is asking, and the answer.
const COST_OF_A_REQUEST: u64 = 20;
/// For how long what is not asked for is saved up.
const SAVED_SECONDS: u32 = 10;
/// After how many requests callers that have not asked for a while are forgotten.
const FORGET_AFTER: u32 = 10_000;

/// Whose requests are counted together.
type Key = (String, String);

/// The rates of callers.
pub struct Rates {
    partner: Option<DefaultKeyedRateLimiter<Key>>,
    staff: Option<DefaultKeyedRateLimiter<Key>>,
    service: Option<DefaultKeyedRateLimiter<Key>>,
    requests: AtomicU32,
}

/// A caller has asked for too much.
pub struct TooMuch {
    /// What the client is told.
    pub message: String,
    /// When the same request can be answered.
    pub wait: Duration,
}

impl Rates {
    /// No caller has asked for anything yet.
    pub fn new(limits: &Limits) -> Self {
        let limiter = |per_second| {
            let quota = Quota::per_second(NonZeroU32::new(per_second)?);
            let saved = NonZeroU32::new(per_second.saturating_mul(SAVED_SECONDS))?;
            Some(RateLimiter::keyed(quota.allow_burst(saved)))
        };
        Self {
            partner: limiter(limits.rate_partner),
            staff: limiter(limits.rate_staff),
            service: limiter(limits.rate_service),
            requests: AtomicU32::new(0),
        }
    }

    /// Takes down what a caller asks for, or refuses it.
    pub fn charge(&self, caller: &Identity, cost: u64) -> Result<(), TooMuch> {
        let limiter = match caller.role() {
            Role::Partner => &self.partner,
            Role::Admin | Role::Finance | Role::Support | Role::Auditor => &self.staff,
            Role::Billing => &self.service,
        };
        let Some(limiter) = limiter else { return Ok(()) };
        if self.requests.fetch_add(1, Ordering::Relaxed) % FORGET_AFTER == FORGET_AFTER - 1 {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
        let key = (caller.tenant().0.clone(), caller.user().to_owned());
        let cost = cost.saturating_add(COST_OF_A_REQUEST);
        let whole = u32::try_from(cost).unwrap_or(u32::MAX);
        let Some(cells) = NonZeroU32::new(whole) else { return Ok(()) };
        let too_much = |advice: &str, wait| {
            let message = format!(
                "this request costs {cost}, and you have asked for too much within {SAVED_SECONDS} seconds; {advice}"
            );
            Err(TooMuch { message, wait })
        };
        match limiter.check_key_n(&key, cells) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(not_until)) => {
                let wait = not_until.wait_time_from(DefaultClock::default().now());
                let seconds = wait.as_secs().saturating_add(1);
                too_much(&format!("try again in {seconds} s"), Duration::from_secs(seconds))
            }
            Err(most) => {
                let advice = format!("no more than {} can be saved up: ask for less at a time", most.0);
                too_much(&advice, Duration::from_secs(SAVED_SECONDS.into()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::TenantId;

    #[test]
    fn callers_are_counted_each_for_itself_and_by_what_they_ask_for() {
        let rates =
            Rates::new(&Limits { rate_partner: 100, rate_staff: 0, rate_service: 1, ..Limits::default() });
        let caller = |tenant: &str, user, role| Identity::operator(TenantId(tenant.to_owned()), user, role);
        let paula = caller("acme", "paula", Role::Partner);
        let refused =
            |caller: &Identity, cost| rates.charge(caller, cost).err().map(|too_much| too_much.message);
        assert_eq!(refused(&paula, 880), None);
        let said = refused(&paula, 880).unwrap_or_default();
        assert!(said.starts_with("this request costs 900,") && said.contains("try again in "), "{said}");
        assert_eq!(refused(&caller("globex", "paula", Role::Partner), 880), None);
        assert_eq!(refused(&caller("acme", "erik", Role::Partner), 880), None);
        for _ in 0..10 {
            assert_eq!(refused(&caller("acme", "ada", Role::Admin), 1_000_000), None);
        }
        let said = refused(&caller("acme", "billing", Role::Billing), 0).unwrap_or_default();
        assert!(said.contains("no more than 10 can be saved up"), "{said}");
    }
}
