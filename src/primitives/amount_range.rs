//! Ranges of amounts in one currency, as filters have them.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::currency::Currency;
use super::decimal::DecimalText;
use super::error::{Error, Result};
use super::money::MoneyInput;

/// Rejects a range of amounts without a currency, with more decimals than the currency has, or that ends before it starts.
/// Both ends are included.
pub fn check(currency: Option<Currency>, from: Option<DecimalText>, to: Option<DecimalText>) -> Result<()> {
    for (field, amount) in [("amountFrom", from), ("amountTo", to)] {
        let Some(amount) = amount else { continue };
        let Some(currency) = currency else {
            return Err(Error::bad_input(
                field,
                "needs currency: amounts in different currencies are not compared",
            ));
        };
        MoneyInput { amount, currency }.exact(field)?;
    }
    match (from, to) {
        (Some(from), Some(to)) if to.0 < from.0 => Err(Error::bad_input("amountTo", "is below amountFrom")),
        _ => Ok(()),
    }
}

/// Returns an amount as the columns store it by which amounts are compared: in ten-thousandths.
pub fn key(DecimalText(amount): DecimalText) -> i64 {
    let key = amount * Decimal::from(10_000);
    key.to_i64().unwrap_or(if amount.is_sign_negative() { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_a_currency_and_ends_after_it_starts() -> Result<()> {
        let amount = |text: &str| text.parse::<DecimalText>().ok();
        let eur: Option<Currency> = "EUR".parse().ok();
        assert!(check(None, None, None).is_ok());
        assert!(check(eur, amount("1.00"), amount("1.00")).is_ok());
        for (currency, from, to, field) in [
            (None, "1", "2", "amountFrom"),
            (eur, "2", "1", "amountTo"),
            (eur, "0.001", "1", "amountFrom"),
            (eur, "-1", "-2", "amountTo"),
        ] {
            let error = check(currency, amount(from), amount(to)).err();
            assert!(matches!(error, Some(Error::BadInput { field: Some(found), .. }) if found == field));
        }
        assert_eq!(amount("-60.005").map(key), Some(-600_050));
        Ok(())
    }
}
