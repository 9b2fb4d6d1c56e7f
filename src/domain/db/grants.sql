-- The privileges of the serving role, and no others: amounts, status changes, refunds, invoices and terms cannot be updated, and
-- rows with money cannot be deleted. Only the listed columns can be updated; all others are written once.
REVOKE ALL ON tenants, minimum_payouts, partners, partner_users, managed_accounts, referral_leads, invoice_revisions,
    invoice_refunds, commission_events, adjustment_requests, commission_monthly_totals, payouts, payout_lines, payout_runs,
    payout_run_skipped, status_changes, idempotency_keys, service_tokens, partner_terms, managed_account_terms, refund_reversals, erasures,
    audit_entries, audit_seals, audit_seal_members, statements, statement_movements, statement_files,
    partner_legal, tenant_legal, saved_views, domain_events, webhook_endpoints, webhook_deliveries, jobs,
    mails, notification_preferences, stripe_connections, payout_accounts, payout_attempts,
    inbox_events, paying_accounts, payment_files FROM :role;
GRANT SELECT, INSERT ON tenants, minimum_payouts, partners, partner_users, managed_accounts, referral_leads, invoice_revisions,
    invoice_refunds, commission_events, adjustment_requests, commission_monthly_totals, payouts, payout_lines, payout_runs,
    payout_run_skipped, status_changes, idempotency_keys, service_tokens, partner_terms, managed_account_terms, refund_reversals, erasures,
    audit_entries, audit_seals, audit_seal_members, statements, statement_movements, statement_files,
    partner_legal, tenant_legal, saved_views, domain_events, webhook_endpoints, webhook_deliveries, jobs,
    mails, notification_preferences, stripe_connections, payout_accounts, payout_attempts,
    inbox_events, paying_accounts, payment_files TO :role;
GRANT UPDATE (name, time_zone, default_currency, hold_days, payout_day, last_partner_number,
    brand_color, logo, logo_media_type, contact_email) ON tenants TO :role;
GRANT UPDATE, DELETE ON minimum_payouts TO :role;
GRANT UPDATE (company_name, payout_currency, last_statement_number, last_account_statement_number) ON partners TO :role;
GRANT UPDATE (name, address, country, vat_id) ON tenant_legal TO :role;
GRANT UPDATE (name, address, country, vat_id, tax_treatment, tax_note, self_billing_agreed_at) ON partner_legal TO :role;
GRANT UPDATE (user_id, email, is_active) ON partner_users TO :role;
GRANT UPDATE (customer_name, engagement_type, ends_at) ON managed_accounts TO :role;
GRANT UPDATE (actual_amount, actual_currency, status, staff_notes, first_contact_at, qualified_at, converted_at,
    converted_customer_id, is_second_conversion) ON referral_leads TO :role;
-- For erasePerson.
GRANT UPDATE (company_name, contact_name, contact_email, contact_phone, source, notes, submitted_by, is_erased)
    ON referral_leads TO :role;
GRANT UPDATE (outcome, partner_id, commission_rate, superseded_at) ON invoice_revisions TO :role;
GRANT UPDATE (outcome) ON invoice_refunds TO :role;
GRANT UPDATE (status, payout_id, paid_at, replaced_at, held_at, changed_at) ON commission_events TO :role;
-- For the trigger on commission_events, which runs with the privileges of the role; reconciliation compares the totals to the events.
GRANT UPDATE (commission_amount, base_amount, event_count) ON commission_monthly_totals TO :role;
GRANT UPDATE (status, payment_reference, completed_at, released_at, failure_reason, returned_at, return_reason, attention,
    changed_at)
    ON payouts TO :role;
GRANT UPDATE (status, is_in_doubt, first_sent_at, last_sent_at, looked_at, recall_reason, recalled_at, reference, code, message,
    ended_at) ON payout_attempts TO :role;
GRANT UPDATE (status, message, handled_at), DELETE ON inbox_events TO :role;
GRANT UPDATE (status, requirements, disabled_reason, checked_at, ended_at, confirmed_by, confirmed_at)
    ON payout_accounts TO :role;
GRANT UPDATE (holder, sealed_iban, iban_ending, bic, set_at, set_by) ON paying_accounts TO :role;
GRANT UPDATE (downloaded_at, downloaded_by, withdrawn_at) ON payment_files TO :role;
GRANT UPDATE (account, is_live, sealed_key, sealed_webhook_secrets, connected_at, broken_at, broken_reason,
    takes_invoices, customer_metadata_key) ON stripe_connections TO :role;
GRANT UPDATE (released_at) ON payout_lines TO :role;
GRANT UPDATE (finished_at) ON payout_runs TO :role;
GRANT UPDATE (result_id) ON idempotency_keys TO :role;
GRANT UPDATE (last_used_at, revoked_at) ON service_tokens TO :role;
GRANT UPDATE (url, description, event_types, status, sealed_secret, sealed_previous_secret, previous_secret_until,
    failing_since, failing_announced_at, failure_count, disabled_at, disabled_reason, deleted_at) ON webhook_endpoints TO :role;
GRANT UPDATE (status, attempts, last_status, last_error, last_ms, attempted_at, next_attempt_at, ended_at)
    ON webhook_deliveries TO :role;
-- For the sweep, which deletes them after 90 days.
GRANT DELETE ON domain_events, webhook_deliveries TO :role;
GRANT UPDATE (available_at, attempts, lease_id, last_error, dead_at), DELETE ON jobs TO :role;
GRANT UPDATE (address, content, subject, text_body, html_body, message, status, attempts, code, last_error, attempted_at,
    sent_at, ended_at), DELETE ON mails TO :role;
GRANT UPDATE (is_wanted, changed_at), DELETE ON notification_preferences TO :role;
GRANT UPDATE (name, definition, is_shared, changed_at, deleted_at) ON saved_views TO :role;
GRANT SELECT ON __diesel_schema_migrations TO :role;
