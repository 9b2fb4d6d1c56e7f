//! Measures the cost of the audit trail: a mutation that leaves an entry, compared with the same one without, and verifying
//! the trail, compared with reading it.
//!
//! `cargo bench --bench audit [-- <mutations>]`. A private PostgreSQL with default settings, one connection. Both sides run in
//! turns of a hundred mutations.

#![expect(clippy::expect_used, reason = "a benchmark that cannot continue panics with the reason")]
#![expect(clippy::float_arithmetic, reason = "ratios of times")]

use std::time::{Duration, Instant};

use async_graphql::MaybeUndefined;
use private_postgres::Started;
use revshare::auth::{Caller, Role};
use revshare::domain::admission;
use revshare::domain::audit::export::Export;
use revshare::domain::audit::seal::{Reach, seal};
use revshare::domain::db::act::Act;
use revshare::domain::db::migrate;
use revshare::domain::db::pool::Pool;
use revshare::domain::db::session::Session;
use revshare::domain::db::transaction::Transaction;
use revshare::domain::partner::create::{self, CreatePartnerInput};
use revshare::domain::partner::update::{self, UpdatePartnerInput};
use revshare::domain::reporting::audited_rows;
use revshare::domain::tenant;
use revshare::domain::tenant::create::NewTenant;
use revshare::primitives::error::Error;
use revshare::primitives::id::{PartnerId, TenantId};
use uuid::Uuid;

const MUTATIONS: usize = 20_000;
const TURN: usize = 100;

fn main() {
    let mutations = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(MUTATIONS);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(measure(mutations));
}

fn ok<T>(result: Result<T, Error>) -> T {
    result.map_err(|error| error.describe()).expect("no error")
}

async fn measure(mutations: usize) {
    let folder = std::env::temp_dir().join(format!("revshare-audit-{}", Uuid::now_v7()));
    let Ok(Started::Started(server)) = private_postgres::start(&folder, &[]).await else {
        panic!("no private PostgreSQL in {}", folder.display());
    };
    let urls = server.urls();
    ok(migrate::run(&urls.owner, &urls.serving).await);
    let pool = ok(Pool::new(&urls.serving, 2));
    let currency = "EUR".parse().expect("a currency");
    let id = "bench".to_owned();
    let new = NewTenant { id: id.clone(), name: id.clone(), time_zone: "UTC".to_owned(), currency };
    ok(tenant::create::create(&pool, new).await);
    let caller = ok(admission::operator(&pool, TenantId(id), "bench", Role::Admin).await);
    let partner = create_partner(&pool, &caller).await;

    let (mut with, mut without) = (Duration::ZERO, Duration::ZERO);
    for turn in 0..mutations / TURN {
        with += update(&pool, &caller, Act::UpdatePartner, partner, turn).await;
        // An act that leaves a receipt runs the same mutation, and writes no entry.
        without += update(&pool, &caller, Act::RecordInvoicePaid, partner, turn).await;
    }
    let count = u32::try_from(mutations / TURN * TURN).expect("a number of mutations");
    let ratio = without.as_secs_f64() / with.as_secs_f64();
    println!("a mutation with an entry: {:?}; without: {:?}", with / count, without / count);
    println!("rate with entries / without: {ratio:.2}");
    // The last value is that of an entry, as verification expects.
    update(&pool, &caller, Act::UpdatePartner, partner, mutations).await;
    ok(seal(&pool, &caller, Reach::All).await);
    let reading = time(async || {
        let mut export = ok(Export::open(&pool, &caller).await);
        while ok(export.next().await).is_some() {}
        ok(export.close().await);
    });
    let reading = reading.await;
    let verifying = time(async || {
        let mut db = ok(Session::open(&pool, &caller).await);
        let verified = db.read_snapshot(async |db| audited_rows::verify(db, None).await).await;
        assert!(ok(verified).findings.is_empty(), "the trail is intact");
    });
    let verifying = verifying.await;
    println!("verifying {mutations} entries: {verifying:?}; reading them: {reading:?}");
    pool.close();
    server.stop();
    std::fs::remove_dir_all(&folder).expect("a folder to remove");
}

async fn time(work: impl AsyncFnOnce()) -> Duration {
    let started = Instant::now();
    work().await;
    started.elapsed()
}

async fn create_partner(pool: &Pool, caller: &Caller) -> PartnerId {
    let input = CreatePartnerInput {
        company_name: "bench".to_owned(),
        partner_number: None,
        tier: MaybeUndefined::Undefined,
        status: MaybeUndefined::Undefined,
        default_commission_rate: None,
        payout_currency: MaybeUndefined::Undefined,
        idempotency_key: None,
    };
    ok(Transaction::run(pool, caller, Act::CreatePartner, create::create, &input).await).id
}

/// Renames the partner as often as a turn has mutations; returns the time that it took.
async fn update(pool: &Pool, caller: &Caller, act: Act, id: PartnerId, turn: usize) -> Duration {
    let started = Instant::now();
    for index in 0..TURN {
        let input = UpdatePartnerInput {
            id,
            company_name: MaybeUndefined::Value(format!("{act} {turn} {index}")),
            tier: MaybeUndefined::Undefined,
            status: MaybeUndefined::Undefined,
            default_commission_rate: MaybeUndefined::Undefined,
            payout_currency: MaybeUndefined::Undefined,
            effective_from: None,
        };
        ok(Transaction::run(pool, caller, act, update::update, &input).await);
    }
    started.elapsed()
}
