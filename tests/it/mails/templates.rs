//! The texts of all mails, and what their HTML must never contain.

use std::fmt::Write;
use std::path::Path;

use chrono::DateTime;
use revshare::mail::notification::{Amount, BankAccountChange, Instant, MonthTotal, Notification};
use revshare::mail::template::{MailContext, RenderedMail, render};
use uuid::Uuid;

use crate::support::ok;

fn amount(amount: &str, currency: &str) -> Amount {
    Amount { amount: amount.to_owned(), currency: currency.to_owned() }
}

fn notifications() -> [Notification; 10] {
    let (payout_id, partner_id) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let at = Instant("2026-11-30T08:15:00Z".parse().expect("an instant"));
    let total = |earned: &str, currency: &str| MonthTotal {
        earned: amount(earned, currency),
        paid: amount("0.00", currency),
        outstanding: amount("-1234.50", currency),
    };
    [
        Notification::PayoutCreated {
            payout_id,
            partner_id,
            amount: amount("1234.50", "EUR"),
            commission_count: 12,
        },
        Notification::PayoutCompleted {
            payout_id,
            partner_id,
            amount: amount("1234.50", "EUR"),
            completed_at: at,
            reference: "WIRE-2026-000017".to_owned(),
        },
        Notification::PayoutFailed {
            payout_id,
            partner_id,
            amount: amount("1234.50", "EUR"),
            reason: "The account <closed> & gone; the bank sent it back".to_owned(),
        },
        Notification::MonthlyDigest {
            partner_id,
            year: 2026,
            month: 11,
            totals: vec![total("185100.00", "EUR"), total("1200", "JPY")],
        },
        Notification::Invitation { partner_id },
        bank_account_changed(partner_id, BankAccountChange::Set, false),
        bank_account_changed(partner_id, BankAccountChange::Confirmed, true),
        bank_account_changed(partner_id, BankAccountChange::Ended, true),
        Notification::WebhookFailing {
            host: "hooks.example.com".to_owned(),
            failing_since: at,
            error: "answered 503".to_owned(),
        },
        Notification::WebhookDisabled {
            host: "hooks.example.com".to_owned(),
            reason: "the endpoint answered 410 Gone".to_owned(),
        },
    ]
}

fn bank_account_changed(partner_id: Uuid, change: BankAccountChange, is_staff: bool) -> Notification {
    Notification::BankAccountChanged {
        partner_id,
        change,
        holder: "Bright \"Bulb\" <Ltd>".to_owned(),
        number: "…3000".to_owned(),
        changed_by: if is_staff { "fiona" } else { "frank@example.com" }.to_owned(),
        is_staff,
        changed_at: Instant(DateTime::UNIX_EPOCH),
    }
}

fn rendered(notification: &Notification) -> RenderedMail {
    let kind = notification.kind();
    let is_for_partner = !kind.to_string().starts_with("WEBHOOK");
    let context = MailContext {
        tenant: "Müller & Söhne".to_owned(),
        partner: if is_for_partner { "Bright \"Bulb\" <Ltd>".to_owned() } else { String::new() },
        zone: "Europe/Berlin".parse().expect("a time zone"),
        brand_color: None,
        public_url: "https://portal.example.com".to_owned(),
        unsubscribe_url: kind
            .is_optional()
            .then(|| "https://portal.example.com/unsubscribe/TOKEN".to_owned()),
    };
    ok(render(notification, &context))
}

#[test]
fn every_mail_has_its_text() {
    let mut texts = String::new();
    for notification in notifications() {
        let RenderedMail { subject, text, html } = rendered(&notification);
        write!(texts, "======== {}\nSubject: {subject}\n\n{text}\n", notification.kind()).expect("a text");
        // For a look at them in a browser.
        let file = format!("mail-{}.html", notification.kind());
        std::fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(file), html).expect("a file");
    }
    insta::assert_snapshot!(texts);
}

#[test]
fn the_html_of_a_mail_loads_nothing_and_runs_nothing() {
    for notification in notifications() {
        let html = rendered(&notification).html;
        for forbidden in
            ["<script", "<img", "<link", "url(", "src=", "@import", "<closed>", "<Ltd>", "javascript:"]
        {
            assert!(!html.contains(forbidden), "{forbidden}: {html}");
        }
        assert!(html.starts_with("<!doctype html>") && html.contains("prefers-color-scheme: dark"), "{html}");
        for url in html.split("href=\"").skip(1) {
            assert!(url.starts_with("https://portal.example.com/"), "{url}");
        }
    }
}
