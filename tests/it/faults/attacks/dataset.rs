//! The database that every attack starts with: three tenants, of which one attacks and the others are its victims.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use revshare::auth::token::jwt::JwtKeys;
use revshare::auth::{Identity, Role};
use revshare::domain::admission;
use revshare::domain::db::act::Act;
use revshare::domain::db::transaction::Transaction;
use revshare::domain::tenant::service_token::create::{NewServiceToken, create};
use revshare::primitives::id::TenantId;
use tokio::runtime::Runtime;

use crate::support::{SECRET, TestApp, TestDatabase, ok, with_superuser};

/// Commission events of the attacking tenant.
const EVENTS_OF_ATTACKER: usize = 12_000;
/// Commission events of each other tenant.
const EVENTS_OF_VICTIM: usize = 60;
/// Refunds of the attacking tenant's invoice `refunded`.
const REFUNDS: usize = 30;

/// Users of each partner.
const USERS: usize = 8;

/// The lifetime of tokens: longer than any test.
const TOKEN_TTL: Duration = Duration::from_secs(12 * 3_600);

/// The tenants, in a database that is copied for each test.
pub struct Dataset {
    pub database: Arc<TestDatabase>,
    /// The tenant whose callers attack.
    pub acme: Tenant,
    pub globex: Tenant,
    pub initech: Tenant,
    /// The event of an invoice of `acme` with thirty refunds.
    pub refunded_event: String,
}

/// A tenant with a partner, whose users are `paula-0` to `paula-7` and whose customer is `c`.
pub struct Tenant {
    pub id: &'static str,
    pub partner: String,
    pub service_token: String,
}

impl Tenant {
    /// Returns a token of a user.
    pub fn token(&self, user: &str, role: Role) -> String {
        let identity = Identity::operator(TenantId(self.id.to_owned()), user, role);
        ok(ok(JwtKeys::with_secret(SECRET, None, None)).sign(&identity, TOKEN_TTL))
    }

    /// Returns a token of one of the partner's eight users: each has a rate limit of its own.
    pub fn partner_token(&self, number: usize) -> String {
        self.token(&format!("paula-{number}"), Role::Partner)
    }

    /// Returns a token of one of the users with the role finance: each has a rate limit of its own.
    pub fn finance_token(&self, number: usize) -> String {
        self.token(&format!("fiona-{number}"), Role::Finance)
    }
}

impl Dataset {
    /// Returns the database, which the first call makes.
    pub fn get() -> &'static Self {
        static DATASET: OnceLock<Dataset> = OnceLock::new();
        DATASET.get_or_init(|| Runtime::new().expect("a runtime").block_on(Self::new()))
    }

    async fn new() -> Self {
        let app = TestApp::new().await;
        let acme = new_tenant(&app, "acme", EVENTS_OF_ATTACKER).await;
        let globex = new_tenant(&app, "globex", EVENTS_OF_VICTIM).await;
        let initech = new_tenant(&app, "initech", EVENTS_OF_VICTIM).await;
        let tenant = crate::support::TestTenant { id: "acme".to_owned(), app: app.clone() };
        let refunded_event = tenant.commission_event("c", "refunded", "100.00", "EUR").await;
        for n in 0..REFUNDS {
            tenant.refund("refunded", &format!("refund-{n}"), "1.00").await;
        }
        let database = Arc::clone(&app.database);
        // A database that is copied must have no connections.
        app.pool.close();
        with_superuser(&database, "VACUUM ANALYZE").await.expect("statistics");
        Self { database, acme, globex, initech, refunded_event }
    }
}

/// Creates a tenant with this number of PENDING commission events.
async fn new_tenant(app: &TestApp, id: &'static str, events: usize) -> Tenant {
    let tenant = app.tenant(id).await;
    let partner = tenant.create_partner_with_account("c").await;
    for user in 0..USERS {
        tenant.partner_user(&partner, &format!("paula-{user}")).await;
    }
    tenant.commission_event("c", "copied", "100.00", "EUR").await;
    with_superuser(&app.database, &copies(id, events)).await.expect("events");
    let caller = admission::operator(&app.pool, TenantId(id.to_owned()), "olga", Role::Admin).await;
    let new = NewServiceToken { name: "billing".to_owned(), ttl: None };
    let created = ok(Transaction::run(&app.pool, &ok(caller), Act::CreateServiceToken, create, &new).await);
    Tenant { id, partner, service_token: created.secret.expose() }
}

/// The columns of an event that is accrued; the others are null, have a default or are generated.
const EVENT_COLUMNS: &str = "tenant_id, id, partner_id, managed_account_id, event_type, status, invoice_id, customer_id, \
    currency, base_amount, commission_rate, rate_source, commission_amount, event_date, recorded_at, payable_at, \
    invoice_row_id, invoice_revision, changed_at";

/// Returns the statements that copy the event of the invoice `copied`, with everything that belongs to it.
fn copies(tenant: &str, count: usize) -> String {
    let is_copied = |table: &str| format!("{table}.tenant_id = '{tenant}' AND {table}.invoice_id = 'copied'");
    let (invoice, event) = (is_copied("invoice"), is_copied("event"));
    let id = format!("md5('{tenant}-' || n)");
    format!(
        "INSERT INTO invoice_revisions SELECT copy.* FROM invoice_revisions AS invoice, generate_series(1, {count}) AS n,
            jsonb_populate_record(invoice, jsonb_build_object('invoice_id', 'copy-' || n, 'id', {id})) AS copy
            WHERE {invoice};
        INSERT INTO commission_events ({EVENT_COLUMNS}) SELECT {EVENT_COLUMNS} FROM (
            SELECT copy.* FROM commission_events AS event, generate_series(1, {count}) AS n,
                jsonb_populate_record(event, jsonb_build_object('id', {id}, 'invoice_id', 'copy-' || n,
                    'invoice_row_id', {id})) AS copy
            WHERE {event}) AS copied;
        INSERT INTO status_changes SELECT copy.* FROM status_changes AS change
            JOIN commission_events AS event ON change.commission_event_id = event.id, generate_series(1, {count}) AS n,
            jsonb_populate_record(change, jsonb_build_object('id', gen_random_uuid(), 'commission_event_id', {id})) AS copy
            WHERE {event}"
    )
}
