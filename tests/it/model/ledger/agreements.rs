//! What is agreed with partners: their terms with the moments from which they hold, and the customers that they manage.

use std::collections::BTreeMap;

use super::Ledger;
use crate::model::command::{Command, Date, Moment, Rate, Terms};

/// A moment as a number. Every change that holds from now on has a later one than the changes before.
type Time = u64;

const FUTURE: Time = Time::MAX;
const PRESENT: Time = FUTURE - 1;

fn time(date: Date) -> Time {
    match date {
        Date::Old => 0,
        Date::January => 1,
        Date::February => 2,
        Date::WithinHold => 3,
    }
}

/// What holds from which moment on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline<V> {
    values: BTreeMap<Time, V>,
    /// The moment of the last change that holds from its own time on.
    latest: Time,
}

impl<V: Copy + PartialEq> Timeline<V> {
    pub(super) fn new(value: V) -> Self {
        Self { values: BTreeMap::from([(0, value)]), latest: time(Date::WithinHold) }
    }

    fn at(&self, time: Time) -> V {
        *self.values.range(..=time).next_back().expect("a value from the beginning").1
    }

    /// What holds until the value would have changed holds instead from this moment on.
    fn set(&mut self, from: Moment, value: V) {
        let from = match from {
            Moment::From(date) => time(date),
            Moment::Now => {
                self.latest += 1;
                self.latest
            }
            Moment::Future => FUTURE,
        };
        let old = self.at(from);
        let end = self.values.range(from..).find(|(_, later)| **later != old).map(|(time, _)| *time);
        self.values.retain(|time, _| *time < from || end.is_some_and(|end| *time >= end));
        self.values.insert(from, value);
    }
}

/// The assignment of a customer to a partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    customer: u8,
    partner: u8,
    start: Date,
    end: Option<Date>,
    rate: Timeline<Option<Rate>>,
}

impl Account {
    pub(super) fn new(customer: u8, partner: u8, start: Date, rate: Option<Rate>) -> Self {
        Self { customer, partner, start, end: None, rate: Timeline::new(rate) }
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.customer == other.customer
            && self.end.is_none_or(|end| other.start < end)
            && other.end.is_none_or(|end| self.start < end)
    }
}

/// By what an invoice earns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Earning {
    pub partner: u8,
    /// The start of the account.
    pub account: Date,
    pub rate: Rate,
    pub source: &'static str,
}

impl Ledger {
    /// By what an invoice of a customer earns that was paid on a date, or why it earns nothing.
    pub(super) fn earning(&self, customer: u8, paid: Date) -> Result<Earning, &'static str> {
        let is_in_force = |account: &&Account| {
            account.customer == customer && account.start <= paid && account.end.is_none_or(|end| paid < end)
        };
        let account = self.accounts.iter().find(is_in_force).ok_or("NO_MANAGED_ACCOUNT")?;
        let partner = usize::from(account.partner);
        if !["ACTIVE", "SUSPENDED"].contains(&self.statuses[partner].at(time(paid))) {
            return Err("PARTNER_INELIGIBLE");
        }
        let own = account.rate.at(time(paid)).map(|rate| (rate, "MANAGED_ACCOUNT"));
        let default = self.rates[partner].at(time(paid)).map(|rate| (rate, "PARTNER"));
        let (rate, source) = own.or(default).ok_or("NO_RATE")?;
        Ok(Earning { partner: account.partner, account: account.start, rate, source })
    }

    /// Whether a partner may be paid now.
    pub(super) fn is_payable(&self, partner: u8) -> bool {
        ["ACTIVE", "TERMINATED"].contains(&self.statuses[usize::from(partner)].at(PRESENT))
    }

    /// The index of the latest account of a customer.
    fn latest_account(&self, customer: u8) -> Option<usize> {
        let accounts = self.accounts.iter().enumerate().filter(|(_, account)| account.customer == customer);
        accounts.max_by_key(|(_, account)| account.start).map(|(index, _)| index)
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "only the commands of agreements are passed")]
    pub(super) fn agree(&mut self, command: &Command, before: &Ledger) -> String {
        let result = match *command {
            Command::ChangeTerms { partner, terms, from } => {
                match terms {
                    Terms::Rate(rate) => self.rates[usize::from(partner)].set(from, rate),
                    Terms::Status(status) => self.statuses[usize::from(partner)].set(from, status),
                }
                "OK"
            }
            Command::ChangeAccountRate { customer, rate, from } => match before.latest_account(customer) {
                Some(account) => {
                    self.accounts[account].rate.set(from, rate);
                    "OK"
                }
                None => "NOT_FOUND",
            },
            Command::EndAccount { customer, at } => match before.latest_account(customer) {
                Some(account) => self.end_account(account, at),
                None => "NOT_FOUND",
            },
            Command::AssignAccount { customer, partner, from, rate } => {
                self.assign_account(Account::new(customer, partner, from, rate))
            }
            _ => unreachable!("not an agreement"),
        };
        result.to_owned()
    }

    fn end_account(&mut self, index: usize, at: Date) -> &'static str {
        let ended = Account { end: Some(at), ..self.accounts[index].clone() };
        if at <= ended.start {
            return "BAD_USER_INPUT";
        }
        let is_extended = self.accounts[index].end.is_some_and(|end| at > end);
        if is_extended && self.statuses[usize::from(ended.partner)].at(PRESENT) == "TERMINATED" {
            return "INVALID_STATE";
        }
        if self.accounts.iter().enumerate().any(|(other, account)| other != index && account.overlaps(&ended))
        {
            return "ACCOUNT_OVERLAPS";
        }
        self.accounts[index] = ended;
        "OK"
    }

    fn assign_account(&mut self, account: Account) -> &'static str {
        if self.statuses[usize::from(account.partner)].at(PRESENT) == "TERMINATED" {
            return "INVALID_STATE";
        }
        if self.accounts.iter().any(|other| other.overlaps(&account)) {
            return "ACCOUNT_OVERLAPS";
        }
        self.accounts.push(account);
        "OK"
    }
}
