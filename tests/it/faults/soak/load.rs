//! The load: partner users, staff, billing and health checks, and one hostile request among twenty.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rand::seq::IndexedRandom;
use serde_json::{Value, json};
use uuid::Uuid;

use super::hostile;
use crate::faults::attacks::client::{LOCALHOST, Response, connect, exchange, get, query};
use crate::faults::attacks::dataset::Tenant;
use crate::faults::attacks::target::Target;
use crate::support::{in_days, invoice_input, refund_input};

/// The persisted documents of the portal, by hash.
const PORTAL: &str = include_str!("../../../../portal/src/gql/persisted-documents.json");

const PENDING: &str = "{ commissionEvents(first: 5, filter: { status: [PENDING] }) { nodes { id } } }";
const APPROVE: &str = "
    mutation ($input: ApproveCommissionEventsInput!) {
        approveCommissionEvents(input: $input) { commissionEvents { id } userErrors { code } }
    }";
const EVENTS: &str = "
    query ($partner: ID!, $from: DateTime) {
        commissionEvents(first: 20, filter: { partnerId: $partner, eventDateFrom: $from }) {
            totalCount nodes { id status eventDate commissionAmount { amount currency } partner { companyName } }
        }
    }";
const RECORD: &str = "
    mutation ($input: RecordInvoicePaidInput!) {
        recordInvoicePaid(input: $input) { outcome userErrors { code } }
    }";
const REFUND: &str = "
    mutation ($input: RecordInvoiceRefundedInput!) {
        recordInvoiceRefunded(input: $input) { outcome userErrors { code } }
    }";

/// How often each outcome occurred.
#[derive(Default)]
pub struct Counts {
    served: AtomicUsize,
    hostile: AtomicUsize,
    /// Failures of good requests, by kind and outcome.
    failures: Mutex<BTreeMap<String, usize>>,
    /// What hostile requests resulted in.
    outcomes: Mutex<BTreeMap<String, usize>>,
}

impl Counts {
    /// Returns how many good requests were served.
    pub fn served(&self) -> usize {
        self.served.load(Ordering::Relaxed)
    }

    /// Returns how many hostile requests were sent.
    pub fn hostile(&self) -> usize {
        self.hostile.load(Ordering::Relaxed)
    }

    /// Prints what failed.
    pub fn print(&self) {
        println!("hostile requests: {:?}", self.outcomes.lock().expect("a map"));
        println!("good requests that failed: {:?}", self.failures.lock().expect("a map"));
    }

    /// Requires that all good requests were served, but for one in a hundred that could be retried.
    pub fn assert_served(&self) {
        let failures = self.failures.lock().expect("a map");
        let is_retryable = |outcome: &str| outcome.ends_with(" UNAVAILABLE");
        let retryable = failures.iter().filter(|(outcome, _)| is_retryable(outcome)).map(|(_, times)| times);
        assert!(retryable.sum::<usize>() * 100 <= self.served(), "{failures:?}");
        assert!(failures.keys().all(|outcome| is_retryable(outcome)), "{failures:?}");
        assert!(self.served() > 100 && self.hostile() > 0, "{} requests", self.served());
    }

    fn count(&self, kind: &str, response: std::io::Result<Response>) -> Value {
        let failure = match &response {
            Ok(response) if response.status < 400 && !response.outcome().contains(' ') => None,
            // A user error has a code as well, but no top-level error.
            Ok(response) if response.status == 200 && response.json().get("errors").is_none() => None,
            Ok(response) => Some(response.outcome()),
            Err(error) => Some(format!("{:?}", error.kind())),
        };
        match failure {
            None => drop(self.served.fetch_add(1, Ordering::Relaxed)),
            Some(failure) => {
                *self.failures.lock().expect("a map").entry(format!("{kind}: {failure}")).or_default() += 1;
            }
        }
        response.map(|response| response.json()).unwrap_or_default()
    }
}

/// A client that sends one request after the other, of all kinds of callers.
pub struct Worker<'t> {
    target: &'t Target,
    number: usize,
    counts: &'t Counts,
    connection: Option<TcpStream>,
    invoices: usize,
    /// The `documentId` of the portal's page of a partner.
    page: String,
    /// Connections that hostile clients leave open, with the time at which they do something else.
    left_open: Vec<(Instant, TcpStream)>,
}

impl<'t> Worker<'t> {
    /// A client of this number.
    pub fn new(target: &'t Target, number: usize, counts: &'t Counts) -> Self {
        let documents: serde_json::Map<String, Value> = serde_json::from_str(PORTAL).expect("documents");
        let is_page = |text: &Value| text.as_str().is_some_and(|text| text.contains("query RevenuePage"));
        let (hash, _) = documents.iter().find(|(_, text)| is_page(text)).expect("the page");
        let page = format!("sha256:{hash}");
        Self { target, number, counts, connection: None, invoices: 0, page, left_open: Vec::new() }
    }

    /// Works until the run is over.
    pub fn run(mut self, is_over: &AtomicBool) {
        while !is_over.load(Ordering::Relaxed) {
            match rand::random_range(0..20) {
                0 => self.attack(),
                _ => self.send_good_request(),
            }
            self.left_open.retain(|(until, _)| *until > Instant::now());
            thread::sleep(Duration::from_millis(rand::random_range(40..100)));
        }
    }

