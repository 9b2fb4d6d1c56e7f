-- Stripe Billing as the billing service of a tenant: off unless the tenant has switched it on.
ALTER TABLE stripe_connections
    ADD COLUMN takes_invoices boolean NOT NULL DEFAULT false,
    ADD COLUMN customer_metadata_key text,
    ADD CONSTRAINT stripe_connection_metadata_key_is_short
        CHECK (length(customer_metadata_key) BETWEEN 1 AND 40);
COMMENT ON COLUMN stripe_connections.takes_invoices IS
    'Whether the invoices that are paid at Stripe, and what goes back of them, are recorded.';
COMMENT ON COLUMN stripe_connections.customer_metadata_key IS
    'The key of the metadata that has the customer id of an invoice; the id of Stripe''s customer if null.';

-- The events that the sweep deletes.
CREATE INDEX inbox_events_handled ON inbox_events (tenant_id, handled_at) WHERE handled_at IS NOT NULL;
