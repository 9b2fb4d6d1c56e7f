ALTER TABLE invoice_receipts DROP CONSTRAINT invoice_earned_for_somebody, DROP COLUMN partner_id, DROP COLUMN commission_rate;