    /// Sends the request of a caller of the two tenants that do not attack.
    fn send_good_request(&mut self) {
        let dataset = self.target.dataset;
        let tenant = if rand::random() { &dataset.globex } else { &dataset.initech };
        match rand::random_range(0..100) {
            0..30 => {
                // Each worker as a user of its own: together they would exceed the rate of one user.
                let token = dataset.globex.partner_token(self.number);
                self.send("dashboard", &self.target.dashboard_request(&token));
            }
            30..40 => self.show_page(tenant),
            40..55 => {
                let variables =
                    json!({ "partner": tenant.partner, "from": in_days(-rand::random_range(1..900)) });
                self.send(
                    "list of a partner",
                    &query(&tenant.partner_token(self.number), EVENTS, &variables),
                );
            }
            55..65 => {
                let variables = json!({ "partner": tenant.partner, "from": null });
                self.send("list of staff", &query(&self.staff_token(tenant), EVENTS, &variables));
            }
            65..70 => self.approve(tenant),
            70..85 => self.record_invoice(tenant),
            85..90 => self.repeat_invoice(tenant),
            90..93 => self.refund(tenant),
            93..97 => drop(self.send("health check", &get("/readyz", ""))),
            _ => drop(self.send("sign-in options", &get("/sign-in/options", ""))),
        }
    }

    fn staff_token(&self, tenant: &Tenant) -> String {
        tenant.finance_token(self.number)
    }

    fn show_page(&mut self, tenant: &Tenant) {
        let body =
            json!({ "documentId": self.page, "variables": { "partnerId": tenant.partner } }).to_string();
        let request = crate::faults::attacks::client::post(&tenant.partner_token(self.number), "", &body);
        self.send("page of the portal", &request);
    }

    fn approve(&mut self, tenant: &Tenant) {
        let token = self.staff_token(tenant);
        let pending = self.send("list of pending events", &query(&token, PENDING, &json!({})));
        let nodes = pending["data"]["commissionEvents"]["nodes"].as_array().cloned().unwrap_or_default();
        let ids: Vec<_> = nodes.iter().map(|node| node["id"].clone()).collect();
        if !ids.is_empty() {
            self.send("approval", &query(&token, APPROVE, &json!({ "input": { "ids": ids } })));
        }
    }

    fn record_invoice(&mut self, tenant: &Tenant) {
        self.invoices += 1;
        self.send_invoice("invoice", tenant, self.invoices);
    }

    fn repeat_invoice(&mut self, tenant: &Tenant) {
        let invoice = rand::random_range(0..=self.invoices);
        self.send_invoice("repeated invoice", tenant, invoice);
    }

    fn send_invoice(&mut self, kind: &str, tenant: &Tenant, invoice: usize) {
        let invoice = format!("soak-{}-{invoice}", self.number);
        let input = invoice_input("c", &invoice, "120.00", "EUR", "2026-01-05T00:00:00Z");
        self.send(kind, &query(&tenant.service_token, RECORD, &json!({ "input": input })));
    }

    fn refund(&mut self, tenant: &Tenant) {
        let invoice = format!("soak-{}-{}", self.number, rand::random_range(0..=self.invoices));
        let input = refund_input(&invoice, &Uuid::now_v7().to_string(), "1.00");
        self.send("refund", &query(&tenant.service_token, REFUND, &json!({ "input": input })));
    }

    /// Sends a good request, on the connection of the one before or on a new one; returns the JSON of the response.
    fn send(&mut self, kind: &str, request: &[u8]) -> Value {
        let fresh = || connect(self.target.address, LOCALHOST, None);
        let is_new = self.connection.is_none() || rand::random_ratio(1, 20);
        let connection = self.connection.take().filter(|_| !is_new).map_or_else(fresh, Ok);
        let response = connection.and_then(|mut stream| {
            let response = exchange(&mut stream, request, &|| false);
            if response.as_ref().is_ok_and(|response| !response.is_last) {
                self.connection = Some(stream);
            }
            response
        });
        self.counts.count(kind, response)
    }

    /// Sends a hostile request on a connection of its own, from another address.
    fn attack(&mut self) {
        let from = Ipv4Addr::new(127, 0, 9, u8::try_from(self.number + 1).expect("a byte"));
        let attacks = hostile::requests(self.target);
        let Some((kind, request, is_read)) = attacks.choose(&mut rand::rng()) else { return };
        self.counts.hostile.fetch_add(1, Ordering::Relaxed);
        let Ok(mut stream) = connect(self.target.address, from, Some(4_096)) else { return };
        let outcome = if *is_read {
            let response = exchange(&mut stream, request, &|| false);
            response.map_or_else(|error| format!("{:?}", error.kind()), |response| response.outcome())
        } else {
            let sent = stream.write_all(request);
            self.left_open.push((Instant::now() + Duration::from_secs(20), stream));
            if sent.is_ok() { "left open".to_owned() } else { "not sent".to_owned() }
        };
        let mut outcomes = self.counts.outcomes.lock().expect("a map");
        *outcomes.entry(format!("{kind}: {outcome}")).or_default() += 1;
    }
}
