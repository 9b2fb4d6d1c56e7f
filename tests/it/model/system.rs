//! The system under test: sends commands to its API and reads back everything that the model predicts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::command::{self, Command, Date, EventKey, Invoice, Period, Transition};
use super::ledger::{Buckets, Ledger};
use crate::support::{TestApp, TestTenant, UNKNOWN_ID, in_days, transition_input};

/// Every scenario has a tenant of its own.
static TENANTS: AtomicUsize = AtomicUsize::new(0);

const EVERYTHING: &str = "query {
    partners {
        nodes {
            commissionEvents(first: 100) {
                nodes {
                    id status heldAt eventType invoiceId notes commissionAmount { amount } payout { id }
                    history { from to }
                }
            }
            payouts(first: 100) {
                nodes {
                    id status totalAmount { amount } commissionCount history { from to }
                    commissionEvents(first: 100) { nodes { id } }
                }
            }
            balances {
                pending { amount } approved { amount } held { amount } inTransit { amount } settled { amount }
                outstanding { amount }
            }
        }
    }
}";

/// A commission event as the API shows it.
struct EventView {
    id: String,
    cents: i128,
    statuses: Vec<String>,
    is_held: bool,
    payout: Option<String>,
}

/// A payout as the API shows it.
struct PayoutView {
    status: String,
    cents: i128,
    lines: BTreeSet<EventKey>,
}

pub struct System {
    tenant: TestTenant,
    partner: String,
    /// The timestamp of everything dated within the hold.
    within_hold: String,
    events: BTreeMap<EventKey, EventView>,
    payouts: BTreeMap<String, PayoutView>,
    buckets: Buckets,
    /// The ids of the payouts that existed before the current step, in the order of the model.
    payout_ids: Vec<String>,
}

fn cents(money: &Value) -> i128 {
    money["amount"].as_str().unwrap_or("0.00").replace('.', "").parse().expect("cents")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A `MoneyInput` of this many cents.
fn euro_cents(cents: i128) -> Value {
    let sign = if cents < 0 { "-" } else { "" };
    json!({ "amount": format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100), "currency": "EUR" })
}

/// The statuses that a row had; fails the test if a change does not start at the status before it.
fn statuses(history: &Value) -> Vec<String> {
    let mut statuses = Vec::new();
    for change in history.as_array().expect("a history") {
        assert_eq!(change["from"].as_str(), statuses.last().map(String::as_str), "{history}");
        statuses.push(text(&change["to"]));
    }
    statuses
}

fn event_key(event: &Value) -> EventKey {
    let number =
        |value: &Value| text(value).trim_start_matches(char::is_alphabetic).parse().expect("a number");
    match event["eventType"].as_str() {
        Some("INVOICE_PAID") => EventKey::Invoice(number(&event["invoiceId"])),
        Some("CLAWBACK") => EventKey::Refund(number(&event["notes"])),
        _ => EventKey::Adjustment(number(&event["notes"])),
    }
}

fn event_view(event: &Value) -> EventView {
    EventView {
        id: text(&event["id"]),
        cents: cents(&event["commissionAmount"]),
        statuses: statuses(&event["history"]),
        is_held: event["heldAt"].is_string(),
        payout: event["payout"]["id"].as_str().map(str::to_owned),
    }
}

/// The view of a payout whose events are known by these ids.
fn payout_view(payout: &Value, keys: &BTreeMap<String, EventKey>) -> PayoutView {
    let lines = payout["commissionEvents"]["nodes"].as_array().expect("events");
    let lines: BTreeSet<_> = lines.iter().map(|line| keys[&text(&line["id"])]).collect();
    assert_eq!(payout["commissionCount"], lines.len(), "{payout}");
    assert_eq!(statuses(&payout["history"]).last(), Some(&text(&payout["status"])), "{payout}");
    PayoutView { status: text(&payout["status"]), cents: cents(&payout["totalAmount"]), lines }
}

/// The bounds of a period; `All` ends in the future.
fn bounds(period: Period) -> (&'static str, &'static str) {
    match period {
        Period::January => ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
        Period::February => ("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"),
        Period::All => ("2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"),
    }
}

impl System {
    pub async fn new(app: &TestApp) -> Self {
        let tenant = app.tenant(&format!("t{}", TENANTS.fetch_add(1, Ordering::Relaxed))).await;
        let partner = tenant.create_partner_with_account("first").await;
        tenant.update_settings(json!({ "holdDays": 30 })).await;
        Self {
            tenant,
            partner,
            within_hold: in_days(-1),
            events: BTreeMap::new(),
            payouts: BTreeMap::new(),
            buckets: Buckets::default(),
            payout_ids: Vec::new(),
        }
    }

    fn timestamp(&self, date: Date) -> &str {
        match date {
            Date::January => "2026-01-15T00:00:00Z",
            Date::February => "2026-02-15T00:00:00Z",
            Date::Old => "2025-01-15T00:00:00Z",
            Date::WithinHold => &self.within_hold,
        }
    }

