//! Faults that tests let into the next requests.

use std::time::Duration;

use serde_json::Value;

use crate::StandIn;
use crate::answer::{Answer, Refusal};
use crate::shared::locked;

/// What goes wrong with a request, also with one that repeats the first answer of its key. What is answered without
/// executing the request is not kept for the key, unless it says so.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Nothing is done for this long; the key is in use meanwhile. The request is executed even if its client has gone.
    HangBefore(Duration),
    /// The request is executed, and its answer kept; it is sent after this time.
    HangAfter(Duration),
    /// The connection ends without an answer; nothing is executed.
    BreakBefore,
    /// The request is executed, and its answer kept; the connection ends without it.
    BreakAfter,
    /// 500.
    ServerError {
        /// Whether the request is executed before.
        is_executed: bool,
        /// Whether the key keeps the 500, as it does with Stripe once an endpoint has begun to execute. If not, it
        /// keeps what was done: the 500 came from something between.
        is_kept: bool,
    },
    /// 429, before keys are considered.
    RateLimited,
    /// 401, before keys are considered: the API key is not known any more.
    Unauthorized,
    /// 403, before keys are considered: the API key lacks a permission.
    Forbidden,
    /// 424: something outside of Stripe failed.
    DependencyFailed {
        /// Whether the key keeps the answer.
        is_kept: bool,
    },
    /// The refusal of an endpoint, which the key keeps.
    Refused {
        /// The status: 400, or 402 as of a card.
        status: u16,
        /// The code, such as `balance_insufficient`.
        code: String,
    },
    /// The answer differs in these fields from what was done; objects are merged. Of a list, each object differs.
    Altered(Value),
}

/// A fault, and the requests that it is for.
pub(crate) struct Planned {
    times: usize,
    method: String,
    prefix: String,
    fault: Fault,
}

impl StandIn {
    /// Lets a fault into the next `times` requests of this method whose path begins with this prefix. Faults that are
    /// for the same requests come one after the other.
    pub fn fail_next(&self, times: usize, method: &str, prefix: &str, fault: Fault) {
        let planned = Planned { times, method: method.to_owned(), prefix: prefix.to_owned(), fault };
        locked(&self.shared.faults).push(planned);
    }

    /// Removes the faults that are left, and returns for how many requests they were meant.
    pub fn clear_faults(&self) -> usize {
        locked(&self.shared.faults).drain(..).map(|planned| planned.times).sum()
    }
}

/// Returns the fault of a request, and uses it up.
pub(crate) fn take(faults: &mut Vec<Planned>, method: &str, path: &str) -> Option<Fault> {
    let is_meant = |planned: &Planned| planned.method == method && path.starts_with(&planned.prefix);
    let index = faults.iter().position(is_meant)?;
    let planned = &mut faults[index];
    planned.times = planned.times.saturating_sub(1);
    let fault = planned.fault.clone();
    faults.retain(|planned| planned.times > 0);
    Some(fault)
}

/// Returns the answer to a request that is refused before keys are considered.
pub(crate) fn before_keys(fault: &Fault) -> Option<Answer> {
    let refusal = match fault {
        Fault::RateLimited => {
            let message = "Request rate limit exceeded. Learn more about rate limits here \
                           https://stripe.com/docs/rate-limits.";
            Refusal::unexecuted(429, "rate_limit", message)
        }
        Fault::Unauthorized => Refusal::unexecuted(401, "api_key_expired", "Expired API Key provided"),
        Fault::Forbidden => {
            let message = "The provided key does not have the required permissions for this endpoint.";
            Refusal::unexecuted(403, "", message).without_code()
        }
        Fault::HangBefore(_)
        | Fault::HangAfter(_)
        | Fault::BreakBefore
        | Fault::BreakAfter
        | Fault::ServerError { .. }
        | Fault::DependencyFailed { .. }
        | Fault::Refused { .. }
        | Fault::Altered(_) => return None,
    };
    Some(refusal.into())
}

/// Returns the error that takes the place of executing a request.
pub(crate) fn instead(fault: &Fault) -> Option<Refusal> {
    match fault {
        Fault::ServerError { is_executed: false, is_kept } => Some(Refusal::server_error(*is_kept)),
        Fault::DependencyFailed { is_kept } => {
            let message =
                "The request could not be completed due to a failure in a dependency external to Stripe.";
            Some(Refusal::executed(424, "", message).without_code().kept(*is_kept))
        }
        Fault::Refused { status, code } => {
            Some(Refusal::executed(*status, code, format!("Refused by a test of the stand-in: {code}")))
        }
        Fault::ServerError { is_executed: true, .. }
        | Fault::HangBefore(_)
        | Fault::HangAfter(_)
        | Fault::BreakBefore
        | Fault::BreakAfter
        | Fault::RateLimited
        | Fault::Unauthorized
        | Fault::Forbidden
        | Fault::Altered(_) => None,
    }
}
