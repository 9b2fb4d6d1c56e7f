CREATE TABLE idempotency_keys (
    tenant_id       text        NOT NULL,
    idempotency_key text        NOT NULL,
    request         jsonb       NOT NULL,
    result_id       uuid,
    actor           text        NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (tenant_id, idempotency_key)
);
COMMENT ON TABLE idempotency_keys IS
    'Requests that carried a key and took effect, written in the same transaction as the effect; result_id is the row they made.';
