-- Drops the indexes as well.
ALTER TABLE payouts DROP COLUMN total_amount_key;
ALTER TABLE commission_events DROP COLUMN commission_amount_key;
