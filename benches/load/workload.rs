//! The workloads: requests as different users, and checks of the responses against the dataset.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use revshare::auth::Role;
use serde_json::{Value, json};

use crate::copy_format::cents;
use crate::dataset::{Dataset, Partner};
use crate::server::token;
use crate::size::TENANTS;

/// The number of requests of a workload, among which wrk chooses.
const REQUESTS: usize = 1_000;
/// The number of staff users of each tenant: the rate limit of a single one would be exceeded.
const STAFF: usize = 200;

/// The persisted documents of the portal, by hash.
const PORTAL: &str = include_str!("../../portal/src/gql/persisted-documents.json");

const DASHBOARD: &str = "query Dashboard($id: ID!) { partner(id: $id) { companyName dashboard { currency asOf
    totalRevenueGenerated { amount currency } totalCommissionsEarned { amount currency }
    totalCommissionsPaid { amount currency } outstandingBalance { amount currency }
    currentMonthRevenue { amount currency } currentMonthCommissions { amount currency }
    currentMonthPayouts { amount currency } totalReferrals convertedReferrals conversionRate activeReferrals
    totalCustomers activeCustomers pendingCommissionEvents nextPayoutDate
    balance { currency pending { amount currency } approved { amount currency } inTransit { amount currency }
      settled { amount currency } earned { amount currency } paid { amount currency }
      outstanding { amount currency } }
    recentCommissionEvents { id status eventDate commissionAmount { amount currency } }
    recentPayouts { id status totalAmount { amount currency } payoutDate } } } }";
const EVENTS: &str = "query Events($filter: CommissionEventFilter) { commissionEvents(filter: $filter, first: 50) { nodes {
    id status eventType eventDate invoiceId commissionAmount { amount currency } baseAmount { amount currency }
    commissionRate partner { id companyName tier } payout { id status payoutDate totalAmount { amount currency } }
    managedAccount { id customerId customerName } } } }";
const INVOICE: &str =
    "mutation Paid($input: RecordInvoicePaidInput!) { recordInvoicePaid(input: $input) { outcome
    commissionEvent { id status commissionAmount { amount currency } } userErrors { code message } } }";
const LIST: &str = "query List($id: ID!, $after: String) { partner(id: $id) { commissionEvents(first: 50, after: $after) {
    nodes { id eventDate status commissionAmount { amount currency } } pageInfo { hasNextPage endCursor } } } }";

/// A request, and the index of the partner whose data it reads.
#[derive(Clone)]
pub struct Request {
    pub token: String,
    pub body: Value,
    pub partner: usize,
}

/// Requests of one kind.
pub struct Workload {
    pub name: &'static str,
    pub requests: Vec<Request>,
    /// Panics if a response is wrong.
    pub check: fn(&Dataset, &Request, &Value),
    /// The minimum ratio to the baseline with 16 connections.
    pub target: f64,
}

/// Returns the workloads W1 to W4.
pub fn all(dataset: &Dataset, billing_tokens: &[String]) -> Vec<Workload> {
    let repeated =
        |mut request: Box<dyn FnMut() -> Request + '_>| (0..REQUESTS).map(|_| request()).collect::<Vec<_>>();
    let mut random = StdRng::seed_from_u64(1);
    let mut any_partner = || random.random_range(0..dataset.partners.len());
    let partners: Vec<_> = (0..REQUESTS).map(|_| any_partner()).collect();
    let dashboards = partners.iter().map(|partner| dashboard(dataset, *partner)).collect();
    let pages = partners.iter().map(|partner| revenue_page(dataset, *partner)).collect();
    let mut random = StdRng::seed_from_u64(2);
    let events = repeated(Box::new(|| events(dataset, &mut random)));
    let mut random = StdRng::seed_from_u64(3);
    let of_all_partners = repeated(Box::new(|| {
        let partner = random.random_range(0..dataset.partners.len());
        invoice(dataset, billing_tokens, partner, &mut random)
    }));
    let mut random = StdRng::seed_from_u64(4);
    let of_one_partner = repeated(Box::new(|| invoice(dataset, billing_tokens, 0, &mut random)));
    vec![
        Workload { name: "W1 dashboard", requests: dashboards, check: check_dashboard, target: 0.45 },
        Workload { name: "W2 50 events", requests: events, check: check_events, target: 0.32 },
        Workload { name: "W3 page", requests: pages, check: check_revenue_page, target: 0.34 },
        Workload { name: "W4 accrual", requests: of_all_partners, check: check_accrual, target: 0.60 },
        Workload { name: "W4 one partner", requests: of_one_partner, check: check_accrual, target: 0.50 },
    ]
}

