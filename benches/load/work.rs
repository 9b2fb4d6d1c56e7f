//! What is asked, by whom, and what the answer must be: from the rows that were made, not from the program.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use revshare::auth::Role;
use serde_json::{Value, json};

use crate::data::{Partner, TENANTS, World};
use crate::server::token;
use crate::tables::cents;

/// How many requests of a kind are made ready.
const DRAWS: usize = 1_000;
const STAFF: usize = 200;

/// The portal's own operations, by their hashes.
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
const DEEP: &str = "query Deep($id: ID!, $after: String) { partner(id: $id) { commissionEvents(first: 50, after: $after) {
    nodes { id eventDate status commissionAmount { amount currency } } pageInfo { hasNextPage endCursor } } } }";

/// A request, and what it is about.
#[derive(Clone)]
pub struct Draw {
    pub token: String,
    pub body: Value,
    pub partner: usize,
}

/// A kind of request.
pub struct Work {
    pub name: &'static str,
    pub draws: Vec<Draw>,
    /// Whether an answer is right.
    pub check: fn(&World, &Draw, &Value),
    /// The least share of the floor that it should reach with sixteen connections.
    pub target: f64,
}

/// The requests of the benchmark.
pub fn all(world: &World, billing: &[String]) -> Vec<Work> {
    let mut random = StdRng::seed_from_u64(1);
    let draws = |mut draw: Box<dyn FnMut() -> Draw + '_>| (0..DRAWS).map(|_| draw()).collect::<Vec<_>>();
    let mut chosen = || random.random_range(0..world.partners.len());
    let picked: Vec<_> = (0..4 * DRAWS).map(|_| chosen()).collect();
    let mut of = picked.into_iter().cycle();
    let mut random = StdRng::seed_from_u64(2);
    let dashboards = draws(Box::new(|| dashboard(world, of.next().unwrap())));
    let events = draws(Box::new(|| events(world, &mut random)));
    let mut of = dashboards.iter().map(|draw| draw.partner).collect::<Vec<_>>().into_iter().cycle();
    let pages = draws(Box::new(|| page(world, of.next().unwrap())));
    let mut random = StdRng::seed_from_u64(3);
    let spread = draws(Box::new(|| {
        let partner = random.random_range(0..world.partners.len());
        invoice(world, billing, partner, &mut random)
    }));
    let mut random = StdRng::seed_from_u64(4);
    let one = draws(Box::new(|| invoice(world, billing, 0, &mut random)));
    vec![
        Work { name: "W1 dashboard", draws: dashboards, check: is_dashboard, target: 0.45 },
        Work { name: "W2 50 events", draws: events, check: are_events, target: 0.32 },
        Work { name: "W3 page", draws: pages, check: is_page, target: 0.34 },
        Work { name: "W4 accrual", draws: spread, check: is_accrual, target: 0.60 },
        Work { name: "W4 one partner", draws: one, check: is_accrual, target: 0.50 },
    ]
}

/// W1 of the partners of one size only, asked by staff: few partners' users may not ask so often.
pub fn of_size(world: &World, size: u32) -> Work {
    let partners = world.partners.iter().enumerate().filter(|(_, partner)| partner.size == size);
    let by = |n: usize, partner: usize| Draw {
        token: staff(world.partners[partner].tenant, n),
        ..dashboard(world, partner)
    };
    let draws = partners.flat_map(|(partner, _)| (0..STAFF / 4).map(move |n| by(n, partner))).collect();
    Work { name: "W1 of an age", draws, check: is_dashboard, target: 0.0 }
}

/// W6: a page of a partner with many events, from a cursor on.
pub fn from(world: &World, after: Option<&str>) -> Work {
    let body = json!({ "query": DEEP, "variables": { "id": world.partners[0].id, "after": after } });
    let check = |_: &World, _: &Draw, answer: &Value| {
        assert_eq!(at(answer, "/data/partner/commissionEvents/nodes").as_array().unwrap().len(), 50);
    };
    Work { name: "W6 from a cursor", draws: of_staff(world, &body), check, target: 0.0 }
}

/// W6: how many events a partner has.
pub fn count(world: &World) -> Work {
    let query = "query Count($id: ID!) { partner(id: $id) { commissionEvents(first: 1) { totalCount } } }";
    let body = json!({ "query": query, "variables": { "id": world.partners[0].id } });
    let check = |world: &World, draw: &Draw, answer: &Value| {
        let count = at(answer, "/data/partner/commissionEvents/totalCount").as_u64().unwrap();
        assert!(count >= u64::from(world.partners[draw.partner].size), "{count}");
    };
    Work { name: "W6 totalCount", draws: of_staff(world, &body), check, target: 0.0 }
}

/// The same of the first partner, asked by everybody of the staff.
fn of_staff(world: &World, body: &Value) -> Vec<Draw> {
    let token = |n| staff(world.partners[0].tenant, n);
    (0..STAFF).map(|n| Draw { token: token(n), body: body.clone(), partner: 0 }).collect()
}

fn staff(tenant: usize, n: usize) -> String {
    token(&format!("t{tenant}"), &format!("fiona-{n}"), Role::Finance)
}

fn of_partner(world: &World, partner: usize) -> String {
    token(&format!("t{}", world.partners[partner].tenant), &format!("user-{partner}"), Role::Partner)
}

