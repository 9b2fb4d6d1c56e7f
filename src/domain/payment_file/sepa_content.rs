//! The content of a SEPA file: ISO 20022 pain.001.001.09.

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use sepa::validate::MAX_AMOUNT_CT;
use sepa::{
    CreditTransferEntry, CreditTransferGroup, IsoDate, IsoDateTime, Pain001Builder, validate_bic,
    validate_iban,
};

use super::payment::{Head, Payer, Payment};
use crate::primitives::error::{Error, Result};
use crate::primitives::money::Money;

/// The code of the only currency of SEPA.
pub(super) const CURRENCY: &str = "EUR";

/// Returns an amount in cents; `None` if it is not one in euros and whole cents, or exceeds what one credit transfer
/// can have.
pub(super) fn cents(amount: Money) -> Option<i64> {
    let cents = amount.amount().checked_mul(Decimal::ONE_HUNDRED)?.normalize();
    let is_whole = amount.currency().code() == CURRENCY && cents.is_integer();
    cents.to_i64().filter(|cents| is_whole && (1..=MAX_AMOUNT_CT).contains(cents))
}

/// Returns the content. Names are written in the characters that banks accept: `Müller & Söhne` becomes `Mueller +
/// Soehne`.
pub(super) fn content(head: &Head<'_>, payer: &Payer, payments: &[Payment]) -> Result<Vec<u8>> {
    let payer_iban =
        validate_iban(&payer.iban).map_err(|_| Error::internal("a paying account has no IBAN"))?;
    let mut group =
        CreditTransferGroup::new(payer.holder.clone(), &payer_iban, iso_date(head.execution_date)?);
    if let Some(bic) = &payer.bic {
        group = group.debtor_bic(validate_bic(bic).map_err(Error::internal)?);
    }
    for payment in payments {
        group = group.add_entry(entry(payment)?);
    }
    let message = Pain001Builder::new(payer.holder.clone(), head.message_id)
        // Otherwise it would be read from the clock.
        .created_at(iso_instant(head.created_at)?)
        .add_group(group);
    Ok(message.build().map_err(Error::internal)?.into_bytes())
}

fn entry(payment: &Payment) -> Result<CreditTransferEntry> {
    let iban = payment.details.iban.as_deref().and_then(|iban| validate_iban(iban).ok());
    let iban = iban.ok_or_else(|| Error::internal("a payment of a SEPA file has no IBAN"))?;
    let cents = cents(payment.payout.total())
        .ok_or_else(|| Error::internal("the amount of a payment cannot be in a SEPA file"))?;
    let entry = CreditTransferEntry::new(payment.holder(), iban, cents, payment.end_to_end_id())
        .with_description(payment.description());
    Ok(match &payment.details.bic {
        Some(bic) => entry.with_bic(validate_bic(bic).map_err(Error::internal)?),
        None => entry,
    })
}

fn iso_date(day: NaiveDate) -> Result<IsoDate> {
    let parts = (u16::try_from(day.year()), u8::try_from(day.month()), u8::try_from(day.day()));
    let (Ok(year), Ok(month), Ok(day)) = parts else { return Err(Error::internal("a day is out of range")) };
    IsoDate::new(year, month, day).map_err(Error::internal)
}

fn iso_instant(at: DateTime<Utc>) -> Result<IsoDateTime> {
    let parts = [at.hour(), at.minute(), at.second()].map(u8::try_from);
    let [Ok(hour), Ok(minute), Ok(second)] = parts else {
        return Err(Error::internal("an instant is out of range"));
    };
    Ok(IsoDateTime::new(iso_date(at.date_naive())?, hour, minute, second).map_err(Error::internal)?.in_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_in_whole_cents_of_euros() {
        let in_cents = |amount: &str, currency: &str| {
            cents(Money::stored(amount.parse().unwrap_or_default(), currency.parse().ok()?))
        };
        assert_eq!(in_cents("1234.5600", "EUR"), Some(123_456));
        assert_eq!(in_cents("0.01", "EUR"), Some(1));
        assert_eq!(in_cents("999999999.99", "EUR"), Some(MAX_AMOUNT_CT));
        for (amount, currency) in
            [("1000000000.00", "EUR"), ("0.00", "EUR"), ("-1.00", "EUR"), ("1.00", "USD")]
        {
            assert_eq!(in_cents(amount, currency), None, "{amount} {currency}");
        }
    }
}
