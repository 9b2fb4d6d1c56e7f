//! What tests do in the place of Stripe, of its dashboard and of partners. Each act emits the events that Stripe emits.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::StandIn;
use crate::billing::{self, CreditNote, Dispute, Invoice, Refund};
use crate::delivery;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::options::{EventTarget, Platform};
use crate::shared::locked;
use crate::state::State;
use crate::{account, payout, transfer};

/// How many events are sent at a time.
const SENDING_MAX: usize = 16;

impl StandIn {
    /// Accepts the key of another platform; one of the same account replaces it.
    pub fn add_platform(&self, platform: Platform) {
        self.shared.change(|state| state.book(&platform.account).livemode = platform.livemode);
        let mut platforms = locked(&self.shared.platforms);
        platforms.retain(|other| other.account != platform.account);
        platforms.push(platform);
    }

    /// Sends events to these targets from now on, and to no others.
    pub fn send_events_to(&self, targets: Vec<EventTarget>) {
        *locked(&self.shared.targets) = targets;
    }

    /// Limits the balance of a platform in a currency; `None` removes the limit.
    pub fn set_balance(&self, platform: &str, currency: &str, amount: Option<i64>) {
        self.shared.change(|state| {
            let balances = &mut state.book(platform).balances;
            match amount {
                Some(amount) => balances.insert(currency.to_owned(), amount),
                None => balances.remove(currency),
            }
        });
    }

    /// Connects an account that was onboarded elsewhere, with the capability `transfers` active, and returns its id.
    pub fn add_account(&self, platform: &str, id: Option<&str>, country: &str) -> String {
        self.shared.change(|state| {
            let fields = json!({ "capabilities": { "transfers": "inactive" }, "country": country });
            let account = account::add(state, platform, id, fields);
            let id = account["id"].as_str().unwrap_or_default().to_owned();
            account::complete(state, platform, &id);
            id
        })
    }

    /// Sets the status of the capability `transfers` of an account (`active`, `inactive`, `pending`), the requirements
    /// that are due, and why it is disabled.
    pub fn set_account(
        &self,
        id: &str,
        transfers: &str,
        currently_due: &[&str],
        disabled_reason: Option<&str>,
    ) -> Result<()> {
        self.act_on("account", id, |state, platform| {
            account::change(state, platform, id, Some(transfers), currently_due, disabled_reason);
        })
    }

    /// Ends the connection of an account, as its owner can: the platform cannot read it any more, nor pay to it.
    pub fn deauthorize(&self, account: &str) -> Result<()> {
        self.act_on("account", account, |state, platform| {
            state.book(platform).remove("account", account);
            let application = json!({ "id": "ca_1", "object": "application", "name": "Stand-in platform" });
            let data = json!({ "object": application });
            state.emit(platform, Some(account), "account.application.deauthorized", data);
        })
    }

    /// Pays out what an account has received, to its bank; returns the id of the payout.
    pub fn pay_out(&self, account: &str) -> Result<String> {
        self.act_on("account", account, |state, platform| payout::add(state, platform, account, true))
    }

    /// Lets a payout of an account to its bank fail; returns the id of the payout.
    pub fn fail_payout_of(&self, account: &str) -> Result<String> {
        self.act_on("account", account, |state, platform| payout::add(state, platform, account, false))
    }

    /// Reverses a transfer, or a part of it, as is possible in the dashboard; returns the id of the reversal.
    pub fn reverse_transfer(&self, id: &str, amount: Option<i64>) -> Result<String> {
        self.act_on("transfer", id, |state, platform| {
            let reversal = transfer::reverse(state, platform, id, amount, &BTreeMap::new());
            let reversal = reversal.map_err(|refusal| Error::new(refusal.message))?;
            Ok(reversal["id"].as_str().unwrap_or_default().to_owned())
        })?
    }

    /// Adds a paid invoice with its payment, and returns its id.
    pub fn add_invoice(&self, platform: &str, invoice: &Invoice) -> String {
        self.shared.change(|state| billing::add_invoice(state, platform, invoice))
    }

    /// Adds a refund, and returns its id.
    pub fn add_refund(&self, platform: &str, refund: &Refund) -> Result<String> {
        self.shared.change(|state| billing::add_refund(state, platform, refund))
    }

    /// Sets the status of a refund; `failed` emits `refund.failed` as well.
    pub fn update_refund(&self, id: &str, status: &str) -> Result<()> {
        self.act_on("refund", id, |state, platform| billing::update_refund(state, platform, id, status))?
    }

    /// Adds a credit note, and returns its id.
    pub fn add_credit_note(&self, platform: &str, note: &CreditNote) -> Result<String> {
        self.shared.change(|state| billing::add_credit_note(state, platform, note))
    }

    /// Adds a dispute, and returns its id. One that is won or lost emits `charge.dispute.closed`.
    pub fn add_dispute(&self, platform: &str, dispute: &Dispute) -> Result<String> {
        self.shared.change(|state| billing::add_dispute(state, platform, dispute))
    }

    /// Emits any event, of a platform or of a connected account of it.
    pub fn emit(&self, platform: &str, account: Option<&str>, kind: &str, object: &Value) {
        self.shared.change(|state| state.emit(platform, account, kind, json!({ "object": object })));
    }

    /// Forgets all idempotency keys, as Stripe may after 24 hours.
    pub fn forget_keys(&self) {
        self.shared.change(|state| state.books_mut().for_each(|book| book.keys.clear()));
    }

    /// Holds events back from now on, or sends those that happen from now on; [`Self::events`] has both.
    pub fn hold_events(&self, holds: bool) {
        self.shared.holds_events.store(holds, Ordering::SeqCst);
    }

    /// Sends an event once to those it is meant for, and returns what they answered; `None` is no answer.
    pub async fn send(&self, event: &Event) -> Vec<Option<u16>> {
        let mut answers = Vec::new();
        for target in self.shared.targets_of(event) {
            answers.push(delivery::send(&self.shared, &target, event).await);
        }
        answers
    }

    /// Sends each of all events several times, in an order that the seed decides, up to 16 at a time. Returns what was
    /// answered, in the order in which they were answered.
    pub async fn send_all_shuffled(&self, seed: u64, repeats: usize) -> Vec<Option<u16>> {
        let mut sending = JoinSet::new();
        let permits = Arc::new(Semaphore::new(SENDING_MAX));
        let mut events: Vec<_> = (0..repeats).flat_map(|_| self.events()).collect();
        events.shuffle(&mut StdRng::seed_from_u64(seed));
        for event in events {
            for target in self.shared.targets_of(&event) {
                let permit = Arc::clone(&permits).acquire_owned().await;
                let (shared, event) = (Arc::clone(&self.shared), event.clone());
                sending.spawn(async move {
                    let status = delivery::send(&shared, &target, &event).await;
                    drop(permit);
                    status
                });
            }
        }
        sending.join_all().await
    }

    /// Acts on an object, whose platform is found.
    fn act_on<T>(&self, kind: &str, id: &str, act: impl FnOnce(&mut State, &str) -> T) -> Result<T> {
        self.shared.change(|state| {
            let platform = state.platform_of(kind, id).ok_or_else(|| Error::missing(kind, id))?;
            Ok(act(state, &platform))
        })
    }
}
