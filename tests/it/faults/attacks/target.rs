//! The server under attack, and the requests of the callers that must be served meanwhile.

use std::net::SocketAddr;
use std::process::Output;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use diesel::prelude::*;
use diesel::sql_types::Integer;
use diesel_async::RunQueryDsl;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde_json::json;
use tokio::runtime::Runtime;

use super::client::{Response, get, query};
use super::dataset::Dataset;
use super::memory::resident_private;
use crate::support::{Folder, Program, SECRET, TestDatabase, in_days, invoice_input, superuser};

/// Held during a test: the tests would disturb each other's measurements.
static ALONE: Mutex<()> = Mutex::new(());

const DASHBOARD: &str = "
    query ($partner: ID!) {
        partner(id: $partner) {
            companyName
            dashboard {
                currency totalCommissionsEarned { amount } outstandingBalance { amount } currentMonthRevenue { amount }
                pendingCommissionEvents totalCustomers nextPayoutDate
                recentCommissionEvents { id status eventDate commissionAmount { amount currency } }
            }
        }
    }";

const RECORD_INVOICE: &str = "
    mutation ($input: RecordInvoicePaidInput!) {
        recordInvoicePaid(input: $input) { outcome userErrors { code message } }
    }";

/// A server over a copy of the dataset.
pub struct Target {
    // Dropped in this order.
    pub server: Program,
    pub database: TestDatabase,
    folder: Folder,
    pub address: SocketAddr,
    pub dataset: &'static Dataset,
    /// The token with which dashboards of `globex` are queried.
    pub dashboard_token: String,
    /// How many invoices have been recorded, for the next invoice's id.
    invoices: AtomicUsize,
    _alone: MutexGuard<'static, ()>,
}

impl Target {
    /// Starts a server with the default settings.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server with these settings, once no other attack is in progress.
    pub fn start_with(settings: &[(&str, &str)]) -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
            let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
        }
        let (dataset, folder) = (Dataset::get(), Folder::new());
        let database = block_on(TestDatabase::copy_of(&dataset.database));
        let mut command = folder.command_for(&database.urls(), &["serve"]);
        command.env("AUTH_HS256_SECRET", String::from_utf8_lossy(SECRET).as_ref());
        command.envs(settings.iter().copied());
        let server = Program::start_with(&mut command);
        let address = server.address.parse().expect("an address");
        Self {
            server,
            database,
            folder,
            address,
            dataset,
            dashboard_token: dataset.globex.partner_token(0),
            invoices: AtomicUsize::new(0),
            _alone: alone,
        }
    }

    /// Runs a command of the program on the same database.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.folder.command_for(&self.database.urls(), arguments).output().expect("a program")
    }

    /// Returns the process id of the server.
    pub fn pid(&self) -> u32 {
        self.server.process.id()
    }

    /// Returns the request number `n` of the callers to be served: dashboards of one tenant, invoices of another, and
    /// now and then a health check.
    pub fn good_request(&self, n: usize) -> GoodRequest {
        if n % 8 == 7 {
            return GoodRequest { bytes: get("/livez", ""), proof: "\"ok\"" };
        }
        if n.is_multiple_of(2) {
            let bytes = self.dashboard_request(&self.dashboard_token);
            return GoodRequest { bytes, proof: "\"pendingCommissionEvents\":" };
        }
        let invoice = format!("good-{}", self.invoices.fetch_add(1, Ordering::Relaxed));
        let input = invoice_input("c", &invoice, "10.00", "EUR", &in_days(-1));
        let token = &self.dataset.initech.service_token;
        let bytes = query(token, RECORD_INVOICE, &json!({ "input": input }));
        GoodRequest { bytes, proof: "\"RECORDED\"" }
    }

    /// Returns a request for the dashboard of `globex` by one of its users.
    pub fn dashboard_request(&self, token: &str) -> Vec<u8> {
        query(token, DASHBOARD, &json!({ "partner": self.dataset.globex.partner }))
    }

    /// Returns the process ids of PostgreSQL that serve the connections to this database.
    pub fn backends(&self) -> Vec<u32> {
        #[derive(QueryableByName)]
        struct Backend {
            #[diesel(sql_type = Integer)]
            pid: i32,
        }
        let sql = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = 'revshare_app'";
        let backends: Vec<Backend> = block_on(async {
            let mut connection = superuser(&self.database).await;
            diesel::sql_query(sql).load(&mut connection).await.expect("backends")
        });
        backends.iter().filter_map(|backend| u32::try_from(backend.pid).ok()).collect()
    }

    /// Returns the private memory of the largest backend of PostgreSQL, in bytes.
    pub fn largest_backend(&self) -> u64 {
        self.backends().into_iter().map(resident_private).max().unwrap_or(0)
    }
}

/// A request that must be served, and what its response contains if it was.
pub struct GoodRequest {
    pub bytes: Vec<u8>,
    proof: &'static str,
}

impl GoodRequest {
    /// Returns why a response is not the right one, `None` if it is.
    pub fn failure(&self, response: &Response) -> Option<String> {
        let body = String::from_utf8_lossy(&response.body);
        let is_right = response.status == 200 && body.contains(self.proof) && !body.contains("\"errors\":");
        (!is_right).then(|| response.outcome())
    }
}

/// Runs a future to its end.
pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    Runtime::new().expect("a runtime").block_on(work)
}
