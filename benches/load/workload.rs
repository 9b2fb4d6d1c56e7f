//! The workloads: requests to the program as different users, and the same requests to the thin service.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use revshare::auth::Role;
use serde_json::{Value, json};

use crate::checks;
use crate::comparison::Comparison;
use crate::dataset::{Dataset, Partner};
use crate::documents::{COUNT, DASHBOARD, EVENTS, INVOICE, LIST, PAGE, revenue_page};
use crate::lists::Cursor;
use crate::server::token;
use crate::size::TENANTS;

/// The number of requests of a workload, among which wrk chooses.
const REQUESTS: usize = 1_000;
/// The number of staff users of each tenant: the rate limit of a single one would be exceeded.
const STAFF: usize = 200;

/// What the placeholder of an invoice's id is; it is replaced by a number when the request is sent.
pub const UNIQUE_NUMBER: &str = "##########";

/// A request.
#[derive(Clone)]
pub struct Request {
    pub path: &'static str,
    /// Empty for the thin service, which knows no tokens.
    pub token: String,
    pub body: Value,
    /// The index of the partner whose data it reads.
    pub partner: usize,
}

/// Requests of one kind.
pub struct Workload {
    pub name: &'static str,
    pub requests: Vec<Request>,
    /// The same requests to the thin service, in the same order; none if it does not have the page.
    pub thin: Vec<Request>,
    /// What the responses of the thin service have to equal.
    pub comparison: Comparison,
    /// Panics if a response is wrong.
    pub check: fn(&Dataset, &Request, &Value),
    /// The rate as a share of that of the thin service with 16 connections, at least.
    pub target: Option<f64>,
}

/// Returns the workloads W1 to W4, W6 and W7. Those that write are the last.
pub fn all(dataset: &Dataset, billing_tokens: &[String], deep: &Cursor) -> Vec<Workload> {
    let mut random = StdRng::seed_from_u64(1);
    let partners: Vec<_> = (0..REQUESTS).map(|_| random.random_range(0..dataset.regular_partners)).collect();
    let of_partners = |request: fn(&Dataset, usize) -> (Request, Request)| -> (Vec<_>, Vec<_>) {
        partners.iter().map(|partner| request(dataset, *partner)).unzip()
    };
    let mut random = StdRng::seed_from_u64(2);
    let events: Vec<_> = (0..REQUESTS).map(|_| events(dataset, &mut random)).collect();
    let mut random = StdRng::seed_from_u64(3);
    let of_all_partners =
        partners.iter().map(|partner| invoice(dataset, billing_tokens, *partner, &mut random));
    let of_all_partners: Vec<_> = of_all_partners.collect();
    let of_one_partner: Vec<_> =
        (0..REQUESTS).map(|_| invoice(dataset, billing_tokens, 0, &mut random)).collect();
    let workload = |name, (requests, thin), path, ignored, check, target| {
        let comparison = Comparison { path, ignored };
        Workload { name, requests, thin, comparison, check, target }
    };
    // Partner users see masked names of customers, and each event has an id of its own.
    let (masked, id): (&[_], &[_]) = (&["customerName"], &["id", "userErrors"]);
    let partner = "/data/partner";
    let invoice = "/data/recordInvoicePaid";
    vec![
        workload("W1 dashboard", of_partners(dashboard), partner, &[], checks::dashboard, Some(0.55)),
        workload(
            "W2 50 events",
            events.into_iter().unzip(),
            "/data/commissionEvents",
            &[],
            checks::events,
            Some(0.65),
        ),
        workload("W3 page", of_partners(page), partner, masked, checks::page, Some(0.5)),
        workload(
            "W6 deep page",
            deep_page(dataset, deep),
            "/data/partner/commissionEvents",
            &[],
            checks::list,
            Some(0.7),
        ),
        workload("W6 count", (count(dataset), Vec::new()), "", &[], checks::count, None),
        workload("W7 portal", of_partners(portal_page), "/data", masked, checks::revenue_page, None),
        workload("W4 accrual", of_all_partners.into_iter().unzip(), invoice, id, checks::accrual, Some(0.45)),
        workload("W4 one partner", of_one_partner.into_iter().unzip(), invoice, id, checks::accrual, None),
    ]
}

/// Returns W1 and W2 of the partners with this number of events, as staff: a few partners' users would exceed their
/// rate limits. W2 is of half a year, in which a partner of 500 events has 50.
pub fn of_size(dataset: &Dataset, size: u32) -> [Vec<Request>; 2] {
    let partners: Vec<_> = (0..dataset.regular_partners)
        .filter(|partner| dataset.partners[*partner].size == size)
        .flat_map(|partner| (0..STAFF / 4).map(move |n| (partner, n)))
        .collect();
    let to = dataset.today - TimeDelta::days(200);
    let requests = |body: &dyn Fn(usize) -> Value| -> Vec<_> {
        let requests = partners.iter().map(|(partner, n)| {
            graphql(staff_token(dataset.partners[*partner].tenant, *n), body(*partner), *partner)
        });
        requests.collect()
    };
    let dashboard =
        |partner: usize| json!({ "query": DASHBOARD, "variables": { "id": dataset.partners[partner].id } });
    let events = |partner: usize| {
        let filter = json!({ "partnerId": dataset.partners[partner].id, "status": ["PAID"],
            "eventDateFrom": rfc3339(to - TimeDelta::days(180)), "eventDateTo": rfc3339(to) });
        json!({ "query": EVENTS, "variables": { "filter": filter } })
    };
    [requests(&dashboard), requests(&events)]
}

