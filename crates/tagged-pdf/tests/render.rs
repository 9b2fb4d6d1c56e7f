//! Documents: the standards, the same bytes twice, texts in several scripts, and what is refused.

use std::io::Read;

use flate2::read::ZlibDecoder;
use tagged_pdf::{
    Attachment, Column, Date, Document, Error, Field, FontError, Fonts, Party, Table, Text, render,
};

fn fonts() -> Result<Fonts, FontError> {
    Fonts::load(None)
}

fn column(head: &str, is_number: bool) -> Column {
    Column { head: head.to_owned(), share: 10, is_number }
}

/// A document to a partner of this name, with so many rows.
fn document(name: &str, rows: usize) -> Document {
    let row = |n: usize| vec![Text::new("invoiceId", format!("INV-{n}")), Text::new("amount", "-60.00")];
    Document {
        title: "Payout statement P-1-0001".to_owned(),
        author: "Acme".to_owned(),
        id: "1".to_owned(),
        date: Date { year: 2026, month: 11, day: 29, hour: 12, minute: 0, second: 0 },
        mark: None,
        parties: [
            Party { label: "From".to_owned(), lines: vec![Text::new("tenantName", "Acme")] },
            Party { label: "To".to_owned(), lines: vec![Text::new("companyName", name)] },
        ],
        fields: vec![Field { label: "Number".to_owned(), value: Text::new("number", "P-1-0001") }],
        table: Table {
            summary: "The lines".to_owned(),
            columns: vec![column("Invoice", false), column("Amount", true)],
            rows: (0..rows).map(row).collect(),
            totals: vec![vec![Text::new("label", "Total"), Text::new("amount", "120.00")]],
        },
        notes: vec![Text::new("note", "A note.")],
        foot: vec!["P-1-0001".to_owned(), "SHA-256 of the data: 00".to_owned()],
        attachment: Some(Attachment {
            name: "P-1-0001.csv".to_owned(),
            media_type: "text/csv".to_owned(),
            description: "The lines".to_owned(),
            bytes: b"a,b\r\n".to_vec(),
        }),
    }
}

fn contains(pdf: &[u8], text: &str) -> bool {
    pdf.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Returns whether the content of a page contains a text.
fn page_contains(pdf: &[u8], text: &str) -> bool {
    let mark = b"stream\n";
    let starts = (0..pdf.len()).filter(|at| pdf[*at..].starts_with(mark));
    starts.map(|at| &pdf[at + mark.len()..]).any(|stream| {
        let mut content = Vec::new();
        // What follows the stream is ignored; a stream that is not compressed is no content of a page.
        let _ = ZlibDecoder::new(stream).read_to_end(&mut content);
        contains(&content, text)
    })
}

#[test]
fn a_document_names_its_standards_and_has_its_attachment() {
    let pdf = render(&document("Partner", 3), &fonts().expect("fonts")).expect("a document");
    for text in [
        "<pdfaid:part>3</pdfaid:part>",
        "<pdfaid:conformance>A</pdfaid:conformance>",
        "<pdfuaid:part>1</pdfuaid:part>",
        "/AFRelationship/Data",
        "P-1-0001.csv",
        "/Lang(en)",
        "/S/THead",
    ] {
        assert!(contains(&pdf, text), "{text}");
    }
}

#[test]
fn the_same_document_has_the_same_bytes() {
    let first = render(&document("Partner", 120), &fonts().expect("fonts")).expect("a document");
    let second = render(&document("Partner", 120), &fonts().expect("fonts")).expect("a document");
    assert!(first == second);
    assert!(first != render(&document("Partner", 121), &fonts().expect("fonts")).expect("a document"));
}

#[test]
fn names_may_be_long_and_in_several_scripts() {
    let long = "Very Long Company Name ".repeat(12);
    for name in ["شركة الأمل", "חברת התקווה", "Ωμέγα & Ко", long.as_str(), &"W".repeat(255), "a\u{301}"]
    {
        assert!(render(&document(name, 1), &fonts().expect("fonts")).is_ok(), "{name}");
    }
}

#[test]
fn a_character_without_a_font_is_named() {
    let refused = render(&document("A あ", 1), &fonts().expect("fonts"));
    assert_eq!(refused.err(), Some(Error::MissingGlyph { character: 'あ', name: "companyName" }));
}

#[test]
fn a_draft_is_marked() {
    let draft = Document { mark: Some("DRAFT".to_owned()), attachment: None, ..document("Partner", 1) };
    let watermark = "/Watermark";
    assert!(page_contains(&render(&draft, &fonts().expect("fonts")).expect("a document"), watermark));
    let document = document("Partner", 1);
    assert!(!page_contains(&render(&document, &fonts().expect("fonts")).expect("a document"), watermark));
}
