DROP TABLE payouts;
DROP TABLE payout_run_skipped;
DROP TABLE payout_runs;
