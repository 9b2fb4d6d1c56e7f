-- Search keys: texts as they are compared in searches. Behind a policy, PostgreSQL looks up only comparisons that are
-- leakproof: neither LIKE nor lower() is, but =, < and >= of text are. So each text that is searched by its beginning is
-- stored a second time, in the collation "C", in which the texts with the same beginning follow each other.
--
-- By way of lower case to upper case, because only that makes equal what is equal in any script, letter by letter: the
-- sharp s becomes SS, and there is one capital sigma, so that the beginning of a key is the key of the beginning.
CREATE FUNCTION search_key(text text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT upper(lower(normalize(text, NFC) COLLATE "und-x-icu") COLLATE "und-x-icu") $$;

-- Generated, so that no writer can forget them, servers of the release before included, and that the erasure of a
-- person changes them along with the words. Reads and writes of each table wait while it is rewritten with its indexes:
-- commission_events takes a minute or two for a million rows on two shared cores, the others are small.
ALTER TABLE partners ADD COLUMN company_name_key text COLLATE "C"
    GENERATED ALWAYS AS (search_key(company_name)) STORED;
ALTER TABLE partners ADD COLUMN partner_number_key text COLLATE "C"
    GENERATED ALWAYS AS (search_key(partner_number)) STORED;
CREATE INDEX partners_by_name_key ON partners (tenant_id, company_name_key);
CREATE INDEX partners_by_number_key ON partners (tenant_id, partner_number_key);

ALTER TABLE partner_users ADD COLUMN email_key text COLLATE "C" GENERATED ALWAYS AS (search_key(email)) STORED;
CREATE INDEX partner_users_by_email_key ON partner_users (tenant_id, email_key) WHERE is_active;

ALTER TABLE managed_accounts ADD COLUMN customer_id_key text COLLATE "C"
    GENERATED ALWAYS AS (search_key(customer_id)) STORED;
ALTER TABLE managed_accounts ADD COLUMN customer_name_key text COLLATE "C"
    GENERATED ALWAYS AS (search_key(customer_name)) STORED;
CREATE INDEX managed_accounts_by_customer_key ON managed_accounts (tenant_id, customer_id_key);
CREATE INDEX managed_accounts_by_name_key ON managed_accounts (tenant_id, customer_name_key);

ALTER TABLE payouts ADD COLUMN payment_reference_key text COLLATE "C"
    GENERATED ALWAYS AS (search_key(payment_reference)) STORED;
CREATE INDEX payouts_by_reference_key
    ON payouts (tenant_id, payment_reference_key) WHERE payment_reference_key IS NOT NULL;

-- An accrual writes no more search keys to indexes than before: the key replaces the invoice id in its index. Customers are
-- found by their accounts, and refunds in their own table.
ALTER TABLE commission_events ADD COLUMN invoice_id_key text COLLATE "C"
    GENERATED ALWAYS AS (search_key(invoice_id)) STORED;
CREATE INDEX commission_events_by_invoice_key ON commission_events (tenant_id, invoice_id_key);
DROP INDEX commission_events_of_invoice;

ALTER TABLE invoice_refunds ADD COLUMN refund_id_key text COLLATE "C"
    GENERATED ALWAYS AS (search_key(refund_id)) STORED;
CREATE INDEX invoice_refunds_by_key ON invoice_refunds (tenant_id, refund_id_key);

-- Erased leads are not found.
ALTER TABLE referral_leads ADD COLUMN company_name_key text COLLATE "C"
    GENERATED ALWAYS AS (CASE WHEN NOT is_erased THEN search_key(company_name) END) STORED;
ALTER TABLE referral_leads ADD COLUMN contact_name_key text COLLATE "C"
    GENERATED ALWAYS AS (CASE WHEN NOT is_erased THEN search_key(contact_name) END) STORED;
ALTER TABLE referral_leads ADD COLUMN contact_email_key text COLLATE "C"
    GENERATED ALWAYS AS (CASE WHEN NOT is_erased THEN search_key(contact_email) END) STORED;
CREATE INDEX referral_leads_by_company_key ON referral_leads (tenant_id, company_name_key);
CREATE INDEX referral_leads_by_contact_key ON referral_leads (tenant_id, contact_name_key);
CREATE INDEX referral_leads_by_email_key ON referral_leads (tenant_id, contact_email_key);

-- Orders of lists. A payout that is not completed comes after all that are; a lead without a value before all that have
-- one. The keys are not null, because the comparison of a cursor with null finds nothing.
ALTER TABLE payouts ADD COLUMN completed_at_key timestamptz NOT NULL
    GENERATED ALWAYS AS (coalesce(completed_at, timestamptz '9999-12-31 00:00:00+00')) STORED;
ALTER TABLE referral_leads ADD COLUMN value_key bigint NOT NULL
    GENERATED ALWAYS AS (least(coalesce(actual_amount, estimated_amount, -1) * 10000, 9223372036854775807)::bigint) STORED;

CREATE INDEX partners_by_number ON partners (tenant_id, partner_number, id);
CREATE INDEX partners_by_creation ON partners (tenant_id, created_at, id);
CREATE INDEX managed_accounts_by_customer ON managed_accounts (tenant_id, customer_id, id);
CREATE INDEX managed_accounts_of_partner_by_customer ON managed_accounts (tenant_id, partner_id, customer_id, id);
CREATE INDEX payouts_by_completion ON payouts (tenant_id, completed_at_key, id);
CREATE INDEX payouts_of_partner_by_completion ON payouts (tenant_id, partner_id, completed_at_key, id);
CREATE INDEX referral_leads_by_value ON referral_leads (tenant_id, value_key, id);
CREATE INDEX referral_leads_of_partner_by_value ON referral_leads (tenant_id, partner_id, value_key, id);
-- Of commission events, by tenant only: both grow at one end, where an entry costs an accrual least. The events of one
-- partner are sorted.
CREATE INDEX commission_events_by_record ON commission_events (tenant_id, recorded_at, id);
CREATE INDEX commission_events_by_payable_time ON commission_events (tenant_id, payable_at, id);

CREATE TABLE saved_views (
    tenant_id  text        NOT NULL,
    id         uuid        NOT NULL,
    owner      text        NOT NULL,
    list       text        NOT NULL,
    name       text        NOT NULL,
    definition jsonb       NOT NULL,
    is_shared  boolean     NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT saved_views_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT saved_view_list_is_known CHECK (list IN
        ('PARTNERS', 'COMMISSION_EVENTS', 'PAYOUTS', 'MANAGED_ACCOUNTS', 'REFERRAL_LEADS', 'INVOICES', 'AUDIT_ENTRIES')),
    CONSTRAINT saved_view_has_a_name CHECK (name <> ''),
    CONSTRAINT saved_view_definition_is_an_object CHECK (jsonb_typeof(definition) = 'object'),
    CONSTRAINT saved_view_deleted_is_not_shared CHECK (deleted_at IS NULL OR NOT is_shared),
    CONSTRAINT saved_view_has_its_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE RESTRICT
);
COMMENT ON TABLE saved_views IS
    'A filter and an order of a list under a name, of one member of staff or shared with all. Deleted ones are kept for the audit trail.';
COMMENT ON COLUMN saved_views.definition IS 'The input values "filter" and "orderBy" of the list.';

CREATE UNIQUE INDEX saved_view_name_is_unique ON saved_views (tenant_id, owner, list, name) WHERE deleted_at IS NULL;
CREATE INDEX saved_views_shared ON saved_views (tenant_id, list) WHERE is_shared;

CREATE POLICY tenant_isolation ON saved_views USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON saved_views TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE saved_views ENABLE ROW LEVEL SECURITY;
ALTER TABLE saved_views FORCE ROW LEVEL SECURITY;
