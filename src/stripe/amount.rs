//! Amounts as Stripe writes them: integers in minor units, which are not always those of ISO 4217.
//!
//! <https://docs.stripe.com/currencies#minor-units>

use rust_decimal::Decimal;

use crate::primitives::currency::Currency;
use crate::primitives::money::Money;

/// The currencies that have no minor unit at Stripe. ISO 4217 gives the ariary (MGA) two decimals.
const WITHOUT_DECIMALS: [&str; 15] =
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"];
/// The currencies with three decimals at Stripe, of which the last is always 0 in what is sent.
const WITH_THREE_DECIMALS: [&str; 5] = ["BHD", "JOD", "KWD", "OMR", "TND"];
/// The Icelandic króna: two decimals at Stripe, which are always 00; none in ISO 4217.
const KRONA: &str = "ISK";
/// What Stripe's documents say about the Ugandan shilling contradicts itself: 0 decimals in one place, 2 in another.
const CONTRADICTORY: &str = "UGX";

/// Why an amount cannot be sent by Stripe: a sentence for users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrencyUnsupported(pub String);

/// How Stripe writes the amounts of a currency.
struct MinorUnit {
    /// The number of decimals.
    decimals: u32,
    /// What each amount that is sent must be a multiple of, in minor units.
    multiple: i128,
}

/// Returns how Stripe writes the amounts of a currency; `None` if that is not known.
///
/// A currency with two decimals in ISO 4217 has two at Stripe if it is not listed above. Whether Stripe pays in it is
/// for Stripe to say: it refuses the currencies that it does not know.
fn minor_unit(currency: Currency) -> Option<MinorUnit> {
    let code = currency.code();
    if WITHOUT_DECIMALS.contains(&code) {
        return Some(MinorUnit { decimals: 0, multiple: 1 });
    }
    if WITH_THREE_DECIMALS.contains(&code) {
        return Some(MinorUnit { decimals: 3, multiple: 10 });
    }
    if code == KRONA {
        return Some(MinorUnit { decimals: 2, multiple: 100 });
    }
    (code != CONTRADICTORY && currency.decimals() == 2).then_some(MinorUnit { decimals: 2, multiple: 1 })
}

/// Returns an amount in Stripe's minor units; fails if the currency is not supported, or if the amount is finer than
/// Stripe's amounts are. Nothing is rounded.
pub fn minor_units(money: Money) -> Result<i64, CurrencyUnsupported> {
    let unsupported = |why: &str| CurrencyUnsupported(format!("{money} cannot be sent by Stripe: {why}"));
    let currency = money.currency();
    let unit = minor_unit(currency).ok_or_else(|| {
        unsupported(&format!("it is not certain how Stripe counts the minor units of {currency}"))
    })?;
    let amount = money.amount().normalize();
    let too_fine = || {
        let step = Decimal::try_from_i128_with_scale(unit.multiple, unit.decimals).unwrap_or_default();
        unsupported(&format!("its amounts in {currency} are multiples of {}", step.normalize()))
    };
    let missing_decimals = unit.decimals.checked_sub(amount.scale()).ok_or_else(too_fine)?;
    let too_large = || unsupported("the amount is too large");
    let factor = 10_i128.checked_pow(missing_decimals).ok_or_else(too_large)?;
    let units = amount.mantissa().checked_mul(factor).ok_or_else(too_large)?;
    if units % unit.multiple != 0 {
        return Err(too_fine());
    }
    i64::try_from(units).map_err(|_| too_large())
}

/// Returns the amount that Stripe means by a number of minor units; `None` if the currency is not supported, or if the
/// amount is finer than the minor unit of ISO 4217.
pub fn from_minor_units(units: i64, currency: Currency) -> Option<Money> {
    let unit = minor_unit(currency)?;
    let amount = Decimal::try_from_i128_with_scale(units.into(), unit.decimals).ok()?.normalize();
    (amount.scale() <= currency.decimals()).then(|| Money::stored(amount, currency))
}

