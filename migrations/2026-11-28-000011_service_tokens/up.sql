CREATE TABLE service_tokens (
    tenant_id    text        NOT NULL,
    id           uuid        NOT NULL,
    name         text        NOT NULL,
    token_hash   bytea       NOT NULL,
    created_at   timestamptz NOT NULL,
    created_by   text        NOT NULL,
    expires_at   timestamptz,
    last_used_at timestamptz,
    revoked_at   timestamptz,
    CONSTRAINT service_tokens_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT service_token_has_a_name CHECK (name <> ''),
    CONSTRAINT service_token_hash_is_sha_256 CHECK (octet_length(token_hash) = 32),
    CONSTRAINT service_token_expires_after_it_was_created CHECK (expires_at > created_at),
    CONSTRAINT service_token_has_its_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE RESTRICT
);
COMMENT ON TABLE service_tokens IS
    'API tokens of services. Only the SHA-256 hash of a token is stored.';

CREATE POLICY tenant_isolation ON service_tokens USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON service_tokens TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE service_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE service_tokens FORCE ROW LEVEL SECURITY;
