-- What was earned on an account is answered by the index alone: a page of twenty accounts reads thousands of events. The old one
-- goes when the new one is there, so that readers wait for a moment only.
CREATE INDEX commission_events_figures_of_account
    ON commission_events (tenant_id, managed_account_id) INCLUDE (currency, status, base_amount, commission_amount)
    WHERE managed_account_id IS NOT NULL;
DROP INDEX commission_events_of_account;
ALTER INDEX commission_events_figures_of_account RENAME TO commission_events_of_account;
