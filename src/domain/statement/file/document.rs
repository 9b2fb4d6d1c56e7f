//! The document of a statement: its words, dates and tables.

use chrono_tz::Tz;
use tagged_pdf::{Attachment, Column, Document, Field, Party, Table, Text};

use super::content::{Content, Rows};
use super::invoice;
use super::words::{date, day, field, moment};
use crate::domain::commission::CommissionEventType;
use crate::domain::statement::csv_file::identifier_text;
use crate::domain::statement::movement::MovementKind;
use crate::domain::statement::{self, Head, Statement};
use crate::primitives::error::{Error, Result};
use crate::primitives::money::Money;

/// The number and the mark of a draft.
pub const DRAFT: &str = "DRAFT";

/// Returns the document of a statement.
pub fn of_statement(statement: &Statement, content: Content) -> Result<Document> {
    let zone = zone(statement)?;
    let head = &statement.head;
    let hash = statement.content_hash_hex();
    let mut fields = vec![field("Number", "number", &statement.number)];
    fields.push(match &head.invoice {
        Some(_) => field("Date of issue", "issuedAt", &day(statement.issued_at, zone)),
        None => field("Issued", "issuedAt", &moment(statement.issued_at, zone)),
    });
    fields.extend(common_fields(statement, zone));
    fields.push(field("SHA-256 of the data", "contentHash", &hash));
    fields.extend(head.audit_head.as_ref().map(|seal| field("Audit trail", "auditHead", seal)));
    let mut foot = vec![statement.number.clone(), format!("SHA-256 of the data: {hash}")];
    foot.extend(head.audit_head.as_ref().map(|seal| format!("Audit trail: {seal}")));
    let notes = notes(statement, &content);
    let attachment = content.csv.map(|bytes| Attachment {
        name: format!("{}.csv", statement::file_name(&statement.number)),
        media_type: "text/csv".to_owned(),
        description: format!("The lines of statement {}; their SHA-256 is {hash}", statement.number),
        bytes,
    });
    Ok(Document {
        title: format!("{} {}", head.title, statement.number),
        author: head.issuer.name.clone(),
        id: statement.id.to_string(),
        date: date(statement.issued_at)?,
        mark: None,
        parties: parties(head),
        fields,
        table: table(statement, content.table, zone),
        notes,
        foot,
        attachment,
    })
}

/// Returns the document of a draft, which has no number, no hash and no attachment.
pub fn of_draft(statement: &Statement, content: Content) -> Result<Document> {
    let zone = zone(statement)?;
    let head = &statement.head;
    let noun = if head.invoice.is_some() { "invoice" } else { "statement" };
    let number = format!("none: this is a draft, not {} {noun}", if noun == "invoice" { "an" } else { "a" });
    let mut fields = vec![field("Number", "number", &number)];
    fields.extend(common_fields(statement, zone));
    let notes = notes(statement, &content);
    Ok(Document {
        title: format!("Draft of a {}", head.title.to_lowercase()),
        author: head.issuer.name.clone(),
        id: statement.id.to_string(),
        date: date(statement.issued_at)?,
        mark: Some(DRAFT.to_owned()),
        parties: parties(head),
        fields,
        table: table(statement, content.table, zone),
        notes,
        foot: vec![format!("Draft; the {noun} is issued when the payment is completed")],
        attachment: None,
    })
}

fn zone(statement: &Statement) -> Result<Tz> {
    statement.head.time_zone.parse().map_err(|error| Error::internal(format!("a time zone: {error}")))
}

fn parties(head: &Head) -> [Party; 2] {
    if let Some(invoice) = &head.invoice {
        return invoice::parties(invoice, &head.partner_number);
    }
    let party = |label: &str, name: &'static str, party: &statement::Party| Party {
        label: label.to_owned(),
        lines: vec![Text::new(name, party.name.as_str())],
    };
    let mut to = party("To", "companyName", &head.partner);
    to.lines.push(Text::new("partnerNumber", format!("Partner {}", head.partner_number)));
    [party("From", "tenantName", &head.issuer), to]
}

/// Returns the fields that statements and drafts have.
fn common_fields(statement: &Statement, zone: Tz) -> Vec<Field> {
    let (start, end) = (moment(statement.period_start, zone), moment(statement.period_end, zone));
    let mut fields = Vec::new();
    if let Some(invoice) = &statement.head.invoice {
        fields.extend(invoice::supply_fields(invoice, zone));
    }
    fields.push(field("Period", "period", &format!("{start} to before {end}")));
    if let Some(credit) = &statement.head.credit {
        fields.push(field("Credits", "credits", &credit.number));
        fields.push(field("Issued", "creditedIssuedAt", &moment(credit.issued_at, zone)));
        fields.push(field("Came back", "returnedAt", &moment(credit.returned_at, zone)));
        fields.push(field("Reason", "returnReason", &credit.reason));
    }
    if let Some(payment) = &statement.head.payment {
        fields.push(field("Payment", "paymentMethod", &payment.method));
        fields.push(field("Reference", "paymentReference", &payment.reference));
        fields.push(field("Paid", "completedAt", &moment(payment.completed_at, zone)));
    }
    for (label, balance) in
        [("Opening balance", statement.opening()), ("Closing balance", statement.closing())]
    {
        fields.extend(balance.map(|balance| field(label, "balance", &balance.to_string())));
    }
    let total = statement.total();
    match &statement.head.invoice {
        Some(invoice) => fields.extend(invoice::tax_fields(invoice, total)),
        None => {
            let sum = if statement.payout_id.is_some() { "Total" } else { "Sum of movements" };
            fields.push(field(sum, "total", &total.to_string()));
        }
    }
    fields.push(field("Lines", "lineCount", &statement.line_count.to_string()));
    fields.push(field("Time zone", "timeZone", &statement.head.time_zone));
    fields
}

