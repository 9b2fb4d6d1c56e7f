-- Webhooks: domain events, endpoints, deliveries, and the jobs that send them.
CREATE TABLE domain_events (
    tenant_id   text        NOT NULL,
    id          uuid        NOT NULL,
    event_type  text        NOT NULL,
    partner_id  uuid,
    data        jsonb       NOT NULL,
    occurred_at timestamptz NOT NULL,
    CONSTRAINT domain_events_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT domain_event_has_its_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE RESTRICT
);
COMMENT ON TABLE domain_events IS
    'The transactional outbox: written in the transaction of the change, only if an endpoint of the tenant subscribes to the type.';
COMMENT ON COLUMN domain_events.partner_id IS
    'The partner that the event is about, if it is one. Without a foreign key, so that an event never waits for a lock.';

CREATE INDEX domain_events_by_time ON domain_events (tenant_id, occurred_at, id);

CREATE TABLE webhook_endpoints (
    tenant_id                text        NOT NULL,
    id                       uuid        NOT NULL,
    url                      text        NOT NULL,
    description              text,
    event_types              text[]      NOT NULL,
    status                   text        NOT NULL,
    payload_version          date        NOT NULL,
    sealed_secret            bytea       NOT NULL,
    sealed_previous_secret   bytea,
    previous_secret_until    timestamptz,
    failing_since            timestamptz,
    failure_count            integer     NOT NULL DEFAULT 0,
    disabled_at              timestamptz,
    disabled_reason          text,
    created_at               timestamptz NOT NULL,
    deleted_at               timestamptz,
    CONSTRAINT webhook_endpoints_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT webhook_endpoint_status_is_known CHECK (status IN ('ENABLED', 'DISABLED', 'DELETED')),
    CONSTRAINT webhook_endpoint_has_event_types CHECK (cardinality(event_types) BETWEEN 1 AND 100),
    CONSTRAINT webhook_endpoint_disabled_has_a_time CHECK ((status = 'ENABLED') = (disabled_at IS NULL)),
    CONSTRAINT webhook_endpoint_deleted_has_a_time CHECK ((status = 'DELETED') = (deleted_at IS NOT NULL)),
    CONSTRAINT webhook_endpoint_previous_secret_ends
        CHECK ((sealed_previous_secret IS NULL) = (previous_secret_until IS NULL)),
    CONSTRAINT webhook_endpoint_failures_have_a_beginning CHECK ((failure_count > 0) = (failing_since IS NOT NULL)),
    CONSTRAINT webhook_endpoint_has_its_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE RESTRICT
);
COMMENT ON TABLE webhook_endpoints IS
    'URLs of other systems that domain events are sent to. Secrets are sealed with SECRETS_KEY.';

CREATE INDEX webhook_endpoints_by_time ON webhook_endpoints (tenant_id, created_at, id);

CREATE TABLE webhook_deliveries (
    tenant_id       text        NOT NULL,
    id              uuid        NOT NULL,
    endpoint_id     uuid        NOT NULL,
    domain_event_id uuid        NOT NULL,
    replay          integer     NOT NULL,
    status          text        NOT NULL,
    attempts        integer     NOT NULL DEFAULT 0,
    last_status     integer,
    last_error      text,
    last_ms         integer,
    attempted_at    timestamptz,
    next_attempt_at timestamptz,
    ended_at        timestamptz,
    created_at      timestamptz NOT NULL,
    CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT webhook_delivery_is_once_per_replay UNIQUE (tenant_id, endpoint_id, domain_event_id, replay),
    CONSTRAINT webhook_delivery_status_is_known CHECK (status IN ('PENDING', 'DELIVERED', 'FAILED', 'ABANDONED')),
    CONSTRAINT webhook_delivery_ended_has_a_time CHECK ((status = 'PENDING') = (ended_at IS NULL)),
    CONSTRAINT webhook_delivery_has_its_endpoint
        FOREIGN KEY (tenant_id, endpoint_id) REFERENCES webhook_endpoints (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT webhook_delivery_has_its_event
        FOREIGN KEY (tenant_id, domain_event_id) REFERENCES domain_events (tenant_id, id) ON DELETE RESTRICT
);
COMMENT ON TABLE webhook_deliveries IS
    'A domain event to be sent to an endpoint; replay counts how often it was requested again. The responses of endpoints are not kept: they could be pages of an internal network.';

CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (tenant_id, created_at, id);
CREATE INDEX webhook_deliveries_of_endpoint ON webhook_deliveries (tenant_id, endpoint_id, created_at, id);
CREATE INDEX webhook_deliveries_of_event ON webhook_deliveries (tenant_id, domain_event_id);

CREATE TABLE jobs (
    tenant_id    text        NOT NULL,
    lane         text        NOT NULL,
    subject_id   uuid        NOT NULL,
    available_at timestamptz NOT NULL,
    attempts     integer     NOT NULL DEFAULT 0,
    lease_id     uuid,
    last_error   text,
    dead_at      timestamptz,
    created_at   timestamptz NOT NULL,
    CONSTRAINT jobs_pkey PRIMARY KEY (tenant_id, lane, subject_id),
    CONSTRAINT job_that_is_dead_is_not_leased CHECK (dead_at IS NULL OR lease_id IS NULL),
    CONSTRAINT job_has_its_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE RESTRICT
);
COMMENT ON TABLE jobs IS
    'Work that waits, written in the transaction that needs it and deleted in the one that ends it. A job is claimed by a lease: until available_at nobody else claims it, and only the holder of lease_id ends it. Of dead jobs staff decides.';

CREATE INDEX jobs_due ON jobs (tenant_id, available_at) WHERE dead_at IS NULL;
CREATE INDEX jobs_dead ON jobs (tenant_id, dead_at) WHERE dead_at IS NOT NULL;

CREATE POLICY tenant_isolation ON domain_events USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON domain_events TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE domain_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE domain_events FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_isolation ON webhook_endpoints USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON webhook_endpoints TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE webhook_endpoints ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_endpoints FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_isolation ON webhook_deliveries USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON webhook_deliveries TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE webhook_deliveries ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_deliveries FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_isolation ON jobs USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON jobs TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
-- Which tenants have work: the worker serves all of them.
CREATE POLICY list_of_work ON jobs FOR SELECT USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE jobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE jobs FORCE ROW LEVEL SECURITY;