/// Returns a request to the program.
pub fn graphql(token: String, body: Value, partner: usize) -> Request {
    Request { path: "/graphql", token, body, partner }
}

/// Returns a request to the thin service.
pub fn thin(path: &'static str, body: Value, partner: usize) -> Request {
    Request { path, token: String::new(), body, partner }
}

/// Returns the token of a member of a tenant's staff.
pub fn staff_token(tenant: usize, n: usize) -> String {
    token(&format!("t{tenant}"), &format!("fiona-{}", n % STAFF), Role::Finance)
}

/// Returns the same request about the first partner, which has many events, from each staff user.
fn as_each_staff_user(dataset: &Dataset, body: &Value) -> Vec<Request> {
    let token = |n| staff_token(dataset.partners[0].tenant, n);
    (0..STAFF).map(|n| graphql(token(n), body.clone(), 0)).collect()
}

/// Returns a request about a partner from its user, and the same one to a page of the thin service.
fn of_partner(dataset: &Dataset, partner: usize, body: Value, path: &'static str) -> (Request, Request) {
    let Partner { tenant, id, .. } = &dataset.partners[partner];
    let (tenant, user) = (format!("t{tenant}"), format!("user-{partner}"));
    let token = token(&tenant, &user, Role::Partner);
    let thin_body = json!({ "tenant": tenant, "partner": id, "user": user });
    (graphql(token, body, partner), thin(path, thin_body, partner))
}

fn dashboard(dataset: &Dataset, partner: usize) -> (Request, Request) {
    let body = json!({ "query": DASHBOARD, "variables": { "id": dataset.partners[partner].id } });
    of_partner(dataset, partner, body, "/dashboard")
}

fn page(dataset: &Dataset, partner: usize) -> (Request, Request) {
    let body = json!({ "query": PAGE, "variables": { "id": dataset.partners[partner].id } });
    of_partner(dataset, partner, body, "/page")
}

/// Returns the request of the portal's revenue page, which contains the hash of the document only.
fn portal_page(dataset: &Dataset, partner: usize) -> (Request, Request) {
    let variables = json!({ "partnerId": dataset.partners[partner].id });
    let body = json!({ "documentId": revenue_page(), "variables": variables });
    of_partner(dataset, partner, body, "/revenue-page")
}

/// Returns a request of a staff user for 50 PAID events of a tenant within 90 days.
fn events(dataset: &Dataset, random: &mut StdRng) -> (Request, Request) {
    let tenant = random.random_range(0..TENANTS);
    let from = dataset.today - TimeDelta::days(random.random_range(200..1_000));
    let (from, to) = (rfc3339(from), rfc3339(from + TimeDelta::days(90)));
    let thin_body = json!({ "tenant": format!("t{tenant}"), "from": from, "to": to });
    let filter = json!({ "status": ["PAID"], "eventDateFrom": from, "eventDateTo": to });
    let body = json!({ "query": EVENTS, "variables": { "filter": filter } });
    let token = staff_token(tenant, random.random_range(0..STAFF));
    (graphql(token, body, 0), thin("/events", thin_body, 0))
}

/// Returns the requests for the page after a cursor, deep in the events of the first partner.
fn deep_page(dataset: &Dataset, deep: &Cursor) -> (Vec<Request>, Vec<Request>) {
    let Partner { tenant, id, .. } = &dataset.partners[0];
    let body = json!({ "query": LIST, "variables": { "id": id, "after": deep.cursor } });
    let thin_body = json!({ "tenant": format!("t{tenant}"), "partner": id, "date": deep.key, "id": deep.id });
    (as_each_staff_user(dataset, &body), vec![thin("/list", thin_body, 0); STAFF])
}

/// Returns the requests for the number of events of the first partner.
fn count(dataset: &Dataset) -> Vec<Request> {
    as_each_staff_user(dataset, &json!({ "query": COUNT, "variables": { "id": dataset.partners[0].id } }))
}

/// Returns a request that records an invoice, whose number is inserted when it is sent.
fn invoice(
    dataset: &Dataset,
    billing_tokens: &[String],
    partner: usize,
    random: &mut StdRng,
) -> (Request, Request) {
    let Partner { tenant, currency, accounts, .. } = &dataset.partners[partner];
    let customer = format!("cust-{partner}-{}", random.random_range(0..accounts.len()));
    let paid_at = rfc3339(dataset.today - TimeDelta::hours(1));
    let thin_body = json!({ "tenant": format!("t{tenant}"), "invoiceId": UNIQUE_NUMBER, "customerId": customer,
        "amount": "100.00", "currency": currency, "paidAt": paid_at });
    let amount = json!({ "amount": "100.00", "currency": currency });
    let input = json!({ "invoiceId": UNIQUE_NUMBER, "customerId": customer, "totalAmount": amount,
        "paidAt": paid_at });
    let body = json!({ "query": INVOICE, "variables": { "input": input } });
    (graphql(billing_tokens[*tenant].clone(), body, partner), thin("/accrual", thin_body, partner))
}

fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Returns the value at a JSON pointer; panics with the response if there is none.
pub fn at<'a>(response: &'a Value, path: &str) -> &'a Value {
    response.pointer(path).unwrap_or_else(|| panic!("no {path} in {response}"))
}