    /// The ids of these events. Each that does not exist gets an unknown id of its own, so that no id occurs twice.
    fn ids(&self, keys: &[EventKey]) -> Vec<String> {
        let unknown = |n: usize| format!("{}{n}", &UNKNOWN_ID[..35]);
        let id =
            |(n, key): (usize, &EventKey)| self.events.get(key).map_or_else(|| unknown(n), |e| e.id.clone());
        keys.iter().enumerate().map(id).collect()
    }

    /// Sends a command; returns its outcome, count or `OK`, or else the code of the error.
    pub async fn send(&self, command: &Command) -> String {
        if matches!(command, Command::AssignSecondAccount) {
            return self.assign_second_account().await;
        }
        let (mutation, input, selection) = self.request(command);
        let is_billing = matches!(command, Command::RecordInvoicePaid { .. } | Command::RecordRefund { .. });
        let client = if is_billing { self.tenant.billing() } else { self.tenant.finance() };
        let payload = match client.try_mutate(mutation, input, selection).await {
            Ok(payload) => payload,
            Err(code) => return code,
        };
        match &payload[selection.split(' ').next().unwrap_or_default()] {
            Value::String(outcome) => outcome.clone(),
            Value::Number(count) => count.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => "OK".to_owned(),
        }
    }

    async fn assign_second_account(&self) -> String {
        let input =
            json!({ "partnerId": self.partner, "customerId": "second", "startsAt": "2020-01-01T00:00:00Z" });
        // Fails if it was assigned before, which is as good.
        let _ = self.tenant.admin().try_mutate("assignManagedAccount", input, "managedAccount { id }").await;
        "OK".to_owned()
    }

    /// The mutation, the input and the selection of a command.
    fn request(&self, command: &Command) -> (&'static str, Value, &'static str) {
        match command {
            Command::RecordInvoicePaid { invoice, altered } => {
                ("recordInvoicePaid", self.invoice_input(*invoice, *altered), "outcome")
            }
            Command::RecordRefund { refund, invoice, sixths } => {
                ("recordInvoiceRefunded", self.refund_input(*refund, *invoice, *sixths), "outcome")
            }
            Command::Reassess { invoice } => {
                ("reassessInvoices", self.reassess_input(*invoice), "earningCount")
            }
            Command::AssignSecondAccount => ("assignManagedAccount", Value::Null, ""),
            Command::ApproveEvents(keys) => {
                ("approveCommissionEvents", json!({ "ids": self.ids(keys) }), "commissionEvents { id }")
            }
            Command::CancelEvents(keys) => {
                let input = json!({ "ids": self.ids(keys), "reason": "wrong customer" });
                ("cancelCommissionEvents", input, "commissionEvents { id }")
            }
            Command::RevertApproval(keys) => self.correction("revertApproval", keys),
            Command::HoldEvents(keys) => self.correction("holdCommissionEvents", keys),
            Command::ReleaseEvents(keys) => self.correction("releaseCommissionEvents", keys),
            Command::ApprovePending(period) => {
                let (from, to) = bounds(*period);
                let input = json!({ "eventDateFrom": from, "eventDateTo": to });
                ("approvePendingCommissionEvents", input, "approvedCount")
            }
            Command::RecordAdjustment { key, cents } => {
                ("recordAdjustment", self.adjustment_input(*key, *cents), "commissionEvent { id }")
            }
            Command::CreatePayout { period, key } => {
                let (start, end) = bounds(*period);
                let input = json!({
                    "partnerId": self.partner,
                    "periodStart": start,
                    "periodEnd": end,
                    "idempotencyKey": key.map(|key| format!("b{key}")),
                });
                ("createPayoutBatch", input, "payout { id }")
            }
            Command::RunPayouts { key } => {
                let (start, end) = bounds(Period::All);
                let key = key.map(|key| format!("run{key}"));
                let input = json!({ "periodStart": start, "periodEnd": end, "idempotencyKey": key });
                ("runPayouts", input, "payoutCount")
            }
            Command::TransitionPayout { payout, transition } => {
                let count = self.payout_ids.len();
                let id = if count == 0 { UNKNOWN_ID } else { &self.payout_ids[usize::from(*payout) % count] };
                let mutation = match transition {
                    Transition::Start => "startPayout",
                    Transition::Complete => "completePayout",
                    Transition::Fail => "failPayout",
                    Transition::Cancel => "cancelPayout",
                };
                (mutation, transition_input(mutation, id), "payout { id }")
            }
        }
    }

    fn correction(&self, mutation: &'static str, keys: &[EventKey]) -> (&'static str, Value, &'static str) {
        (mutation, json!({ "ids": self.ids(keys), "reason": "r" }), "commissionEvents { id }")
    }

    /// Selects one invoice of the second customer, by its date.
    fn reassess_input(&self, number: u8) -> Value {
        let paid_at = self.timestamp(command::invoice(number, false).date);
        json!({ "customerId": "second", "paidFrom": paid_at, "paidTo": paid_at.replace("00:00:00", "00:00:01") })
    }

