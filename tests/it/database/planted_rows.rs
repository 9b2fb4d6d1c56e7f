//! Rows that tests write by SQL, because the program would have to render a file or to ask Stripe for them.

/// Returns the SQL of a file of a statement, without rendering one.
pub fn file_of_a_statement(tenant: &str) -> String {
    format!(
        "INSERT INTO statement_files
         SELECT tenant_id, id, 'PDF', partner_id, currency, 'x', sha256('x'), 'test', now() FROM statements
         WHERE tenant_id = '{tenant}'"
    )
}

/// Returns the SQL of a connection to Stripe, an account of a partner there, an attempt to send a payout and an event that was
/// received; and of the account that the tenant pays from, and a payment file.
pub fn sent_payout(tenant: &str, payout: &str) -> String {
    format!(
        "INSERT INTO stripe_connections (tenant_id, id, account, is_live, sealed_key, sealed_webhook_secrets, connected_at)
         VALUES ('{tenant}', gen_random_uuid(), 'acct_1', false, 'x', 'x', now());
         INSERT INTO payout_accounts (tenant_id, id, partner_id, rail, status, destination, rail_account, is_live,
             requirements, created_at, created_by, checked_at)
         SELECT tenant_id, gen_random_uuid(), partner_id, 'STRIPE', 'READY', 'acct_2', 'acct_1', false, '{{}}', now(),
             'staff', now() FROM payouts WHERE tenant_id = '{tenant}' AND id = '{payout}';
         INSERT INTO payout_attempts (tenant_id, id, payout_id, partner_id, currency, amount, rail, status,
             payout_account_id, destination, rail_account, is_live, created_at, created_by, ended_at)
         SELECT payout.tenant_id, gen_random_uuid(), payout.id, payout.partner_id, payout.currency,
             payout.total_amount, 'STRIPE', 'WITHDRAWN', account.id, 'acct_2', 'acct_1', false, now(), 'staff', now()
         FROM payouts AS payout JOIN payout_accounts AS account USING (tenant_id, partner_id)
         WHERE payout.tenant_id = '{tenant}' AND payout.id = '{payout}';
         INSERT INTO paying_accounts (tenant_id, id, holder, sealed_iban, iban_ending, set_at, set_by)
         VALUES ('{tenant}', gen_random_uuid(), 'x', 'x', '3000', now(), 'staff');
         INSERT INTO payment_files (tenant_id, id, format, execution_date, currency, payout_count, total_amount, sha256,
             sealed_content, skipped, created_at, created_by)
         VALUES ('{tenant}', gen_random_uuid(), 'CSV', '2026-12-01', 'EUR', 1, 1, sha256('x'), 'x', '[]', now(), 'staff');
         INSERT INTO inbox_events (tenant_id, id, source, event_id, event_type, is_live, body, status, received_at)
         VALUES ('{tenant}', gen_random_uuid(), 'STRIPE', 'evt_1', 'ping', false, 'x', 'PENDING', now())"
    )
}
