//! Indexes for lists: under row-level security, the page after a cursor starts in an index, in every order.

use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

use crate::support::{TestApp, UNKNOWN_ID};

/// Makes the planner use an index of an empty table, and sort only if no index has the order.
const SETTINGS: &str = "SET app.tenant_id = 'acme'; SET enable_seqscan = off; SET enable_bitmapscan = off; \
    SET enable_sort = off";

/// The condition on the rows of a partner.
const OF_PARTNER: &str = " AND partner_id = '00000000-0000-7000-8000-000000000000'";

/// The condition on the entries about a row.
const OF_SUBJECT: &str = " AND subject_id = '00000000-0000-7000-8000-000000000000'";

/// The tables of the lists with the columns of their orders, and the conditions on their rows.
const LISTS: &[(&str, &[&str], &[&str])] = &[
    ("commission_events", &["event_date", "changed_at", "commission_amount_key"], &["", OF_PARTNER]),
    // The events of one partner are sorted in these orders: an accrual would pay for two further indexes.
    ("commission_events", &["recorded_at", "payable_at"], &[""]),
    ("payouts", &["payout_date", "changed_at", "total_amount_key", "completed_at_key"], &["", OF_PARTNER]),
    ("managed_accounts", &["starts_at", "customer_id"], &["", OF_PARTNER]),
    ("referral_leads", &["submitted_at", "value_key"], &["", OF_PARTNER]),
    ("partners", &["company_name", "partner_number", "created_at"], &[""]),
    ("invoice_revisions", &["paid_at"], &[" AND superseded_at IS NULL"]),
    ("audit_entries", &["at"], &["", OF_PARTNER, " AND actor = 'x'", " AND act = 'x'", OF_SUBJECT]),
];

/// The tables of the lists that are filtered by status, with the column of their default order.
const LISTS_BY_STATUS: [(&str, &str); 3] =
    [("commission_events", "event_date"), ("payouts", "payout_date"), ("referral_leads", "submitted_at")];

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    #[diesel(column_name = "QUERY PLAN")]
    line: String,
}

/// Returns the plan of a page after a cursor, as the serving role.
async fn plan(connection: &mut AsyncPgConnection, table: &str, condition: &str, column: &str) -> String {
    let value = match column {
        "company_name" | "partner_number" | "customer_id" => "'x'",
        _ if column.contains("amount") || column == "value_key" => "1",
        _ => "now()",
    };
    let query = format!(
        "EXPLAIN (COSTS OFF) SELECT * FROM {table} WHERE tenant_id = 'acme'{condition}
            AND ({column}, id) < ({value}, '{UNKNOWN_ID}') ORDER BY {column} DESC, id DESC LIMIT 51"
    );
    let lines: Vec<Line> = diesel::sql_query(&query).load(connection).await.expect("a plan");
    lines.iter().map(|line| format!("{}\n", line.line)).collect()
}

async fn serving(app: &TestApp) -> AsyncPgConnection {
    let mut connection =
        AsyncPgConnection::establish(&app.database.urls().serving).await.expect("a connection");
    connection.batch_execute(SETTINGS).await.expect("settings");
    connection
}

#[tokio::test]
async fn a_cursor_is_looked_up_in_an_index_in_every_order() {
    let app = TestApp::new().await;
    let mut connection = serving(&app).await;
    let definitions = diesel::dsl::sql::<Text>("SELECT string_agg(indexdef, E'\n') FROM pg_indexes");
    let definitions: String = definitions.get_result(&mut connection).await.expect("the indexes");
    for (table, columns, conditions) in LISTS {
        for (column, condition) in
            columns.iter().flat_map(|column| conditions.iter().map(move |c| (*column, *c)))
        {
            let plan = plan(&mut connection, table, condition, column).await;
            let conditions = plan.lines().find(|line| line.contains("Index Cond: ")).unwrap_or_default();
            assert!(conditions.contains(&format!("(ROW({column}, id) < ROW(")), "{table}{condition}\n{plan}");
            assert!(!plan.contains("Sort"), "{table}{condition}\n{plan}");
            // In an empty table, all indexes in the order of the list cost the same.
            let partner = if condition == OF_PARTNER { "partner_id, " } else { "" };
            let columns = format!("(tenant_id, {partner}{column}, id)");
            assert!(
                definitions.contains(&format!(" ON public.{table} USING btree {columns}")),
                "{table} {columns}"
            );
        }
    }
    // The comparison of two numeric values is not: the reason for the keys.
    let plan = plan(&mut connection, "commission_events", "", "commission_amount").await;
    assert!(plan.contains("Filter: (ROW(commission_amount, id) < ROW("), "{plan}");
}

#[tokio::test]
async fn a_page_of_one_status_is_read_from_an_index_in_its_order() {
    let app = TestApp::new().await;
    let mut connection = serving(&app).await;
    for (table, column) in LISTS_BY_STATUS {
        for (partner, index) in [("", "by_status"), (OF_PARTNER, "of_partner_by_status")] {
            let plan =
                plan(&mut connection, table, &format!("{partner} AND status = 'PENDING'"), column).await;
            assert!(plan.contains(&format!("using {table}_{index} ")), "{plan}");
            let conditions = plan.lines().find(|line| line.contains("Index Cond: ")).unwrap_or_default();
            assert!(conditions.contains("(status = 'PENDING'"), "{plan}");
            assert!(!plan.contains("Sort"), "{plan}");
        }
    }
}
