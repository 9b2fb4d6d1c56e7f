//! The check of the reconciliation that compares events with the terms of partners and accounts.

use super::checks::Check;

/// An event whose rate is not the one in force at its date. Terms of which nothing was known when the event was recorded prove
/// nothing: those of events from before terms were kept.
pub const TERMS: Check = Check {
    rule: "an event has the rate in force at its date, and its partner earned then, as was known when it was recorded",
    sql: "
        SELECT partner_id, currency, sum(round(base_amount * coalesce(rate, 0), currency_decimals(currency))) AS expected,
            sum(commission_amount) AS actual, array_agg(id) AS ids
        FROM (
            SELECT event.*, CASE WHEN partner.status IN ('ACTIVE', 'SUSPENDED')
                    THEN coalesce(account.custom_commission_rate, partner.default_commission_rate) END AS rate,
                CASE WHEN account.custom_commission_rate IS NULL THEN 'PARTNER' ELSE 'MANAGED_ACCOUNT' END AS source
            FROM commission_events AS event
            CROSS JOIN LATERAL (
                SELECT status, default_commission_rate FROM partner_terms AS terms
                WHERE terms.tenant_id = event.tenant_id AND terms.partner_id = event.partner_id
                    AND terms.effective_from <= greatest(event.event_date, '2000-01-01 00:00:00+00')
                    AND terms.changed_at <= event.recorded_at
                ORDER BY terms.effective_from DESC, terms.number DESC LIMIT 1
            ) AS partner
            CROSS JOIN LATERAL (
                SELECT custom_commission_rate FROM managed_account_terms AS terms
                WHERE terms.tenant_id = event.tenant_id AND terms.managed_account_id = event.managed_account_id
                    AND terms.effective_from <= greatest(event.event_date, '2000-01-01 00:00:00+00')
                    AND terms.changed_at <= event.recorded_at
                ORDER BY terms.effective_from DESC, terms.number DESC LIMIT 1
            ) AS account
            WHERE event.tenant_id = $1 AND event.event_type = 'INVOICE_PAID'
        ) AS event
        WHERE (commission_rate, rate_source) IS DISTINCT FROM (rate, source)
        GROUP BY partner_id, currency",
};
