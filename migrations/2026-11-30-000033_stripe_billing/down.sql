DROP INDEX inbox_events_handled;
ALTER TABLE stripe_connections DROP COLUMN customer_metadata_key, DROP COLUMN takes_invoices;
