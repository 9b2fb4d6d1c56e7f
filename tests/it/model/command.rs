//! The commands of a scenario, drawn from few invoices, refunds and keys, so that they often affect the same rows.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// Identifies a commission event by its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventKey {
    /// The event of this invoice.
    Invoice(u8),
    /// The reversal made by this refund.
    Refund(u8),
    /// The adjustment with this idempotency key.
    Adjustment(u8),
}

/// The date of a commission event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Date {
    January,
    February,
    /// Long before January.
    Old,
    /// So recent that the hold has not ended.
    WithinHold,
}

/// The period of a payout or an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    January,
    February,
    All,
}

impl Period {
    pub fn contains(self, date: Date) -> bool {
        match self {
            Self::January => date == Date::January,
            Self::February => date == Date::February,
            Self::All => true,
        }
    }
}

/// A step in the life of a payout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    Start,
    Complete,
    Fail,
    Cancel,
}

#[derive(Clone, Debug)]
pub enum Command {
    RecordInvoicePaid {
        invoice: u8,
        /// With another total than usual.
        altered: bool,
    },
    /// Refunds this many sixths of an invoice.
    RecordRefund {
        refund: u8,
        invoice: u8,
        sixths: i128,
    },
    /// Assesses an invoice of the second customer again, if it earned nothing.
    Reassess {
        invoice: u8,
    },
    /// Assigns the customer of the last two invoices.
    AssignSecondAccount,
    ApproveEvents(Vec<EventKey>),
    CancelEvents(Vec<EventKey>),
    RevertApproval(Vec<EventKey>),
    HoldEvents(Vec<EventKey>),
    ReleaseEvents(Vec<EventKey>),
    ApprovePending(Period),
    RecordAdjustment {
        key: u8,
        cents: i128,
    },
    CreatePayout {
        period: Period,
        key: Option<u8>,
    },
    RunPayouts {
        key: Option<u8>,
    },
    /// Moves one of the payouts that exist, chosen by this number modulo their count.
    TransitionPayout {
        payout: u8,
        transition: Transition,
    },
}

/// What is invoiced, in cents.
pub struct Invoice {
    pub total: i128,
    /// The commissionable part of the total.
    pub base: i128,
    pub date: Date,
}

/// The content of an invoice; an altered one has a different total.
pub fn invoice(number: u8, altered: bool) -> Invoice {
    let (total, base, date) = [
        (105, 105, Date::January),
        (11_900, 10_000, Date::January),
        (3_335, 3_335, Date::February),
        (100_001, 7, Date::February),
        (6, 6, Date::January),
        (99_999, 99_998, Date::WithinHold),
        (12_345, 12_345, Date::Old),
        (77_777, 70_000, Date::January),
    ][usize::from(number)];
    Invoice { total: if altered { total + 1 } else { total }, base, date }
}

/// Whether an invoice is for the customer that has no managed account at first.
pub fn is_of_second_customer(invoice: u8) -> bool {
    invoice >= 6
}

/// The cents of this many sixths of an unaltered invoice; seven sixths exceed even an altered one.
pub fn refund_cents(invoice_number: u8, sixths: i128) -> i128 {
    invoice(invoice_number, false).total * sixths / 6 + i128::from(sixths == 7)
}

fn event_key() -> impl Strategy<Value = EventKey> {
    prop_oneof![
        6 => (0..8u8).prop_map(EventKey::Invoice),
        2 => (0..6u8).prop_map(EventKey::Refund),
        1 => (0..2u8).prop_map(EventKey::Adjustment),
    ]
}

/// One to three different events.
fn event_keys() -> impl Strategy<Value = Vec<EventKey>> {
    vec(event_key(), 1..4).prop_map(|mut keys| {
        keys.sort();
        keys.dedup();
        keys
    })
}

fn period() -> impl Strategy<Value = Period> {
    prop_oneof![1 => Just(Period::January), 1 => Just(Period::February), 3 => Just(Period::All)]
}

fn transition() -> impl Strategy<Value = Transition> {
    prop_oneof![
        1 => Just(Transition::Start),
        2 => Just(Transition::Complete),
        2 => Just(Transition::Fail),
        2 => Just(Transition::Cancel),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        8 => (0..8u8, prop::bool::weighted(0.1))
            .prop_map(|(invoice, altered)| Command::RecordInvoicePaid { invoice, altered }),
        8 => (0..6u8, 0..8u8, 1..8i128)
            .prop_map(|(refund, invoice, sixths)| Command::RecordRefund { refund, invoice, sixths }),
        1 => Just(Command::AssignSecondAccount),
        2 => (6..8u8).prop_map(|invoice| Command::Reassess { invoice }),
        4 => event_keys().prop_map(Command::ApproveEvents),
        2 => event_keys().prop_map(Command::CancelEvents),
        2 => event_keys().prop_map(Command::RevertApproval),
        2 => event_keys().prop_map(Command::HoldEvents),
        2 => event_keys().prop_map(Command::ReleaseEvents),
        3 => period().prop_map(Command::ApprovePending),
        2 => (0..2u8, prop_oneof![Just(-500), Just(-20_000), Just(700)])
            .prop_map(|(key, cents)| Command::RecordAdjustment { key, cents }),
        5 => (period(), option::weighted(0.3, 0..2u8))
            .prop_map(|(period, key)| Command::CreatePayout { period, key }),
        2 => option::weighted(0.5, 0..2u8).prop_map(|key| Command::RunPayouts { key }),
        5 => (0..6u8, transition())
            .prop_map(|(payout, transition)| Command::TransitionPayout { payout, transition }),
    ]
}

/// A sequence of steps, each of one to three concurrent commands.
pub fn scenario() -> impl Strategy<Value = Vec<Vec<Command>>> {
    vec(prop_oneof![3 => vec(command(), 1..2), 2 => vec(command(), 2..4)], 1..50)
}
