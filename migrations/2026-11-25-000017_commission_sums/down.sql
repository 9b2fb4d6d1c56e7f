DROP INDEX managed_accounts_of_partner;
CREATE INDEX managed_accounts_of_partner ON managed_accounts (tenant_id, partner_id, starts_at, id);
DROP INDEX commission_events_payable;
CREATE INDEX commission_events_payable
    ON commission_events (tenant_id, partner_id, event_date) WHERE status = 'APPROVED';
DROP INDEX payouts_under_way;
DROP TRIGGER commission_events_are_added_up_anew ON commission_events;
DROP TRIGGER commission_events_are_added_up ON commission_events;
DROP FUNCTION add_commissions_up;
DROP TABLE commission_sums;
