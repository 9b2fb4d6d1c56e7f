//! Money and rates. Amounts are rounded nowhere else.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{
    ContextSelectionSet, InputObject, OutputType, Positioned, ScalarType, ServerResult, SimpleObject, Value,
};
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
use crate::primitives::selection::leaf_object;

/// The maximal number of decimals of a rate, and the number in the API.
const RATE_DECIMALS_MAX: u32 = 4;

/// An amount in one currency, in major units with exactly the currency's decimals. Amounts in different currencies
/// cannot be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    amount: Decimal,
    currency: Currency,
}

impl Money {
    /// Returns an amount from the database, which has checked that it is not finer than the currency's minor unit.
    pub fn stored(amount: Decimal, currency: Currency) -> Self {
        let mut rescaled = amount;
        rescaled.rescale(currency.decimals());
        if rescaled.is_zero() {
            rescaled.set_sign_positive(true);
        }
        // The database rejects a finer amount. If it ever had one, it would be displayed as it is, not rounded.
        Self { amount: if rescaled == amount { rescaled } else { amount }, currency }
    }

    /// Returns zero in a currency.
    pub fn zero(currency: Currency) -> Self {
        Self::stored(Decimal::ZERO, currency)
    }

    /// Returns the number, in major units.
    pub fn amount(self) -> Decimal {
        self.amount
    }

    /// Returns the currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// Returns the sum of two amounts; an internal error if their currencies differ.
    pub fn plus(self, other: Self) -> Result<Self> {
        if self.currency != other.currency {
            return Err(Error::internal(format!("{self} and {other} have different currencies")));
        }
        let sum =
            self.amount.checked_add(other.amount).ok_or_else(|| Error::internal("a sum is out of range"))?;
        Ok(Self::stored(sum, self.currency))
    }

    /// Returns this amount minus another; an internal error if their currencies differ.
    pub fn minus(self, other: Self) -> Result<Self> {
        self.plus(Self { amount: -other.amount, currency: other.currency })
    }

    /// Returns the sums of amounts, one per currency, ordered by currency code.
    pub fn sums_by_currency(amounts: impl IntoIterator<Item = Self>) -> Result<Vec<Self>> {
        let mut sums = BTreeMap::new();
        for amount in amounts {
            let sum = sums.entry(amount.currency).or_insert(Self::zero(amount.currency));
            *sum = sum.plus(amount)?;
        }
        Ok(sums.into_values().collect())
    }

    /// Returns the commission on this base amount: rounded once, half away from zero, to the currency's decimals.
    pub fn share(self, rate: Rate) -> Result<Money> {
        round(&(to_exact(self.amount) * to_exact(rate.0)), self.currency)
    }
}

/// The remaining part of a base amount after refunds: an exact fraction, possibly finer than the currency's minor
/// unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemainingBase {
    base: BigRational,
    currency: Currency,
}

impl RemainingBase {
    /// Returns the whole of a base amount, before any refund.
    pub fn whole(base: Money) -> Self {
        Self { base: to_exact(base.amount), currency: base.currency }
    }

    /// Returns nothing, after the refund of everything.
    pub fn nothing(currency: Currency) -> Self {
        Self { base: BigRational::from_integer(BigInt::ZERO), currency }
    }

    /// Returns the base that is left when `refunded` out of `total` is refunded: the same proportion, not rounded.
    pub fn less_proportion(self, total: Money, refunded: Money) -> Result<Self> {
        if total.amount.is_zero() {
            return Err(Error::internal("a refund of an invoice with a total of zero"));
        }
        let proportion = to_exact(total.minus(refunded)?.amount) / to_exact(total.amount);
        Ok(Self { base: self.base * proportion, currency: self.currency })
    }

    /// Returns the base that is left without `part`; nothing if `part` is the rounded base or more.
    pub fn less(self, part: Money) -> Result<Self> {
        if part.amount >= self.base()?.amount {
            return Ok(Self::nothing(self.currency));
        }
        Ok(Self { base: self.base - to_exact(part.amount), currency: self.currency })
    }

    /// Returns the remaining base amount, rounded half away from zero to the currency's decimals.
    pub fn base(&self) -> Result<Money> {
        round(&self.base, self.currency)
    }

    /// Returns the commission on the exact remaining base amount, rounded once.
    pub fn share(&self, rate: Rate) -> Result<Money> {
        round(&(&self.base * to_exact(rate.0)), self.currency)
    }
}

/// Converts an amount into an exact fraction, with which no step of a computation loses precision.
fn to_exact(amount: Decimal) -> BigRational {
    BigRational::new(BigInt::from(amount.mantissa()), BigInt::from(10).pow(amount.scale()))
}