fn dashboard(world: &World, partner: usize) -> Draw {
    let body = json!({ "query": DASHBOARD, "variables": { "id": world.partners[partner].id } });
    Draw { token: of_partner(world, partner), body, partner }
}

/// By the hash of the document, as the portal asks for it.
fn page(world: &World, partner: usize) -> Draw {
    let known: serde_json::Map<String, Value> = serde_json::from_str(PORTAL).unwrap();
    let page = known.iter().find(|(_, text)| text.as_str().unwrap().contains("query RevenuePage"));
    let id = format!("sha256:{}", page.expect("the page").0);
    let body = json!({ "documentId": id, "variables": { "partnerId": world.partners[partner].id } });
    Draw { token: of_partner(world, partner), body, partner }
}

/// 50 events of a tenant that are paid, of a quarter; asked by one of its staff.
fn events(world: &World, random: &mut StdRng) -> Draw {
    let tenant = random.random_range(0..TENANTS);
    let from = world.today - TimeDelta::days(random.random_range(200..1_000));
    let filter = json!({ "status": ["PAID"], "eventDateFrom": text(from), "eventDateTo": text(from + TimeDelta::days(90)) });
    let body = json!({ "query": EVENTS, "variables": { "filter": filter } });
    Draw { token: staff(tenant, random.random_range(0..STAFF)), body, partner: 0 }
}

fn invoice(world: &World, billing: &[String], partner: usize, random: &mut StdRng) -> Draw {
    let Partner { tenant, currency, accounts, .. } = &world.partners[partner];
    let customer = format!("cust-{partner}-{}", random.random_range(0..accounts.len()));
    let amount = json!({ "amount": "100.00", "currency": currency });
    let input = json!({ "invoiceId": "##########", "customerId": customer, "totalAmount": amount,
        "paidAt": text(world.today - TimeDelta::hours(1)) });
    let body = json!({ "query": INVOICE, "variables": { "input": input } });
    Draw { token: billing[*tenant].clone(), body, partner }
}

fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

pub fn at<'a>(answer: &'a Value, path: &str) -> &'a Value {
    answer.pointer(path).unwrap_or_else(|| panic!("no {path} in {answer}"))
}

fn is_dashboard(world: &World, draw: &Draw, answer: &Value) {
    has_figures(&world.partners[draw.partner], at(answer, "/data/partner/dashboard"));
    let shown = at(answer, "/data/partner/dashboard/recentCommissionEvents").as_array().unwrap();
    let shown: Vec<_> = shown.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect();
    let expected: Vec<_> = world.partners[draw.partner].latest.iter().map(|(_, id)| id.to_string()).collect();
    assert_eq!(shown, expected);
}

fn has_figures(partner: &Partner, shown: &Value) {
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
        assert_eq!(at(shown, path), &json!(cents(expected)), "{path} of {}", partner.id);
    }
    assert_eq!(shown["pendingCommissionEvents"], partner.pending_events);
    assert_eq!(shown["totalCustomers"], partner.accounts.len());
    assert_eq!(shown["totalReferrals"], 25);
    assert_eq!(shown["convertedReferrals"], 4);
}

fn are_events(_: &World, draw: &Draw, answer: &Value) {
    let nodes = at(answer, "/data/commissionEvents/nodes").as_array().unwrap();
    assert!(nodes.len() == 50, "{} events", nodes.len());
    let filter = &draw.body["variables"]["filter"];
    let moment = |value: &Value| value.as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    let mut before = moment(&filter["eventDateTo"]);
    for node in nodes {
        let date = moment(&node["eventDate"]);
        assert!(moment(&filter["eventDateFrom"]) <= date && date <= before, "{node}");
        before = date;
        assert_eq!(node["status"], "PAID");
        assert_eq!(node["payout"]["status"], "COMPLETED");
        let customer = node["managedAccount"]["customerId"].as_str().unwrap();
        let partner = node["partner"]["companyName"].as_str().unwrap();
        let number = customer.split('-').nth(1).unwrap();
        assert_eq!(partner, format!("Partner {number} Limited"));
    }
}

fn is_page(world: &World, draw: &Draw, answer: &Value) {
    let partner = &world.partners[draw.partner];
    let shown = at(answer, "/data/partner");
    has_figures(partner, at(shown, "/dashboard"));
    let expected = usize::try_from(partner.size).unwrap().min(50);
    assert!(shown["commissionEvents"]["nodes"].as_array().unwrap().len() >= expected);
    assert_eq!(shown["payouts"]["totalCount"], partner.payouts);
    assert_eq!(shown["referralLeads"]["nodes"].as_array().unwrap().len(), 20);
    assert_eq!(shown["managedAccounts"]["totalCount"], partner.accounts.len());
}

fn is_accrual(_: &World, draw: &Draw, answer: &Value) {
    let recorded = at(answer, "/data/recordInvoicePaid");
    assert_eq!(recorded["outcome"], "RECORDED", "{answer}");
    let amount = recorded["commissionEvent"]["commissionAmount"]["amount"].as_str().unwrap();
    let account: usize = draw.body["variables"]["input"]["customerId"]
        .as_str()
        .unwrap()
        .rsplit('-')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(amount, if account % 4 == 3 { "10.00" } else { "15.00" });
}
