//! The plans of searches: under row-level security, as the serving role, each look-up is by an index on its key.

use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use revshare::domain::search::store::statement;

use crate::support::{TestApp, acme_with_partner, superuser};

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    #[diesel(column_name = "QUERY PLAN")]
    line: String,
}

/// The indexes of the look-ups, each with the key that it has to find by the beginning.
const INDEXES: [(&str, &str); 11] = [
    ("partners_by_name_key", "company_name_key"),
    ("partners_by_number_key", "partner_number_key"),
    ("partner_users_by_email_key", "email_key"),
    ("managed_accounts_by_customer_key", "customer_id_key"),
    ("managed_accounts_by_name_key", "customer_name_key"),
    ("payouts_by_reference_key", "payment_reference_key"),
    ("commission_events_by_invoice_key", "invoice_id_key"),
    ("invoice_refunds_by_key", "refund_id_key"),
    ("referral_leads_by_company_key", "company_name_key"),
    ("referral_leads_by_contact_key", "contact_name_key"),
    ("referral_leads_by_email_key", "contact_email_key"),
];

/// Adds so many rows that no plan reads all of them: as a superuser, in two tenants.
const ROWS: &str = "
    INSERT INTO tenants (tenant_id, name, time_zone, default_currency, hold_days, last_partner_number)
        SELECT 'globex', 'Globex', 'UTC', 'EUR', 0, 0;
    INSERT INTO partners (tenant_id, id, partner_number, company_name, payout_currency)
        SELECT tenant, gen_random_uuid(), 'N-' || n, 'Company ' || n, 'EUR'
        FROM unnest('{acme,globex}'::text[]) AS tenant, generate_series(1, 1500) AS n;
    INSERT INTO partner_users (tenant_id, id, partner_id, user_id, email, role)
        SELECT tenant_id, gen_random_uuid(), id, 'u' || partner_number, 'u' || partner_number || '@x.example', 'OWNER'
        FROM partners;
    INSERT INTO managed_accounts (tenant_id, id, partner_id, customer_id, customer_name, engagement_type, starts_at)
        SELECT tenant_id, gen_random_uuid(), id, 'cust-' || id, 'Customer ' || id, 'x', '2020-01-01' FROM partners;
    INSERT INTO payouts (tenant_id, id, partner_id, currency, total_amount, commission_count, status, payment_method,
            payment_reference, payout_date, period_start, period_end, created_at, completed_at)
        SELECT tenant_id, gen_random_uuid(), id, 'EUR', 1, 1, 'COMPLETED', 'x', 'W' || id, now(), '2020-01-01', now(),
            now(), now() FROM partners;
    INSERT INTO referral_leads (tenant_id, id, partner_id, company_name, contact_name, contact_email, status, submitted_by,
            submitted_by_partner)
        SELECT tenant_id, gen_random_uuid(), id, 'Lead ' || id, 'Contact ' || id, id || '@x.example', 'NEW', 'x', true
        FROM partners;
    INSERT INTO invoice_revisions (tenant_id, id, invoice_id, customer_id, currency, total_amount, commissionable_amount,
            paid_at, outcome, received_at, recorded_by)
        SELECT tenant_id, id, 'INV-' || id, 'cust-' || id, 'EUR', 10, 10, now(), 'NO_RATE', now(), 'x' FROM partners;
    INSERT INTO invoice_refunds (tenant_id, refund_id, invoice_id, currency, amount, refunded_at, outcome, received_at,
            invoice_row_id, invoice_revision)
        SELECT tenant_id, 'RE-' || id, 'INV-' || id, 'EUR', 1, now(), 'NO_COMMISSION', now(), id, 1 FROM partners;
    INSERT INTO commission_events (tenant_id, id, partner_id, managed_account_id, event_type, status, invoice_id,
            customer_id, currency, base_amount, commission_rate, rate_source, commission_amount, event_date, recorded_at,
            payable_at, invoice_row_id, invoice_revision)
        SELECT partner.tenant_id, gen_random_uuid(), partner.id, account.id, 'INVOICE_PAID', 'PENDING', 'INV-' || partner.id,
            account.customer_id, 'EUR', 10, 0.1, 'PARTNER', 1, now(), now(), now(), partner.id, 1
        FROM partners AS partner JOIN managed_accounts AS account
            ON account.tenant_id = partner.tenant_id AND account.partner_id = partner.id
                AND account.customer_id LIKE 'cust-%';
    ANALYZE;";

