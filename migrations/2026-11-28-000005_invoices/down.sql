DROP TABLE invoice_refunds;
DROP TABLE invoice_receipts;
