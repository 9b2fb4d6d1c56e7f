-- Jobs of lanes that the program before does not know would wait for ever.
DELETE FROM jobs WHERE lane IN ('PAYOUT', 'RECALL', 'INBOX');
DROP TABLE inbox_events;
DROP TABLE payout_attempts;
DROP TABLE payout_accounts;
DROP TABLE stripe_connections;
ALTER TABLE payouts DROP CONSTRAINT payout_has_one_total;
DROP INDEX payouts_with_attention;
ALTER TABLE payouts DROP CONSTRAINT payout_attention_is_known;
ALTER TABLE payouts DROP COLUMN attention;
