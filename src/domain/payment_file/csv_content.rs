//! The content of a CSV file: one payment in each line.

use std::borrow::Cow;

use csv::{Terminator, WriterBuilder};

use super::payment::{Head, Payment};
use crate::primitives::error::{Error, Result};
use crate::primitives::formula;

/// The names of the columns. Programs read the files by them: new ones are added at the end.
const COLUMNS: [&str; 12] = [
    "payment_id",
    "holder",
    "iban",
    "account_number",
    "bank_code",
    "bic",
    "country",
    "amount",
    "currency",
    "execution_date",
    "description",
    "partner_number",
];

/// Returns the content: by RFC 4180, in UTF-8, with CRLF at the end of each line. Text that a spreadsheet would take
/// for a formula has an apostrophe in front.
pub(super) fn content(head: &Head<'_>, payments: &[Payment]) -> Result<Vec<u8>> {
    let mut lines = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    lines.write_record(COLUMNS).map_err(Error::internal)?;
    for payment in payments {
        lines.write_record(cells(head, payment).iter().map(|cell| &**cell)).map_err(Error::internal)?;
    }
    lines.into_inner().map_err(Error::internal)
}

fn cells<'p>(head: &Head<'_>, payment: &'p Payment) -> [Cow<'p, str>; COLUMNS.len()] {
    let text = |text: &'p str| formula::escaped(text);
    let optional = |text: &'p Option<String>| formula::escaped(text.as_deref().unwrap_or_default());
    let total = payment.payout.total();
    [
        payment.end_to_end_id().into(),
        text(payment.holder()),
        optional(&payment.details.iban),
        optional(&payment.details.account_number),
        optional(&payment.details.bank_code),
        optional(&payment.details.bic),
        optional(&payment.account.country),
        total.amount().to_string().into(),
        total.currency().code().into(),
        head.execution_date.to_string().into(),
        payment.description().into(),
        text(&payment.partner_number),
    ]
}
