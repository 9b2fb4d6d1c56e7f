DROP TABLE payout_lines;
DROP TABLE commission_events;
