//! Long lists: the first page, one from the middle and the last one, in each order of each list.
//!
//! The rows are those of the tenant with the long lists. A position is looked up by SQL, and the cursor of its row by a
//! filter that finds the row, so that no page before it is read.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client;
use crate::measurement::Target;
use crate::postgres::{Database, psql};
use crate::server::Server;
use crate::size::LIST_TENANT;
use crate::workload::{Request, at, graphql, staff_token};

/// How many times each page is requested in a round, unless that takes longer than `TIME_MAX`.
const REQUESTS: usize = 5;
const TIME_MAX: Duration = Duration::from_millis(500);
const ROUNDS: usize = 5;
/// The time of a page relative to the first one by date, at most.
const TARGET: f64 = 3.0;

/// A row of a list.
pub struct Cursor {
    /// The value of the column that the list is ordered by.
    pub key: String,
    pub id: String,
    pub cursor: String,
}

/// A list of the API.
struct List {
    field: &'static str,
    table: &'static str,
    /// The SQL of a filter that finds the row and few others.
    filter: &'static str,
    filter_type: &'static str,
    /// The first one is that by date, latest first, or by name.
    orders: &'static [Order],
}

/// An order of a list.
#[derive(Clone, Copy)]
struct Order {
    column: &'static str,
    direction: &'static str,
    /// The field of the argument `orderBy`; none if the list has only this order.
    field: Option<&'static str>,
}

const fn only(column: &'static str, direction: &'static str) -> Order {
    Order { column, direction, field: None }
}

const fn by(column: &'static str, direction: &'static str, field: &'static str) -> Order {
    Order { column, direction, field: Some(field) }
}

static LISTS: [List; 6] = [
    List {
        field: "commissionEvents",
        table: "commission_events",
        filter: "json_build_object('invoiceId', invoice_id)",
        filter_type: "CommissionEventFilter",
        orders: &[
            by("event_date", "DESC", "EVENT_DATE"),
            by("event_date", "ASC", "EVENT_DATE"),
            by("commission_amount", "DESC", "COMMISSION_AMOUNT"),
            by("commission_amount", "ASC", "COMMISSION_AMOUNT"),
            by("changed_at", "DESC", "CHANGED_AT"),
            by("changed_at", "ASC", "CHANGED_AT"),
        ],
    },
    List {
        field: "payouts",
        table: "payouts",
        filter: "json_build_object('partnerId', partner_id)",
        filter_type: "PayoutFilter",
        orders: &[
            by("payout_date", "DESC", "PAYOUT_DATE"),
            by("payout_date", "ASC", "PAYOUT_DATE"),
            by("total_amount", "DESC", "TOTAL_AMOUNT"),
            by("total_amount", "ASC", "TOTAL_AMOUNT"),
            by("changed_at", "DESC", "CHANGED_AT"),
            by("changed_at", "ASC", "CHANGED_AT"),
        ],
    },
    List {
        field: "managedAccounts",
        table: "managed_accounts",
        filter: "json_build_object('customerId', customer_id)",
        filter_type: "ManagedAccountFilter",
        orders: &[only("starts_at", "DESC")],
    },
    List {
        field: "referralLeads",
        table: "referral_leads",
        filter: "json_build_object('partnerId', partner_id)",
        filter_type: "ReferralLeadFilter",
        orders: &[only("submitted_at", "DESC")],
    },
    List {
        field: "invoices",
        table: "invoice_revisions",
        filter: "json_build_object('customerId', customer_id)",
        filter_type: "InvoiceFilter",
        orders: &[only("paid_at", "DESC")],
    },
    List {
        field: "partners",
        table: "partners",
        filter: "json_build_object('search', company_name)",
        filter_type: "PartnerFilter",
        orders: &[only("company_name", "ASC")],
    },
];

