DROP INDEX partner_terms_pending;
DROP INDEX invoices_to_assess;
DROP INDEX completed_payouts;
DROP INDEX commission_events_owed;
DROP INDEX commission_totals_pending;
