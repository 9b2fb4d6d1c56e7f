//! Legal identities: the names, addresses and tax numbers of the two parties of an invoice.

use async_graphql::MaybeUndefined;
use diesel::prelude::*;

use super::db::audited_row::Field;
use crate::primitives::country::Country;
use crate::primitives::error::{Error, Result};
use crate::primitives::nullable::not_null;
use crate::primitives::text;
use crate::primitives::vat_id::vat_id;

/// The most lines of an address.
const ADDRESS_LINES_MAX: usize = 6;
/// The most characters of a line of an address: the addresses of both parties are side by side on a page.
const ADDRESS_LINE_LENGTH_MAX: usize = 100;

/// The legal identity of a business, as invoices state it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct LegalIdentity {
    /// The full name under which the business is registered.
    pub name: String,
    /// The lines of the address without the country, separated by line feeds.
    pub address: String,
    /// The country of the address.
    pub country: Country,
    /// The VAT identification number.
    pub vat_id: Option<String>,
}

/// The changes that an input makes to a legal identity.
pub(in crate::domain) struct LegalChanges<'i> {
    pub name: &'i MaybeUndefined<String>,
    pub address_lines: &'i MaybeUndefined<Vec<String>>,
    pub country: &'i MaybeUndefined<String>,
    pub vat_id: &'i MaybeUndefined<String>,
}

impl LegalIdentity {
    /// Returns the lines of the address, without the country.
    pub fn address_lines(&self) -> impl Iterator<Item = &str> {
        self.address.split('\n')
    }

    /// Returns the identity after changes. Name, address and country must be given the first time.
    pub(in crate::domain) fn changed(before: Option<&Self>, changes: &LegalChanges<'_>) -> Result<Self> {
        let name =
            not_null("name", changes.name)?.map(|name| text::required_text("name", name)).transpose()?;
        let address = not_null("addressLines", changes.address_lines)?.map(|lines| address(lines));
        let country = not_null("country", changes.country)?.map(|code| country(code)).transpose()?;
        let name = given("name", name, before.map(|before| before.name.clone()))?;
        let address =
            given("addressLines", address.transpose()?, before.map(|before| before.address.clone()))?;
        let country = given("country", country, before.map(|before| before.country))?;
        let number = match changes.vat_id {
            MaybeUndefined::Undefined => before.and_then(|before| before.vat_id.as_deref()),
            MaybeUndefined::Null => None,
            MaybeUndefined::Value(number) => Some(number.as_str()),
        };
        let vat_id = vat_id("vatId", number, country.code())?;
        Ok(Self { name, address, country, vat_id })
    }

    /// Returns the fields that the audit trail records: the business may be a person, so that only the country is recorded as
    /// it is.
    pub(in crate::domain) fn audited_fields(&self) -> Vec<Field> {
        vec![
            Field::name("legal.name", Some(&self.name)),
            Field::text("legal.addressLines", Some(&self.address)),
            Field::plain("legal.country", self.country),
            Field::text("legal.vatId", self.vat_id.as_deref()),
        ]
    }
}

/// Returns the new value of a field, or else the one before; rejects a field that was never given.
fn given<T>(field: &'static str, value: Option<T>, before: Option<T>) -> Result<T> {
    value.or(before).ok_or_else(|| Error::bad_input(field, "must be given the first time"))
}

fn address(lines: &[String]) -> Result<String> {
    if lines.is_empty() || lines.len() > ADDRESS_LINES_MAX {
        let message = format!("has {} lines; write 1 to {ADDRESS_LINES_MAX}", lines.len());
        return Err(Error::bad_input("addressLines", message));
    }
    let lines: Vec<_> =
        lines.iter().map(|line| text::required_text("addressLines", line)).collect::<Result<_>>()?;
    if let Some(length) = lines.iter().map(|line| line.chars().count()).find(|n| *n > ADDRESS_LINE_LENGTH_MAX)
    {
        let message =
            format!("has a line of {length} characters; at most {ADDRESS_LINE_LENGTH_MAX} are allowed");
        return Err(Error::bad_input("addressLines", message));
    }
    Ok(lines.join("\n"))
}

fn country(code: &str) -> Result<Country> {
    code.parse().map_err(|message: String| Error::bad_input("country", message))
}
