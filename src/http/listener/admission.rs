//! The number of connections, of all clients and of one address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How often refused connections are logged at most.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// Counts the open connections.
#[derive(Debug)]
pub struct Admission {
    count_max: usize,
    /// 0 for no limit.
    per_address_max: usize,
    open: Arc<Mutex<Open>>,
}

#[derive(Debug, Default)]
struct Open {
    count: usize,
    per_address: HashMap<IpAddr, usize>,
}

/// A counted connection, until it is dropped.
#[derive(Debug)]
pub struct Admitted {
    address: IpAddr,
    open: Arc<Mutex<Open>>,
}

/// Why a connection is not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Too many connections are open.
    Count,
    /// Too many connections of its address are open.
    Address,
}

impl Admission {
    /// Admits this many connections at a time, and this many of one address.
    pub fn new(count_max: usize, per_address_max: usize) -> Self {
        Self { count_max, per_address_max, open: Arc::default() }
    }

    /// Counts a connection of this client, unless a limit is reached.
    pub fn admit(&self, client: IpAddr) -> Result<Admitted, Refusal> {
        let address = subscriber(client);
        let mut open = lock(&self.open);
        if open.count >= self.count_max {
            return Err(Refusal::Count);
        }
        let of_address = open.per_address.get(&address).copied().unwrap_or_default();
        if self.per_address_max > 0 && of_address >= self.per_address_max {
            return Err(Refusal::Address);
        }
        open.count += 1;
        open.per_address.insert(address, of_address + 1);
        Ok(Admitted { address, open: Arc::clone(&self.open) })
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut open = lock(&self.open);
        open.count -= 1;
        let of_address = open.per_address.remove(&self.address).unwrap_or_default();
        if of_address > 1 {
            open.per_address.insert(self.address, of_address - 1);
        }
    }
}

fn lock(open: &Mutex<Open>) -> MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the address that stands for a client: of IPv6, the /64 network, all of whose addresses one client can use.
pub fn subscriber(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// Logs refused connections, at most a line per minute: a flood of them must not become a flood of lines.
#[derive(Debug, Default)]
pub struct RefusalLog {
    logged_at: Option<Instant>,
    unlogged: u64,
}

impl RefusalLog {
    /// Logs that a connection was refused.
    pub fn log(&mut self, refusal: Refusal, client: IpAddr) {
        self.unlogged += 1;
        if self.logged_at.is_some_and(|at| at.elapsed() < LOG_INTERVAL) {
            return;
        }
        let limit = match refusal {
            Refusal::Count => "LIMIT_CONNECTIONS",
            Refusal::Address => "LIMIT_CONNECTIONS_PER_ADDRESS",
        };
        let connections = self.unlogged;
        tracing::warn!(limit, %client, connections, "too many connections: further ones get 503, except for probes");
        *self = Self { logged_at: Some(Instant::now()), unlogged: 0 };
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::{Admission, Refusal};

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap_or_else(|_| panic!("{text}"))
    }

    #[test]
    fn addresses_of_one_ipv6_network_share_a_limit_and_others_do_not() {
        let admission = Admission::new(10, 2);
        let first = admission.admit(ip("2001:db8::1")).expect("the first");
        let _second = admission.admit(ip("2001:db8::2")).expect("the second");
        assert_eq!(admission.admit(ip("2001:db8::ffff:3")).err(), Some(Refusal::Address));
        let _other = admission.admit(ip("2001:db8:0:1::1")).expect("another network");
        drop(first);
        let _third = admission.admit(ip("2001:db8::3")).expect("one was closed");
        let _v4 = admission.admit(ip("::ffff:192.0.2.1")).expect("an IPv4 address");
        let _v4 = admission.admit(ip("192.0.2.1")).expect("the same");
        assert_eq!(admission.admit(ip("192.0.2.1")).err(), Some(Refusal::Address));
    }

    #[test]
    fn the_total_is_limited_and_zero_is_no_limit_of_an_address() {
        let admission = Admission::new(3, 0);
        let open: Vec<_> = (0..3).map(|_| admission.admit(ip("127.0.0.1")).expect("a connection")).collect();
        assert_eq!(admission.admit(ip("192.0.2.1")).err(), Some(Refusal::Count));
        drop(open);
        assert!(admission.admit(ip("192.0.2.1")).is_ok());
    }
}
