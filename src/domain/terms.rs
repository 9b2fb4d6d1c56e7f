//! Terms: what was agreed with a partner or for an account, with the moment from which it holds.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::primitives::error::{Error, Result};
use crate::primitives::timestamp::Timestamp;

/// The moment from which the first terms hold, 2000-01-01: no invoice is paid before it.
pub const BEGINNING: DateTime<Utc> = match DateTime::from_timestamp(946_684_800, 0) {
    Some(beginning) => beginning,
    None => DateTime::UNIX_EPOCH,
};

/// How far ahead a change can be scheduled: ten years.
const SCHEDULE_MAX: TimeDelta = TimeDelta::days(3_653);

/// The most rows of terms that are loaded at a time: a response could not contain more.
pub const TERMS_MAX: i64 = 25_000;

/// Returns the moment from which a change holds, by default that of the change. Rejects a moment before 2000-01-01, and
/// one more than ten years ahead.
pub(in crate::domain) fn effective_from(
    given: Option<Timestamp>,
    changed_at: DateTime<Utc>,
) -> Result<DateTime<Utc>> {
    let Some(Timestamp(from)) = given else { return Ok(changed_at) };
    if from < BEGINNING || from > changed_at + SCHEDULE_MAX {
        return Err(Error::bad_input("effectiveFrom", "must lie between 2000-01-01 and ten years from now"));
    }
    Ok(from)
}

/// Rejects a moment that is given although no terms are.
pub(in crate::domain) fn reject_without_terms(given: Option<Timestamp>, names: &str) -> Result<()> {
    if given.is_some() {
        return Err(Error::bad_input(
            "effectiveFrom",
            format!("is given without {names}, whose change it dates; add it, or leave effectiveFrom out"),
        ));
    }
    Ok(())
}

/// What holds, by the moment from which it does, until the next one.
#[derive(Clone, Debug)]
pub(in crate::domain) struct Timeline<S> {
    periods: BTreeMap<DateTime<Utc>, S>,
}

impl<S: Clone + PartialEq> Timeline<S> {
    /// Returns the timeline of rows in the order of their numbers: of rows with the same moment, the last one holds.
    pub fn new(rows: impl IntoIterator<Item = (DateTime<Utc>, S)>) -> Self {
        Self { periods: rows.into_iter().collect() }
    }

    /// Changes one attribute from a moment until the next moment at which it changes. Periods in between that only carried
    /// its old value carry the new one.
    pub fn set<V: Clone + PartialEq>(
        &mut self,
        from: DateTime<Utc>,
        attribute: fn(&mut S) -> &mut V,
        value: &V,
    ) {
        let Some((_, state)) = self.periods.range(..=from).next_back() else { return };
        let mut state = state.clone();
        let old = attribute(&mut state).clone();
        self.periods.entry(from).or_insert(state);
        for (_, state) in self.periods.range_mut(from..) {
            let present = attribute(state);
            if *present != old {
                break;
            }
            present.clone_from(value);
        }
    }

    /// Returns the rows that an earlier timeline lacks in order to become this one, by moment.
    pub fn rows_missing_in(&self, earlier: &Self) -> Vec<(DateTime<Utc>, S)> {
        let mut rows = Vec::new();
        let mut previous = None;
        for (from, state) in &self.periods {
            // A period that continues the one before needs no row of its own.
            if earlier.periods.get(from).or(previous) != Some(state) {
                rows.push((*from, state.clone()));
            }
            previous = Some(state);
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i64) -> DateTime<Utc> {
        BEGINNING + TimeDelta::days(day)
    }

    /// Returns the rows that a change adds to the rows before, as (day, rate, status).
    fn added(
        rows: &[(i64, u8, char)],
        change: impl FnOnce(&mut Timeline<(u8, char)>),
    ) -> Vec<(i64, u8, char)> {
        let before = Timeline::new(rows.iter().map(|(at, rate, status)| (day(*at), (*rate, *status))));
        let mut after = before.clone();
        change(&mut after);
        let rows = after.rows_missing_in(&before).into_iter();
        rows.map(|(from, (rate, status))| ((from - BEGINNING).num_days(), rate, status)).collect()
    }

    #[test]
    fn a_change_holds_until_the_next_change_of_the_same_attribute() {
        let rows = [(0, 10, 'a'), (5, 10, 's'), (9, 20, 's')];
        let rate = |from, value: u8| {
            move |timeline: &mut Timeline<_>| timeline.set(day(from), |s: &mut (u8, char)| &mut s.0, &value)
        };
        assert_eq!(added(&rows, rate(12, 30)), [(12, 30, 's')]);
        assert_eq!(added(&rows, rate(3, 15)), [(3, 15, 'a'), (5, 15, 's')]);
        assert_eq!(added(&rows, rate(0, 15)), [(0, 15, 'a'), (5, 15, 's')]);
        assert_eq!(added(&rows, rate(5, 15)), [(5, 15, 's')]);
        assert_eq!(added(&rows, rate(9, 15)), [(9, 15, 's')]);
    }

    #[test]
    fn a_change_to_what_holds_already_adds_no_row() {
        let rows = [(0, 10, 'a'), (5, 10, 's')];
        let set = |from| {
            move |timeline: &mut Timeline<_>| timeline.set(day(from), |s: &mut (u8, char)| &mut s.0, &10)
        };
        assert_eq!(added(&rows, set(3)), []);
        assert_eq!(added(&rows, set(7)), []);
    }

    #[test]
    fn the_last_of_the_rows_with_one_moment_holds() {
        let rows = [(0, 10, 'a'), (0, 20, 'a')];
        assert_eq!(added(&rows, |timeline| timeline.set(day(4), |s| &mut s.1, &'s')), [(4, 20, 's')]);
    }
}