impl List {
    fn document(&self, order: Order) -> String {
        let Self { field, filter_type, .. } = self;
        let Order { direction, field: order, .. } = order;
        let order_by = order.map_or(String::new(), |order| {
            format!(", orderBy: {{ field: {order}, direction: {direction} }}")
        });
        format!(
            "query List($filter: {filter_type}, $first: Int, $last: Int, $after: String) {{
               {field}(filter: $filter, first: $first, last: $last, after: $after{order_by}) {{
                 edges {{ cursor node {{ id }} }} pageInfo {{ hasNextPage endCursor }} }} }}"
        )
    }

    /// Returns a request, each from another member of the tenant's staff.
    fn request(&self, tenant: usize, order: Order, variables: &Value) -> Request {
        static SENT: AtomicUsize = AtomicUsize::new(0);
        let body = json!({ "query": self.document(order), "variables": variables });
        graphql(staff_token(tenant, SENT.fetch_add(1, Relaxed)), body, 0)
    }

    fn rows(&self, database: &Database) -> usize {
        let sql = format!("SELECT count(*) FROM {} WHERE tenant_id = 't{LIST_TENANT}'", self.table);
        psql(&database.superuser_url, &sql).trim().parse().unwrap()
    }

    /// Returns the row after which a number of rows follow others in an order.
    async fn cursor(&self, server: &Server, order: Order, of: &Rows<'_>, offset: usize) -> Cursor {
        let Self { field, table, filter, .. } = self;
        let Order { column, direction, .. } = order;
        let Rows { tenant, condition } = of;
        let row = psql(
            &server.database.superuser_url,
            &format!(
                "SELECT json_build_array({column}::text, id, {filter}) FROM {table}
                 WHERE tenant_id = 't{tenant}' {condition}
                 ORDER BY {column} {direction}, id {direction} OFFSET {offset} LIMIT 1"
            ),
        );
        let row: Value = serde_json::from_str(&row).expect("a row");
        let (key, id) = (row[0].as_str().unwrap(), row[1].as_str().unwrap());
        let variables = json!({ "filter": row[2], "first": 100 });
        let request = self.request(*tenant, order, &variables);
        let response = client::send(&server.address, &request, "").await;
        let edges = at(&response, &format!("/data/{field}/edges")).as_array().unwrap();
        let edge = edges.iter().find(|edge| edge["node"]["id"] == id).expect("the row");
        let cursor = edge["cursor"].as_str().unwrap().to_owned();
        Cursor { key: key.to_owned(), id: id.to_owned(), cursor }
    }
}

/// The rows of a list that are read.
struct Rows<'a> {
    tenant: usize,
    /// A further condition, in SQL.
    condition: &'a str,
}

/// Returns the commission event of a partner before which there are a number of later ones.
pub async fn event_of_partner(server: &Server, tenant: usize, partner: &str, offset: usize) -> Cursor {
    let [events, ..] = &LISTS;
    let condition = format!("AND partner_id = '{partner}'");
    let rows = Rows { tenant, condition: &condition };
    events.cursor(server, events.orders[0], &rows, offset).await
}

/// A page, and the times that it took.
struct Page {
    list: &'static List,
    order: Order,
    variables: Value,
    times: Vec<Duration>,
}

impl Page {
    /// Requests the page; panics if it is not full.
    async fn request(&self, server: &Server, rows: usize) -> Duration {
        let request = self.list.request(LIST_TENANT, self.order, &self.variables);
        let started = Instant::now();
        let response = client::send(&server.address, &request, "").await;
        let time = started.elapsed();
        let edges = at(&response, &format!("/data/{}/edges", self.list.field)).as_array().unwrap();
        assert_eq!(edges.len(), rows.min(50), "{}: {response}", request.body);
        time
    }

    fn median_millis(&mut self) -> f64 {
        self.times.sort();
        self.times[self.times.len() / 2].as_secs_f64() * 1e3
    }
}

/// Returns the first page, one from the middle and the last one in an order.
async fn pages(server: &Server, list: &'static List, order: Order, rows: usize) -> [Page; 3] {
    let of_tenant = Rows { tenant: LIST_TENANT, condition: "" };
    let middle = list.cursor(server, order, &of_tenant, rows / 2).await;
    [json!({ "first": 50 }), json!({ "first": 50, "after": middle.cursor }), json!({ "last": 50 })]
        .map(|variables| Page { list, order, variables, times: Vec::new() })
}

/// Requests each page once.
pub async fn check(server: &Server) {
    for list in &LISTS {
        let rows = list.rows(&server.database);
        for order in list.orders {
            for page in pages(server, list, *order, rows).await {
                page.request(server, rows).await;
            }
        }
    }
}

/// Measures the pages of each list in turns, by one client, and prints the medians.
pub async fn report(server: &Server) -> Vec<Target> {
    println!(
        "\n| list | rows | order | first ms | middle ms | last ms | to the first by date, at most {TARGET} |"
    );
    println!("|---|---|---|---|---|---|---|");
    let mut targets = Vec::new();
    for list in &LISTS {
        let rows = list.rows(&server.database);
        let mut orders = Vec::new();
        for order in list.orders {
            orders.push(pages(server, list, *order, rows).await);
        }
        for _ in 0..ROUNDS {
            for page in orders.iter_mut().flatten() {
                page.request(server, rows).await;
                let started = Instant::now();
                for _ in 0..REQUESTS {
                    let time = page.request(server, rows).await;
                    page.times.push(time);
                    if started.elapsed() > TIME_MAX {
                        break;
                    }
                }
            }
        }
        let mut by_date = None;
        for [first, middle, last] in &mut orders {
            let Order { column, direction, .. } = first.order;
            let times = [first, middle, last].map(Page::median_millis);
            let by_date = *by_date.get_or_insert(times[0]);
            let [first, middle, last] = times;
            let ratio = times.iter().copied().fold(0.0, f64::max) / by_date;
            println!(
                "| {} | {rows} | {column} {direction} | {first:.2} | {middle:.2} | {last:.2} | {ratio:.1} |",
                list.field
            );
            targets.push(Target::at_most(format!("{} by {column} {direction}", list.field), ratio, TARGET));
        }
    }
    targets
}
