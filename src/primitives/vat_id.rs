//! VAT identification numbers.
//!
//! Their form is checked, so that a typing error is found before it is printed on an invoice. Whether a number is assigned,
//! and to whom, only the tax authorities know (VIES in the European Union).

use super::text;
use crate::primitives::error::{Error, Result};

/// The fewest and the most characters of a number of a country outside of the European Union.
const LENGTH_MIN: usize = 4;
const LENGTH_MAX: usize = 20;

/// The forms of the numbers of the European Union, of Northern Ireland (XI) and of the United Kingdom, by their prefixes:
/// `9` stands for a digit, `A` for a letter, `*` for either, and each other character for itself.
const FORMS: [(&str, &[&str]); 29] = [
    ("AT", &["U99999999"]),
    ("BE", &["0999999999", "1999999999"]),
    ("BG", &["999999999", "9999999999"]),
    ("CY", &["99999999A"]),
    ("CZ", &["99999999", "999999999", "9999999999"]),
    ("DE", &["999999999"]),
    ("DK", &["99999999"]),
    ("EE", &["999999999"]),
    ("EL", &["999999999"]),
    ("ES", &["A99999999", "99999999A", "A9999999A"]),
    ("FI", &["99999999"]),
    ("FR", &["**999999999"]),
    ("GB", &["999999999", "999999999999", "GD999", "HA999"]),
    ("HR", &["99999999999"]),
    ("HU", &["99999999"]),
    ("IE", &["9999999A", "9999999AA", "9*99999A"]),
    ("IT", &["99999999999"]),
    ("LT", &["999999999", "999999999999"]),
    ("LU", &["99999999"]),
    ("LV", &["99999999999"]),
    ("MT", &["99999999"]),
    ("NL", &["999999999B99"]),
    ("PL", &["9999999999"]),
    ("PT", &["999999999"]),
    ("RO", &["99", "999", "9999", "99999", "999999", "9999999", "99999999", "999999999", "9999999999"]),
    ("SE", &["999999999999"]),
    ("SI", &["99999999"]),
    ("SK", &["9999999999"]),
    ("XI", &["999999999", "999999999999", "GD999", "HA999"]),
];

/// Returns a VAT identification number without blanks, points and hyphens, in upper case; `None` if it is blank. A business in
/// one of the countries with known forms may be registered in another of them, and must write its number in one of the forms.
pub fn vat_id(field: &'static str, number: Option<&str>, country: &str) -> Result<Option<String>> {
    let Some(number) = text::optional_identifier(field, number)? else { return Ok(None) };
    let number: String = number.chars().filter(|c| !matches!(c, ' ' | '.' | '-')).collect();
    let number = number.to_ascii_uppercase();
    let own_prefix = prefix_of(country);
    let is_in_form = |(prefix, forms): &(&str, &[&str])| {
        number.strip_prefix(prefix).is_some_and(|rest| forms.iter().any(|form| matches(form, rest)))
    };
    if FORMS.iter().any(is_in_form) {
        return Ok(Some(number));
    }
    if FORMS.iter().any(|(prefix, _)| *prefix == own_prefix) {
        let prefix = FORMS.iter().find(|(prefix, _)| number.starts_with(prefix)).map(|(prefix, _)| *prefix);
        let message = match prefix {
            Some(prefix) => {
                let example = example(prefix);
                format!("is not a VAT identification number of {prefix}; write it as in \"{example}\"")
            }
            None => format!("must begin with its country, as in \"{}\"", example(own_prefix)),
        };
        return Err(Error::bad_input(field, message));
    }
    let is_plain = number.chars().all(|c| c.is_ascii_alphanumeric() || c == '/');
    let has_digit = number.contains(|c: char| c.is_ascii_digit());
    if is_plain && has_digit && (LENGTH_MIN..=LENGTH_MAX).contains(&number.len()) {
        return Ok(Some(number));
    }
    let message =
        format!("is not a VAT identification number: write {LENGTH_MIN} to {LENGTH_MAX} letters and digits");
    Err(Error::bad_input(field, message))
}

