DELETE FROM jobs WHERE lane IN ('AUDIT', 'ACCOUNT');
DROP INDEX payout_attempts_settled;
ALTER TABLE payout_attempts DROP COLUMN returned_amount;
ALTER TABLE payout_attempts DROP COLUMN found_at;
DROP TABLE transfer_findings;
DROP TABLE transfer_audits;
