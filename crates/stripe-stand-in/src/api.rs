//! The endpoints.

use serde_json::Value;

use crate::answer::Refusal;
use crate::list::{is_created_within, page};
use crate::options::Platform;
use crate::request::Call;
use crate::state::{State, text};
use crate::{account, billing, transfer};

/// What an endpoint works with.
pub(crate) struct Context<'a> {
    pub state: &'a mut State,
    pub platform: &'a Platform,
    pub call: &'a Call,
    /// The origin of the stand-in.
    pub url: &'a str,
}

/// Executes a request of an authenticated platform.
pub(crate) fn execute(
    state: &mut State,
    platform: &Platform,
    call: &Call,
    url: &str,
) -> Result<Value, Refusal> {
    let mut context = Context { state, platform, call, url };
    match (call.method.as_str(), call.segments().as_slice()) {
        ("GET", ["v1", "account"]) => Ok(account::of_platform(platform)),
        ("POST", ["v1", "accounts"]) => account::create(&mut context),
        ("GET", ["v1", "accounts", id]) => account::retrieve(&mut context, id),
        ("POST", ["v1", "account_links"]) => account::link(&mut context),
        ("GET", ["v1", "balance"]) => transfer::balance(&mut context),
        ("POST", ["v1", "transfers"]) => transfer::create(&mut context),
        ("GET", ["v1", "transfers"]) => transfer::list(&mut context),
        ("GET", ["v1", "transfers", id]) => context.retrieve("transfer", id),
        ("POST", ["v1", "transfers", id, "reversals"]) => transfer::create_reversal(&mut context, id),
        ("GET", ["v1", "transfers", id, "reversals"]) => transfer::list_reversals(&mut context, id),
        ("GET", ["v1", "invoice_payments"]) => billing::list_invoice_payments(&mut context),
        ("GET", ["v1", "invoices", id]) => billing::retrieve_invoice(&mut context, id),
        ("GET", ["v1", "refunds", id]) => context.retrieve("refund", id),
        ("GET", ["v1", "credit_notes", id]) => context.retrieve("credit_note", id),
        ("GET", ["v1", "charges", id]) => context.retrieve("charge", id),
        ("GET", ["v1", "disputes", id]) => context.retrieve("dispute", id),
        ("GET", ["v1", "events", id]) => context.retrieve_event(id),
        _ => {
            let message = format!(
                "Unrecognized request URL ({}: {}). The stand-in has only the part of Stripe's API that revshare uses.",
                call.method, call.path
            );
            Err(Refusal::unexecuted(404, "", message).without_code())
        }
    }
}

impl Context<'_> {
    /// Returns an object by its id.
    pub(crate) fn retrieve(&mut self, kind: &str, id: &str) -> Result<Value, Refusal> {
        self.call.parameters.known(&[])?;
        let found = self.state.book(&self.platform.account).find(kind, id).cloned();
        found.ok_or_else(|| Refusal::missing(kind, id))
    }

    fn retrieve_event(&mut self, id: &str) -> Result<Value, Refusal> {
        self.call.parameters.known(&[])?;
        let event = self.state.book(&self.platform.account).events.iter().find(|event| event.id == id);
        event.map(|event| event.json()).ok_or_else(|| Refusal::missing("event", id))
    }

    /// Returns a page of the objects of a type that a filter accepts, the newest first.
    pub(crate) fn list(
        &mut self,
        kind: &str,
        url: &str,
        filter: impl Fn(&Value) -> bool,
    ) -> Result<Value, Refusal> {
        let parameters = &self.call.parameters;
        let mut objects = Vec::new();
        for object in self.state.book(&self.platform.account).all(kind).iter().rev() {
            if filter(object) && is_created_within(object, parameters)? {
                objects.push(object);
            }
        }
        page(objects, kind, url, parameters)
    }

    /// Returns a filter that compares a field with a parameter, if there is one.
    pub(crate) fn is_equal(&self, parameter: &str, field: &'static str) -> impl Fn(&Value) -> bool + use<> {
        let wanted = self.call.parameters.get(parameter).map(str::to_owned);
        move |object| wanted.as_deref().is_none_or(|wanted| text(object, field) == wanted)
    }
}
