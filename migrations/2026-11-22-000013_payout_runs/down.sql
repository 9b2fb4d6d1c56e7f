ALTER TABLE payouts DROP COLUMN run_id;
DROP TABLE payout_run_skips;
DROP TABLE payout_runs;
