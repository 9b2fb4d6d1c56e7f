//! Currencies, by their ISO 4217 codes.

use std::fmt;
use std::str::FromStr;

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Text;

/// A currency with a minor unit, by its ISO 4217 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// The US dollar, the default currency of a new tenant.
    pub const USD: Self = Self(iso_currency::Currency::USD);

    /// Returns the ISO 4217 code: three upper-case letters.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Returns the number of decimals of its amounts: 2 for EUR, 0 for JPY, 3 for KWD.
    pub fn decimals(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }
}

impl FromStr for Currency {
    type Err = String;

    fn from_str(code: &str) -> Result<Self, String> {
        iso_currency::Currency::from_code(code)
            // Gold, test codes and the like have a code but no minor unit, and cannot be paid.
            .filter(|currency| currency.exponent().is_some())
            .map(Self)
            .ok_or_else(|| {
                let code: String = code.chars().take(8).collect();
                format!("{code:?} is not a currency; write its ISO 4217 code in upper case, as in \"EUR\"")
            })
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Currency {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.code().cmp(other.code())
    }
}

/// An ISO 4217 currency code in upper case, as in `"EUR"`. Codes without a minor unit, such as gold (XAU), are
/// rejected.
#[Scalar(name = "CurrencyCode", specified_by_url = "https://www.iso.org/iso-4217-currency-codes.html")]
impl ScalarType for Currency {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(code) = value else {
            return Err(InputValueError::custom("a CurrencyCode is a string, as in \"EUR\""));
        };
        code.parse().map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Value {
        Value::String(self.code().to_owned())
    }
}

impl FromSql<Text, Pg> for Currency {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(std::str::from_utf8(value.as_bytes())?.parse()?)
    }
}

impl ToSql<Text, Pg> for Currency {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        std::io::Write::write_all(out, self.code().as_bytes())?;
        Ok(IsNull::No)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_has_a_minor_unit() {
        for valid in ["EUR", "JPY", "KWD", "CLF"] {
            assert!(valid.parse::<Currency>().is_ok(), "{valid}");
        }
        for invalid in ["eur", "EURO", "XXX", "XAU", "ABC", ""] {
            assert!(invalid.parse::<Currency>().is_err(), "{invalid}");
        }
    }
}
