//! The program itself, seen through its API.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::book::Book;
use super::command::{self, Act, Command, Day, Label, Period};
use crate::support::{TestApp, TestTenant, in_days};

static TENANTS: AtomicUsize = AtomicUsize::new(0);

const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

const EVERYTHING: &str = "partners{nodes{
        commissionEvents(first:100){nodes{id status eventType invoiceId notes commissionAmount{amount}
            payout{id} history{from to}}}
        payouts(first:100){nodes{id status totalAmount{amount} commissionCount history{from to}
            commissionEvents(first:100){nodes{id}}}}
        balances{pending{amount} approved{amount} inTransit{amount} settled{amount} outstanding{amount}}
    }}";

/// What the API shows of an event.
struct Shown {
    id: String,
    cents: i128,
    statuses: Vec<String>,
    payout: Option<String>,
}

/// What the API shows of a payout.
struct ShownPayout {
    status: String,
    cents: i128,
    lines: BTreeSet<Label>,
}

pub struct World {
    tenant: TestTenant,
    partner: String,
    /// When what is still held back happened.
    lately: String,
    events: BTreeMap<Label, Shown>,
    payouts: BTreeMap<String, ShownPayout>,
    buckets: [i128; 4],
    /// The payouts in the order of the model.
    known: Vec<String>,
}

fn cents(money: &Value) -> i128 {
    money["amount"].as_str().unwrap_or("0.00").replace('.', "").parse().expect("cents")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn amount(cents: i128) -> Value {
    let sign = if cents < 0 { "-" } else { "" };
    json!({ "amount": format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100), "currency": "EUR" })
}

/// The statuses a row had; panics where one does not follow from the other.
fn statuses(history: &Value) -> Vec<String> {
    let mut statuses = Vec::new();
    for change in history.as_array().expect("a history") {
        assert_eq!(change["from"].as_str(), statuses.last().map(String::as_str), "{history}");
        statuses.push(text(&change["to"]));
    }
    statuses
}

fn label(event: &Value) -> Label {
    let number =
        |value: &Value| text(value).trim_start_matches(char::is_alphabetic).parse().expect("a number");
    match event["eventType"].as_str() {
        Some("INVOICE_PAID") => Label::Invoice(number(&event["invoiceId"])),
        Some("CLAWBACK") => Label::Refund(number(&event["notes"])),
        _ => Label::Adjustment(number(&event["notes"])),
    }
}

impl World {
    pub async fn new(app: &TestApp) -> Self {
        let tenant = app.tenant(&format!("t{}", TENANTS.fetch_add(1, Ordering::Relaxed))).await;
        let partner = tenant.create_partner_with_account("first").await;
        tenant.admin().mutate_ok("updateTenantSettings", json!({ "holdDays": 30 }), "tenant{id}").await;
        let lately = in_days(-1);
        let (events, payouts) = (BTreeMap::new(), BTreeMap::new());
        Self { tenant, partner, lately, events, payouts, buckets: [0; 4], known: Vec::new() }
    }

    fn day(&self, day: Day) -> String {
        match day {
            Day::January => "2026-01-15T00:00:00Z".to_owned(),
            Day::February => "2026-02-15T00:00:00Z".to_owned(),
            Day::Old => "2025-01-15T00:00:00Z".to_owned(),
            Day::Held => self.lately.clone(),
        }
    }

    fn ids(&self, labels: &[Label]) -> Vec<String> {
        // Each unknown event has an id of its own, that none is named twice.
        let unknown = |n: usize| format!("{}{n}", &NOBODY[..35]);
        let id = |(n, label): (usize, &Label)| {
            self.events.get(label).map_or_else(|| unknown(n), |shown| shown.id.clone())
        };
        labels.iter().enumerate().map(id).collect()
    }

    /// Sends a command; answers the outcome, or the code of the refusal.
    pub async fn send(&self, command: &Command) -> String {
        let (mutation, input, field) = self.request(command);
        if matches!(command, Command::Assign) {
            return self.assign().await;
        }
        let by_billing = matches!(command, Command::Pay { .. } | Command::Refund { .. });
        let staff = if by_billing { self.tenant.billing() } else { self.tenant.finance() };
        let payload = match staff.try_mutate(mutation, input, field).await {
            Ok(payload) => payload,
            Err(code) => return code,
        };
        match &payload[field.split(['{', ' ']).next().unwrap_or_default()] {
            Value::String(outcome) => outcome.clone(),
            Value::Number(count) => count.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => "OK".to_owned(),
        }
    }

