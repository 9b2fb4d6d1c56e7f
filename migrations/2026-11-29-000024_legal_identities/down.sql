ALTER TABLE statements DROP CONSTRAINT statement_is_an_invoice_by_its_head;
DROP TABLE partner_legal;
DROP TABLE tenant_legal;
