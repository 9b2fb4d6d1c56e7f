//! One private PostgreSQL for all tests of a process, started by the product's own code, and a database for each test,
//! cloned from a migrated template.

use std::path::Path;
use std::sync::OnceLock;
use std::thread;

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use private_postgres::{self, Server, Started, THROWAWAY, Urls};
use revshare::domain::db::migrate;
use uuid::Uuid;

use super::{ok, panics};

const TEMPLATE: &str = "test_template";

static CLUSTER: OnceLock<Server> = OnceLock::new();

fn cluster() -> &'static Server {
    CLUSTER.get_or_init(|| {
        // Not on the runtime of the first test, which ends with that test.
        block_on_new_thread(async {
            let server = start_unused_cluster().await;
            let mut postgres = connect(&server, "postgres").await;
            for database in leftover_databases(&mut postgres).await {
                run(&mut postgres, &format!("DROP DATABASE {database} WITH (FORCE)")).await;
            }
            run(&mut postgres, &format!("CREATE DATABASE {TEMPLATE} OWNER revshare")).await;
            let urls = server.urls_of(TEMPLATE);
            ok(migrate::run(&urls.owner, &urls.serving).await);
            server
        })
    })
}

/// Starts the first cluster that no other test process is using.
async fn start_unused_cluster() -> Server {
    for n in 0..64 {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("postgres-{n}"));
        match private_postgres::start(&folder, THROWAWAY).await {
            Ok(Started::Started(server)) => return *server,
            Ok(Started::AlreadyRunning { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    panic!("every test cluster is in use");
}

/// The databases that earlier test processes left behind.
async fn leftover_databases(postgres: &mut AsyncPgConnection) -> Vec<String> {
    use diesel::prelude::*;
    #[derive(QueryableByName)]
    struct Database {
        #[diesel(sql_type = diesel::sql_types::Text)]
        name: String,
    }
    let query =
        diesel::sql_query("SELECT datname::text AS name FROM pg_database WHERE datname LIKE 'test\\_%'");
    let databases: Vec<Database> = diesel_async::RunQueryDsl::load(query, postgres).await.expect("databases");
    databases.into_iter().map(|database| database.name).collect()
}

async fn connect(server: &Server, database: &str) -> AsyncPgConnection {
    AsyncPgConnection::establish(&server.superuser_url(database)).await.expect("a connection")
}

async fn run(connection: &mut AsyncPgConnection, sql: &str) {
    connection.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Runs a future to its end on a thread with its own runtime, so that it can be called within another runtime.
fn block_on_new_thread<T: Send>(work: impl Future<Output = T> + Send) -> T {
    thread::scope(|scope| {
        let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        scope.spawn(move || runtime().expect("a runtime").block_on(work)).join().expect("a thread")
    })
}

/// A database of one test, dropped with this value.
pub struct TestDatabase {
    name: String,
}

impl TestDatabase {
    /// A database with all migrations applied.
    pub async fn migrated() -> Self {
        Self::create(&format!("TEMPLATE {TEMPLATE}")).await
    }

    /// An empty database.
    pub async fn empty() -> Self {
        Self::create("TEMPLATE template0").await
    }

    /// A copy of another test's database, to which no connection may be open.
    pub async fn copy_of(other: &Self) -> Self {
        Self::create(&format!("TEMPLATE {}", other.name)).await
    }

    async fn create(options: &str) -> Self {
        panics::record();
        let name = format!("test_{}", Uuid::now_v7().simple());
        let mut postgres = connect(cluster(), "postgres").await;
        run(&mut postgres, &format!("CREATE DATABASE {name} {options} OWNER revshare")).await;
        Self { name }
    }

    /// The URLs by which the serving role and the owner connect.
    pub fn urls(&self) -> Urls {
        cluster().urls_of(&self.name)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        block_on_new_thread(async {
            let mut postgres = connect(cluster(), "postgres").await;
            run(&mut postgres, &format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
        });
        panics::assert_none();
    }
}

/// Connects to a test's database as superuser, for what the product's own roles must not be able to do.
pub async fn superuser(database: &TestDatabase) -> AsyncPgConnection {
    connect(cluster(), &database.name).await
}

/// Runs SQL as superuser; on failure returns the violated constraint, or else the database's message.
pub async fn with_superuser(database: &TestDatabase, sql: &str) -> Result<(), String> {
    let done = superuser(database).await.batch_execute(sql).await;
    done.map_err(|error| {
        if let diesel::result::Error::DatabaseError(_, information) = &error {
            return information.constraint_name().unwrap_or_else(|| information.message()).to_owned();
        }
        error.to_string()
    })
}
