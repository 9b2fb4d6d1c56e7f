//! What is reported of invoices, and what is corrected of them.

use super::agreements::Earning;
use super::{Event, Ledger};
use crate::model::command::{self, Change, Data, Date, EventKey};
use crate::model::remaining::rounded;

/// A payment that was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its data, oldest first, with the idempotency key of each correction and what came of each.
    revisions: Vec<Revision>,
    /// The event that no correction has replaced.
    pub(super) event: Option<EventKey>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Revision {
    data: Data,
    key: Option<u8>,
    outcome: &'static str,
    /// By what it earned.
    earning: Option<Earning>,
}

impl Receipt {
    pub fn outcomes(&self) -> Vec<&'static str> {
        self.revisions.iter().map(|revision| revision.outcome).collect()
    }

    pub(super) fn data(&self) -> Data {
        self.present().data
    }

    fn present(&self) -> &Revision {
        self.revisions.last().expect("a revision")
    }

    fn number(&self) -> u8 {
        u8::try_from(self.revisions.len()).expect("few revisions")
    }
}

impl Revision {
    fn new(data: Data, key: Option<u8>, earning: Result<Earning, &'static str>) -> Self {
        let (outcome, earning) = match earning {
            Ok(earning) => ("RECORDED", Some(earning)),
            Err(outcome) => (outcome, None),
        };
        Self { data, key, outcome, earning }
    }
}

