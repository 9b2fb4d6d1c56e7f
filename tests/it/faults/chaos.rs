//! Concurrent clients while one fault after the other is injected, for `FAULT_SECONDS` or 15 seconds.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rand::seq::IndexedRandom;
use serde_json::{Value, json};

use super::environment::{Environment, FAULTS};
use super::history::{Entry, Operation, violations};

const CLIENTS: usize = 8;
const PARTNERS: usize = 4;

const CREATE_PARTNER: &str = "
    mutation ($input: CreatePartnerInput!) {
        createPartner(input: $input) { partner { id } }
    }";

const ASSIGN_MANAGED_ACCOUNT: &str = "
    mutation ($input: AssignManagedAccountInput!) {
        assignManagedAccount(input: $input) { managedAccount { id } }
    }";

const APPROVE_EVERYTHING: &str = r#"
    mutation {
        approvePendingCommissionEvents(input: { eventDateTo: "2100-01-01T00:00:00Z" }) { approvedCount }
    }"#;

const REPORT: &str = "
    {
        reconciliation { balanced }
        commissionEvents { totalCount nodes { id partner { id } } }
    }";

/// The response to one attempt.
enum Attempt {
    /// Executed, with the id of the result.
    Acknowledged(String),
    /// Rejected, with the code of the error.
    Rejected(String),
    /// Without a response, or with one that leaves the outcome open.
    Unknown,
    /// A response that no fault justifies.
    Unexpected(String),
}

fn attempt(environment: &Environment, entry: &Entry) -> Attempt {
    let request = entry.request();
    let server = usize::from(rand::random::<bool>());
    let variables = json!({ "input": request.input });
    let Some(response) = environment.query(server, request.document, &variables) else {
        return Attempt::Unknown;
    };
    let unexpected =
        || Attempt::Unexpected(format!("{}: {} {}", request.mutation, response.status, response.body));
    let error = &response.body["errors"][0]["extensions"];
    match error["code"].as_str() {
        Some("UNAVAILABLE") if error["retryable"] == true => return Attempt::Unknown,
        Some(_) => return unexpected(),
        None => {}
    }
    let payload = &response.body["data"][request.mutation];
    if let Some(code) = payload["userErrors"][0]["code"].as_str() {
        return Attempt::Rejected(code.to_owned());
    }
    match payload[request.result]["id"].as_str() {
        Some(id) => Attempt::Acknowledged(id.to_owned()),
        None => unexpected(),
    }
}

/// Sends an operation until a response settles it, at most seven times; sometimes repeats an acknowledged one.
fn retry(environment: &Environment, entry: &mut Entry, unexpected: &Mutex<Vec<String>>) {
    for _ in 0..rand::random_range(1..8) {
        match attempt(environment, entry) {
            Attempt::Acknowledged(id) => {
                entry.acknowledged.push(id);
                if rand::random_ratio(9, 10) {
                    return;
                }
            }
            Attempt::Rejected(code) => {
                entry.rejected.push(code);
                return;
            }
            Attempt::Unknown => entry.unknown += 1,
            Attempt::Unexpected(text) => unexpected.lock().expect("a list").push(text),
        }
        std::thread::sleep(Duration::from_millis(rand::random_range(0..60)));
    }
}

/// One of the concurrent clients.
struct ChaosClient<'e> {
    environment: &'e Environment,
    number: usize,
    partners: &'e [String],
    history: Vec<Entry>,
    /// The payouts that it has created and not yet completed or failed.
    open_payouts: Vec<String>,
}

impl ChaosClient<'_> {
    /// Works until it is stopped, and returns its part of the history.
    fn run(mut self, is_stopped: &AtomicBool, unexpected: &Mutex<Vec<String>>) -> Vec<Entry> {
        while !is_stopped.load(Ordering::Relaxed) {
            let document = match rand::random_range(0..100) {
                0..6 => Some(APPROVE_EVERYTHING),
                6..10 => Some(REPORT),
                _ => None,
            };
            if let Some(document) = document {
                self.environment.query(self.number % 2, document, &json!({}));
                continue;
            }
            let key = format!("{}-{}", self.number, self.history.len());
            let mut entry = Entry::new(self.next_operation(), key);
            retry(self.environment, &mut entry, unexpected);
            if let (Operation::CreateBatch { .. }, Some(payout)) =
                (&entry.operation, entry.acknowledged.first())
            {
                self.open_payouts.push(payout.clone());
            }
            self.history.push(entry);
        }
        self.history
    }

    /// Chooses an operation: mostly invoices, with refunds, adjustments and payouts among them.
    fn next_operation(&mut self) -> Operation {
        let number = rand::random_range(0..PARTNERS);
        let partner = &self.partners[number];
        let cents = rand::random_range(1..100_000);
        let invoice = Operation::RecordInvoice { customer: format!("c{number}"), cents };
        match rand::random_range(0..90) {
            0..60 => invoice,
            60..70 => self.random_refund().unwrap_or(invoice),
            70..80 => Operation::Adjust { partner: partner.clone(), cents },
            80..86 => Operation::CreateBatch { partner: partner.clone() },
            _ => match self.open_payouts.pop() {
                Some(payout) if rand::random() => Operation::CompletePayout { payout },
                Some(payout) => Operation::FailPayout { payout },
                None => invoice,
            },
        }
    }

    /// Returns a refund of a quarter of an acknowledged invoice.
    fn random_refund(&self) -> Option<Operation> {
        let invoices = self.history.iter().filter(|entry| entry.is_acknowledged()).filter_map(|entry| {
            let Operation::RecordInvoice { cents, .. } = entry.operation else { return None };
            Some(Operation::Refund { invoice: entry.key.clone(), cents: (cents / 4).max(1) })
        });
        invoices.collect::<Vec<_>>().choose(&mut rand::rng()).cloned()
    }
}

