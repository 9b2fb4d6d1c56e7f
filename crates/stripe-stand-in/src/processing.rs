//! From a request to its answer: faults, authentication, keys, execution.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::answer::{Answer, Content, Refusal};
use crate::fault::{self, Fault};
use crate::idempotency::{self, Reservation};
use crate::options::Platform;
use crate::request::Call;
use crate::shape::merge;
use crate::shared::{Shared, locked};
use crate::{api, dashboard, onboarding};

/// Answers a request; without an answer, its connection is to be broken.
pub(crate) async fn process(shared: &Arc<Shared>, call: &Call) -> Option<Answer> {
    if call.segments().first() == Some(&onboarding::PATH) {
        return Some(onboarding::answer(shared, call));
    }
    if call.path == "/" || call.segments().first() == Some(&dashboard::PATH) {
        return Some(dashboard::answer(shared, call));
    }
    let fault = fault::take(&mut locked(&shared.faults), &call.method, &call.path);
    if let Some(Fault::BreakBefore) = fault {
        return None;
    }
    if let Some(answer) = fault.as_ref().and_then(fault::before_keys) {
        return Some(answer);
    }
    let platform = match authenticate(shared, call) {
        Ok(platform) => platform,
        Err(refusal) => return Some(refusal.into()),
    };
    let key = call.key.as_deref().filter(|_| call.method == "POST");
    let reservation = key.map(|key| idempotency::reserve(shared, &platform.account, key, call));
    let (running, known) = match reservation {
        Some(Reservation::Reserved(running)) => (Some(running), None),
        Some(Reservation::Answered(answer)) => (None, Some(answer)),
        None => (None, None),
    };
    if let Some(Fault::HangBefore(time)) = fault {
        shared.sleep(time).await;
        if shared.is_stopped() {
            return None;
        }
    }
    let answer = match &known {
        Some(answer) => instead_of(answer, fault.as_ref()),
        None => execute(shared, &platform, call, fault.as_ref()),
    };
    // The answer is kept now, so that the key is not in use any more.
    drop(running);
    match fault {
        Some(Fault::BreakAfter) => return None,
        Some(Fault::HangAfter(time)) => shared.sleep(time).await,
        _ => {}
    }
    Some(answer)
}

/// Executes a request, and keeps its answer for its key in the same step.
fn execute(shared: &Arc<Shared>, platform: &Platform, call: &Call, fault: Option<&Fault>) -> Answer {
    if call.method != "POST" {
        let answer = shared.read_mut(|state| api::execute(state, platform, call, &shared.url).into());
        return instead_of(&answer, fault);
    }
    shared.change(|state| {
        state.cause = (Some(call.id.clone()), call.key.clone());
        let executed = match fault.and_then(fault::instead) {
            Some(refusal) => refusal.into(),
            None => Answer::from(api::execute(state, platform, call, &shared.url)),
        };
        state.cause = (None, None);
        let sent = instead_of(&executed, fault);
        // What was done is kept, even if something else is sent that is not.
        let kept = if sent.is_kept { &sent } else { &executed };
        if let Some(key) = call.key.as_deref().filter(|_| kept.is_kept) {
            idempotency::keep(state, &platform.account, key, call, kept);
        }
        sent
    })
}

/// Returns what a fault sends instead of an answer.
fn instead_of(answer: &Answer, fault: Option<&Fault>) -> Answer {
    match (fault.and_then(fault::instead), fault, &answer.content) {
        (Some(refusal), _, _) => refusal.into(),
        (None, Some(Fault::ServerError { is_kept, .. }), _) => Refusal::server_error(*is_kept).into(),
        (None, Some(Fault::Altered(changes)), Content::Json(body)) if answer.status == 200 => {
            let mut body = body.clone();
            match body.get_mut("data").and_then(Value::as_array_mut) {
                Some(objects) => objects.iter_mut().for_each(|object| merge(object, changes.clone())),
                None => merge(&mut body, changes.clone()),
            }
            Answer { content: Content::Json(body), ..answer.clone() }
        }
        _ => answer.clone(),
    }
}

/// Returns the platform whose key a request has.
fn authenticate(shared: &Shared, call: &Call) -> Result<Platform, Refusal> {
    let Some(key) = call.authorization.as_deref().and_then(key_of) else {
        let message = "You did not provide an API key. You need to provide your API key in the Authorization header, \
                       using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').";
        return Err(Refusal::unexecuted(401, "", message).without_code());
    };
    let known = locked(&shared.platforms).iter().find(|platform| platform.api_key == key).cloned();
    known.ok_or_else(|| {
        let end = key.char_indices().rev().nth(3).map_or(key.as_str(), |(index, _)| &key[index..]);
        Refusal::unexecuted(401, "", format!("Invalid API Key provided: ****{end}")).without_code()
    })
}

/// Returns the key of a header, of the Bearer scheme or as the user of the Basic scheme.
fn key_of(authorization: &str) -> Option<String> {
    if let Some(key) = authorization.strip_prefix("Bearer ") {
        return Some(key.trim().to_owned());
    }
    let decoded = decode_base64(authorization.strip_prefix("Basic ")?.trim())?;
    let text = String::from_utf8(decoded).ok()?;
    Some(text.split(':').next().unwrap_or_default().to_owned())
}

/// Decodes base64 with the standard alphabet.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for character in text.trim_end_matches('=').bytes() {
        let value = ALPHABET.iter().position(|other| *other == character)?;
        bits = ((bits << 6) | u32::try_from(value).ok()?) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
    }
    Some(bytes)
}

impl Shared {
    /// Waits, but not longer than the stand-in runs.
    pub(crate) async fn sleep(&self, time: Duration) {
        let mut stopped = self.stopped.subscribe();
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            _ = stopped.wait_for(|stopped| *stopped) => {}
        }
    }
}
