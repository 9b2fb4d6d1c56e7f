//! What can be asked of the program, from a small world, so that the same things meet often.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// Which commission event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Label {
    /// Of this invoice.
    Invoice(u8),
    /// The line of this refund.
    Refund(u8),
    /// The adjustment of this key.
    Adjustment(u8),
}

/// When something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Day {
    /// In January.
    January,
    /// In February.
    February,
    /// Long ago.
    Old,
    /// So lately that it is still held back.
    Held,
}

/// Which days a batch or an approval is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    January,
    February,
    All,
}

impl Period {
    pub fn holds(self, day: Day) -> bool {
        match self {
            Period::January => day == Day::January,
            Period::February => day == Day::February,
            Period::All => true,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Start,
    Complete,
    Fail,
    Cancel,
}

#[derive(Clone, Debug)]
pub enum Command {
    /// An invoice is paid; with other data than usual, if so said.
    Pay {
        invoice: u8,
        other: bool,
    },
    /// So many sixths of an invoice go back.
    Refund {
        refund: u8,
        invoice: u8,
        sixths: i128,
    },
    /// The customer of the later invoices gets its account.
    Assign,
    Approve(Vec<Label>),
    Cancel(Vec<Label>),
    ApprovePending(Period),
    Adjust {
        key: u8,
        cents: i128,
    },
    Batch {
        period: Period,
        key: Option<u8>,
    },
    Run {
        key: Option<u8>,
    },
    Settle {
        payout: u8,
        act: Act,
    },
}

/// Total, base and day of an invoice.
pub fn invoice(invoice: u8, other: bool) -> (i128, i128, Day) {
    let (total, base, day) = [
        (105, 105, Day::January),
        (11_900, 10_000, Day::January),
        (3_335, 3_335, Day::February),
        (100_001, 7, Day::February),
        (6, 6, Day::January),
        (99_999, 99_998, Day::Held),
        (12_345, 12_345, Day::Old),
        (77_777, 70_000, Day::January),
    ][usize::from(invoice)];
    if other { (total + 1, base, day) } else { (total, base, day) }
}

/// Whether an invoice is of the customer that has no account at first.
pub fn is_second(invoice: u8) -> bool {
    invoice >= 6
}

/// Some sixths of an invoice, as usually told of; seven are more than it is.
pub fn sixths(invoice_id: u8, sixths: i128) -> i128 {
    let (total, _, _) = invoice(invoice_id, false);
    total * sixths / 6 + i128::from(sixths == 7)
}

fn label() -> impl Strategy<Value = Label> {
    prop_oneof![
        6 => (0..8u8).prop_map(Label::Invoice),
        2 => (0..6u8).prop_map(Label::Refund),
        1 => (0..2u8).prop_map(Label::Adjustment),
    ]
}

/// Some events, none of them twice.
fn labels() -> impl Strategy<Value = Vec<Label>> {
    vec(label(), 1..4).prop_map(|mut labels| {
        labels.sort();
        labels.dedup();
        labels
    })
}

fn command() -> impl Strategy<Value = Command> {
    let period =
        || prop_oneof![1 => Just(Period::January), 1 => Just(Period::February), 3 => Just(Period::All)];
    let act = prop_oneof![1 => Just(Act::Start), 2 => Just(Act::Complete), 2 => Just(Act::Fail), 2 => Just(Act::Cancel)];
    prop_oneof![
        8 => (0..8u8, prop::bool::weighted(0.1)).prop_map(|(invoice, other)| Command::Pay { invoice, other }),
        8 => (0..6u8, 0..8u8, 1..8i128)
            .prop_map(|(refund, invoice, sixths)| Command::Refund { refund, invoice, sixths }),
        1 => Just(Command::Assign),
        4 => labels().prop_map(Command::Approve),
        2 => labels().prop_map(Command::Cancel),
        3 => period().prop_map(Command::ApprovePending),
        2 => (0..2u8, prop_oneof![Just(-500), Just(-20_000), Just(700)])
            .prop_map(|(key, cents)| Command::Adjust { key, cents }),
        5 => (period(), option::weighted(0.3, 0..2u8)).prop_map(|(period, key)| Command::Batch { period, key }),
        2 => option::weighted(0.5, 0..2u8).prop_map(|key| Command::Run { key }),
        5 => (0..6u8, act).prop_map(|(payout, act)| Command::Settle { payout, act }),
    ]
}

/// A story: steps one after the other, of commands that are sent at the same time.
pub fn story() -> impl Strategy<Value = Vec<Vec<Command>>> {
    vec(prop_oneof![3 => vec(command(), 1..2), 2 => vec(command(), 2..4)], 1..50)
}