impl Ledger {
    /// The payment of a recorded invoice that a request names, or the only one; `None` if it was not recorded.
    pub(super) fn named_payment(
        &self,
        number: u8,
        names_payment: bool,
        known: Option<u8>,
    ) -> Result<Option<u8>, &'static str> {
        let (invoice, id) = command::payment(number);
        let id = id.filter(|_| names_payment);
        let payments = self.payments(invoice);
        let named = payments.iter().copied().find(|payment| command::payment(*payment).1 == id);
        match (named, id, payments.as_slice()) {
            (Some(payment), ..) => Ok(Some(payment)),
            (None, Some(_), _) => Ok(None),
            (None, None, [payment]) => Ok(Some(*payment)),
            (None, None, payments) => match known.filter(|known| payments.contains(known)) {
                Some(known) => Ok(Some(known)),
                None => Err("BAD_USER_INPUT"),
            },
        }
    }

    /// The recorded payments of an invoice, in their order.
    pub(super) fn payments(&self, invoice: u8) -> Vec<u8> {
        let is_of = |payment: &u8| command::payment(*payment).0 == invoice;
        self.receipt_order.iter().copied().filter(is_of).collect()
    }

    fn assess(&self, data: Data) -> Result<Earning, &'static str> {
        if data.base == 0 { Err("ZERO_AMOUNT") } else { self.earning(data.customer, data.date) }
    }

    pub(super) fn record_invoice(&mut self, payment: u8, altered: bool) -> String {
        let data = command::data(payment, altered);
        let (invoice, id) = command::payment(payment);
        if let Some(first) = self.payments(invoice).first() {
            if command::payment(*first).1.is_some() != id.is_some() {
                return "CONFLICT".to_owned();
            }
            if self.receipts.contains_key(&payment) {
                return self.record_again(payment, data).to_owned();
            }
            if self.receipts[first].data().customer != data.customer {
                return "CONFLICT".to_owned();
            }
        }
        let revision = Revision::new(data, None, self.assess(data));
        self.receipt_order.push(payment);
        self.receipts.insert(payment, Receipt { revisions: vec![revision], event: None });
        self.accrue(payment).to_owned()
    }

    fn record_again(&mut self, payment: u8, data: Data) -> &'static str {
        let receipt = &self.receipts[&payment];
        if !receipt.revisions.iter().any(|revision| revision.data == data) {
            return "CONFLICT";
        }
        let Revision { data, key, outcome, .. } = *receipt.present();
        if outcome == "RECORDED" {
            return "ALREADY_RECORDED";
        }
        let revision = Revision::new(data, key, self.assess(data));
        let receipt = self.receipts.get_mut(&payment).expect("a receipt");
        *receipt.revisions.last_mut().expect("a revision") = revision;
        self.accrue(payment)
    }

    /// Records what the present revision of a payment earns, less what was refunded; returns the outcome.
    fn accrue(&mut self, payment: u8) -> &'static str {
        let receipt = self.receipts.get_mut(&payment).expect("a receipt");
        let Revision { data, outcome, earning, .. } = *receipt.present();
        let Some(Earning { partner, rate, source, .. }) = earning else { return outcome };
        let key = EventKey::Invoice((payment, receipt.number()));
        receipt.event = Some(key);
        let cents = rounded(data.base * rate, 10_000);
        let event = Event {
            partner,
            cents,
            rate: Some((rate, source)),
            statuses: vec![if cents == 0 { "APPROVED" } else { "PENDING" }],
            is_held: false,
            date: data.date,
            is_matured: data.date != Date::WithinHold,
            reverses: None,
        };
        self.events.insert(key, event);
        self.apply_refunds(payment);
        outcome
    }

    pub(super) fn correct(&mut self, payment: u8, change: Change, key: u8) -> String {
        let data = command::corrected(payment, change);
        if let Some((of, recorded, corrected)) = self.corrections.get(&key) {
            let is_same = (*of, *recorded) == (payment, data);
            return if is_same { self.corrected_before(*corrected, key) } else { "CONFLICT" }.to_owned();
        }
        let payments = self.payments(command::payment(payment).0);
        let named = if payments.is_empty() { Ok(None) } else { self.named_payment(payment, true, None) };
        let named = match named {
            Ok(Some(named)) => named,
            Ok(None) => return "NOT_FOUND".to_owned(),
            Err(code) => return code.to_owned(),
        };
        if self.refunded(named).iter().map(|refund| refund.cents).sum::<i128>() > data.total {
            return "REFUND_EXCEEDS_INVOICE".to_owned();
        }
        let is_of_other_customer = data.customer != self.receipts[&named].data().customer;
        let outcome = self.revise(named, data, key);
        for other in payments.into_iter().filter(|other| is_of_other_customer && *other != named) {
            let data = Data { customer: data.customer, ..self.receipts[&other].data() };
            self.revise(other, data, key);
        }
        self.corrections.insert(key, (payment, data, named));
        outcome.to_owned()
    }

    fn corrected_before(&self, payment: u8, key: u8) -> &'static str {
        let receipt = &self.receipts[&payment];
        match receipt.revisions.iter().find(|revision| revision.key == Some(key)) {
            Some(revision) => revision.outcome,
            None if receipt.present().outcome == "RECORDED" => "ALREADY_RECORDED",
            None => receipt.present().outcome,
        }
    }

    /// Replaces what is known of a payment, and what it earned, unless both are the same.
    fn revise(&mut self, payment: u8, data: Data, key: u8) -> &'static str {
        let revision = Revision::new(data, Some(key), self.assess(data));
        let Receipt { event, .. } = self.receipts[&payment].clone();
        let present = self.receipts[&payment].present();
        let is_cancelled = event.is_some_and(|event| self.events[&event].status() == "CANCELLED");
        if (present.data, present.outcome, present.earning) == (data, revision.outcome, revision.earning)
            && !is_cancelled
        {
            return if event.is_some() { "ALREADY_RECORDED" } else { present.outcome };
        }
        if let Some(event) = event {
            self.take_back(event);
        }
        let receipt = self.receipts.get_mut(&payment).expect("a receipt");
        receipt.revisions.push(revision);
        receipt.event = None;
        self.forget_effects(payment);
        self.accrue(payment)
    }

    /// Reverses all that stands of an event that is replaced.
    fn take_back(&mut self, original: EventKey) {
        let standing = self.standing(original);
        if !self.is_any_paid(&standing) {
            return self.set_status(&standing, "CANCELLED");
        }
        let EventKey::Invoice(revision) = original else { unreachable!("the event of an invoice") };
        let event = &self.events[&original];
        let status = if event.is_open() { event.status() } else { "APPROVED" };
        let reversal = Event {
            cents: -self.sum(&standing),
            statuses: vec![status; if event.is_held { 2 } else { 1 }],
            reverses: Some(original),
            ..event.clone()
        };
        self.events.insert(EventKey::Correction(revision), reversal);
    }
}
