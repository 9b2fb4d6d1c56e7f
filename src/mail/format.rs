//! Amounts, instants and months, as mails in English write them.

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::notification::{Amount, Instant};

/// Returns an amount with its thousands apart, as in `EUR 1,234.50`.
pub fn amount(amount: &Amount) -> String {
    let (sign, number) = match amount.amount.strip_prefix('-') {
        Some(number) => ("-", number),
        None => ("", amount.amount.as_str()),
    };
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let mut grouped = String::new();
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let point = if decimals.is_empty() { "" } else { "." };
    format!("{} {sign}{grouped}{point}{decimals}", amount.currency)
}

/// Returns an instant in a time zone, as in `30 November 2026, 09:15 CET`.
pub fn instant(instant: Instant, zone: Tz) -> String {
    instant.0.with_timezone(&zone).format("%-d %B %Y, %H:%M %Z").to_string()
}

/// Returns a month, as in `November 2026`.
pub fn month(first_day: NaiveDate) -> String {
    first_day.format("%B %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_their_thousands_apart() {
        let text = |number: &str, currency: &str| {
            amount(&Amount { amount: number.to_owned(), currency: currency.to_owned() })
        };
        assert_eq!(text("1234.50", "EUR"), "EUR 1,234.50");
        assert_eq!(text("-1234567.00", "USD"), "USD -1,234,567.00");
        assert_eq!(text("999", "JPY"), "JPY 999");
        assert_eq!(text("1000", "JPY"), "JPY 1,000");
        assert_eq!(text("0.000", "KWD"), "KWD 0.000");
    }

    #[test]
    fn instants_are_in_the_time_zone() {
        let at = Instant("2026-11-30T23:30:00Z".parse().unwrap_or_default());
        assert_eq!(instant(at, Tz::Europe__Berlin), "1 December 2026, 00:30 CET");
        assert_eq!(instant(at, Tz::UTC), "30 November 2026, 23:30 UTC");
    }
}
