DROP TABLE invoice_receipts;