    fn invoice_input(&self, number: u8, altered: bool) -> Value {
        let Invoice { total, base, date } = command::invoice(number, altered);
        json!({
            "invoiceId": format!("i{number}"),
            "customerId": if command::is_of_second_customer(number) { "second" } else { "first" },
            "totalAmount": euro_cents(total),
            "commissionableAmount": euro_cents(base),
            "paidAt": self.timestamp(date),
        })
    }

    /// The refund's number is its reason as well, which its reversal shows as notes.
    fn refund_input(&self, number: u8, invoice: u8, sixths: i128) -> Value {
        json!({
            "invoiceId": format!("i{invoice}"),
            "refundId": format!("r{number}"),
            "amount": euro_cents(command::refund_cents(invoice, sixths)),
            "refundedAt": self.timestamp(Date::WithinHold),
            "reason": format!("r{number}"),
        })
    }

    fn adjustment_input(&self, key: u8, cents: i128) -> Value {
        json!({
            "partnerId": self.partner,
            "amount": euro_cents(cents),
            "reason": format!("a{key}"),
            "eventDate": self.timestamp(Date::Old),
            "idempotencyKey": format!("a{key}"),
        })
    }

    /// Reads all events, all payouts and the balance.
    pub async fn read(&mut self) {
        let data = self.tenant.admin().query(EVERYTHING).await.data();
        let partner = &data["partners"]["nodes"][0];
        let events = partner["commissionEvents"]["nodes"].as_array().expect("events");
        self.events = events.iter().map(|event| (event_key(event), event_view(event))).collect();
        assert_eq!(self.events.len(), events.len(), "two events with one key: {events:#?}");
        let keys = self.events.iter().map(|(key, event)| (event.id.clone(), *key)).collect();
        let payouts = partner["payouts"]["nodes"].as_array().expect("payouts");
        self.payouts = payouts.iter().map(|row| (text(&row["id"]), payout_view(row, &keys))).collect();
        let balance = &partner["balances"][0];
        self.buckets = Buckets {
            pending: cents(&balance["pending"]),
            approved: cents(&balance["approved"]),
            held: cents(&balance["held"]),
            in_transit: cents(&balance["inTransit"]),
            settled: cents(&balance["settled"]),
        };
        assert_eq!(cents(&balance["outstanding"]), self.buckets.pending + self.buckets.approved);
    }

    /// Whether everything that was read is as the model predicts.
    pub fn equals(&self, ledger: &Ledger) -> bool {
        let Some(ids) = self.match_payouts(ledger) else { return false };
        let same_payouts = ledger.payouts.iter().zip(&ids).all(|(payout, id)| {
            let view = &self.payouts[id];
            payout.status == view.status && payout.cents == view.cents && payout.lines == view.lines
        });
        let same_event = |key: &EventKey, view: &EventView| {
            ledger.events.get(key).is_some_and(|event| {
                event.cents == view.cents
                    && event.statuses == view.statuses
                    && event.is_held == view.is_held
                    && ledger.payout_of(key).map(|payout| &ids[payout]) == view.payout.as_ref()
            })
        };
        same_payouts
            && ledger.events.len() == self.events.len()
            && self.events.iter().all(|(key, view)| same_event(key, view))
            && ledger.buckets() == self.buckets
    }

    /// The ids of the model's payouts, in its order. Those made by the last step are recognised by their lines.
    fn match_payouts(&self, ledger: &Ledger) -> Option<Vec<String>> {
        if ledger.payouts.len() != self.payouts.len() {
            return None;
        }
        let mut ids = self.payout_ids.clone();
        for payout in &ledger.payouts[self.payout_ids.len()..] {
            let is_new_match =
                |(id, view): &(&String, &PayoutView)| !ids.contains(*id) && view.lines == payout.lines;
            let (id, _) = self.payouts.iter().find(is_new_match)?;
            ids.push(id.clone());
        }
        Some(ids)
    }

    /// Stores the order of the payouts for the next step.
    pub fn remember_payouts(&mut self, ledger: &Ledger) {
        self.payout_ids = self.match_payouts(ledger).expect("the same payouts");
    }

    pub async fn reconciliation_differences(&self) -> Vec<Value> {
        self.tenant.reconciliation_differences().await.as_array().cloned().unwrap_or_default()
    }

    /// Lists the actual rows and amounts, and those that the model predicts.
    pub fn describe(&self, ledger: &Ledger) -> String {
        let mut text = String::new();
        for (key, view) in &self.events {
            let EventView { cents, statuses, payout, .. } = view;
            text.push_str(&format!("  actual    {key:?}: {cents} {statuses:?} in {payout:?}\n"));
        }
        for (key, event) in &ledger.events {
            text.push_str(&format!("  predicted {key:?}: {} {:?}\n", event.cents, event.statuses));
        }
        for PayoutView { status, cents, lines } in self.payouts.values() {
            text.push_str(&format!("  actual    {status} {cents} {lines:?}\n"));
        }
        for payout in &ledger.payouts {
            text.push_str(&format!("  predicted {payout:?}\n"));
        }
        text.push_str(&format!("  actual {:?}, predicted {:?}", self.buckets, ledger.buckets()));
        text
    }
}
