//! Random scenarios: sequences of steps, each of one or of several concurrent commands.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::command::{
    Amounts, CUSTOMERS, Change, Command, Date, EventName, Moment, PARTNERS, PAYMENTS, Period, REFUNDS, Rate,
    Stated, Terms, Transition,
};

fn payment() -> impl Strategy<Value = u8> {
    prop_oneof![12 => 0..8u8, 1 => 8..PAYMENTS]
}

fn event_name() -> impl Strategy<Value = EventName> {
    prop_oneof![
        12 => (0..8u8).prop_map(EventName::Invoice),
        2 => (0..8u8).prop_map(EventName::Replaced),
        3 => (0..REFUNDS).prop_map(EventName::Refund),
        3 => (0..REFUNDS).prop_map(EventName::Reinstatement),
        1 => (0..8u8).prop_map(EventName::Correction),
        1 => (0..2u8).prop_map(EventName::Adjustment),
    ]
}

/// One to three different names of events.
fn event_names() -> impl Strategy<Value = Vec<EventName>> {
    prop_oneof![3 => vec(event_name(), 1..2), 2 => vec(event_name(), 2..4)].prop_map(|mut names| {
        names.sort();
        names.dedup();
        names
    })
}

fn date() -> impl Strategy<Value = Date> {
    prop_oneof![Just(Date::Old), Just(Date::January), Just(Date::February), Just(Date::WithinHold)]
}

fn moment() -> impl Strategy<Value = Moment> {
    prop_oneof![6 => date().prop_map(Moment::From), 2 => Just(Moment::Now), 1 => Just(Moment::Future)]
}

fn period() -> impl Strategy<Value = Period> {
    prop_oneof![1 => Just(Period::January), 1 => Just(Period::February), 3 => Just(Period::All)]
}

fn rate() -> impl Strategy<Value = Option<Rate>> {
    prop_oneof![
        1 => Just(None),
        2 => Just(Some(0)),
        2 => Just(Some(500)),
        2 => Just(Some(1_500)),
        2 => Just(Some(3_333)),
    ]
}

