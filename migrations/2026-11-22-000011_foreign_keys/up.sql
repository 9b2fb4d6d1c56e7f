-- Every key carries the tenant, so that no row can point across tenants, and nothing that carries money is
-- ever deleted with something else. Last of all, so that the tables can first be distributed by tenant.
ALTER TABLE minimum_payouts ADD CONSTRAINT minimum_payout_has_its_tenant
    FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE RESTRICT;
ALTER TABLE partners ADD CONSTRAINT partner_has_its_tenant
    FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE RESTRICT;
ALTER TABLE partner_users ADD CONSTRAINT partner_user_has_its_partner
    FOREIGN KEY (tenant_id, partner_id) REFERENCES partners (tenant_id, id) ON DELETE RESTRICT;
ALTER TABLE managed_accounts ADD CONSTRAINT managed_account_has_its_partner
    FOREIGN KEY (tenant_id, partner_id) REFERENCES partners (tenant_id, id) ON DELETE RESTRICT;
ALTER TABLE invoice_receipts ADD CONSTRAINT invoice_receipt_has_its_tenant
    FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE RESTRICT;
ALTER TABLE payouts ADD CONSTRAINT payout_has_its_partner
    FOREIGN KEY (tenant_id, partner_id) REFERENCES partners (tenant_id, id) ON DELETE RESTRICT;
ALTER TABLE commission_events ADD CONSTRAINT commission_event_has_its_partner
    FOREIGN KEY (tenant_id, partner_id) REFERENCES partners (tenant_id, id) ON DELETE RESTRICT;
ALTER TABLE commission_events ADD CONSTRAINT commission_event_has_its_account
    FOREIGN KEY (tenant_id, managed_account_id, partner_id) REFERENCES managed_accounts (tenant_id, id, partner_id) ON DELETE RESTRICT;
ALTER TABLE commission_events ADD CONSTRAINT commission_event_has_its_receipt
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoice_receipts (tenant_id, invoice_id) ON DELETE RESTRICT;
ALTER TABLE commission_events ADD CONSTRAINT commission_event_has_its_original
    FOREIGN KEY (tenant_id, reverses_id, partner_id, currency)
    REFERENCES commission_events (tenant_id, id, partner_id, currency) ON DELETE RESTRICT;
ALTER TABLE commission_events ADD CONSTRAINT commission_event_has_its_payout_line
    FOREIGN KEY (tenant_id, payout_id, id) REFERENCES payout_lines (tenant_id, payout_id, commission_event_id) ON DELETE RESTRICT;
ALTER TABLE payout_lines ADD CONSTRAINT payout_line_has_its_payout
    FOREIGN KEY (tenant_id, payout_id, partner_id, currency) REFERENCES payouts (tenant_id, id, partner_id, currency) ON DELETE RESTRICT;
ALTER TABLE payout_lines ADD CONSTRAINT payout_line_has_its_event
    FOREIGN KEY (tenant_id, commission_event_id, partner_id, currency, commission_amount) REFERENCES commission_events (tenant_id, id, partner_id, currency, commission_amount) ON DELETE RESTRICT;
ALTER TABLE status_changes ADD CONSTRAINT status_change_has_its_event
    FOREIGN KEY (tenant_id, commission_event_id) REFERENCES commission_events (tenant_id, id) ON DELETE RESTRICT;
ALTER TABLE status_changes ADD CONSTRAINT status_change_has_its_payout
    FOREIGN KEY (tenant_id, payout_id) REFERENCES payouts (tenant_id, id) ON DELETE RESTRICT;
ALTER TABLE referral_leads ADD CONSTRAINT referral_lead_has_its_partner
    FOREIGN KEY (tenant_id, partner_id) REFERENCES partners (tenant_id, id) ON DELETE RESTRICT;
ALTER TABLE idempotency_keys ADD CONSTRAINT idempotency_key_has_its_tenant
    FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE RESTRICT;
