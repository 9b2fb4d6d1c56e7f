-- W4: records a paid invoice and its commission event. $1 is the tenant, $2 the id of the invoice in billing, $3 the
-- customer, $4 the amount, $5 its currency, $6 when it was paid; $7 and $8 are the ids of the new rows.
WITH earning AS (
    SELECT account.id, account.partner_id, tenant.hold_days,
        coalesce(account_terms.custom_commission_rate, partner_terms.default_commission_rate) AS rate,
        CASE WHEN account_terms.custom_commission_rate IS NULL THEN 'PARTNER' ELSE 'MANAGED_ACCOUNT' END AS source
    FROM managed_accounts AS account
    JOIN tenants AS tenant ON tenant.tenant_id = account.tenant_id
    CROSS JOIN LATERAL (
        SELECT custom_commission_rate FROM managed_account_terms
        WHERE tenant_id = $1 AND managed_account_id = account.id AND effective_from <= $6
        ORDER BY effective_from DESC, number DESC LIMIT 1
    ) AS account_terms
    CROSS JOIN LATERAL (
        SELECT status, default_commission_rate FROM partner_terms
        WHERE tenant_id = $1 AND partner_id = account.partner_id AND effective_from <= $6
        ORDER BY effective_from DESC, number DESC LIMIT 1
    ) AS partner_terms
    WHERE account.tenant_id = $1 AND account.customer_id = $3
        AND account.starts_at <= $6 AND (account.ends_at IS NULL OR account.ends_at > $6)
        AND partner_terms.status = 'ACTIVE'
), invoice AS (
    INSERT INTO invoice_revisions (tenant_id, id, revision, invoice_id, customer_id, currency, total_amount,
        commissionable_amount, paid_at, outcome, received_at, recorded_by, partner_id, commission_rate)
    SELECT $1, $7, 1, $2, $3, $5, $4::numeric, $4, $6, 'RECORDED', now(), 'thin', partner_id, rate FROM earning
), event AS (
    INSERT INTO commission_events (tenant_id, id, partner_id, managed_account_id, event_type, status, invoice_id,
        customer_id, currency, base_amount, commission_rate, rate_source, commission_amount, event_date, recorded_at,
        payable_at, invoice_row_id, invoice_revision)
    SELECT $1, $8, partner_id, id, 'INVOICE_PAID', 'PENDING', $2, $3, $5, $4, rate, source, round($4 * rate, 2), $6,
        now(), $6 + make_interval(days => hold_days), $7, 1
    FROM earning
    RETURNING id, status, currency, commission_amount
)
SELECT json_build_object('outcome', 'RECORDED', 'commissionEvent', json_build_object(
    'id', id, 'status', status, 'commissionAmount', commission_amount, 'currency', currency))::text
FROM event
