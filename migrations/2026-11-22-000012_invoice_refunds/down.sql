ALTER TABLE commission_events DROP CONSTRAINT commission_event_has_its_refund;
DROP TABLE invoice_refunds;
