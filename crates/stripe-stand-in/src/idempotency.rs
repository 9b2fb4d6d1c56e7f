//! Idempotency keys, as version 1 of Stripe's API treats them: the first answer of an endpoint is kept for a key,
//! errors included, and repeated for at least a day.
//!
//! What fails before an endpoint executes the request is not kept: authentication, rate limits, wrong parameters, and
//! a request with the same key at the same time. See <https://docs.stripe.com/api/idempotent_requests> and
//! <https://docs.stripe.com/error-low-level>.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::answer::{Answer, Content, Refusal};
use crate::request::Call;
use crate::shared::{Shared, locked};
use crate::state::{State, now};

/// The number of characters that a key may have.
const LENGTH_MAX: usize = 255;
/// How long answers are kept, in seconds.
const KEPT_FOR: u64 = 24 * 60 * 60;

/// The first answer of a key.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct KeptAnswer {
    path: String,
    parameters: Vec<(String, String)>,
    request: String,
    status: u16,
    body: Value,
    at: u64,
}

/// What a key means for a request.
pub(crate) enum Reservation {
    /// The request may be executed; until this is dropped, no other with the same key is.
    Reserved(Running),
    /// It was answered before, or may not be executed.
    Answered(Answer),
}

/// A key whose request is being executed.
pub(crate) struct Running {
    shared: Arc<Shared>,
    key: (String, String),
}

impl Drop for Running {
    fn drop(&mut self) {
        locked(&self.shared.running).remove(&self.key);
    }
}

/// Decides what the key of a request means.
pub(crate) fn reserve(shared: &Arc<Shared>, platform: &str, key: &str, call: &Call) -> Reservation {
    if key.chars().count() > LENGTH_MAX {
        let message = format!("Idempotency keys can have up to {LENGTH_MAX} characters.");
        return Reservation::Answered(Refusal::idempotency(400, None, message).into());
    }
    shared.read(|state| {
        let kept = state.books().find(|(account, _)| *account == platform);
        if let Some(kept) = kept.and_then(|(_, book)| book.keys.get(key)).filter(|kept| !kept.is_old()) {
            return Reservation::Answered(kept.answer(key, call));
        }
        let key = (platform.to_owned(), key.to_owned());
        if !locked(&shared.running).insert(key.clone()) {
            let message = format!(
                "There is currently another in-progress request using this Idempotency Key (that probably means you \
                 submitted twice, and the other request is still going through): {}. Please try again later.",
                key.1
            );
            return Reservation::Answered(
                Refusal::idempotency(409, Some("idempotency_key_in_use"), message).into(),
            );
        }
        Reservation::Reserved(Running { shared: Arc::clone(shared), key })
    })
}

/// Keeps an answer for a key, and forgets those that are older than a day.
pub(crate) fn keep(state: &mut State, platform: &str, key: &str, call: &Call, answer: &Answer) {
    let Content::Json(body) = &answer.content else { return };
    let kept = KeptAnswer {
        path: call.path.clone(),
        parameters: call.parameters.sorted(),
        request: call.id.clone(),
        status: answer.status,
        body: body.clone(),
        at: now(),
    };
    let keys = &mut state.book(platform).keys;
    keys.retain(|_, kept| !kept.is_old());
    keys.insert(key.to_owned(), kept);
}

impl KeptAnswer {
    fn is_old(&self) -> bool {
        now().saturating_sub(self.at) > KEPT_FOR
    }

    fn answer(&self, key: &str, call: &Call) -> Answer {
        let difference = if self.path != call.path {
            format!("for the same endpoint they were first used for ('{}' vs '{}')", call.path, self.path)
        } else if self.parameters != call.parameters.sorted() {
            "with the same parameters they were first used with".to_owned()
        } else {
            let content = Content::Json(self.body.clone());
            return Answer {
                status: self.status,
                content,
                replayed_of: Some(self.request.clone()),
                is_kept: false,
            };
        };
        let message = format!(
            "Keys for idempotent requests can only be used {difference}. Try using a key other than '{key}' if you \
             meant to execute a different request."
        );
        Refusal::idempotency(400, None, message).into()
    }
}
