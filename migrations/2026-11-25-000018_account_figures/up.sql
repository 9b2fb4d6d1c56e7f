-- What was earned on an account is answered by the index alone: a page of twenty accounts reads thousands of events.
DROP INDEX commission_events_of_account;
CREATE INDEX commission_events_of_account
    ON commission_events (tenant_id, managed_account_id) INCLUDE (currency, status, base_amount, commission_amount)
    WHERE managed_account_id IS NOT NULL;