fn notes(statement: &Statement, content: &Content) -> Vec<Text> {
    let is_summed = matches!(content.table, Rows::Sums(_));
    let file = if content.csv.is_some() { "the attached file" } else { "the CSV file" };
    let note = is_summed.then(|| format!("{} lines: see {file}.", statement.line_count));
    let mut notes: Vec<_> = note.into_iter().map(|note| Text::new("note", note)).collect();
    notes.extend(statement.head.invoice.iter().flat_map(invoice::notes));
    notes
}

fn column(head: &str, share: u16, is_number: bool) -> Column {
    Column { head: head.to_owned(), share, is_number }
}

fn amount(amount: Money) -> Text {
    Text::new("amount", amount.amount().to_string())
}

/// Returns the last rows of the table: the total; of an invoice the net amount and the tax as well.
fn totals(statement: &Statement, columns: usize) -> Vec<Vec<Text>> {
    let total = statement.total();
    let rows = match &statement.head.invoice {
        Some(_) => invoice::totals(total),
        None if statement.payout_id.is_some() => vec![("Total", total)],
        None => vec![("Sum", total)],
    };
    let row = |(label, sum): (&str, Money)| {
        let mut row = vec![Text::new("label", label)];
        row.resize_with(columns.saturating_sub(1), || Text::new("cell", ""));
        row.push(amount(sum));
        row
    };
    rows.into_iter().map(row).collect()
}

fn table(statement: &Statement, rows: Rows, zone: Tz) -> Table {
    let money = |head: &str| format!("{head} ({})", statement.currency);
    let (summary, columns, rows): (_, _, Vec<_>) = match rows {
        Rows::Payout(lines) => {
            let columns = vec![
                column("Date", 14, false),
                column("Event", 16, false),
                column("Invoice", 22, false),
                column("Customer", 22, false),
                column("Base", 17, true),
                column("Rate", 11, true),
                column(&money("Commission"), 18, true),
            ];
            let rows = lines.iter().map(|line| {
                let rate = line.commission_rate.map(|rate| rate.to_decimal_text().0.to_string());
                vec![
                    Text::new("eventDate", day(line.event_date, zone)),
                    Text::new("eventType", event_name(line.event_type)),
                    Text::new("invoiceId", identifier_text(line.invoice_id.as_deref())),
                    Text::new("customerId", identifier_text(line.customer_id.as_deref())),
                    line.base().map_or_else(|| Text::new("amount", ""), amount),
                    Text::new("rate", rate.unwrap_or_default()),
                    amount(line.commission()),
                ]
            });
            let summary = match &statement.head.credit {
                Some(_) => "The commission events that are credited",
                None => "The commission events that the payout paid",
            };
            (summary, columns, rows.collect())
        }
        Rows::Account(lines) => {
            let columns = vec![
                column("Time", 26, false),
                column("Movement", 17, false),
                column("Date", 14, false),
                column("Invoice", 22, false),
                column("Customer", 22, false),
                column(&money("Amount"), 19, true),
            ];
            let rows = lines.iter().map(|line| {
                vec![
                    Text::new("movedAt", moment(line.moved_at, zone)),
                    Text::new("movement", movement_name(line.kind)),
                    Text::new("eventDate", line.event_date.map(|at| day(at, zone)).unwrap_or_default()),
                    Text::new("invoiceId", identifier_text(line.invoice_id.as_deref())),
                    Text::new("customerId", identifier_text(line.customer_id.as_deref())),
                    amount(line.amount()),
                ]
            });
            ("The movements of the account", columns, rows.collect())
        }
        Rows::Sums(sums) => {
            let columns = vec![
                column("Sum of", 60, false),
                column("Lines", 20, true),
                column(&money("Amount"), 20, true),
            ];
            let rows = sums.iter().map(|sum| {
                let label = match &sum.label {
                    Some(label) => identifier_text(Some(label)),
                    None if sum.customers > 0 => format!("{} other customers", sum.customers),
                    None => "no customer".to_owned(),
                };
                let count = Text::new("count", sum.count.to_string());
                vec![Text::new("customerId", label), count, amount(sum.amount())]
            });
            ("The sums of the lines", columns, rows.collect())
        }
    };
    let totals = totals(statement, columns.len());
    Table { summary: summary.to_owned(), columns, rows, totals }
}

fn event_name(event_type: CommissionEventType) -> &'static str {
    match event_type {
        CommissionEventType::InvoicePaid => "Invoice paid",
        CommissionEventType::Clawback => "Clawback",
        CommissionEventType::Adjustment => "Adjustment",
        CommissionEventType::Reinstatement => "Reinstatement",
    }
}

fn movement_name(kind: MovementKind) -> &'static str {
    match kind {
        MovementKind::Recorded => "Recorded",
        MovementKind::Cancelled => "Cancelled",
        MovementKind::ClawedBack => "Clawed back",
        MovementKind::PaidOut => "Paid out",
        MovementKind::Returned => "Came back",
    }
}