fn terms() -> impl Strategy<Value = Terms> {
    prop_oneof![
        4 => rate().prop_map(Terms::Rate),
        2 => Just(Terms::Status("ACTIVE")),
        1 => Just(Terms::Status("SUSPENDED")),
        1 => Just(Terms::Status("TERMINATED")),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    let amounts = prop_oneof![
        6 => Just(Amounts::Usual),
        2 => Just(Amounts::Larger),
        2 => Just(Amounts::Half),
        1 => Just(Amounts::NoBase),
        1 => Just(Amounts::Nothing),
    ];
    (option::weighted(0.4, 0..=CUSTOMERS), amounts, option::weighted(0.3, date()))
        .prop_map(|(customer, amounts, date)| Change { customer, amounts, date })
}

fn stated() -> impl Strategy<Value = Stated> {
    prop_oneof![
        4 => Just(Stated::No),
        1 => Just(Stated::Nothing),
        1 => Just(Stated::Half),
        1 => Just(Stated::All),
    ]
}

fn transition() -> impl Strategy<Value = Transition> {
    prop_oneof![
        1 => Just(Transition::Start),
        2 => Just(Transition::Complete),
        2 => Just(Transition::Fail),
        2 => Just(Transition::Cancel),
        1 => Just(Transition::Return),
    ]
}

/// What is reported of invoices.
fn report() -> impl Strategy<Value = Command> {
    prop_oneof![
        8 => (payment(), prop::bool::weighted(0.1))
            .prop_map(|(payment, altered)| Command::RecordInvoicePaid { payment, altered }),
        5 => (payment(), change(), 0..30u8)
            .prop_map(|(payment, change, key)| Command::CorrectInvoice { payment, change, key }),
        7 => (0..REFUNDS, payment(), 1..8i128, stated(), prop::bool::weighted(0.9)).prop_map(
            |(refund, payment, sixths, stated, names_payment)| Command::RecordRefund {
                refund, payment, sixths, stated, names_payment,
            }
        ),
        5 => (0..REFUNDS, prop::bool::weighted(0.1))
            .prop_map(|(refund, altered)| Command::ReverseRefund { refund, altered }),
    ]
}

/// What is agreed with partners, and for which customers.
fn agreement() -> impl Strategy<Value = Command> {
    prop_oneof![
        4 => (0..PARTNERS, terms(), moment())
            .prop_map(|(partner, terms, from)| Command::ChangeTerms { partner, terms, from }),
        3 => (0..CUSTOMERS, rate(), moment())
            .prop_map(|(customer, rate, from)| Command::ChangeAccountRate { customer, rate, from }),
        1 => (0..CUSTOMERS, date()).prop_map(|(customer, at)| Command::EndAccount { customer, at }),
        2 => (0..CUSTOMERS, 0..PARTNERS, date(), option::weighted(0.3, rate())).prop_map(
            |(customer, partner, from, rate)| Command::AssignAccount {
                customer, partner, from, rate: rate.flatten(),
            }
        ),
    ]
}

/// What staff decide about events.
fn decision() -> impl Strategy<Value = Command> {
    prop_oneof![
        4 => event_names().prop_map(Command::ApproveEvents),
        2 => event_names().prop_map(Command::CancelEvents),
        3 => event_names().prop_map(Command::RevertApproval),
        3 => event_names().prop_map(Command::HoldEvents),
        2 => event_names().prop_map(Command::ReleaseEvents),
        4 => period().prop_map(Command::ApprovePending),
        2 => (0..PARTNERS, 0..2u8, prop_oneof![Just(-500), Just(-20_000), Just(700)])
            .prop_map(|(partner, key, cents)| Command::RecordAdjustment { partner, key, cents }),
    ]
}

fn payout() -> impl Strategy<Value = Command> {
    prop_oneof![
        5 => (0..PARTNERS, period(), option::weighted(0.2, 0..2u8))
            .prop_map(|(partner, period, key)| Command::CreatePayout { partner, period, key }),
        2 => (0..PARTNERS, option::weighted(0.3, 0..2u8))
            .prop_map(|(partner, key)| Command::RunPayouts { partner, key }),
        5 => (0..6u8, transition())
            .prop_map(|(payout, transition)| Command::TransitionPayout { payout, transition }),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![10 => report(), 3 => agreement(), 6 => decision(), 5 => payout()]
}

/// The steps by which a customer is moved to a partner, from a date on; then a payment of it is sent again as it was.
fn move_account() -> impl Strategy<Value = Vec<Vec<Command>>> {
    let usual = Change { customer: None, amounts: Amounts::Usual, date: None };
    (0..CUSTOMERS, 0..PARTNERS, date(), payment(), 0..30u8).prop_map(
        move |(customer, partner, date, payment, key)| {
            vec![
                vec![Command::EndAccount { customer, at: date }],
                vec![Command::AssignAccount { customer, partner, from: date, rate: None }],
                vec![Command::CorrectInvoice { payment, change: usual, key }],
            ]
        },
    )
}

/// Steps in which everything concurs that can change what one payment earns.
fn contention() -> impl Strategy<Value = Vec<Vec<Command>>> {
    (0..8u8, 0..REFUNDS, change(), 0..30u8, 0..PARTNERS, 1..7i128, stated()).prop_flat_map(
        |(payment, refund, change, key, partner, sixths, stated)| {
            let command = prop_oneof![
                Just(Command::CorrectInvoice { payment, change, key }),
                Just(Command::RecordInvoicePaid { payment, altered: false }),
                Just(Command::RecordRefund { refund, payment, sixths, stated, names_payment: true }),
                Just(Command::ReverseRefund { refund, altered: false }),
                terms().prop_map(move |terms| {
                    Command::ChangeTerms { partner, terms, from: Moment::From(Date::Old) }
                }),
                period().prop_map(move |period| Command::CreatePayout { partner, period, key: None }),
                Just(Command::ApprovePending(Period::All)),
                Just(Command::CancelEvents(vec![EventName::Invoice(payment)])),
                Just(Command::HoldEvents(vec![EventName::Invoice(payment)])),
                Just(Command::RevertApproval(vec![EventName::Invoice(payment)])),
            ];
            vec(vec(command, 2..4), 1..4)
        },
    )
}

/// Steps by which an approved event is held back while payouts are made.
fn hold_before_payout() -> impl Strategy<Value = Vec<Vec<Command>>> {
    (0..8u8, 0..PARTNERS, period()).prop_map(|(payment, partner, period)| {
        let payout = Command::CreatePayout { partner, period, key: None };
        vec![
            vec![Command::RecordInvoicePaid { payment, altered: false }],
            vec![Command::ApprovePending(Period::All)],
            vec![Command::HoldEvents(vec![EventName::Invoice(payment)]), payout],
            vec![Command::RunPayouts { partner, key: None }],
        ]
    })
}

/// Steps by which an invoice is paid in parts and one of them is refunded, named or not.
fn instalments() -> impl Strategy<Value = Vec<Vec<Command>>> {
    (0..REFUNDS, 6..8u8, 1..8i128, stated(), any::<bool>()).prop_map(
        |(refund, payment, sixths, stated, names_payment)| {
            let paid = [6, 7].map(|payment| Command::RecordInvoicePaid { payment, altered: false });
            let refund = Command::RecordRefund { refund, payment, sixths, stated, names_payment };
            vec![paid.to_vec(), vec![refund]]
        },
    )
}

/// Steps by which a payment is refunded, and the refund reversed twice at once.
fn dispute() -> impl Strategy<Value = Vec<Vec<Command>>> {
    (0..8u8, 0..REFUNDS, 1..7i128, stated()).prop_map(|(payment, refund, sixths, stated)| {
        let reversal = || Command::ReverseRefund { refund, altered: false };
        vec![
            vec![Command::RecordInvoicePaid { payment, altered: false }],
            vec![Command::RecordRefund { refund, payment, sixths, stated, names_payment: true }],
            vec![reversal(), reversal()],
        ]
    })
}

/// A sequence of steps, each of one to three concurrent commands.
pub fn scenario() -> impl Strategy<Value = Vec<Vec<Command>>> {
    let steps = prop_oneof![
        6 => vec(command(), 1..2).prop_map(|step| vec![step]),
        3 => vec(command(), 2..4).prop_map(|step| vec![step]),
        1 => contention(),
        1 => move_account(),
        1 => hold_before_payout(),
        1 => instalments(),
        1 => dispute(),
    ];
    vec(steps, 1..45).prop_map(|steps| steps.into_iter().flatten().collect())
}