/// Returns whether a country is one of the European Union, whose suppliers state their number on invoices under reverse charge.
pub fn is_in_european_union(country: &str) -> bool {
    let prefix = prefix_of(country);
    !["GB", "XI"].contains(&prefix) && FORMS.iter().any(|(of, _)| *of == prefix)
}

fn prefix_of(country: &str) -> &str {
    if country == "GR" { "EL" } else { country }
}

/// Returns a number of the first form of a prefix.
fn example(prefix: &str) -> String {
    let forms = FORMS.iter().find(|(of, _)| *of == prefix).map(|(_, forms)| *forms);
    let form = forms.and_then(|forms| forms.first()).copied().unwrap_or_default();
    let digits = "123456789012".chars();
    let filled = form.chars().zip(digits).map(|(of, digit)| match of {
        '9' | '*' => digit,
        'A' => 'X',
        other => other,
    });
    prefix.chars().chain(filled).collect()
}

fn matches(form: &str, text: &str) -> bool {
    let is_one = |(of, c): (char, char)| match of {
        '9' => c.is_ascii_digit(),
        'A' => c.is_ascii_uppercase(),
        '*' => c.is_ascii_digit() || c.is_ascii_uppercase(),
        other => c == other,
    };
    form.chars().count() == text.chars().count() && form.chars().zip(text.chars()).all(is_one)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(number: &str, country: &str) -> Result<Option<String>, String> {
        vat_id("vatId", Some(number), country).map_err(|error| error.message())
    }

    #[test]
    fn a_number_is_written_without_blanks_in_upper_case() {
        for (number, country, expected) in [
            ("de 123 456 789", "DE", "DE123456789"),
            ("ATU12345678", "AT", "ATU12345678"),
            ("EL123456789", "GR", "EL123456789"),
            ("NL123456789B01", "NL", "NL123456789B01"),
            ("ESX1234567L", "ES", "ESX1234567L"),
            ("FRXX123456789", "FR", "FRXX123456789"),
            ("IE1A23456B", "IE", "IE1A23456B"),
            ("GB 123 4567 89", "GB", "GB123456789"),
            ("XI123456789", "GB", "XI123456789"),
            // Registered for VAT in another country than that of its address.
            ("DE123456789", "CH", "DE123456789"),
            ("DE123456789", "AT", "DE123456789"),
            ("CHE-123.456.789", "CH", "CHE123456789"),
            ("12-3456789", "US", "123456789"),
            ("DEL850101AB1", "MX", "DEL850101AB1"),
        ] {
            assert_eq!(checked(number, country), Ok(Some(expected.to_owned())), "{number}");
        }
        assert_eq!(checked("  ", "DE"), Ok(None));
    }

    #[test]
    fn the_european_union_has_27_countries() {
        let (members, others) = (["AT", "GR", "SK"], ["GB", "XI", "CH", "US"]);
        assert!(members.iter().all(|country| is_in_european_union(country)));
        assert!(!others.iter().any(|country| is_in_european_union(country)));
        assert_eq!(FORMS.iter().filter(|(prefix, _)| is_in_european_union(prefix)).count(), 27);
    }

    #[test]
    fn a_number_of_another_form_is_rejected_with_an_example() {
        for (number, country, expected) in [
            (
                "DE12345678",
                "DE",
                "vatId: is not a VAT identification number of DE; write it as in \"DE123456789\"",
            ),
            (
                "ATU1234567",
                "AT",
                "vatId: is not a VAT identification number of AT; write it as in \"ATU23456789\"",
            ),
            ("123456789", "DE", "vatId: must begin with its country, as in \"DE123456789\""),
            ("GR123456789", "GR", "vatId: must begin with its country, as in \"EL123456789\""),
            ("none", "US", "vatId: is not a VAT identification number: write 4 to 20 letters and digits"),
            ("1;2;3;4", "US", "vatId: is not a VAT identification number: write 4 to 20 letters and digits"),
        ] {
            assert_eq!(checked(number, country), Err(expected.to_owned()), "{number}");
        }
        assert!(checked("DE１２３４５６７８９", "DE").is_err(), "full-width digits");
    }
}
