-- What was judged of an invoice, beside the event that came of it: each can be held against the other.
ALTER TABLE invoice_receipts ADD COLUMN partner_id uuid, ADD COLUMN commission_rate numeric(5, 4);
UPDATE invoice_receipts AS receipt SET partner_id = event.partner_id, commission_rate = event.commission_rate
FROM commission_events AS event
WHERE event.tenant_id = receipt.tenant_id AND event.invoice_id = receipt.invoice_id AND event.event_type = 'INVOICE_PAID';
ALTER TABLE invoice_receipts
    ADD CONSTRAINT invoice_earned_for_somebody CHECK (
        (outcome = 'RECORDED') = (partner_id IS NOT NULL)
        AND (partner_id IS NULL) = (commission_rate IS NULL)),
    ADD CONSTRAINT invoice_receipt_has_its_partner
        FOREIGN KEY (tenant_id, partner_id) REFERENCES partners (tenant_id, id) ON DELETE RESTRICT;