    async fn assign(&self) -> String {
        let input =
            json!({ "partnerId": self.partner, "customerId": "second", "startsAt": "2020-01-01T00:00:00Z" });
        // Once is enough.
        let _ = self.tenant.admin().try_mutate("assignManagedAccount", input, "managedAccount{id}").await;
        "OK".to_owned()
    }

    fn request(&self, command: &Command) -> (&'static str, Value, &'static str) {
        let (start, end) = ("2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z");
        let bounds = |period: &Period| match period {
            Period::January => ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
            Period::February => ("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"),
            Period::All => (start, end),
        };
        match command {
            Command::Pay { invoice, other } => {
                let (total, base, day) = command::invoice(*invoice, *other);
                let customer = if command::is_second(*invoice) { "second" } else { "first" };
                let input = json!({
                    "invoiceId": format!("i{invoice}"), "customerId": customer, "totalAmount": amount(total),
                    "commissionableAmount": amount(base), "paidAt": self.day(day),
                });
                ("recordInvoicePaid", input, "outcome")
            }
            Command::Refund { refund, invoice, sixths } => {
                let cents = command::sixths(*invoice, *sixths);
                let input = json!({
                    "invoiceId": format!("i{invoice}"), "refundId": format!("r{refund}"), "amount": amount(cents),
                    "refundedAt": self.day(Day::February), "reason": format!("r{refund}"),
                });
                ("recordInvoiceRefunded", input, "outcome")
            }
            Command::Approve(labels) => {
                ("approveCommissionEvents", json!({ "ids": self.ids(labels) }), "commissionEvents{id}")
            }
            Command::Cancel(labels) => (
                "cancelCommissionEvents",
                json!({ "ids": self.ids(labels), "reason": "called off" }),
                "commissionEvents{id}",
            ),
            Command::ApprovePending(period) => {
                let (from, to) = bounds(period);
                (
                    "approvePendingCommissionEvents",
                    json!({ "eventDateFrom": from, "eventDateTo": to }),
                    "approvedCount",
                )
            }
            Command::Adjust { key, cents } => {
                let input = json!({
                    "partnerId": self.partner, "amount": amount(*cents), "reason": format!("a{key}"),
                    "eventDate": self.day(Day::Old), "idempotencyKey": format!("a{key}"),
                });
                ("recordAdjustment", input, "commissionEvent{id}")
            }
            Command::Batch { period, key } => {
                let (from, to) = bounds(period);
                let input = json!({
                    "partnerId": self.partner, "periodStart": from, "periodEnd": to,
                    "idempotencyKey": key.map(|key| format!("b{key}")),
                });
                ("createPayoutBatch", input, "payout{id}")
            }
            Command::Run { key } => {
                let key = key.map(|key| format!("run{key}"));
                let input = json!({ "periodStart": start, "periodEnd": end, "idempotencyKey": key });
                ("runPayouts", input, "payoutCount")
            }
            Command::Assign => ("assignManagedAccount", Value::Null, ""),
            Command::Settle { payout, act } => {
                let payouts = self.known.len();
                let id = if payouts == 0 { NOBODY } else { &self.known[usize::from(*payout) % payouts] };
                match act {
                    Act::Start => ("startPayout", json!({ "id": id }), "payout{id}"),
                    Act::Complete => {
                        ("completePayout", json!({ "id": id, "paymentReference": "W" }), "payout{id}")
                    }
                    Act::Fail => ("failPayout", json!({ "id": id, "reason": "r" }), "payout{id}"),
                    Act::Cancel => ("cancelPayout", json!({ "id": id, "reason": "r" }), "payout{id}"),
                }
            }
        }
    }