async fn serving(app: &TestApp) -> AsyncPgConnection {
    let mut connection =
        AsyncPgConnection::establish(&app.database.urls().serving).await.expect("a connection");
    connection.batch_execute("SET app.tenant_id = 'acme'").await.expect("a tenant");
    connection
}

/// Returns the plan of a search for a text; with the mode in which the program runs the statement.
async fn plan(
    connection: &mut AsyncPgConnection,
    is_restricted: bool,
    has_id: bool,
    partners: &str,
) -> String {
    let mode = if is_restricted { "force_custom_plan" } else { "force_generic_plan" };
    let prepare = format!(
        "SET plan_cache_mode = {mode}; DEALLOCATE ALL;
         PREPARE search (text, text, bigint, uuid[], uuid) AS {}",
        statement(is_restricted, has_id)
    );
    connection.batch_execute(&prepare).await.expect("a statement");
    let id = if has_id { "gen_random_uuid()" } else { "NULL" };
    let explain = format!("EXPLAIN (COSTS OFF) EXECUTE search ('acme', 'inv-77', 20, {partners}, {id})");
    let lines: Vec<Line> = diesel::sql_query(explain).load(connection).await.expect("a plan");
    lines.iter().map(|line| format!("{}\n", line.line)).collect()
}

#[tokio::test]
async fn each_look_up_of_a_search_is_by_the_index_on_its_key() {
    let (acme, partner) = acme_with_partner().await;
    superuser(&acme.app.database).await.batch_execute(ROWS).await.expect("rows");
    let mut connection = serving(&acme.app).await;
    for has_id in [false, true] {
        let plan = plan(&mut connection, false, has_id, "'{}'").await;
        assert!(!plan.contains("Seq Scan"), "{plan}");
        for (index, key) in INDEXES {
            let after =
                plan.split(&format!(" using {index} ")).nth(1).unwrap_or_else(|| panic!("{index}: {plan}"));
            let condition = after.lines().find(|line| line.contains("Index Cond: ")).expect("a condition");
            assert!(
                condition.contains("tenant_id = ") && condition.contains(&format!("({key} >= ")),
                "{condition}"
            );
            assert!(condition.contains(&format!("({key} < ")), "{condition}");
        }
        for (index, column) in
            [("commission_events_of_customer", "customer_id"), ("commission_once_per_refund", "refund_id")]
        {
            let after =
                plan.split(&format!(" using {index} ")).nth(1).unwrap_or_else(|| panic!("{index}: {plan}"));
            let condition = after.lines().find(|line| line.contains("Index Cond: ")).expect("a condition");
            assert!(condition.contains(column), "{condition}");
        }
    }
    // A partner user reads its own rows, or those that begin with the text: never the tenant.
    let partners = format!("ARRAY['{partner}']::uuid[]");
    let plan = plan(&mut connection, true, true, &partners).await;
    assert!(!plan.contains("Seq Scan"), "{plan}");
    for condition in plan.lines().filter(|line| line.contains("Index Cond: (")) {
        let bounded =
            ["_key >= ", "partner_id = ", "(id = ", " id = ", "customer_id = ", "invoice_row_id = "];
        assert!(bounded.iter().any(|part| condition.contains(part)), "{condition}\n{plan}");
    }
}

#[tokio::test]
async fn a_filter_by_the_beginning_of_an_id_is_by_an_index() {
    let (acme, _) = acme_with_partner().await;
    superuser(&acme.app.database).await.batch_execute(ROWS).await.expect("rows");
    let mut connection = serving(&acme.app).await;
    for (table, index, condition) in [
        (
            "commission_events",
            "commission_events_by_invoice_key",
            "invoice_id_key >= search_key('inv-77') AND invoice_id_key < search_key('inv-77') || U&'\\+10FFFF'",
        ),
        (
            "commission_events",
            "commission_events_by_invoice_key",
            "invoice_id_key = search_key('INV-77') AND invoice_id = 'INV-77'",
        ),
        (
            "payouts",
            "payouts_by_reference_key",
            "payment_reference_key >= search_key('w12') AND payment_reference_key < search_key('w12') || U&'\\+10FFFF'",
        ),
    ] {
        let explain = format!(
            "EXPLAIN (COSTS OFF) SELECT * FROM {table} WHERE tenant_id = 'acme' AND {condition} LIMIT 51"
        );
        let lines: Vec<Line> = diesel::sql_query(explain).load(&mut connection).await.expect("a plan");
        let plan: String = lines.iter().map(|line| format!("{}\n", line.line)).collect();
        assert!(plan.contains(index) && !plan.contains("Seq Scan"), "{plan}");
    }
}
