DELETE FROM jobs WHERE lane IN ('MAIL', 'DIGEST');
DROP TABLE mails;
DROP TABLE notification_preferences;
ALTER TABLE tenants DROP COLUMN contact_email;
