-- Indexes for what waits for staff, which pages ask for every half minute, and for the overview of all partners.
--
-- Writes to a table wait while its indexes are built: on two shared cores, about three seconds each for a million rows.

-- The count of pending events is summed from few of the totals. The amounts of a total change, and not its status, so that
-- the index needs no write.
CREATE INDEX commission_totals_pending ON commission_monthly_totals (tenant_id) WHERE status = 'PENDING';

-- Only a partner with a negative event that is not paid yet can have a debt.
CREATE INDEX commission_events_owed
    ON commission_events (tenant_id, partner_id, currency) WHERE status = 'APPROVED' AND commission_amount < 0;

-- What was paid in a month.
CREATE INDEX completed_payouts
    ON payouts (tenant_id, completed_at, id) INCLUDE (partner_id, currency, total_amount) WHERE completed_at IS NOT NULL;

-- The invoices that earned nothing and may earn something when they are assessed again; not those of zero amounts, which
-- may be many more.
CREATE INDEX invoices_to_assess ON invoice_revisions (tenant_id)
    WHERE superseded_at IS NULL AND outcome IN ('NO_MANAGED_ACCOUNT', 'NO_RATE', 'PARTNER_INELIGIBLE');

-- The partners that were ever PENDING, among which those are that wait to be accepted.
CREATE INDEX partner_terms_pending ON partner_terms (tenant_id, partner_id) WHERE status = 'PENDING';
