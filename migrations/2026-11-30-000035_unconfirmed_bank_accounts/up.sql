-- An index for the bank accounts that await their confirmation, which the pages of staff count every half minute.
CREATE INDEX payout_accounts_unconfirmed ON payout_accounts (tenant_id, partner_id) WHERE status = 'UNCONFIRMED';
