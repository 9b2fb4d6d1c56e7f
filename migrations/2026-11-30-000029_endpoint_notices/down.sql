ALTER TABLE webhook_endpoints DROP COLUMN failing_announced_at;
