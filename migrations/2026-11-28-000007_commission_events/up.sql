-- Returns whether commission events in a status count toward what a partner earned: those that were cancelled
-- or clawed back in full do not.
CREATE FUNCTION is_live_commission(status text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN status NOT IN ('CANCELLED', 'CLAWBACK');

CREATE TABLE commission_events (
    tenant_id          text           NOT NULL,
    id                 uuid           NOT NULL,
    partner_id         uuid           NOT NULL,
    managed_account_id uuid,
    event_type         text           NOT NULL,
    status             text           NOT NULL,
    invoice_id         text,
    refund_id          text,
    customer_id        text,
    currency           char(3)        NOT NULL,
    base_amount        numeric(19, 4),
    commission_rate    numeric(5, 4),
    rate_source        text,
    commission_amount  numeric(19, 4) NOT NULL,
    event_date         timestamptz    NOT NULL,
    recorded_at        timestamptz    NOT NULL,
    payable_at         timestamptz    NOT NULL,
    payout_id          uuid,
    paid_at            timestamptz,
    reverses_id        uuid,
    notes              text,
    CONSTRAINT commission_events_pkey PRIMARY KEY (tenant_id, id),
    -- The target of the foreign key of payout lines: a line cannot have another amount than its event.
    CONSTRAINT commission_event_keeps_its_amount
        UNIQUE (tenant_id, id, partner_id, currency, commission_amount),
    -- The target of the foreign key of reversals.
    CONSTRAINT commission_event_has_one_partner_and_currency UNIQUE (tenant_id, id, partner_id, currency),
    CONSTRAINT commission_type_is_known
        CHECK (event_type IN ('INVOICE_PAID', 'CLAWBACK', 'ADJUSTMENT')),
    CONSTRAINT commission_status_is_known
        CHECK (status IN ('PENDING', 'APPROVED', 'PAID', 'CLAWBACK', 'CANCELLED')),
    CONSTRAINT commission_rate_source_is_known CHECK (rate_source IN ('MANAGED_ACCOUNT', 'PARTNER')),
    CONSTRAINT commission_amount_is_money CHECK (is_money(commission_amount, currency)),
    CONSTRAINT commission_base_is_money CHECK (base_amount IS NULL OR is_money(base_amount, currency)),
    CONSTRAINT commission_rate_is_a_fraction CHECK (commission_rate BETWEEN 0 AND 1),
    CONSTRAINT commission_is_the_rate_of_the_base CHECK (
        event_type <> 'INVOICE_PAID'
        OR coalesce(commission_amount = round(base_amount * commission_rate, currency_decimals(currency)), false)),
    CONSTRAINT commission_of_an_invoice_is_explained CHECK (
        event_type <> 'INVOICE_PAID'
        OR (base_amount > 0 AND num_nulls(managed_account_id, invoice_id, customer_id, base_amount, rate_source) = 0
            AND num_nonnulls(refund_id, reverses_id) = 0)),
    CONSTRAINT commission_reversal_names_its_original CHECK (
        (event_type = 'CLAWBACK')
        = (num_nulls(reverses_id, refund_id, invoice_id, customer_id, managed_account_id, base_amount,
                     commission_rate) = 0
           AND commission_amount <= 0 AND base_amount <= 0)),
    CONSTRAINT commission_adjustment_has_a_reason CHECK (
        event_type <> 'ADJUSTMENT'
        OR (notes IS NOT NULL
            AND num_nonnulls(base_amount, commission_rate, rate_source, invoice_id, refund_id, reverses_id, customer_id,
                             managed_account_id) = 0)),
    CONSTRAINT commission_is_payable_after_its_date CHECK (payable_at >= event_date),
    CONSTRAINT commission_paid_means_in_a_payout CHECK (
        (status = 'PAID') = (payout_id IS NOT NULL) AND (payout_id IS NULL) = (paid_at IS NULL)),
    CONSTRAINT commission_event_has_its_partner
        FOREIGN KEY (tenant_id, partner_id) REFERENCES partners (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT commission_event_has_its_account
        FOREIGN KEY (tenant_id, managed_account_id, partner_id)
        REFERENCES managed_accounts (tenant_id, id, partner_id) ON DELETE RESTRICT,
    CONSTRAINT commission_event_has_its_receipt
        FOREIGN KEY (tenant_id, invoice_id)
        REFERENCES invoice_receipts (tenant_id, invoice_id) ON DELETE RESTRICT,
    CONSTRAINT commission_event_has_its_refund
        FOREIGN KEY (tenant_id, refund_id)
        REFERENCES invoice_refunds (tenant_id, refund_id) ON DELETE RESTRICT,
    CONSTRAINT commission_event_has_its_original
        FOREIGN KEY (tenant_id, reverses_id, partner_id, currency)
        REFERENCES commission_events (tenant_id, id, partner_id, currency) ON DELETE RESTRICT
);
COMMENT ON TABLE commission_events IS
    'An amount that a partner earned or owes, from one invoice, refund or adjustment. Amounts never change.';

-- One accrual per invoice and one reversal per refund.
CREATE UNIQUE INDEX commission_once_per_invoice
    ON commission_events (tenant_id, invoice_id) WHERE event_type = 'INVOICE_PAID';
CREATE UNIQUE INDEX commission_once_per_refund ON commission_events (tenant_id, refund_id) WHERE refund_id IS NOT NULL;
CREATE INDEX commission_events_of_invoice ON commission_events (tenant_id, invoice_id);
CREATE INDEX commission_events_of_partner ON commission_events (tenant_id, partner_id, event_date, id);
CREATE INDEX commission_events_of_customer ON commission_events (tenant_id, customer_id, event_date, id);
CREATE INDEX commission_events_by_date ON commission_events (tenant_id, event_date, id);
-- The included columns let the earnings of an account come from the index alone: a page of twenty accounts sums
-- thousands of events.
CREATE INDEX commission_events_of_account
    ON commission_events (tenant_id, managed_account_id) INCLUDE (currency, status, base_amount, commission_amount)
    WHERE managed_account_id IS NOT NULL;
CREATE INDEX commission_events_payable
    ON commission_events (tenant_id, partner_id, payable_at) WHERE status = 'APPROVED';
CREATE INDEX commission_events_pending ON commission_events (tenant_id, event_date, id) WHERE status = 'PENDING';
CREATE INDEX commission_events_reversing
    ON commission_events (tenant_id, reverses_id) WHERE reverses_id IS NOT NULL;

-- A partner belongs to one tenant, but the planner multiplies the selectivities of the two columns: with 20
-- tenants it expects a twentieth of a partner's rows, and reads and sorts all of them for a page of 50 instead
-- of walking the index that is in that order.
CREATE STATISTICS commission_events_by_tenant_and_partner (dependencies, ndistinct)
    ON tenant_id, partner_id FROM commission_events;

CREATE POLICY tenant_isolation ON commission_events USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON commission_events TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE commission_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE commission_events FORCE ROW LEVEL SECURITY;

CREATE TABLE payout_lines (
    tenant_id           text           NOT NULL,
    payout_id           uuid           NOT NULL,
    commission_event_id uuid           NOT NULL,
    partner_id          uuid           NOT NULL,
    currency            char(3)        NOT NULL,
    commission_amount   numeric(19, 4) NOT NULL,
    added_at            timestamptz    NOT NULL,
    released_at         timestamptz,
    CONSTRAINT payout_lines_pkey PRIMARY KEY (tenant_id, payout_id, commission_event_id),
    CONSTRAINT payout_line_is_released_after_it_was_added CHECK (released_at >= added_at),
    CONSTRAINT payout_line_has_its_payout
        FOREIGN KEY (tenant_id, payout_id, partner_id, currency)
        REFERENCES payouts (tenant_id, id, partner_id, currency) ON DELETE RESTRICT,
    CONSTRAINT payout_line_has_its_event
        FOREIGN KEY (tenant_id, commission_event_id, partner_id, currency, commission_amount)
        REFERENCES commission_events (tenant_id, id, partner_id, currency, commission_amount) ON DELETE RESTRICT
);
COMMENT ON TABLE payout_lines IS
    'The commission events of a payout. Those of a failed or cancelled payout are released, never deleted.';

CREATE UNIQUE INDEX commission_event_is_in_one_living_payout
    ON payout_lines (tenant_id, commission_event_id) WHERE released_at IS NULL;

CREATE POLICY tenant_isolation ON payout_lines USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON payout_lines TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE payout_lines ENABLE ROW LEVEL SECURITY;
ALTER TABLE payout_lines FORCE ROW LEVEL SECURITY;

CREATE TABLE adjustment_requests (
    tenant_id           text           NOT NULL,
    commission_event_id uuid           NOT NULL,
    partner_id          uuid           NOT NULL,
    currency            char(3)        NOT NULL,
    amount              numeric(19, 4) NOT NULL,
    CONSTRAINT adjustment_requests_pkey PRIMARY KEY (tenant_id, commission_event_id),
    CONSTRAINT adjustment_request_is_money CHECK (is_money(amount, currency) AND amount <> 0),
    CONSTRAINT adjustment_request_has_its_event
        FOREIGN KEY (tenant_id, commission_event_id)
        REFERENCES commission_events (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT adjustment_request_has_its_partner
        FOREIGN KEY (tenant_id, partner_id) REFERENCES partners (tenant_id, id) ON DELETE RESTRICT
);
COMMENT ON TABLE adjustment_requests IS
    'The amount that staff entered for an adjustment; reconciliation compares it to the commission event.';

CREATE POLICY tenant_isolation ON adjustment_requests USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON adjustment_requests TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE adjustment_requests ENABLE ROW LEVEL SECURITY;
ALTER TABLE adjustment_requests FORCE ROW LEVEL SECURITY;

-- Last, because the two tables refer to each other.
ALTER TABLE commission_events ADD CONSTRAINT commission_event_has_its_payout_line
    FOREIGN KEY (tenant_id, payout_id, id)
    REFERENCES payout_lines (tenant_id, payout_id, commission_event_id) ON DELETE RESTRICT;
