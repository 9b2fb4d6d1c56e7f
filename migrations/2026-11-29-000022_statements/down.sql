DROP TABLE statement_files;
DROP TABLE statement_movements;
DROP TABLE statements;
ALTER TABLE partners DROP COLUMN last_account_statement_number;
ALTER TABLE partners DROP COLUMN last_statement_number;
