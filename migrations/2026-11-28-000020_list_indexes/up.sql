-- Indexes for lists by status, each in the order of its list: a page of one status takes as long for a partner with
-- 50,000 rows as for one with 500. Also for orders of lists that had no index, and for the counts of a dashboard.
--
-- Writes to a table wait while its indexes are built: on two shared cores, about three seconds each for a million rows.
CREATE INDEX commission_events_by_status ON commission_events (tenant_id, status, event_date, id);
CREATE INDEX commission_events_of_partner_by_status
    ON commission_events (tenant_id, partner_id, status, event_date, id);
CREATE INDEX commission_events_of_partner_by_change ON commission_events (tenant_id, partner_id, changed_at, id);
-- Every statement that used it finds the PENDING events by their status.
DROP INDEX commission_events_pending;

CREATE INDEX payouts_by_status ON payouts (tenant_id, status, payout_date, id);
CREATE INDEX payouts_of_partner_by_status ON payouts (tenant_id, partner_id, status, payout_date, id);
CREATE INDEX payouts_of_partner_by_change ON payouts (tenant_id, partner_id, changed_at, id);

CREATE INDEX managed_accounts_by_start ON managed_accounts (tenant_id, starts_at, id);

CREATE INDEX referral_leads_by_status ON referral_leads (tenant_id, status, submitted_at, id);
-- The included columns let the counts of a dashboard, and the funnel, come from the index alone.
CREATE INDEX referral_leads_of_partner_by_status
    ON referral_leads (tenant_id, partner_id, status, submitted_at, id)
    INCLUDE (first_contact_at, qualified_at, converted_at);
