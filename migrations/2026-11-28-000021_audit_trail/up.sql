-- The audit trail: what each mutation and command changed, and the seals by which an outsider can verify that no entry was
-- changed or deleted since. All three tables are written once.
--
-- Rows that are older than the trail get an entry of their own (BASELINE) by the server, not here: their hash is computed by
-- the program.
CREATE TABLE audit_entries (
    tenant_id    text        NOT NULL,
    id           uuid        NOT NULL,
    at           timestamptz NOT NULL,
    actor        text        NOT NULL,
    actor_role   text        NOT NULL,
    act          text        NOT NULL,
    subject_type text,
    subject_id   uuid,
    partner_id   uuid,
    changes      jsonb       NOT NULL,
    reason       text,
    request_id   text        NOT NULL,
    hash         bytea       NOT NULL,
    CONSTRAINT audit_entries_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT audit_entry_hash_is_sha_256 CHECK (octet_length(hash) = 32),
    CONSTRAINT audit_entry_changes_are_a_list CHECK (jsonb_typeof(changes) = 'array'),
    CONSTRAINT audit_entry_subject_has_a_type CHECK (subject_id IS NULL OR subject_type IS NOT NULL),
    CONSTRAINT audit_entry_has_its_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE RESTRICT
);
COMMENT ON TABLE audit_entries IS
    'One entry for each transaction that changed something but an accrual or a refund, which have receipts. hash is the SHA-256 of the other columns as canonical JSON (RFC 8785).';
COMMENT ON COLUMN audit_entries.partner_id IS
    'The partner of the changed rows, if it is one. Without a foreign key, so that an entry never waits for a lock.';

-- One for each order of the list: every condition is one that an index can serve below a policy (leakproof).
CREATE INDEX audit_entries_by_time ON audit_entries (tenant_id, at, id);
CREATE INDEX audit_entries_by_actor ON audit_entries (tenant_id, actor, at, id);
CREATE INDEX audit_entries_by_act ON audit_entries (tenant_id, act, at, id);
CREATE INDEX audit_entries_of_subject ON audit_entries (tenant_id, subject_id, at, id) WHERE subject_id IS NOT NULL;
CREATE INDEX audit_entries_of_partner ON audit_entries (tenant_id, partner_id, at, id) WHERE partner_id IS NOT NULL;

CREATE TABLE audit_seals (
    tenant_id     text        NOT NULL,
    number        bigint      NOT NULL,
    sealed_at     timestamptz NOT NULL,
    entries       integer     NOT NULL,
    previous_hash bytea       NOT NULL,
    hash          bytea       NOT NULL,
    CONSTRAINT audit_seals_pkey PRIMARY KEY (tenant_id, number),
    CONSTRAINT audit_seal_numbers_begin_with_one CHECK (number > 0),
    CONSTRAINT audit_seal_has_entries CHECK (entries > 0),
    CONSTRAINT audit_seal_hashes_are_sha_256 CHECK (octet_length(previous_hash) = 32 AND octet_length(hash) = 32),
    CONSTRAINT audit_seal_has_its_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE RESTRICT
);
COMMENT ON TABLE audit_seals IS
    'The chain of seals of a tenant. hash is the SHA-256 of previous_hash, the number (8 bytes, big-endian), sealed_at (text, UTC, microseconds) and the hashes of the entries in the order of their ids.';

CREATE TABLE audit_seal_members (
    tenant_id   text   NOT NULL,
    entry_id    uuid   NOT NULL,
    seal_number bigint NOT NULL,
    CONSTRAINT audit_seal_members_pkey PRIMARY KEY (tenant_id, entry_id),
    CONSTRAINT audit_seal_member_has_its_entry
        FOREIGN KEY (tenant_id, entry_id) REFERENCES audit_entries (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT audit_seal_member_has_its_seal
        FOREIGN KEY (tenant_id, seal_number) REFERENCES audit_seals (tenant_id, number) ON DELETE RESTRICT
);
COMMENT ON TABLE audit_seal_members IS
    'Which seal an entry belongs to: exactly one, at the latest a minute or two after its transaction was committed.';

CREATE INDEX audit_seal_members_of_seal ON audit_seal_members (tenant_id, seal_number, entry_id);

CREATE POLICY tenant_isolation ON audit_entries USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON audit_entries TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE audit_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_entries FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_isolation ON audit_seals USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON audit_seals TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE audit_seals ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_seals FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_isolation ON audit_seal_members USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON audit_seal_members TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE audit_seal_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_seal_members FORCE ROW LEVEL SECURITY;
