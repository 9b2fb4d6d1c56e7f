//! Orders of lists: each of them pages through rows with equal values without losing or repeating one.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Client, TestTenant, acme_with_partner, with_superuser};

/// The rows of each list.
const ROWS: usize = 120;

/// The lists with the types and the fields of their orders.
const LISTS: [(&str, &str, &[&str]); 5] = [
    ("partners", "PartnerOrder", &["NAME", "NUMBER", "CREATED_AT"]),
    (
        "commissionEvents",
        "CommissionEventOrder",
        &["EVENT_DATE", "COMMISSION_AMOUNT", "CHANGED_AT", "RECORDED_AT", "PAYABLE_AT"],
    ),
    ("payouts", "PayoutOrder", &["PAYOUT_DATE", "TOTAL_AMOUNT", "CHANGED_AT", "COMPLETED_AT"]),
    ("referralLeads", "ReferralLeadOrder", &["SUBMITTED_AT", "VALUE"]),
    ("managedAccounts", "ManagedAccountOrder", &["STARTS_AT", "CUSTOMER_ID"]),
];

/// Inserts rows that are equal in everything that a list is ordered by, except for the numbers of partners, which are
/// unique, and half of which have neither a value nor a completion.
async fn insert_rows(acme: &TestTenant, partner: &str) {
    let at = "'2026-01-01 00:00:00+00'";
    let sql = format!(
        "INSERT INTO partners (tenant_id, id, partner_number, company_name, payout_currency, created_at)
             SELECT 'acme', gen_random_uuid(), 'E-' || n, 'Equal', 'EUR', {at} FROM generate_series(2, {ROWS}) AS n;
         UPDATE partners SET company_name = 'Equal', created_at = {at};
         INSERT INTO partner_terms (tenant_id, partner_id, effective_from, number, status, tier, changed_by, changed_at)
             SELECT 'acme', id, '2000-01-01 00:00:00+00', 1, 'ACTIVE', 'GOLD', 'test', now() FROM partners
             WHERE id <> '{partner}';
         INSERT INTO commission_events (tenant_id, id, partner_id, event_type, status, currency, commission_amount,
                 event_date, recorded_at, payable_at, changed_at, notes)
             SELECT 'acme', gen_random_uuid(), '{partner}', 'ADJUSTMENT', 'PENDING', 'EUR', 1.00, {at}, {at}, {at}, {at}, 'x'
             FROM generate_series(1, {ROWS});
         INSERT INTO payouts (tenant_id, id, partner_id, currency, total_amount, commission_count, status, payment_method,
                 payment_reference, payout_date, period_start, period_end, created_at, completed_at, changed_at)
             SELECT 'acme', gen_random_uuid(), '{partner}', 'EUR', 1.00, 1, CASE n % 2 WHEN 0 THEN 'COMPLETED' ELSE 'READY' END,
                 'wire', CASE n % 2 WHEN 0 THEN 'W' END, {at}, {at}, '2026-02-01 00:00:00+00', {at},
                 CASE n % 2 WHEN 0 THEN {at}::timestamptz END, {at}
             FROM generate_series(1, {ROWS}) AS n;
         INSERT INTO referral_leads (tenant_id, id, partner_id, contact_name, contact_email, estimated_amount,
                 estimated_currency, status, submitted_by, submitted_by_partner, submitted_at)
             SELECT 'acme', gen_random_uuid(), '{partner}', 'x', 'x@example.com', CASE n % 2 WHEN 0 THEN 5.00 END,
                 CASE n % 2 WHEN 0 THEN 'EUR' END, 'NEW', 'x', false, {at} FROM generate_series(1, {ROWS}) AS n;
         DELETE FROM managed_account_terms; DELETE FROM managed_accounts;
         INSERT INTO managed_accounts (tenant_id, id, partner_id, customer_id, engagement_type, starts_at, ends_at)
             SELECT 'acme', gen_random_uuid(), '{partner}', CASE n % 2 WHEN 0 THEN 'same' ELSE 'c' || n END, 'x',
                 CASE n % 2 WHEN 0 THEN {at}::timestamptz + n * interval '1 day' ELSE {at} END,
                 CASE n % 2 WHEN 0 THEN {at}::timestamptz + (n + 1) * interval '1 day' END
             FROM generate_series(1, {ROWS}) AS n;"
    );
    with_superuser(&acme.app.database, &sql).await.expect("rows");
}

