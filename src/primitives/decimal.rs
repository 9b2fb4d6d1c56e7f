//! Decimal numbers as strings, the format of amounts and rates in the API.

use std::str::FromStr;

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use rust_decimal::Decimal;

/// The maximal number of digits before the decimal point: every sum of such amounts that can occur fits
/// `numeric(19,4)`.
const INTEGER_DIGITS_MAX: usize = 13;

/// A decimal number with the scale that it was written with. Never a JSON number, which would pass through binary
/// floating point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DecimalText(pub Decimal);

impl FromStr for DecimalText {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (integer, fraction) = match digits.split_once('.') {
            Some((integer, fraction)) => (integer, Some(fraction)),
            None => (digits, None),
        };
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(integer) || !fraction.is_none_or(all_digits) {
            let excerpt: String = text.chars().take(40).collect();
            return Err(format!("{excerpt:?} is not a decimal number; write it as in \"1250.00\""));
        }
        if integer.len() > INTEGER_DIGITS_MAX {
            return Err(format!(
                "this number has {} digits before the point; at most {INTEGER_DIGITS_MAX} are allowed",
                integer.len()
            ));
        }
        Decimal::from_str_exact(text).map(Self).map_err(|_| "this number has too many decimals".to_owned())
    }
}

/// A decimal number as a string: digits, at most one decimal point, a leading minus if negative, as in `"1250.00"`.
/// The number of decimals is preserved. JSON numbers, exponents and NaN are rejected.
#[Scalar(name = "Decimal")]
impl ScalarType for DecimalText {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = value else {
            let message = "a Decimal is a string, as in \"1250.00\", never a number";
            return Err(InputValueError::custom(message));
        };
        text.parse().map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_decimals_are_accepted() {
        let invalid = [
            "",
            "-",
            ".",
            ".5",
            "5.",
            "+5",
            "1e3",
            "1_000",
            "1,5",
            "NaN",
            "Infinity",
            " 1",
            "0x1",
            "٣",
            "--1",
            "1.2.3",
            "99999999999999",
        ];
        for text in invalid {
            assert!(text.parse::<DecimalText>().is_err(), "{text:?}");
        }
        assert!("9999999999999.9999".parse::<DecimalText>().is_ok());
    }
}
