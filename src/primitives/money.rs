//! Money and rates; the only place where an amount is rounded.

use std::fmt;

use async_graphql::{InputObject, Object};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Numeric;
use num_bigint::BigInt;
use num_rational::BigRational;
use rust_decimal::Decimal;

use crate::primitives::currency::Currency;
use crate::primitives::decimal::DecimalText;
use crate::primitives::error::{Error, Result};

const RATE_DECIMALS_MAX: u32 = 4;

/// An amount in one currency. Amounts in different currencies are never added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    amount: Decimal,
    currency: Currency,
}

impl Money {
    /// An amount as the database holds it, which checks it on the way in.
    pub fn stored(amount: Decimal, currency: Currency) -> Self {
        let mut shown = amount;
        shown.rescale(currency.decimals());
        if shown.is_zero() {
            shown.set_sign_positive(true);
        }
        // What is finer than a coin cannot be stored; if it were, it would be seen, and not rounded away.
        Self { amount: if shown == amount { shown } else { amount }, currency }
    }

    /// Nothing, in a currency.
    pub fn zero(currency: Currency) -> Self {
        Self::stored(Decimal::ZERO, currency)
    }

    /// The number.
    pub fn amount(self) -> Decimal {
        self.amount
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// The sum of two amounts in one currency.
    pub fn plus(self, other: Self) -> Result<Self> {
        if self.currency != other.currency {
            return Err(Error::internal(format!("{self} and {other} do not add up")));
        }
        let sum =
            self.amount.checked_add(other.amount).ok_or_else(|| Error::internal("a sum is too large"))?;
        Ok(Self::stored(sum, self.currency))
    }

    /// What is left of this amount when another in the same currency is taken away.
    pub fn minus(self, other: Self) -> Result<Self> {
        self.plus(Self { amount: -other.amount, currency: other.currency })
    }

    /// The commission on this base: rounded once, half away from zero, to the currency's smallest coin.
    pub fn share(self, rate: Rate) -> Result<Money> {
        rounded(&(exact(self.amount) * exact(rate.0)), self.currency)
    }

    /// What is left of this base of an invoice when `refunded` of its `total` went back: the same proportion, exactly.
    pub fn remaining(self, total: Money, refunded: Money) -> Result<Remaining> {
        if total.amount.is_zero() {
            return Err(Error::internal("an invoice of nothing has no proportions"));
        }
        let left = exact(total.minus(refunded)?.amount) / exact(total.amount);
        Ok(Remaining { base: exact(self.amount) * left, currency: self.currency })
    }
}

/// What is left of a base after refunds: a fraction that need not be a whole number of coins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remaining {
    base: BigRational,
    currency: Currency,
}

impl Remaining {
    /// The base that is left, rounded.
    pub fn base(&self) -> Result<Money> {
        rounded(&self.base, self.currency)
    }

    /// The commission on it: of the exact base, rounded once.
    pub fn share(&self, rate: Rate) -> Result<Money> {
        rounded(&(&self.base * exact(rate.0)), self.currency)
    }
}

/// An amount as a fraction, on which no step of a computation loses anything.
fn exact(amount: Decimal) -> BigRational {
    BigRational::new(BigInt::from(amount.mantissa()), BigInt::from(10).pow(amount.scale()))
}

/// Rounds half away from zero, to the currency's smallest coin.
///
/// What PostgreSQL's `round(numeric)` and a spreadsheet do; the table checks it with the former.
fn rounded(exact: &BigRational, currency: Currency) -> Result<Money> {
    let decimals = currency.decimals();
    let coins = (exact * BigInt::from(10).pow(decimals)).round().to_integer();
    let amount =
        i128::try_from(coins).ok().and_then(|coins| Decimal::try_from_i128_with_scale(coins, decimals).ok());
    Ok(Money::stored(amount.ok_or_else(|| Error::internal("an amount is too large to compute"))?, currency))
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

/// An amount in one currency.
#[Object]
impl Money {
    /// The amount in major units with exactly the currency's decimals: `"12.30"` EUR, `"1200"` JPY, `"1.235"` KWD.
    #[graphql(name = "amount")]
    async fn shown_amount(&self) -> DecimalText {
        DecimalText(self.amount)
    }

    /// The currency of the amount.
    #[graphql(name = "currency")]
    async fn shown_currency(&self) -> Currency {
        self.currency
    }
}

/// An amount in one currency. It may not be finer than the currency's smallest coin: more decimals than the
/// currency has are refused, never rounded.
#[derive(Clone, Debug, InputObject)]
pub struct MoneyInput {
    /// The amount in major units, e.g. `"1250.00"`; at most as many decimals as the currency has.
    pub amount: DecimalText,
    /// The currency of the amount.
    pub currency: Currency,
}

impl MoneyInput {
    /// The amount, if the currency has coins that fine.
    pub fn exact(&self, field: &'static str) -> Result<Money> {
        let (DecimalText(amount), decimals) = (self.amount, self.currency.decimals());
        if amount.scale() > decimals {
            return Err(Error::bad_input(
                field,
                format!("{amount} has {} decimals; {} has {decimals}", amount.scale(), self.currency),
            ));
        }
        Ok(Money::stored(amount, self.currency))
    }

    /// The amount, if it is above zero.
    pub fn above_zero(&self, field: &'static str) -> Result<Money> {
        let money = self.exact(field)?;
        if money.amount() <= Decimal::ZERO {
            return Err(Error::bad_input(field, format!("must be above zero; it is {money}")));
        }
        Ok(money)
    }

    /// The amount, if it is not zero.
    pub fn not_zero(&self, field: &'static str) -> Result<Money> {
        let money = self.exact(field)?;
        if money.amount().is_zero() {
            return Err(Error::bad_input(field, "must not be zero"));
        }
        Ok(money)
    }

    /// The amount, if it is zero or above.
    pub fn not_negative(&self, field: &'static str) -> Result<Money> {
        let money = self.exact(field)?;
        if money.amount() < Decimal::ZERO {
            return Err(Error::bad_input(field, format!("must not be negative; it is {money}")));
        }
        Ok(money)
    }
}

/// The share of a base that is earned: a fraction from 0 to 1 with at most 4 decimals, 0.1500 for 15 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Numeric)]
pub struct Rate(Decimal);

impl Rate {
    /// Reads a rate from input; nothing is guessed.
    pub fn new(field: &'static str, DecimalText(fraction): DecimalText) -> Result<Self> {
        if fraction < Decimal::ZERO || fraction > Decimal::ONE {
            return Err(Error::bad_input(
                field,
                format!("a rate is a fraction from 0 to 1, \"0.1500\" for 15 %; it is {fraction}"),
            ));
        }
        if fraction.scale() > RATE_DECIMALS_MAX {
            return Err(Error::bad_input(
                field,
                format!(
                    "a rate has at most {RATE_DECIMALS_MAX} decimals; {fraction} has {}",
                    fraction.scale()
                ),
            ));
        }
        Ok(Self(fraction.abs()))
    }

    /// The rate as clients see it, with 4 decimals.
    pub fn shown(self) -> DecimalText {
        let mut fraction = self.0;
        fraction.rescale(RATE_DECIMALS_MAX);
        DecimalText(fraction)
    }
}

impl FromSql<Numeric, Pg> for Rate {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        <Decimal as FromSql<Numeric, Pg>>::from_sql(value).map(Self)
    }
}

