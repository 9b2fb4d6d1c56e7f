ALTER TABLE commission_events DROP CONSTRAINT commission_event_has_its_payout_line;
DROP TABLE adjustment_requests;
DROP TABLE payout_lines;
DROP TABLE commission_events;
DROP FUNCTION is_live_commission(text);
