//! Events, invoices, payouts and balances as the API shows them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::command::{self, EventKey, EventName};
use crate::model::ledger::{Buckets, Ledger};

pub const EVERYTHING: &str = "query {
    partners {
        nodes {
            id
            commissionEvents(first: 100) {
                nodes {
                    id status heldAt eventType notes commissionAmount { amount } commissionRate rateSource
                    reverses { id } payout { id } history { from to }
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
    invoices(first: 100) {
        nodes {
            invoiceId paymentId outcome commissionEvent { id }
            revisions { number outcome commissionEvent { id } }
        }
    }
    managedAccounts(first: 100) { nodes { id customerId startsAt } }
}";

/// A commission event as the API shows it.
struct EventView {
    id: String,
    partner: u8,
    cents: i128,
    rate: Option<(i128, String)>,
    statuses: Vec<String>,
    is_held: bool,
    payout: Option<String>,
}

/// The events of all partners.
#[derive(Default)]
pub struct Events {
    views: BTreeMap<EventKey, EventView>,
    keys: BTreeMap<String, EventKey>,
}

/// An invoice, or a payment of it, as the API shows it.
#[derive(Debug)]
pub struct InvoiceView {
    outcomes: Vec<String>,
}

/// A payout as the API shows it.
#[derive(Debug)]
pub struct PayoutView {
    pub partner: u8,
    pub status: String,
    pub cents: i128,
    pub lines: BTreeSet<EventKey>,
}

fn cents(money: &Value) -> i128 {
    money["amount"].as_str().unwrap_or("0.00").replace('.', "").parse().expect("cents")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

/// The number in a text such as `r3`.
fn number(value: &Value) -> u8 {
    text(value).trim_start_matches(char::is_alphabetic).parse().expect("a number")
}

/// The statuses that a row had; fails the test if a change does not start at the status before it.
fn statuses(history: &Value) -> Vec<String> {
    let mut statuses = Vec::new();
    for change in list(history) {
        assert_eq!(change["from"].as_str(), statuses.last().map(String::as_str), "{history}");
        statuses.push(text(&change["to"]));
    }
    statuses
}

/// The number of the payment that an invoice shows.
fn payment(invoice: &Value) -> u8 {
    let shown = (number(&invoice["invoiceId"]), invoice["paymentId"].as_str());
    (0..command::PAYMENTS).find(|payment| command::payment(*payment) == shown).expect("a known payment")
}

impl Events {
    pub fn new(partners: &[&Value], invoices: &[Value]) -> Self {
        let mut events = Self::default();
        for invoice in invoices {
            for revision in list(&invoice["revisions"]) {
                let revision_number =
                    revision["number"].as_u64().and_then(|number| u8::try_from(number).ok());
                let key = EventKey::Invoice((payment(invoice), revision_number.expect("few revisions")));
                if let Some(id) = revision["commissionEvent"]["id"].as_str() {
                    events.keys.insert(id.to_owned(), key);
                }
            }
        }
        let rows = || partners.iter().flat_map(|partner| list(&partner["commissionEvents"]["nodes"]));
        for row in rows() {
            let key = events.key(row);
            events.keys.insert(text(&row["id"]), key);
        }
        for (partner, row) in (0..).zip(partners) {
            for event in list(&row["commissionEvents"]["nodes"]) {
                let key = events.keys[&text(&event["id"])];
                events.views.insert(key, EventView::new(partner, event));
            }
        }
        assert_eq!(
            events.views.len(),
            rows().count(),
            "two events with one key: {:#?}",
            rows().collect::<Vec<_>>()
        );
        events
    }

    /// The key of an event, by what it shows. The reason of refunds and of their reversals is their number, that of
    /// corrections is `c`.
    fn key(&self, event: &Value) -> EventKey {
        let original = || match self.keys.get(&text(&event["reverses"]["id"])) {
            Some(EventKey::Invoice(revision)) => *revision,
            _ => panic!("not a line of an invoice: {event}"),
        };
        match event["eventType"].as_str() {
            Some("INVOICE_PAID") => match self.keys.get(&text(&event["id"])) {
                Some(key) => *key,
                None => panic!("no revision of an invoice shows its event {event}"),
            },
            Some("CLAWBACK") if event["notes"] == "c" => EventKey::Correction(original()),
            Some("CLAWBACK") => EventKey::Refund(number(&event["notes"]), original()),
            Some("REINSTATEMENT") => EventKey::Reinstatement(number(&event["notes"])),
            _ => EventKey::Adjustment(number(&event["notes"])),
        }
    }

    pub fn id(&self, name: EventName) -> Option<String> {
        let key = name.find(self.views.keys())?;
        Some(self.views[&key].id.clone())
    }

    /// Whether the events are as the model predicts, whose payouts have these ids.
    pub fn equal(&self, ledger: &Ledger, payouts: &[String]) -> bool {
        ledger.events.len() == self.views.len()
            && self.views.iter().all(|(key, view)| {
                ledger.events.get(key).is_some_and(|event| {
                    let rate = view.rate.as_ref().map(|(rate, source)| (*rate, source.as_str()));
                    (event.partner, event.cents, event.rate, event.is_held)
                        == (view.partner, view.cents, rate, view.is_held)
                        && event.statuses == view.statuses
                        && ledger.payout_of(key).map(|payout| &payouts[payout]) == view.payout.as_ref()
                })
            })
    }

    pub fn describe(&self, ledger: &Ledger) -> String {
        let mut text = String::new();
        for (key, view) in &self.views {
            let EventView { partner, cents, rate, statuses, is_held, payout, .. } = view;
            text.push_str(&format!(
                "  actual    {key:?} of {partner}: {cents} at {rate:?} {statuses:?} {is_held} in {payout:?}\n"
            ));
        }
        for (key, event) in &ledger.events {
            text.push_str(&format!("  predicted {key:?}: {event:?}\n"));
        }
        text
    }
}

impl EventView {
    fn new(partner: u8, event: &Value) -> Self {
        let rate =
            event["commissionRate"].as_str().map(|rate| rate.replace('.', "").parse().expect("a rate"));
        Self {
            id: text(&event["id"]),
            partner,
            cents: cents(&event["commissionAmount"]),
            rate: rate.map(|rate| (rate, text(&event["rateSource"]))),
            statuses: statuses(&event["history"]),
            is_held: event["heldAt"].is_string(),
            payout: event["payout"]["id"].as_str().map(str::to_owned),
        }
    }
}

impl InvoiceView {
    pub fn outcomes(&self) -> Vec<&str> {
        self.outcomes.iter().map(String::as_str).collect()
    }
}

/// The invoices by the number of their payment.
pub fn invoices(rows: &[Value]) -> BTreeMap<u8, InvoiceView> {
    let view = |invoice: &Value| {
        let outcomes: Vec<_> =
            list(&invoice["revisions"]).iter().map(|revision| text(&revision["outcome"])).collect();
        assert_eq!(outcomes.last(), Some(&text(&invoice["outcome"])), "{invoice}");
        let last = list(&invoice["revisions"]).last().expect("a revision");
        assert_eq!(last["commissionEvent"], invoice["commissionEvent"], "{invoice}");
        InvoiceView { outcomes }
    };
    rows.iter().map(|invoice| (payment(invoice), view(invoice))).collect()
}

pub fn payouts(partners: &[&Value], events: &Events) -> BTreeMap<String, PayoutView> {
    let view = |partner, payout: &Value| {
        let lines = list(&payout["commissionEvents"]["nodes"]);
        let lines: BTreeSet<_> = lines.iter().map(|line| events.keys[&text(&line["id"])]).collect();
        assert_eq!(payout["commissionCount"], lines.len(), "{payout}");
        let status = text(&payout["status"]);
        assert_eq!(statuses(&payout["history"]).last(), Some(&status), "{payout}");
        PayoutView { partner, status, cents: cents(&payout["totalAmount"]), lines }
    };
    let rows = (0..).zip(partners).flat_map(|(partner, row)| {
        list(&row["payouts"]["nodes"]).iter().map(move |payout| (partner, payout))
    });
    rows.map(|(partner, payout)| (text(&payout["id"]), view(partner, payout))).collect()
}

/// The id of the account of each customer that starts last.
pub fn latest_accounts(rows: &Value) -> BTreeMap<u8, String> {
    let mut accounts: Vec<_> = list(rows)
        .iter()
        .map(|account| (number(&account["customerId"]), text(&account["startsAt"]), text(&account["id"])))
        .collect();
    accounts.sort();
    accounts.into_iter().map(|(customer, _, id)| (customer, id)).collect()
}

pub fn buckets(balances: &Value) -> Buckets {
    let balance = &balances[0];
    let buckets = Buckets {
        pending: cents(&balance["pending"]),
        approved: cents(&balance["approved"]),
        held: cents(&balance["held"]),
        in_transit: cents(&balance["inTransit"]),
        settled: cents(&balance["settled"]),
    };
    assert_eq!(cents(&balance["outstanding"]), buckets.pending + buckets.approved);
    buckets
}