impl ToSql<Numeric, Pg> for Rate {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <Decimal as ToSql<Numeric, Pg>>::to_sql(&self.0, &mut out.reborrow())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(amount: &str, currency: &str) -> Result<Money> {
        let input = MoneyInput {
            amount: amount.parse().map_err(|message: String| Error::bad_input("amount", message))?,
            currency: currency.parse().map_err(|message: String| Error::bad_input("currency", message))?,
        };
        input.exact("amount")
    }

    fn share(amount: &str, currency: &str, rate: &str) -> Result<String> {
        let rate = rate.parse().map_err(|message: String| Error::bad_input("rate", message))?;
        Ok(money(amount, currency)?.share(Rate::new("rate", rate)?)?.to_string())
    }

    #[test]
    fn commission_is_rounded_half_away_from_zero() -> Result<()> {
        assert_eq!(share("0.30", "EUR", "0.15")?, "0.05 EUR");
        assert_eq!(share("33.35", "EUR", "0.15")?, "5.00 EUR");
        assert_eq!(share("-0.30", "EUR", "0.15")?, "-0.05 EUR");
        assert_eq!(share("341", "JPY", "0.15")?, "51 JPY");
        assert_eq!(share("8.230", "KWD", "0.1501")?, "1.235 KWD");
        assert_eq!(share("100", "EUR", "0")?, "0.00 EUR");
        assert_eq!(share("9999999999999.99", "EUR", "1")?, "9999999999999.99 EUR");
        Ok(())
    }

    #[test]
    fn what_is_left_of_a_base_is_exact_until_its_commission_is_rounded() -> Result<()> {
        let rate = Rate::new("rate", DecimalText("0.15".parse().unwrap_or_default()))?;
        let left = |base, total, refunded| {
            money(base, "EUR")?.remaining(money(total, "EUR")?, money(refunded, "EUR")?)
        };
        // Three refunds of 0.35 of 1.05 leave 0.11, 0.05 and nothing of 0.16.
        for (refunded, commission) in [("0.35", "0.11 EUR"), ("0.70", "0.05 EUR"), ("1.05", "0.00 EUR")] {
            assert_eq!(left("1.05", "1.05", refunded)?.share(rate)?.to_string(), commission);
        }
        // 50.00 * 1/3 = 16.666…, of which 15 % are 2.50; of 16.67 it would be 2.5005.
        let third = left("50.00", "0.03", "0.02")?;
        assert_eq!(third.base()?.to_string(), "16.67 EUR");
        assert_eq!(third.share(rate)?.to_string(), "2.50 EUR");
        let vast = left("9999999999999.97", "9999999999999.99", "0.01")?;
        assert_eq!(vast.base()?.to_string(), "9999999999999.96 EUR");
        Ok(())
    }

    #[test]
    fn amounts_have_their_currency_s_decimals() -> Result<()> {
        assert_eq!(money("12.3", "EUR")?.to_string(), "12.30 EUR");
        assert_eq!(money("1200", "JPY")?.to_string(), "1200 JPY");
        assert_eq!(money("-0.00", "EUR")?.to_string(), "0.00 EUR");
        assert!(money("10.5", "JPY").is_err());
        assert!(money("1.234", "EUR").is_err());
        assert!(money("1.2345", "KWD").is_err());
        Ok(())
    }

    #[test]
    fn rates_are_fractions_of_four_decimals() {
        let rate = |text: &str| Rate::new("rate", text.parse().unwrap_or(DecimalText(Decimal::MAX)));
        for right in ["0", "1", "0.15", "0.1234", "1.0000"] {
            assert!(rate(right).is_ok(), "{right}");
        }
        for wrong in ["1.5", "-0.1", "0.12345", "1.0001", "15"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }
}