/// Creates the partners, each with one customer: "c0", "c1", …
fn create_partners(environment: &Environment) -> Vec<String> {
    let create = |document: &str, input: Value, path: &str| {
        let response = environment.query(0, document, &json!({ "input": input })).expect("a response");
        let id = response.body.pointer(path).and_then(Value::as_str);
        id.unwrap_or_else(|| panic!("{}", response.body)).to_owned()
    };
    let create_partner = |n: usize| {
        let partner = json!({ "companyName": format!("p{n}"), "defaultCommissionRate": "0.15" });
        let id = create(CREATE_PARTNER, partner, "/data/createPartner/partner/id");
        let account = json!({
            "partnerId": id, "customerId": format!("c{n}"), "startsAt": "2020-01-01T00:00:00Z",
        });
        create(ASSIGN_MANAGED_ACCOUNT, account, "/data/assignManagedAccount/managedAccount/id");
        id
    };
    (0..PARTNERS).map(create_partner).collect()
}

/// Injects each fault at least once, and continues for the configured time; returns how often each was injected.
fn inject_faults(environment: &Environment, duration: Duration) -> BTreeMap<String, usize> {
    let begun = Instant::now();
    let mut injected = BTreeMap::<String, usize>::new();
    for (n, fault) in FAULTS.iter().cycle().enumerate() {
        if n >= FAULTS.len() && begun.elapsed() > duration {
            break;
        }
        environment.inject(*fault);
        *injected.entry(format!("{fault:?}")).or_default() += 1;
        std::thread::sleep(Duration::from_millis(rand::random_range(50..400)));
    }
    environment.recover();
    injected
}

fn print_summary(environment: &Environment, injected: &BTreeMap<String, usize>, history: &[Entry]) {
    let acknowledged = history.iter().filter(|entry| entry.is_acknowledged()).count();
    let rejected =
        history.iter().filter(|entry| !entry.is_acknowledged() && !entry.rejected.is_empty()).count();
    println!(
        "{} faults {injected:?}, {} connections cut; {} operations: {acknowledged} acknowledged, {rejected} rejected, \
         {} in doubt, with {} unanswered attempts; servers ready at most {} ms after the database",
        injected.values().sum::<usize>(),
        environment.cuts(),
        history.len(),
        history.len() - acknowledged - rejected,
        history.iter().map(|entry| entry.unknown).sum::<usize>(),
        environment.slowest_recovery.load(Ordering::Relaxed),
    );
}

#[test]
fn acknowledged_writes_are_stored_exactly_once_despite_faults() {
    let seconds = std::env::var("FAULT_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(15);
    let environment = Environment::new();
    let partners = create_partners(&environment);
    let (is_stopped, unexpected) = (AtomicBool::new(false), Mutex::new(Vec::new()));
    let (injected, history) = std::thread::scope(|scope| {
        let (environment, partners) = (&environment, &partners);
        let (is_stopped, unexpected) = (&is_stopped, &unexpected);
        let start_client = |number: usize| {
            let client =
                ChaosClient { environment, number, partners, history: Vec::new(), open_payouts: Vec::new() };
            scope.spawn(move || client.run(is_stopped, unexpected))
        };
        let clients: Vec<_> = (0..CLIENTS).map(start_client).collect();
        // The clients must be stopped even if a fault cannot be injected; otherwise the scope never ends.
        let injected = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            inject_faults(environment, Duration::from_secs(seconds))
        }));
        is_stopped.store(true, Ordering::Relaxed);
        let history = clients.into_iter().flat_map(|client| client.join().expect("a client"));
        let history = history.collect::<Vec<Entry>>();
        (injected.unwrap_or_else(|panic| std::panic::resume_unwind(panic)), history)
    });
    environment.recover();
    // The servers may still be executing requests whose clients have disconnected.
    std::thread::sleep(Duration::from_millis(500));
    let mut violations = violations(&history, &environment.database);
    violations.extend(unexpected.into_inner().expect("a list"));
    print_summary(&environment, &injected, &history);
    let shown = &violations[..violations.len().min(20)];
    assert!(violations.is_empty(), "{} violations: {shown:#?}", violations.len());
    let acknowledged = history.iter().filter(|entry| entry.is_acknowledged()).count();
    assert!(acknowledged > 100, "the faults left no room for work: {acknowledged} acknowledged");
    assert!(environment.cuts() > 0);
    environment.shut_down();
}