    /// Reads everything there is.
    pub async fn look(&mut self) {
        let data = self.tenant.admin().query(&format!("{{{EVERYTHING}}}")).await.data();
        let partner = &data["partners"]["nodes"][0];
        let events = partner["commissionEvents"]["nodes"].as_array().expect("events");
        let labels: BTreeMap<_, _> = events.iter().map(|event| (text(&event["id"]), label(event))).collect();
        let shown = |event: &Value| Shown {
            id: text(&event["id"]),
            cents: cents(&event["commissionAmount"]),
            statuses: statuses(&event["history"]),
            payout: event["payout"]["id"].as_str().map(str::to_owned),
        };
        self.events = events.iter().map(|event| (label(event), shown(event))).collect();
        assert_eq!(self.events.len(), events.len(), "an event twice: {events:#?}");
        let payout = |payout: &Value| {
            let lines = payout["commissionEvents"]["nodes"].as_array().expect("lines");
            let lines: BTreeSet<_> = lines.iter().map(|line| labels[&text(&line["id"])]).collect();
            assert_eq!(payout["commissionCount"], lines.len(), "{payout}");
            assert_eq!(statuses(&payout["history"]).last(), Some(&text(&payout["status"])), "{payout}");
            ShownPayout { status: text(&payout["status"]), cents: cents(&payout["totalAmount"]), lines }
        };
        let payouts = partner["payouts"]["nodes"].as_array().expect("payouts");
        self.payouts = payouts.iter().map(|row| (text(&row["id"]), payout(row))).collect();
        let balance = &partner["balances"][0];
        self.buckets = ["pending", "approved", "inTransit", "settled"].map(|bucket| cents(&balance[bucket]));
        assert_eq!(cents(&balance["outstanding"]), self.buckets[0] + self.buckets[1]);
    }

    /// Whether everything is as in the model.
    pub fn is(&self, book: &Book) -> bool {
        let Some(order) = self.order(book) else { return false };
        let same_payouts = book.payouts.iter().zip(&order).all(|(payout, id)| {
            let shown = &self.payouts[id];
            payout.status == shown.status && payout.cents == shown.cents && payout.lines == shown.lines
        });
        let same_event = |label: &Label, shown: &Shown| {
            book.events.get(label).is_some_and(|event| {
                event.cents == shown.cents
                    && event.statuses == shown.statuses
                    && book.holder(label).map(|payout| &order[payout]) == shown.payout.as_ref()
            })
        };
        same_payouts
            && book.events.len() == self.events.len()
            && self.events.iter().all(|(label, shown)| same_event(label, shown))
            && book.buckets() == self.buckets
    }

    /// The ids of the payouts in the order of the model; those made by the last step are told apart by their lines.
    fn order(&self, book: &Book) -> Option<Vec<String>> {
        if book.payouts.len() != self.payouts.len() {
            return None;
        }
        let mut order = self.known.clone();
        for payout in &book.payouts[self.known.len()..] {
            let is_it =
                |(id, shown): &(&String, &ShownPayout)| !order.contains(*id) && shown.lines == payout.lines;
            let (id, _) = self.payouts.iter().find(is_it)?;
            order.push(id.clone());
        }
        Some(order)
    }

    /// Remembers the order of the payouts for the next step.
    pub fn remember(&mut self, book: &Book) {
        self.known = self.order(book).expect("the same payouts");
    }

    pub async fn reconciliation_differences(&self) -> Vec<Value> {
        self.tenant.reconciliation_differences().await.as_array().cloned().unwrap_or_default()
    }

    /// What is not as in the model.
    pub fn describe(&self, book: &Book) -> String {
        let mut text = String::new();
        for (label, shown) in &self.events {
            text.push_str(&format!(
                "  found    {label:?}: {} {:?} in {:?}\n",
                shown.cents, shown.statuses, shown.payout
            ));
        }
        for (label, event) in &book.events {
            text.push_str(&format!("  expected {label:?}: {} {:?}\n", event.cents, event.statuses));
        }
        for shown in self.payouts.values() {
            text.push_str(&format!("  found    {} {} {:?}\n", shown.status, shown.cents, shown.lines));
        }
        for payout in &book.payouts {
            text.push_str(&format!("  expected {payout:?}\n"));
        }
        text.push_str(&format!("  found {:?}, expected {:?}", self.buckets, book.buckets()));
        text
    }
}