/// Returns W1 of the partners with this number of events, as staff: a few partners' users would exceed their rate
/// limits.
pub fn dashboards_of_size(dataset: &Dataset, size: u32) -> Workload {
    let partners = dataset.partners.iter().enumerate().filter(|(_, partner)| partner.size == size);
    let as_staff = |n: usize, partner: usize| Request {
        token: staff_token(dataset.partners[partner].tenant, n),
        ..dashboard(dataset, partner)
    };
    let requests =
        partners.flat_map(|(partner, _)| (0..STAFF / 4).map(move |n| as_staff(n, partner))).collect();
    Workload { name: "W1 of one size", requests, check: check_dashboard, target: 0.0 }
}

/// Returns W6: a page of the events of the first partner, which has many.
pub fn list_page(dataset: &Dataset, after: Option<&str>) -> Workload {
    let body = json!({ "query": LIST, "variables": { "id": dataset.partners[0].id, "after": after } });
    let check = |_: &Dataset, _: &Request, response: &Value| {
        assert_eq!(at(response, "/data/partner/commissionEvents/nodes").as_array().unwrap().len(), 50);
    };
    Workload { name: "W6 page", requests: as_each_staff_user(dataset, &body), check, target: 0.0 }
}

/// Returns W6: the number of events of the first partner.
pub fn count(dataset: &Dataset) -> Workload {
    let query = "query Count($id: ID!) { partner(id: $id) { commissionEvents(first: 1) { totalCount } } }";
    let body = json!({ "query": query, "variables": { "id": dataset.partners[0].id } });
    let check = |dataset: &Dataset, request: &Request, response: &Value| {
        let count = at(response, "/data/partner/commissionEvents/totalCount").as_u64().unwrap();
        assert!(count >= u64::from(dataset.partners[request.partner].size), "{count}");
    };
    Workload { name: "W6 totalCount", requests: as_each_staff_user(dataset, &body), check, target: 0.0 }
}

/// Returns the same request about the first partner, from each staff user.
fn as_each_staff_user(dataset: &Dataset, body: &Value) -> Vec<Request> {
    let token = |n| staff_token(dataset.partners[0].tenant, n);
    (0..STAFF).map(|n| Request { token: token(n), body: body.clone(), partner: 0 }).collect()
}

fn staff_token(tenant: usize, n: usize) -> String {
    token(&format!("t{tenant}"), &format!("fiona-{n}"), Role::Finance)
}

fn partner_token(dataset: &Dataset, partner: usize) -> String {
    token(&format!("t{}", dataset.partners[partner].tenant), &format!("user-{partner}"), Role::Partner)
}

fn dashboard(dataset: &Dataset, partner: usize) -> Request {
    let body = json!({ "query": DASHBOARD, "variables": { "id": dataset.partners[partner].id } });
    Request { token: partner_token(dataset, partner), body, partner }
}

/// Returns the request of the portal's revenue page, which contains the hash of the document only.
fn revenue_page(dataset: &Dataset, partner: usize) -> Request {
    let documents: serde_json::Map<String, Value> = serde_json::from_str(PORTAL).unwrap();
    let page = documents.iter().find(|(_, text)| text.as_str().unwrap().contains("query RevenuePage"));
    let id = format!("sha256:{}", page.expect("the page").0);
    let body = json!({ "documentId": id, "variables": { "partnerId": dataset.partners[partner].id } });
    Request { token: partner_token(dataset, partner), body, partner }
}

/// Returns a request of a staff user for 50 PAID events of a tenant within 90 days.
fn events(dataset: &Dataset, random: &mut StdRng) -> Request {
    let tenant = random.random_range(0..TENANTS);
    let from = dataset.today - TimeDelta::days(random.random_range(200..1_000));
    let to = from + TimeDelta::days(90);
    let filter = json!({ "status": ["PAID"], "eventDateFrom": rfc3339(from), "eventDateTo": rfc3339(to) });
    let body = json!({ "query": EVENTS, "variables": { "filter": filter } });
    Request { token: staff_token(tenant, random.random_range(0..STAFF)), body, partner: 0 }
}

/// Returns a request that records an invoice, whose number is inserted when it is sent.
fn invoice(dataset: &Dataset, billing_tokens: &[String], partner: usize, random: &mut StdRng) -> Request {
    let Partner { tenant, currency, accounts, .. } = &dataset.partners[partner];
    let customer = format!("cust-{partner}-{}", random.random_range(0..accounts.len()));
    let amount = json!({ "amount": "100.00", "currency": currency });
    let input = json!({ "invoiceId": "##########", "customerId": customer, "totalAmount": amount,
        "paidAt": rfc3339(dataset.today - TimeDelta::hours(1)) });
    let body = json!({ "query": INVOICE, "variables": { "input": input } });
    Request { token: billing_tokens[*tenant].clone(), body, partner }
}

fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Returns the value at a JSON pointer; panics with the response if there is none.
pub fn at<'a>(response: &'a Value, path: &str) -> &'a Value {
    response.pointer(path).unwrap_or_else(|| panic!("no {path} in {response}"))
}

fn check_dashboard(dataset: &Dataset, request: &Request, response: &Value) {
    check_figures(&dataset.partners[request.partner], at(response, "/data/partner/dashboard"));
    let recent = at(response, "/data/partner/dashboard/recentCommissionEvents").as_array().unwrap();
    let recent: Vec<_> = recent.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect();
    let expected: Vec<_> =
        dataset.partners[request.partner].latest.iter().map(|(_, id)| id.to_string()).collect();
    assert_eq!(recent, expected);
}

fn check_figures(partner: &Partner, dashboard: &Value) {
    let earned = partner.pending + partner.approved + partner.in_transit + partner.settled;
    for (path, expected) in [
        ("/totalRevenueGenerated/amount", partner.revenue),
        ("/totalCommissionsEarned/amount", earned),
        ("/totalCommissionsPaid/amount", partner.in_transit + partner.settled),
        ("/outstandingBalance/amount", partner.pending + partner.approved),
        ("/currentMonthRevenue/amount", partner.month_revenue),
        ("/currentMonthCommissions/amount", partner.month_commissions),
        ("/currentMonthPayouts/amount", partner.month_payouts),
        ("/balance/pending/amount", partner.pending),
        ("/balance/approved/amount", partner.approved),
        ("/balance/inTransit/amount", partner.in_transit),
        ("/balance/settled/amount", partner.settled),
    ] {
        assert_eq!(at(dashboard, path), &json!(cents(expected)), "{path} of {}", partner.id);
    }
    assert_eq!(dashboard["pendingCommissionEvents"], partner.pending_events);
    assert_eq!(dashboard["totalCustomers"], partner.accounts.len());
    assert_eq!(dashboard["totalReferrals"], 25);
    assert_eq!(dashboard["convertedReferrals"], 4);
}

fn check_events(_: &Dataset, request: &Request, response: &Value) {
    let nodes = at(response, "/data/commissionEvents/nodes").as_array().unwrap();
    assert!(nodes.len() == 50, "{} events", nodes.len());
    let filter = &request.body["variables"]["filter"];
    let timestamp = |value: &Value| value.as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    let mut previous = timestamp(&filter["eventDateTo"]);
    for node in nodes {
        let date = timestamp(&node["eventDate"]);
        assert!(timestamp(&filter["eventDateFrom"]) <= date && date <= previous, "{node}");
        previous = date;
        assert_eq!(node["status"], "PAID");
        assert_eq!(node["payout"]["status"], "COMPLETED");
        let customer = node["managedAccount"]["customerId"].as_str().unwrap();
        let partner = node["partner"]["companyName"].as_str().unwrap();
        let number = customer.split('-').nth(1).unwrap();
        assert_eq!(partner, format!("Partner {number} Limited"));
    }
}

fn check_revenue_page(dataset: &Dataset, request: &Request, response: &Value) {
    let partner = &dataset.partners[request.partner];
    let page = at(response, "/data/partner");
    check_figures(partner, at(page, "/dashboard"));
    let expected = usize::try_from(partner.size).unwrap().min(50);
    assert!(page["commissionEvents"]["nodes"].as_array().unwrap().len() >= expected);
    assert_eq!(page["payouts"]["totalCount"], partner.payouts);
    assert_eq!(page["referralLeads"]["nodes"].as_array().unwrap().len(), 20);
    assert_eq!(page["managedAccounts"]["totalCount"], partner.accounts.len());
}

fn check_accrual(_: &Dataset, request: &Request, response: &Value) {
    let payload = at(response, "/data/recordInvoicePaid");
    assert_eq!(payload["outcome"], "RECORDED", "{response}");
    let amount = payload["commissionEvent"]["commissionAmount"]["amount"].as_str().unwrap();
    let account: usize = request.body["variables"]["input"]["customerId"]
        .as_str()
        .unwrap()
        .rsplit('-')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(amount, if account % 4 == 3 { "10.00" } else { "15.00" });
}
