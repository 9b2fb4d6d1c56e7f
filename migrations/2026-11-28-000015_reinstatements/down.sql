DROP AGGREGATE base_after_refunds(numeric, numeric, numeric, numeric);
DROP FUNCTION base_after_refund(numeric[], numeric, numeric, numeric, numeric);
DROP INDEX commission_reinstated_once_per_refund;
ALTER TABLE commission_events DROP CONSTRAINT commission_reinstatement_has_its_reversal;
ALTER TABLE commission_events DROP CONSTRAINT commission_undoes_one_refund;
ALTER TABLE commission_events DROP CONSTRAINT commission_reinstatement_names_its_original;
ALTER TABLE commission_events DROP CONSTRAINT commission_type_is_known;
ALTER TABLE commission_events ADD CONSTRAINT commission_type_is_known
    CHECK (event_type IN ('INVOICE_PAID', 'CLAWBACK', 'ADJUSTMENT'));
ALTER TABLE commission_events DROP COLUMN reversed_refund_id;
DROP TABLE refund_reversals;
ALTER TABLE invoice_refunds DROP CONSTRAINT refund_base_is_part_of_the_refund;
ALTER TABLE invoice_refunds DROP CONSTRAINT refund_base_is_money;
ALTER TABLE invoice_refunds DROP COLUMN commissionable_amount;
