//! What the document of an invoice under self-billing states besides that of a statement.

use chrono_tz::Tz;
use tagged_pdf::{Field, Party, Text};

use super::words::{day, field};
use crate::domain::statement::{InvoiceHead, LegalHead};
use crate::primitives::money::Money;

/// Returns the parties: the partner supplies, and the tenant is the customer.
pub fn parties(invoice: &InvoiceHead, partner_number: &str) -> [Party; 2] {
    let mut supplier = party("Supplier", "legal.name", &invoice.supplier);
    supplier.lines.push(Text::new("partnerNumber", format!("Partner {partner_number}")));
    [supplier, party("Customer, who issues this invoice", "tenant.legal.name", &invoice.customer)]
}

fn party(label: &str, name: &'static str, legal: &LegalHead) -> Party {
    let mut lines = vec![Text::new(name, legal.name.as_str())];
    lines.extend(legal.address_lines.iter().map(|line| Text::new("addressLines", line.as_str())));
    lines.extend(legal.vat_id.iter().map(|id| Text::new("vatId", format!("VAT ID {id}"))));
    Party { label: label.to_owned(), lines }
}

/// Returns what was supplied, and when.
pub fn supply_fields(invoice: &InvoiceHead, zone: Tz) -> Vec<Field> {
    let (from, to) = (day(invoice.supplied_from, zone), day(invoice.supplied_to, zone));
    let dates = if from == to { from } else { format!("{from} to {to}") };
    vec![
        field("Date of supply", "supplyDates", &dates),
        field("Supply", "supply", "Commissions on the payments of customers, as listed below"),
    ]
}

/// Returns the net amount, the tax and the total, and how VAT applies.
pub fn tax_fields(invoice: &InvoiceHead, total: Money) -> Vec<Field> {
    let rows = totals(total).into_iter();
    let mut fields: Vec<_> = rows.map(|(label, amount)| field(label, "total", &amount.to_string())).collect();
    fields.push(field("Tax treatment", "taxTreatment", &invoice.tax_words));
    fields
}

/// Returns the net amount, the tax and the total: no treatment has tax.
pub fn totals(total: Money) -> Vec<(&'static str, Money)> {
    vec![("Net", total), ("VAT", Money::zero(total.currency())), ("Total", total)]
}

/// Returns what the invoice must state in words: that it is one under self-billing, and why it has no tax.
pub fn notes(invoice: &InvoiceHead) -> Vec<Text> {
    let tax = match &invoice.tax_note {
        Some(note) => format!("{}: {note}", invoice.tax_words),
        None => format!("{}.", invoice.tax_words),
    };
    let self_billing = "Self-billing: issued by the customer in the name and on behalf of the supplier.";
    vec![Text::new("taxNote", tax), Text::new("note", self_billing)]
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use rust_decimal::Decimal;
    use tagged_pdf::Document;

    use super::super::content::{Content, Rows};
    use super::super::document::{of_draft, of_statement};
    use super::*;
    use crate::domain::statement::{FORMAT, Head, Statement, StatementKind, self_billing};
    use crate::primitives::currency::Currency;
    use crate::primitives::error::Result;
    use crate::primitives::id::{PartnerId, PayoutId, StatementId, TenantId};

    fn legal(name: &str, vat_id: &str) -> LegalHead {
        LegalHead {
            name: name.to_owned(),
            address_lines: vec!["Ring 1".to_owned(), format!("Country of {name}")],
            vat_id: Some(vat_id.to_owned()),
        }
    }

    fn invoice(words: &str, note: Option<&str>) -> Statement {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap_or_default();
        let head = Head {
            title: self_billing::TITLE.to_owned(),
            issuer: crate::domain::statement::Party { name: "Acme".to_owned() },
            partner: crate::domain::statement::Party { name: "Paula".to_owned() },
            partner_number: "P-00001".to_owned(),
            time_zone: "Asia/Tokyo".to_owned(),
            payment: None,
            credit: None,
            invoice: Some(InvoiceHead {
                supplier: legal("Paula Partner e.U.", "ATU12345678"),
                customer: legal("Acme GmbH", "DE123456789"),
                supplied_from: at(1_790_000_000),
                supplied_to: at(1_790_200_000),
                tax_treatment: "REVERSE_CHARGE".to_owned(),
                tax_words: words.to_owned(),
                tax_note: note.map(str::to_owned),
            }),
            audit_head: None,
        };
        Statement {
            tenant_id: TenantId("acme".to_owned()),
            id: StatementId::new(),
            partner_id: PartnerId::new(),
            kind: StatementKind::SelfBilledInvoice,
            payout_id: Some(PayoutId::new()),
            currency: Currency::USD,
            number: "P-00001-0007".to_owned(),
            period_start: at(1_789_000_000),
            period_end: at(1_791_000_000),
            issued_at: at(1_791_500_000),
            amount: Decimal::new(12_000, 2),
            opening: None,
            closing: None,
            line_count: 3,
            head,
            content_hash: vec![0; 32],
            format: FORMAT,
        }
    }

    /// Returns all texts of a document, a line each.
    fn lines(document: &Document) -> Vec<String> {
        let mut lines = vec![document.title.clone()];
        for Party { label, lines: texts } in &document.parties {
            let texts: Vec<_> = texts.iter().map(|text| text.text.as_str()).collect();
            lines.push(format!("{label}: {}", texts.join(", ")));
        }
        lines.extend(document.fields.iter().map(|field| format!("{}: {}", field.label, field.value.text)));
        for row in &document.table.totals {
            let (first, last) = (row.first().map(|text| &text.text), row.last().map(|text| &text.text));
            lines.push(format!("{} {}", first.map_or("", |text| text), last.map_or("", |text| text)));
        }
        lines.extend(document.notes.iter().map(|note| note.text.clone()));
        lines
    }

    fn content() -> Content {
        Content { table: Rows::Payout(Vec::new()), csv: None }
    }

    #[test]
    fn an_invoice_states_what_the_law_requires() -> Result<()> {
        let document = of_statement(&invoice("Reverse charge", None), content())?;
        let lines = lines(&document);
        for expected in [
            "Self-billing invoice P-00001-0007",
            "Supplier: Paula Partner e.U., Ring 1, Country of Paula Partner e.U., VAT ID ATU12345678, Partner P-00001",
            "Customer, who issues this invoice: Acme GmbH, Ring 1, Country of Acme GmbH, VAT ID DE123456789",
            "Number: P-00001-0007",
            "Date of issue: 2026-10-09",
            "Date of supply: 2026-09-21 to 2026-09-24",
            "Net: 120.00 USD",
            "VAT: 0.00 USD",
            "Total: 120.00 USD",
            "Tax treatment: Reverse charge",
            "Net 120.00",
            "VAT 0.00",
            "Total 120.00",
            "Reverse charge.",
            "Self-billing: issued by the customer in the name and on behalf of the supplier.",
        ] {
            assert!(lines.iter().any(|line| line == expected), "{expected}: {lines:#?}");
        }
        Ok(())
    }

    #[test]
    fn a_draft_of_an_invoice_has_neither_number_nor_date_of_issue() -> Result<()> {
        let lines = lines(&of_draft(&invoice("Exempt from VAT", Some("§ 6 UStG")), content())?);
        for expected in [
            "Draft of a self-billing invoice",
            "Number: none: this is a draft, not an invoice",
            "Exempt from VAT: § 6 UStG",
        ] {
            assert!(lines.iter().any(|line| line == expected), "{expected}: {lines:#?}");
        }
        assert!(!lines.iter().any(|line| line.starts_with("Date of issue")), "{lines:#?}");
        Ok(())
    }
}
