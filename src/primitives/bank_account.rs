//! Bank accounts: what is checked of their numbers. No message repeats any part of a number.

use std::fmt;

use sepa::iban::{iban_country_length, is_sepa_country};
use sepa::validate::CharsetPolicy;
use sepa::{validate_bic, validate_iban};
use serde::{Deserialize, Serialize};

use super::country::Country;
use super::error::{Error, Result};
use super::text;

/// The most characters of a holder, as in the messages of banks.
const HOLDER_LENGTH_MAX: usize = 70;
/// The most characters of an account number, and of the code of a bank.
const NUMBER_LENGTH_MAX: usize = 34;
const BANK_CODE_LENGTH_MAX: usize = 20;
/// How many characters of a number are shown, at most.
const SHOWN: usize = 4;

/// The number of a bank account, with the code of its bank where the number does not have it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankAccount {
    /// The IBAN, in upper case and without blanks; `None` if the account has another number.
    pub iban: Option<String>,
    /// The account number, if there is no IBAN.
    pub account_number: Option<String>,
    /// The code of the bank in its country.
    pub bank_code: Option<String>,
    /// The BIC of the bank.
    pub bic: Option<String>,
}

/// Shows nothing of the number.
impl fmt::Debug for BankAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BankAccount(…)")
    }
}

impl BankAccount {
    /// Returns the number: the IBAN, or else the account number.
    pub fn number(&self) -> &str {
        self.iban.as_deref().or(self.account_number.as_deref()).unwrap_or_default()
    }

    /// Returns the end of the number that may be shown: four characters, and never more than half of it.
    pub fn ending(&self) -> String {
        ending(self.number())
    }

    /// Returns whether payments in EUR can be sent to it within the single euro payments area.
    pub fn accepts_sepa(&self) -> bool {
        self.iban.as_deref().and_then(|iban| iban.get(..2)).is_some_and(is_sepa_country)
    }
}

fn ending(number: &str) -> String {
    let shown = SHOWN.min(number.len() / 2).max(1);
    number.get(number.len().saturating_sub(shown)..).unwrap_or_default().to_owned()
}

/// A bank account as it is written in an input.
pub struct BankAccountInput<'i> {
    /// The country of the bank.
    pub country: Option<&'i str>,
    /// The IBAN.
    pub iban: Option<&'i str>,
    /// The account number.
    pub account_number: Option<&'i str>,
    /// The code of the bank.
    pub bank_code: Option<&'i str>,
    /// The BIC.
    pub bic: Option<&'i str>,
}

impl BankAccountInput<'_> {
    /// Returns the account with the code of its country; rejects one that cannot exist.
    pub fn parse(&self) -> Result<(BankAccount, String)> {
        let bic = self.bic.map(bic).transpose()?;
        match (self.iban, self.account_number) {
            (Some(_), Some(_)) => Err(Error::bad_input("accountNumber", "must not be given with an IBAN")),
            (None, None) => Err(Error::bad_input(
                "iban",
                "is required, or else an accountNumber with a bankCode or a bic",
            )),
            (Some(text), None) => self.with_iban(text, bic),
            (None, Some(number)) => self.with_number(number, bic),
        }
    }

    fn with_iban(&self, text: &str, bic: Option<String>) -> Result<(BankAccount, String)> {
        if self.bank_code.is_some() {
            return Err(Error::bad_input("bankCode", "must not be given with an IBAN, which contains it"));
        }
        let iban = iban("iban", text)?;
        let country = iban.get(..2).unwrap_or_default().to_owned();
        if self.country.is_some_and(|given| given != country) {
            return Err(Error::bad_input("country", "is not that of the IBAN; leave it out"));
        }
        Ok((BankAccount { iban: Some(iban), account_number: None, bank_code: None, bic }, country))
    }

    fn with_number(&self, number: &str, bic: Option<String>) -> Result<(BankAccount, String)> {
        let number = code("accountNumber", number, NUMBER_LENGTH_MAX)?;
        let bank_code =
            self.bank_code.map(|text| code("bankCode", text, BANK_CODE_LENGTH_MAX)).transpose()?;
        if bank_code.is_none() && bic.is_none() {
            return Err(Error::bad_input("bankCode", "is required with an accountNumber, or else a bic"));
        }
        let country = self.country.ok_or_else(|| {
            Error::bad_input("country", "is required with an accountNumber: that of the bank")
        })?;
        let country: Country = country.parse().map_err(|why: String| Error::bad_input("country", why))?;
        let account = BankAccount { iban: None, account_number: Some(number), bank_code, bic };
        Ok((account, country.code().to_owned()))
    }
}

/// Normalizes an IBAN: of a country that has them, of the length and form that they have there, and with the right
/// check digits.
pub fn iban(field: &'static str, text: &str) -> Result<String> {
    let wrong = || {
        Error::bad_input(
            field,
            "is not an IBAN: its length, its form or its check digits are wrong; write it as on a bank statement",
        )
    };
    let iban = validate_iban(text).map_err(|_| wrong())?;
    if iban_country_length(iban.country_code()).is_none() {
        return Err(Error::bad_input(field, "begins with the code of a country that has no IBANs"));
    }
    Ok(iban.as_str().to_owned())
}

/// Normalizes a BIC.
pub fn bic(text: &str) -> Result<String> {
    let wrong =
        || Error::bad_input("bic", "is not a BIC: it has 8 or 11 letters and digits, as in \"COBADEFF\"");
    Ok(validate_bic(text).map_err(|_| wrong())?.as_str().to_owned())
}

