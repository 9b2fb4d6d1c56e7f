//! Shares of a resource that requests hold while they are processed: how much the server, one tenant and one caller may
//! hold at a time.

use std::collections::HashMap;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};

use crate::auth::Identity;
use crate::primitives::id::TenantId;

/// What each key holds, with a limit for each. Keys that hold nothing are not stored.
struct Share<K> {
    limit: usize,
    held: Mutex<HashMap<K, usize>>,
}

impl<K: Clone + Eq + Hash> Share<K> {
    fn new(limit: usize) -> Self {
        Self { limit, held: Mutex::default() }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds to what a key holds; returns whether it is within the limit. If not, nothing is added.
    fn try_add(&self, key: &K, amount: usize) -> bool {
        let mut held = self.held();
        let before = held.get(key).copied().unwrap_or_default();
        let is_within = before.saturating_add(amount) <= self.limit;
        if is_within {
            held.insert(key.clone(), before + amount);
        }
        is_within
    }

    fn remove(&self, key: &K, amount: usize) {
        let mut held = self.held();
        let rest = held.get(key).copied().unwrap_or_default().saturating_sub(amount);
        if rest == 0 {
            held.remove(key);
        } else {
            held.insert(key.clone(), rest);
        }
    }
}

/// Tenant and user id.
type CallerKey = (TenantId, String);

/// The most that may be held at a time.
#[derive(Clone, Copy, Debug)]
pub struct ShareLimits {
    /// By all requests together.
    pub total: usize,
    /// By the requests of one tenant.
    pub tenant: usize,
    /// By the requests of one caller.
    pub caller: usize,
}

/// Whose limit is exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exceeded {
    /// That of the server.
    Total,
    /// That of the tenant.
    Tenant,
    /// That of the caller.
    Caller,
}

/// A resource that all requests share.
pub struct Shares {
    total: Share<()>,
    tenants: Share<TenantId>,
    callers: Share<CallerKey>,
}

impl Shares {
    /// Returns a resource of which nothing is held.
    pub fn new(limits: ShareLimits) -> Arc<Self> {
        let ShareLimits { total, tenant, caller } = limits;
        Arc::new(Self {
            total: Share::new(total),
            tenants: Share::new(tenant.min(total)),
            callers: Share::new(caller.min(total)),
        })
    }

    /// Returns how much all requests together hold.
    pub fn held(&self) -> usize {
        self.total.held().get(&()).copied().unwrap_or_default()
    }

    /// Reserves an amount for a caller, or returns whose limit would be exceeded.
    pub fn reserve(self: &Arc<Self>, identity: &Identity, amount: usize) -> Result<Reservation, Exceeded> {
        let caller = (identity.tenant().clone(), identity.user().to_owned());
        let mut reservation = Reservation { shares: Arc::clone(self), caller, amount: 0 };
        reservation.grow(amount)?;
        Ok(reservation)
    }
}

/// An amount that a request holds; dropping it gives it back.
pub struct Reservation {
    shares: Arc<Shares>,
    caller: CallerKey,
    amount: usize,
}

impl Reservation {
    /// Reserves a further amount, or returns whose limit would be exceeded, and holds what it held before.
    pub fn grow(&mut self, amount: usize) -> Result<(), Exceeded> {
        let Self { shares, caller, .. } = self;
        if !shares.total.try_add(&(), amount) {
            return Err(Exceeded::Total);
        }
        if !shares.tenants.try_add(&caller.0, amount) {
            shares.total.remove(&(), amount);
            return Err(Exceeded::Tenant);
        }
        if !shares.callers.try_add(caller, amount) {
            shares.total.remove(&(), amount);
            shares.tenants.remove(&caller.0, amount);
            return Err(Exceeded::Caller);
        }
        self.amount += amount;
        Ok(())
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.shares.callers.remove(&self.caller, self.amount);
        self.shares.tenants.remove(&self.caller.0, self.amount);
        self.shares.total.remove(&(), self.amount);
    }
}

/// The body of a response, with the memory that it holds until it is delivered.
///
/// Not `BodyExt::map_frame` with a closure that owns the reservation: it hides the length of the body.
pub struct HeldBody {
    /// The body.
    pub body: Body,
    /// The reservation, which is dropped with the body.
    pub _memory: Reservation,
}

impl HttpBody for HeldBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Role;

    fn user(tenant: &str, user: &str) -> Identity {
        Identity::operator(TenantId(tenant.to_owned()), user, Role::Admin)
    }

    #[test]
    fn a_caller_a_tenant_and_all_together_hold_their_share_at_most() {
        let shares = Shares::new(ShareLimits { total: 10, tenant: 6, caller: 4 });
        let reserve = |tenant, name, amount| shares.reserve(&user(tenant, name), amount);
        let ada = reserve("acme", "ada", 4);
        assert_eq!(reserve("acme", "ada", 1).err(), Some(Exceeded::Caller));
        let ben = reserve("acme", "ben", 2);
        assert_eq!(reserve("acme", "ben", 1).err(), Some(Exceeded::Tenant));
        let carl = reserve("globex", "carl", 4);
        assert_eq!(reserve("umbrella", "dora", 1).err(), Some(Exceeded::Total));
        drop((ada, ben, carl));
        assert!(reserve("acme", "ada", 4).is_ok() && reserve("globex", "carl", 4).is_ok());
        assert!(shares.total.held().is_empty() && shares.tenants.held().is_empty());
        assert!(shares.callers.held().is_empty());
    }

    #[test]
    fn a_reservation_that_cannot_grow_keeps_what_it_has() {
        let shares = Shares::new(ShareLimits { total: 10, tenant: 10, caller: 10 });
        let mut reservation = shares.reserve(&user("acme", "ada"), 8).unwrap_or_else(|_| panic!("within"));
        assert_eq!(reservation.grow(3), Err(Exceeded::Total));
        assert_eq!(reservation.grow(2), Ok(()));
        assert_eq!(shares.total.held().get(&()), Some(&10));
    }
}
