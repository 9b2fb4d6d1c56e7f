-- When staff were last told that a webhook endpoint keeps failing, so that they are told once.
ALTER TABLE webhook_endpoints ADD COLUMN failing_announced_at timestamptz;
COMMENT ON COLUMN webhook_endpoints.failing_announced_at IS
    'When it was last announced that the endpoint keeps failing; of an earlier failure if before failing_since.';