/// Normalizes the holder of an account: at most 70 characters, and in Latin letters if banks of the single euro
/// payments area are to read it.
pub fn holder(text: &str, is_for_sepa: bool) -> Result<String> {
    let holder = text::required_text("holder", text)?;
    let too_long = |length: usize| {
        let message =
            format!("has {length} characters as banks write it; at most {HOLDER_LENGTH_MAX} are allowed");
        Err(Error::bad_input("holder", message))
    };
    let length = holder.chars().count();
    if length > HOLDER_LENGTH_MAX {
        return too_long(length);
    }
    if is_for_sepa {
        let written = CharsetPolicy::default().apply("holder", &holder).map_err(Error::internal)?;
        if !written.chars().any(|character| character.is_ascii_alphanumeric()) {
            return Err(Error::bad_input(
                "holder",
                "has no Latin letter; write it as the bank of the account does",
            ));
        }
        let length = written.chars().count();
        if length > HOLDER_LENGTH_MAX {
            return too_long(length);
        }
    }
    Ok(holder)
}

/// Returns whether two numbers are the same, however they are grouped.
pub fn is_same_number(stored: &str, text: &str) -> bool {
    let plain = compact(text);
    !plain.is_empty() && stored == plain
}

fn compact(text: &str) -> String {
    let kept = text.chars().filter(|character| !character.is_whitespace() && *character != '-');
    kept.map(|character| character.to_ascii_uppercase()).collect()
}

fn code(field: &'static str, text: &str, length_max: usize) -> Result<String> {
    let code = compact(text);
    let is_plain = code.chars().all(|character| character.is_ascii_alphanumeric());
    if code.is_empty() || code.len() > length_max || !is_plain {
        return Err(Error::bad_input(field, format!("must have 1 to {length_max} letters and digits")));
    }
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    const IBAN: &str = "DE89 3704 0044 0532 0130 00";

    fn input() -> BankAccountInput<'static> {
        BankAccountInput { country: None, iban: None, account_number: None, bank_code: None, bic: None }
    }

    #[test]
    fn an_iban_has_check_digits_and_the_length_of_its_country() {
        assert_eq!(iban("iban", IBAN).ok().as_deref(), Some("DE89370400440532013000"));
        assert_eq!(iban("iban", "nl91abna0417164300").ok().as_deref(), Some("NL91ABNA0417164300"));
        for wrong in [
            "DE88370400440532013000", // the check digits
            "DE8937040044053201300",  // the length
            "DE8937O400440532013000", // a letter for a digit
            "US12345678901234567",
            "AA1100000000000000",
            "",
        ] {
            let message = iban("iban", wrong).err().map(|error| error.message()).unwrap_or_default();
            assert!(message.starts_with("iban: "), "{wrong}");
            assert!(wrong.is_empty() || !message.contains(wrong), "the number is in the message");
        }
    }

    #[test]
    fn a_country_without_ibans_is_not_accepted_by_its_check_digits_alone() {
        let made_up = format!("ZZ{}12345678901", sepa::iban::iban_check_digits("ZZ", "12345678901"));
        assert!(iban("iban", &made_up).is_err());
    }

    #[test]
    fn an_account_shows_its_end_only() -> Result<()> {
        let (account, country) = BankAccountInput { iban: Some(IBAN), ..input() }.parse()?;
        assert_eq!(
            (account.ending().as_str(), country.as_str(), account.accepts_sepa()),
            ("3000", "DE", true)
        );
        assert_eq!(format!("{account:?}"), "BankAccount(…)");
        let short = BankAccountInput {
            account_number: Some("12-345"),
            bank_code: Some("021000021"),
            country: Some("US"),
            ..input()
        };
        let (account, country) = short.parse()?;
        assert_eq!(
            (account.ending().as_str(), country.as_str(), account.accepts_sepa()),
            ("45", "US", false)
        );
        assert_eq!(ending("7"), "7");
        Ok(())
    }

    #[test]
    fn an_account_is_known_by_an_iban_or_by_a_number_with_its_bank() {
        let number = BankAccountInput { account_number: Some("12345678"), country: Some("US"), ..input() };
        for (wrong, field) in [
            (input(), "iban"),
            (BankAccountInput { iban: Some(IBAN), account_number: Some("1"), ..input() }, "accountNumber"),
            (BankAccountInput { iban: Some(IBAN), bank_code: Some("1"), ..input() }, "bankCode"),
            (BankAccountInput { iban: Some(IBAN), country: Some("FR"), ..input() }, "country"),
            (BankAccountInput { iban: Some(IBAN), bic: Some("COBA"), ..input() }, "bic"),
            (number, "bankCode"),
            (BankAccountInput { account_number: Some("1"), bank_code: Some("1"), ..input() }, "country"),
            (
                BankAccountInput { account_number: Some("=1"), bank_code: Some("1"), ..input() },
                "accountNumber",
            ),
        ] {
            let message = wrong.parse().err().map(|error| error.message()).unwrap_or_default();
            assert!(message.starts_with(&format!("{field}: ")), "{field}: {message}");
        }
    }

    #[test]
    fn a_holder_can_be_read_by_banks() {
        assert_eq!(holder(" Müller & Söhne ", true).ok().as_deref(), Some("Müller & Söhne"));
        assert!(holder("株式会社", true).is_err());
        assert!(holder("株式会社", false).is_ok());
        assert!(holder(&"x".repeat(71), false).is_err());
        assert!(holder(&"ß".repeat(36), true).is_err(), "72 characters once it is written in Latin letters");
    }

    #[test]
    fn numbers_are_compared_however_they_are_grouped() {
        assert!(is_same_number("DE89370400440532013000", " de89 3704-0044 0532 0130 00"));
        assert!(!is_same_number("DE89370400440532013000", "DE89370400440532013001"));
        assert!(!is_same_number("", ""));
    }
}
