//! What tests look at.

use crate::StandIn;
use crate::account::{self, Account};
use crate::answer::Answer;
use crate::delivery::Delivery;
use crate::event::Event;
use crate::request::Call;
use crate::shared::{Shared, locked};
use crate::transfer::{self, Transfer};

/// A request that the stand-in received.
#[derive(Clone, Debug)]
pub struct Request {
    /// Such as `POST`.
    pub method: String,
    /// Without the query string.
    pub path: String,
    /// Those of the query string and of the form, with the brackets in their names.
    pub parameters: Vec<(String, String)>,
    /// `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// `Stripe-Version`.
    pub version: Option<String>,
    /// The status of the answer; `None` while there is none, or if the connection was broken instead.
    pub status: Option<u16>,
    /// Whether the first answer of its key was repeated.
    pub is_replayed: bool,
}

impl Request {
    /// Returns a parameter, such as `metadata[tenant]`.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }
}

impl StandIn {
    /// Returns the requests that it received, in their order.
    pub fn requests(&self) -> Vec<Request> {
        locked(&self.shared.requests).clone()
    }

    /// Returns the requests of a method whose path begins with this prefix.
    pub fn requests_of(&self, method: &str, prefix: &str) -> Vec<Request> {
        let is_meant = |request: &Request| request.method == method && request.path.starts_with(prefix);
        self.requests().into_iter().filter(is_meant).collect()
    }

    /// Returns whether it has received a request with an idempotency key that is not executed yet.
    pub fn is_executing(&self) -> bool {
        !locked(&self.shared.running).is_empty()
    }

    /// Returns all transfers, in the order in which each platform made them.
    pub fn transfers(&self) -> Vec<Transfer> {
        self.shared.read(transfer::all)
    }

    /// Returns all connected accounts.
    pub fn accounts(&self) -> Vec<Account> {
        self.shared.read(account::all)
    }

    /// Returns the last 1,000 events of each platform, the oldest first.
    pub fn events(&self) -> Vec<Event> {
        self.shared.read(|state| state.books().flat_map(|(_, book)| book.events.clone()).collect())
    }

    /// Returns the tries to send events, in the order in which they ended.
    pub fn deliveries(&self) -> Vec<Delivery> {
        locked(&self.shared.deliveries).clone()
    }
}

/// Records a request, and returns its index.
pub(crate) fn record(shared: &Shared, call: &Call) -> usize {
    let mut requests = locked(&shared.requests);
    requests.push(Request {
        method: call.method.clone(),
        path: call.path.clone(),
        parameters: call.parameters.pairs().to_vec(),
        idempotency_key: call.key.clone(),
        version: call.version.clone(),
        status: None,
        is_replayed: false,
    });
    requests.len() - 1
}

/// Records what a request is answered with.
pub(crate) fn record_answer(shared: &Shared, index: usize, answer: Option<&Answer>) {
    if let Some(request) = locked(&shared.requests).get_mut(index) {
        request.status = answer.map(|answer| answer.status);
        request.is_replayed = answer.is_some_and(|answer| answer.replayed_of.is_some());
    }
}
