//! The mutation that each command is.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::System;
use crate::model::command::{
    self, Command, Data, Date, EventName, Moment, Period, Rate, Stated, Terms, Transition,
};
use crate::rails::payment_files::file_input;
use crate::support::{UNKNOWN_ID, transition_input, with_fields};

/// The idempotency keys of payment files: each file has one of its own.
static KEYS: AtomicUsize = AtomicUsize::new(0);

/// A mutation, its input and the selection of its payload.
type Request = (&'static str, Value, &'static str);

/// A `MoneyInput` of this many cents.
fn euro_cents(cents: i128) -> Value {
    let sign = if cents < 0 { "-" } else { "" };
    json!({ "amount": format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100), "currency": "EUR" })
}

fn decimal(rate: Option<Rate>) -> Value {
    json!(rate.map(|rate| format!("{}.{:04}", rate / 10_000, rate % 10_000)))
}

/// The bounds of a period; `All` ends in the future.
fn bounds(period: Period) -> (&'static str, &'static str) {
    match period {
        Period::January => ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
        Period::February => ("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"),
        Period::All => ("2020-01-01T00:00:00Z", "2090-01-01T00:00:00Z"),
    }
}

/// The beginning of accounts and terms.
fn beginning(date: Date, old: &'static str) -> &'static str {
    match date {
        Date::Old => old,
        Date::January => "2026-01-01T00:00:00Z",
        Date::February => "2026-02-01T00:00:00Z",
        Date::WithinHold => "2026-03-01T00:00:00Z",
    }
}

impl System {
    pub(super) fn request(&self, command: &Command) -> Request {
        match command {
            Command::RecordInvoicePaid { payment, altered } => (
                "recordInvoicePaid",
                self.invoice_input(*payment, command::data(*payment, *altered)),
                "outcome",
            ),
            Command::CorrectInvoice { payment, change, key } => {
                let input = self.invoice_input(*payment, command::corrected(*payment, *change));
                let fields = json!({ "reason": "c", "idempotencyKey": format!("k{key}") });
                ("correctInvoice", with_fields(input, fields), "outcome")
            }
            Command::RecordRefund { refund, payment, sixths, stated, names_payment } => {
                let input = self.refund_input(*refund, *payment, *sixths, *stated, *names_payment);
                ("recordInvoiceRefunded", input, "outcome")
            }
            Command::ReverseRefund { refund, altered } => {
                let at = if *altered { &self.later } else { &self.within_hold };
                let refund = format!("r{refund}");
                let input = json!({ "refundId": refund, "reversedAt": at, "reason": refund });
                ("recordRefundReversed", input, "outcome")
            }
            Command::ChangeTerms { .. }
            | Command::ChangeAccountRate { .. }
            | Command::EndAccount { .. }
            | Command::AssignAccount { .. } => self.agreement(command),
            Command::ApproveEvents(names) => {
                ("approveCommissionEvents", json!({ "ids": self.ids(names) }), "commissionEvents { id }")
            }
            Command::CancelEvents(names) => self.decision("cancelCommissionEvents", names),
            Command::RevertApproval(names) => self.decision("revertApproval", names),
            Command::HoldEvents(names) => self.decision("holdCommissionEvents", names),
            Command::ReleaseEvents(names) => self.decision("releaseCommissionEvents", names),
            Command::ApprovePending(period) => {
                let (from, to) = bounds(*period);
                let input = json!({ "eventDateFrom": from, "eventDateTo": to });
                ("approvePendingCommissionEvents", input, "approvedCount")
            }
            Command::RecordAdjustment { partner, key, cents } => {
                ("recordAdjustment", self.adjustment_input(*partner, *key, *cents), "commissionEvent { id }")
            }
            Command::CreatePayout { .. } | Command::RunPayouts { .. } | Command::TransitionPayout { .. } => {
                self.payout(command)
            }
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "only the commands of agreements are passed")]
    fn agreement(&self, command: &Command) -> Request {
        let account = |customer: &u8| self.accounts.get(customer).map_or(UNKNOWN_ID, String::as_str);
        match command {
            Command::ChangeTerms { partner, terms, from } => {
                let id = &self.partners[usize::from(*partner)];
                let input = match terms {
                    Terms::Rate(rate) => json!({ "id": id, "defaultCommissionRate": decimal(*rate) }),
                    Terms::Status(status) => json!({ "id": id, "status": status }),
                };
                ("updatePartner", self.effective(input, *from), "partner { id }")
            }
            Command::ChangeAccountRate { customer, rate, from } => {
                let input = json!({ "id": account(customer), "customCommissionRate": decimal(*rate) });
                ("updateManagedAccount", self.effective(input, *from), "managedAccount { id }")
            }
            Command::EndAccount { customer, at } => {
                let input =
                    json!({ "id": account(customer), "endsAt": beginning(*at, "2020-01-01T00:00:00Z") });
                ("endManagedAccount", input, "managedAccount { id }")
            }
            Command::AssignAccount { customer, partner, from, rate } => {
                let input = json!({
                    "partnerId": self.partners[usize::from(*partner)],
                    "customerId": format!("c{customer}"),
                    "startsAt": beginning(*from, "2020-01-01T00:00:00Z"),
                    "customCommissionRate": decimal(*rate),
                });
                ("assignManagedAccount", input, "managedAccount { id }")
            }
            _ => unreachable!("not an agreement"),
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "only the commands of payouts are passed")]
    fn payout(&self, command: &Command) -> Request {
        match command {
            Command::CreatePayout { partner, period, key } => {
                let (start, end) = bounds(*period);
                let input = json!({
                    "partnerId": self.partners[usize::from(*partner)],
                    "periodStart": start,
                    "periodEnd": end,
                    "idempotencyKey": key.map(|key| format!("b{key}")),
                });
                ("createPayoutBatch", input, "payout { id }")
            }
            Command::RunPayouts { partner, key } => {
                let (start, end) = bounds(Period::All);
                let input = json!({
                    "periodStart": start,
                    "periodEnd": end,
                    "idempotencyKey": key.map(|key| format!("run{key}")),
                    "excludePartnerIds": [self.partners[usize::from(1 - *partner)]],
                });
                ("runPayouts", input, "payoutCount")
            }
            Command::TransitionPayout { payout, transition } => {
                let count = self.payout_ids.len();
                let id = if count == 0 { UNKNOWN_ID } else { &self.payout_ids[usize::from(*payout) % count] };
                // Half of the payouts are sent by a payment file: from then on, the rules are the same.
                if *transition == Transition::Start && payout % 2 == 1 {
                    let key = format!("file {}", KEYS.fetch_add(1, Ordering::Relaxed));
                    return ("createPaymentFile", file_input(&[id], "CSV", &key), "paymentFile { id }");
                }
                let mutation = match transition {
                    Transition::Start => "startPayout",
                    Transition::Complete => "completePayout",
                    Transition::Fail => "failPayout",
                    Transition::Cancel => "cancelPayout",
                    Transition::Return => "returnPayout",
                };
                (mutation, transition_input(mutation, id), "payout { id }")
            }
            _ => unreachable!("not about a payout"),
        }
    }

    fn effective(&self, input: Value, from: Moment) -> Value {
        let from = match from {
            Moment::From(date) => beginning(date, "2000-01-01T00:00:00Z"),
            Moment::Now => return input,
            Moment::Future => &self.future,
        };
        with_fields(input, json!({ "effectiveFrom": from }))
    }

    /// The ids of these events. Each that does not exist gets an unknown id of its own, so that no id occurs twice.
    fn ids(&self, names: &[EventName]) -> Vec<String> {
        let unknown = |n: usize| format!("{}{n}", &UNKNOWN_ID[..35]);
        let id = |(n, name): (usize, &EventName)| self.events.id(*name).unwrap_or_else(|| unknown(n));
        names.iter().enumerate().map(id).collect()
    }

    fn decision(&self, mutation: &'static str, names: &[EventName]) -> Request {
        (mutation, json!({ "ids": self.ids(names), "reason": "r" }), "commissionEvents { id }")
    }

    fn timestamp(&self, date: Date) -> &str {
        match date {
            Date::January => "2026-01-01T00:00:00Z",
            Date::February => "2026-02-01T00:00:00Z",
            Date::Old => "2025-01-15T00:00:00Z",
            Date::WithinHold => &self.within_hold,
        }
    }

    fn invoice_input(&self, payment: u8, data: Data) -> Value {
        let (invoice, payment_id) = command::payment(payment);
        json!({
            "invoiceId": format!("i{invoice}"),
            "paymentId": payment_id,
            "customerId": format!("c{}", data.customer),
            "totalAmount": euro_cents(data.total),
            "commissionableAmount": euro_cents(data.base),
            "paidAt": self.timestamp(data.date),
        })
    }

    /// The refund's number is its reason as well, which its reversal shows as notes.
    fn refund_input(
        &self,
        refund: u8,
        payment: u8,
        sixths: i128,
        stated: Stated,
        names_payment: bool,
    ) -> Value {
        let (invoice, payment_id) = command::payment(payment);
        let refunded = command::refunded(payment, sixths, stated);
        json!({
            "invoiceId": format!("i{invoice}"),
            "paymentId": payment_id.filter(|_| names_payment),
            "refundId": format!("r{refund}"),
            "amount": euro_cents(refunded.cents),
            "commissionableAmount": refunded.stated.map(euro_cents),
            "refundedAt": self.within_hold,
            "reason": format!("r{refund}"),
        })
    }

    fn adjustment_input(&self, partner: u8, key: u8, cents: i128) -> Value {
        json!({
            "partnerId": self.partners[usize::from(partner)],
            "amount": euro_cents(cents),
            "reason": format!("a{key}"),
            "eventDate": self.timestamp(Date::Old),
            "idempotencyKey": format!("a{key}"),
        })
    }
}
