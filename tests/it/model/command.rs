//! The commands of a scenario, on few invoices, refunds and keys, so that they often affect the same rows.

use super::remaining::Refunded;

/// A revision of a payment: the number of the payment, and that of the revision.
pub type Revision = (u8, u8);

/// Identifies a commission event by its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventKey {
    /// The event that this revision earned.
    Invoice(Revision),
    /// The reversal by this refund, of the event of this revision.
    Refund(u8, Revision),
    /// The reinstatement after this refund was reversed.
    Reinstatement(u8),
    /// The reversal of the event of this revision by a correction.
    Correction(Revision),
    /// The adjustment with this idempotency key.
    Adjustment(u8),
}

/// A commission event as a command names it: the latest one of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventName {
    Invoice(u8),
    /// The event of a payment before its last correction.
    Replaced(u8),
    Refund(u8),
    Reinstatement(u8),
    Correction(u8),
    Adjustment(u8),
}

impl EventName {
    /// Returns the event among these with this name.
    pub fn find<'k>(self, keys: impl IntoIterator<Item = &'k EventKey>) -> Option<EventKey> {
        let mut found: Vec<_> = keys.into_iter().copied().filter(|key| self.includes(*key)).collect();
        found.sort();
        if matches!(self, Self::Replaced(_)) {
            found.pop();
        }
        found.pop()
    }

    fn includes(self, key: EventKey) -> bool {
        match (self, key) {
            (Self::Invoice(name) | Self::Replaced(name), EventKey::Invoice((payment, _))) => name == payment,
            (Self::Correction(name), EventKey::Correction((payment, _))) => name == payment,
            (Self::Refund(name), EventKey::Refund(refund, _)) => name == refund,
            (Self::Reinstatement(name), EventKey::Reinstatement(refund)) => name == refund,
            (Self::Adjustment(name), EventKey::Adjustment(adjustment)) => name == adjustment,
            _ => false,
        }
    }
}

/// The date of a payment or an event, and the beginning of a period of an account or of terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Date {
    /// Long before January.
    Old,
    January,
    February,
    /// So recent that the hold has not ended.
    WithinHold,
}

/// The moment from which terms hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    From(Date),
    /// Left out: that of the change.
    Now,
    Future,
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
    Return,
}

/// A rate in ten-thousandths.
pub type Rate = i128;

/// A change of the terms of a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terms {
    Rate(Option<Rate>),
    Status(&'static str),
}

/// What a correction changes of the usual data of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub customer: Option<u8>,
    pub amounts: Amounts,
    pub date: Option<Date>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amounts {
    Usual,
    /// A total that is a cent larger.
    Larger,
    Half,
    /// A commissionable amount of zero.
    NoBase,
    /// A total of zero.
    Nothing,
}

/// The part of the base that a refund states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stated {
    No,
    Nothing,
    Half,
    All,
}

#[derive(Clone, Debug)]
pub enum Command {
    RecordInvoicePaid {
        payment: u8,
        /// With another total than usual.
        altered: bool,
    },
    CorrectInvoice {
        payment: u8,
        change: Change,
        key: u8,
    },
    /// Refunds this many sixths of a payment.
    RecordRefund {
        refund: u8,
        payment: u8,
        sixths: i128,
        stated: Stated,
        /// Whether the payment is named, if it has an id.
        names_payment: bool,
    },
    ReverseRefund {
        refund: u8,
        /// At another time than usual.
        altered: bool,
    },
    ChangeTerms {
        partner: u8,
        terms: Terms,
        from: Moment,
    },
    /// Changes the rate of the latest account of a customer.
    ChangeAccountRate {
        customer: u8,
        rate: Option<Rate>,
        from: Moment,
    },
    /// Ends the latest account of a customer.
    EndAccount {
        customer: u8,
        at: Date,
    },
    AssignAccount {
        customer: u8,
        partner: u8,
        from: Date,
        rate: Option<Rate>,
    },
    ApproveEvents(Vec<EventName>),
    CancelEvents(Vec<EventName>),
    RevertApproval(Vec<EventName>),
    HoldEvents(Vec<EventName>),
    ReleaseEvents(Vec<EventName>),
    ApprovePending(Period),
    RecordAdjustment {
        partner: u8,
        key: u8,
        cents: i128,
    },
    CreatePayout {
        partner: u8,
        period: Period,
        key: Option<u8>,
    },
    /// Pays one partner: the transactions of a run for several would take effect one by one.
    RunPayouts {
        partner: u8,
        key: Option<u8>,
    },
    /// Moves one of the payouts that exist, chosen by this number modulo their count.
    TransitionPayout {
        payout: u8,
        transition: Transition,
    },
}

/// The data of an invoice or of a payment of it, in cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Data {
    pub customer: u8,
    pub total: i128,
    /// The commissionable part of the total.
    pub base: i128,
    pub date: Date,
}

/// The number of customers; a number above is a customer that no partner ever manages.
pub const CUSTOMERS: u8 = 3;
pub const PARTNERS: u8 = 2;
pub const PAYMENTS: u8 = 10;
/// So few that the exact fractions stay below 2^127.
pub const REFUNDS: u8 = 5;

/// The invoice that a payment is of, and its payment id. Of invoices 0 and 6, there are payments with and without an id: an
/// invoice is recorded either with ids or without.
pub fn payment(number: u8) -> (u8, Option<&'static str>) {
    match number {
        6 => (6, Some("a")),
        7 => (6, Some("b")),
        8 => (6, None),
        9 => (0, Some("a")),
        invoice => (invoice, None),
    }
}

/// The usual data of a payment; if altered, with another total.
pub fn data(number: u8, altered: bool) -> Data {
    let (customer, total, base, date) = [
        (0, 105, 105, Date::January),
        (0, 11_900, 10_000, Date::January),
        (0, 3_335, 3_335, Date::February),
        (1, 100_001, 7, Date::February),
        (1, 12_345, 12_345, Date::Old),
        (2, 99_999, 99_998, Date::WithinHold),
        (0, 6, 6, Date::January),
        (0, 77_777, 70_000, Date::February),
        (0, 6, 6, Date::January),
        (0, 105, 105, Date::January),
    ][usize::from(number)];
    Data { customer, total: if altered { total + 1 } else { total }, base, date }
}

/// The data of a payment as a correction states it.
pub fn corrected(number: u8, change: Change) -> Data {
    let usual = data(number, false);
    let (total, base) = match change.amounts {
        Amounts::Usual => (usual.total, usual.base),
        Amounts::Larger => (usual.total + 1, usual.base),
        Amounts::Half => (usual.total / 2, usual.base.min(usual.total / 2)),
        Amounts::NoBase => (usual.total, 0),
        Amounts::Nothing => (0, 0),
    };
    let date = change.date.unwrap_or(usual.date);
    Data { customer: change.customer.unwrap_or(usual.customer), total, base, date }
}

/// What a refund of this many sixths takes of a payment with its usual data; seven sixths exceed even an altered one.
pub fn refunded(number: u8, sixths: i128, stated: Stated) -> Refunded {
    let cents = data(number, false).total * sixths / 6 + i128::from(sixths == 7);
    let stated = match stated {
        Stated::No => None,
        Stated::Nothing => Some(0),
        Stated::Half => Some(cents / 2),
        Stated::All => Some(cents),
    };
    Refunded { cents, stated }
}
