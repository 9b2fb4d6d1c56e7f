DROP INDEX commission_events_of_account;
CREATE INDEX commission_events_of_account
    ON commission_events (tenant_id, managed_account_id) WHERE managed_account_id IS NOT NULL;