/// Reads a list in pages of 50; returns the ids of each page.
async fn read(
    client: &Client,
    list: &str,
    order_type: &str,
    order: &Value,
    backward: bool,
) -> Vec<Vec<String>> {
    let document = format!(
        "query($order: {order_type}, $first: Int, $after: String, $last: Int, $before: String) {{
            {list}(orderBy: $order, first: $first, after: $after, last: $last, before: $before) {{
                nodes {{ id }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
    );
    let [count, cursor, more, next] = if backward {
        ["last", "before", "hasPreviousPage", "startCursor"]
    } else {
        ["first", "after", "hasNextPage", "endCursor"]
    };
    let mut variables = json!({ "order": order, count: 50 });
    let mut pages = Vec::new();
    loop {
        let data = client.query_with(&document, variables.clone()).await.data();
        let page = &data[list];
        let ids = page["nodes"].as_array().expect("nodes").iter();
        pages.push(ids.map(|node| node["id"].as_str().expect("an id").to_owned()).collect());
        if page["pageInfo"][more] == false {
            return pages;
        }
        variables[cursor] = page["pageInfo"][next].clone();
    }
}

#[tokio::test]
async fn pages_of_equal_rows_contain_every_row_once_in_each_order_and_direction() {
    let (acme, partner) = acme_with_partner().await;
    insert_rows(&acme, &partner).await;
    let staff = acme.finance();
    for (list, order_type, fields) in LISTS {
        for field in fields {
            for direction in ["ASC", "DESC"] {
                let order = json!({ "field": field, "direction": direction });
                let forward = read(&staff, list, order_type, &order, false).await;
                let sizes: Vec<_> = forward.iter().map(Vec::len).collect();
                assert_eq!(sizes, [50, 50, 20], "{list} {order}");
                let forward = forward.concat();
                assert_eq!(forward.iter().collect::<BTreeSet<_>>().len(), ROWS, "{list} {order}");
                let mut backward = read(&staff, list, order_type, &order, true).await;
                backward.reverse();
                assert_eq!(backward.concat(), forward, "{list} {order}");
            }
        }
    }
}

#[tokio::test]
async fn rows_without_a_value_are_at_one_end() {
    let (acme, partner) = acme_with_partner().await;
    insert_rows(&acme, &partner).await;
    let lists = "{
        payouts(orderBy: { field: COMPLETED_AT, direction: ASC }, first: 100) { nodes { completedAt } }
        referralLeads(orderBy: { field: VALUE, direction: DESC }, first: 100) { nodes { estimatedValue { amount } } }
    }";
    let data = acme.finance().query(lists).await.data();
    for (list, field) in [("payouts", "completedAt"), ("referralLeads", "estimatedValue")] {
        let nodes = data[list]["nodes"].as_array().expect("nodes");
        let absent: Vec<_> = nodes.iter().map(|node| node[field].is_null()).collect();
        assert!(
            absent[..60].iter().all(|absent| !absent) && absent[60..].iter().all(|absent| *absent),
            "{list}"
        );
    }
}

#[tokio::test]
async fn a_file_is_in_each_order_of_its_list() {
    let (acme, partner) = acme_with_partner().await;
    insert_rows(&acme, &partner).await;
    for (list, order_type, fields) in LISTS {
        for field in fields {
            let document = format!(
                "query($order: {order_type}) {{ {list}(orderBy: $order) {{ download(format: CSV) {{ path }} }} }}"
            );
            let order = json!({ "field": field, "direction": "DESC" });
            let data = acme.finance().query_with(&document, json!({ "order": order })).await.data();
            let path = data[list]["download"]["path"].as_str().expect("a path").to_owned();
            assert!(path.contains(&format!("%22field%22%3A%22{field}%22")), "{path}");
        }
    }
}