/// Rounds half away from zero, to the currency's decimals.
///
/// PostgreSQL's `round(numeric)` and spreadsheets round like this; a CHECK constraint recomputes commissions with the
/// former.
fn round(exact: &BigRational, currency: Currency) -> Result<Money> {
    let decimals = currency.decimals();
    let minor_units = (exact * BigInt::from(10).pow(decimals)).round().to_integer();
    let amount = i128::try_from(minor_units)
        .ok()
        .and_then(|units| Decimal::try_from_i128_with_scale(units, decimals).ok());
    Ok(Money::stored(amount.ok_or_else(|| Error::internal("an amount is out of range"))?, currency))
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

/// An amount of money in one currency.
// Only declares the type: a response may have hundreds of amounts, and resolves them without a future for each field.
#[derive(SimpleObject)]
#[graphql(name = "Money")]
struct MoneyFields {
    /// The amount in major units with exactly the currency's decimals: `"12.30"` for EUR, `"1200"` for JPY, `"1.235"`
    /// for KWD.
    amount: DecimalText,
    /// The currency that the amount is in.
    currency: Currency,
}

impl OutputType for Money {
    fn type_name() -> Cow<'static, str> {
        MoneyFields::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        MoneyFields::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        let fields = MoneyFields { amount: DecimalText(self.amount), currency: self.currency };
        leaf_object(ctx, &Self::type_name(), |name| match name {
            "amount" => fields.amount.to_value(),
            "currency" => fields.currency.to_value(),
            _ => Value::Null,
        })
    }
}

/// An amount of money in one currency. Amounts with more decimals than the currency has are rejected, never rounded.
#[derive(Clone, Debug, InputObject)]
pub struct MoneyInput {
    /// The amount in major units, as in `"1250.00"`, with at most the currency's decimals.
    pub amount: DecimalText,
    /// The currency that the amount is in.
    pub currency: Currency,
}

impl MoneyInput {
    /// Returns the amount; rejects one with more decimals than the currency has.
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

    /// Returns the amount; rejects zero and negative amounts.
    pub fn above_zero(&self, field: &'static str) -> Result<Money> {
        let money = self.exact(field)?;
        if money.amount() <= Decimal::ZERO {
            return Err(Error::bad_input(field, format!("must be above zero; it is {money}")));
        }
        Ok(money)
    }

    /// Returns the amount; rejects zero.
    pub fn not_zero(&self, field: &'static str) -> Result<Money> {
        let money = self.exact(field)?;
        if money.amount().is_zero() {
            return Err(Error::bad_input(field, "must not be zero"));
        }
        Ok(money)
    }

    /// Returns the amount; rejects negative amounts.
    pub fn not_negative(&self, field: &'static str) -> Result<Money> {
        let money = self.exact(field)?;
        if money.amount() < Decimal::ZERO {
            return Err(Error::bad_input(field, format!("must not be negative; it is {money}")));
        }
        Ok(money)
    }
}

/// The rate of a commission: a fraction from 0 to 1 with at most 4 decimals; 0.1500 is 15 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Numeric)]
pub struct Rate(Decimal);

impl Rate {
    /// Returns a rate from input; rejects values outside of 0 to 1 and more than 4 decimals.
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

    /// Returns the rate in the format of the API: a fraction with 4 decimals.
    pub fn to_decimal_text(self) -> DecimalText {
        let mut fraction = self.0;
        fraction.rescale(RATE_DECIMALS_MAX);
        DecimalText(fraction)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_decimal_text().0.fmt(f)
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
    fn a_remaining_base_is_exact_until_its_commission_is_rounded() -> Result<()> {
        let rate = Rate::new("rate", DecimalText("0.15".parse().unwrap_or_default()))?;
        let remaining = |base, total, refunded| {
            RemainingBase::whole(money(base, "EUR")?)
                .less_proportion(money(total, "EUR")?, money(refunded, "EUR")?)
        };
        // Three refunds of 0.35 each of 1.05 leave commissions of 0.11, 0.05 and 0.00 of 0.16.
        for (refunded, commission) in [("0.35", "0.11 EUR"), ("0.70", "0.05 EUR"), ("1.05", "0.00 EUR")] {
            assert_eq!(remaining("1.05", "1.05", refunded)?.share(rate)?.to_string(), commission);
        }
        // 15 % of the exact 50.00 / 3 are 2.50; of the rounded 16.67 they would be 2.5005.
        let third = remaining("50.00", "0.03", "0.02")?;
        assert_eq!(third.base()?.to_string(), "16.67 EUR");
        assert_eq!(third.share(rate)?.to_string(), "2.50 EUR");
        let large = remaining("9999999999999.97", "9999999999999.99", "0.01")?;
        assert_eq!(large.base()?.to_string(), "9999999999999.96 EUR");
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
        for valid in ["0", "1", "0.15", "0.1234", "1.0000"] {
            assert!(rate(valid).is_ok(), "{valid}");
        }
        for invalid in ["1.5", "-0.1", "0.12345", "1.0001", "15"] {
            assert!(rate(invalid).is_err(), "{invalid}");
        }
    }
}