/// Returns the currency with a code of Stripe's, which is in lower case; `None` if there is none.
pub fn parse_currency(code: &str) -> Option<Currency> {
    code.to_ascii_uppercase().parse().ok()
}

#[cfg(test)]
mod tests {
    use iso_currency::IntoEnumIterator;
    use proptest::prelude::*;

    use super::*;

    fn money(text: &str) -> Money {
        let (amount, currency) = text.split_once(' ').unwrap();
        Money::stored(amount.parse().unwrap(), currency.parse().unwrap())
    }

    #[test]
    fn amounts_are_sent_in_the_minor_units_of_stripe() {
        let table = [
            ("150.00 USD", 15_000),
            ("0.01 EUR", 1),
            ("9999999999999.99 EUR", 999_999_999_999_999),
            ("1200 JPY", 1_200),
            ("1.230 KWD", 1_230),
            ("0.010 TND", 10),
            ("500.00 MGA", 500),
            ("500 ISK", 50_000),
            ("10.50 HUF", 1_050),
            ("0.00 USD", 0),
            ("-12.30 EUR", -1_230),
        ];
        for (text, units) in table {
            assert_eq!(minor_units(money(text)), Ok(units), "{text}");
            let sent = money(text);
            assert_eq!(from_minor_units(units, sent.currency()), Some(sent), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_said_exactly_is_not_supported() {
        let table = [
            ("1.235 KWD", "1.235 KWD cannot be sent by Stripe: its amounts in KWD are multiples of 0.01"),
            ("500.50 MGA", "500.50 MGA cannot be sent by Stripe: its amounts in MGA are multiples of 1"),
            // The database rejects amounts like these; they are not rounded if it ever holds one.
            ("500.5 ISK", "500.5 ISK cannot be sent by Stripe: its amounts in ISK are multiples of 1"),
            ("0.001 USD", "0.001 USD cannot be sent by Stripe: its amounts in USD are multiples of 0.01"),
            (
                "999999999999999999.99 USD",
                "999999999999999999.99 USD cannot be sent by Stripe: the amount is too large",
            ),
        ];
        for (text, why) in table {
            assert_eq!(minor_units(money(text)), Err(CurrencyUnsupported(why.to_owned())), "{text}");
        }
        for currency in ["UGX", "IQD", "LYD", "CLF", "UYW", "UYI"] {
            let CurrencyUnsupported(why) = minor_units(money(&format!("10 {currency}"))).unwrap_err();
            assert!(why.ends_with(&format!("the minor units of {currency}")), "{why}");
            assert_eq!(from_minor_units(10, currency.parse().unwrap()), None);
        }
        // A króna has no aurar any more.
        assert_eq!(from_minor_units(50_050, "ISK".parse().unwrap()), None);
        // What comes from Stripe may be finer than what can be sent.
        assert_eq!(from_minor_units(1_235, "KWD".parse().unwrap()), Some(money("1.235 KWD")));
    }

    #[test]
    fn codes_are_read_in_lower_case() {
        assert_eq!(parse_currency("usd"), Some(Currency::USD));
        for unknown in ["usdc", "", "xau", "us"] {
            assert_eq!(parse_currency(unknown), None, "{unknown}");
        }
    }

    proptest! {
        #[test]
        fn an_amount_that_can_be_sent_comes_back_as_it_was(units in -(10_i64.pow(15))..10_i64.pow(15)) {
            for iso in iso_currency::Currency::iter().filter(|iso| iso.exponent().is_some()) {
                let currency: Currency = iso.code().parse().unwrap();
                let sent = Money::stored(
                    Decimal::try_from_i128_with_scale(units.into(), currency.decimals()).unwrap(), currency,
                );
                if let Ok(minor) = minor_units(sent) {
                    prop_assert_eq!(from_minor_units(minor, currency), Some(sent));
                }
                if let Some(received) = from_minor_units(units, currency) {
                    prop_assert_eq!(received.currency(), currency);
                    prop_assert!(minor_units(received).is_ok_and(|minor| minor == units) || units % 10 != 0);
                }
            }
        }
    }
}
