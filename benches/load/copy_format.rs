//! The text format of COPY, and the tables and columns that are copied.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// NULL in the text format of COPY.
pub const NULL: &str = "\\N";

/// Returns an amount in cents as a decimal.
pub fn cents(amount: i64) -> String {
    format!("{}{}.{:02}", if amount < 0 { "-" } else { "" }, amount.abs() / 100, amount.abs() % 100)
}

/// Creates the file of a table.
pub fn table(folder: &Path, name: &str) -> BufWriter<File> {
    BufWriter::new(File::create(folder.join(name)).unwrap())
}

/// Writes a row, whose values are separated by tabs.
pub fn put(table: &mut BufWriter<File>, row: &str) {
    writeln!(table, "{row}").unwrap();
}

/// The tables with the columns that are written, in an order in which they can be copied.
pub const TABLES: [(&str, &str); 13] = [
    ("tenants", "tenant_id, name, time_zone, default_currency, hold_days, payout_day"),
    ("partners", "tenant_id, id, partner_number, company_name, payout_currency, created_at"),
    (
        "partner_terms",
        "tenant_id, partner_id, effective_from, number, status, tier, default_commission_rate, changed_by, changed_at",
    ),
    ("partner_users", "tenant_id, id, partner_id, user_id, email, role, is_active, created_at"),
    (
        "managed_accounts",
        "tenant_id, id, partner_id, customer_id, customer_name, engagement_type, starts_at, ends_at, created_at",
    ),
    (
        "managed_account_terms",
        "tenant_id, managed_account_id, effective_from, number, partner_id, custom_commission_rate, changed_by, changed_at",
    ),
    (
        "referral_leads",
        "tenant_id, id, partner_id, company_name, contact_name, contact_email, status, submitted_by, submitted_by_partner, submitted_at, converted_at",
    ),
    (
        "invoice_revisions",
        "tenant_id, invoice_id, customer_id, currency, total_amount, commissionable_amount, paid_at, outcome, received_at, partner_id, commission_rate, id, recorded_by",
    ),
    (
        "invoice_refunds",
        "tenant_id, refund_id, invoice_id, currency, amount, refunded_at, reason, outcome, received_at, invoice_row_id, invoice_revision",
    ),
    (
        "commission_events",
        "tenant_id, id, partner_id, managed_account_id, event_type, status, invoice_id, refund_id, customer_id, currency, base_amount, commission_rate, rate_source, commission_amount, event_date, recorded_at, payable_at, payout_id, paid_at, reverses_id, notes, invoice_row_id, invoice_revision",
    ),
    (
        "payouts",
        "tenant_id, id, partner_id, currency, total_amount, commission_count, status, payment_method, payment_reference, payout_date, period_start, period_end, created_at, completed_at",
    ),
    (
        "payout_lines",
        "tenant_id, payout_id, commission_event_id, partner_id, currency, commission_amount, added_at, released_at",
    ),
    (
        "status_changes",
        "tenant_id, commission_event_id, payout_id, from_status, to_status, changed_at, actor, reason",
    ),
];
