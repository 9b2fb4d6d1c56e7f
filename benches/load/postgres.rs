//! A private PostgreSQL with default settings that contains the dataset, and access to it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use private_postgres::{Started, Urls};
use revshare::domain::db::migrate;
use revshare::primitives::error::Error;
use sha2::{Digest, Sha256};

use crate::copy_format::TABLES;
use crate::dataset::Dataset;
use crate::process_stats::{all_processes, stat};
use crate::size::DatasetSize;

/// Settings of the program's connections, which those of the baseline have as well.
pub const CONNECTION_SETTINGS: &str = "-c jit=off -c TimeZone=UTC";
/// Begins every entry of PostgreSQL's log: an entry can have several lines.
pub const LOG_PREFIX: &str = "@@ ";

/// Returns the value; panics with the description of the error.
pub fn ok<T>(result: Result<T, Error>) -> T {
    result.map_err(|error| error.describe()).expect("no error")
}

/// The running PostgreSQL, and the copy of the dataset in it that is used.
pub struct Postgres {
    server: Box<private_postgres::Server>,
    folder: PathBuf,
    database: String,
    postmaster: u32,
    pub urls: Urls,
}

impl Postgres {
    /// Starts PostgreSQL with a copy of the dataset.
    ///
    /// The dataset is written once for each size, day, schema and generator, and then copied for each run.
    pub async fn start(dataset: &Dataset, size: DatasetSize) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("load-postgres");
        let prefix = format!("log_line_prefix={LOG_PREFIX}");
        let started = private_postgres::start(&folder, &[&prefix, "max_wal_size=4GB"]).await;
        let Started::Started(server) = started.expect("a server") else {
            panic!("another benchmark is running");
        };
        let template = template_name(dataset, size);
        let superuser_url = server.superuser_url("postgres");
        let mut superuser = connect(&superuser_url).await;
        let exists = psql(&superuser_url, &format!("SELECT 1 FROM pg_database WHERE datname = '{template}'"));
        if exists.trim().is_empty() {
            let outdated =
                psql(&superuser_url, "SELECT datname FROM pg_database WHERE datname LIKE 'load_%'");
            for name in outdated.lines() {
                execute(&mut superuser, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
            }
            let unfinished = format!("{template}_");
            execute(&mut superuser, &format!("CREATE DATABASE {unfinished} OWNER revshare")).await;
            let urls = server.urls_of(&unfinished);
            ok(migrate::run(&urls.owner, &urls.serving).await);
            load(&server.superuser_url(&unfinished), dataset, &folder);
            execute(&mut superuser, &format!("ALTER DATABASE {unfinished} RENAME TO {template}")).await;
        }
        let database = format!("{template}_run");
        execute(&mut superuser, &format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)")).await;
        let copy =
            format!("CREATE DATABASE {database} OWNER revshare TEMPLATE {template} STRATEGY file_copy");
        execute(&mut superuser, &copy).await;
        execute(&mut superuser, "CHECKPOINT").await;
        let urls = server.urls_of(&database);
        let data = psql(&server.superuser_url(&database), "SHOW data_directory");
        let pid_file = fs::read_to_string(Path::new(data.trim()).join("postmaster.pid")).expect("a pid file");
        let postmaster = pid_file.lines().next().and_then(|pid| pid.trim().parse().ok()).expect("a pid");
        Self { server, folder, database, postmaster, urls }
    }

    /// Returns the URL of the database for the superuser.
    pub fn superuser_url(&self) -> String {
        self.server.superuser_url(&self.database)
    }

    /// Returns the CPU time that all processes of the server have used so far.
    pub fn cpu_seconds(&self) -> f64 {
        let postmaster =
            stat(self.postmaster).map_or(0.0, |stat| stat.cpu_seconds + stat.ended_children_cpu_seconds);
        let children = all_processes().into_iter().filter_map(stat);
        let children = children.filter(|stat| stat.parent == self.postmaster);
        postmaster + children.map(|stat| stat.cpu_seconds).sum::<f64>()
    }

    /// Returns the text of the log.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.folder.join("postgres.log")).unwrap()).into_owned()
    }

    /// Stops the server.
    pub fn stop(self) {
        self.server.stop();
    }
}

/// Returns a name that depends on everything that determines the content of the dataset.
fn template_name(dataset: &Dataset, size: DatasetSize) -> String {
    let generator = concat!(
        include_str!("dataset.rs"),
        include_str!("copy.rs"),
        include_str!("size.rs"),
        include_str!("copy_format.rs")
    );
    let content = format!("{size:?} {} {generator} {}", dataset.today, migrations());
    let hash: String = Sha256::digest(content).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("load_{hash}")
}

/// Returns the text of all migrations.
fn migrations() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let folders = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    let mut files: Vec<_> = folders.filter(|path| path.is_dir()).map(|path| path.join("up.sql")).collect();
    files.sort();
    files.iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}

/// Copies the dataset into the tables. The foreign keys are dropped and added again, which checks all rows at once.
fn load(url: &str, dataset: &Dataset, folder: &Path) {
    let files = folder.join("copy");
    fs::create_dir_all(&files).unwrap();
    dataset.write(&files);
    let mut script = String::from(
        "SET TIME ZONE 'UTC'; SET maintenance_work_mem = '512MB'; BEGIN;
         CREATE TEMPORARY TABLE keys ON COMMIT DROP AS
         SELECT conrelid::regclass::text AS name, conname, pg_get_constraintdef(oid) AS definition
         FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace;
         DO $$ DECLARE k record; BEGIN FOR k IN SELECT * FROM keys LOOP
             EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', k.name, k.conname); END LOOP; END $$;\n",
    );
    for (table, columns) in TABLES {
        script.push_str(&format!("\\copy {table} ({columns}) FROM '{}'\n", files.join(table).display()));
    }
    script.push_str(
        "DO $$ DECLARE k record; BEGIN FOR k IN SELECT * FROM keys LOOP
             EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I %s', k.name, k.conname, k.definition); END LOOP; END $$;
         COMMIT; VACUUM ANALYZE;\n",
    );
    psql(url, &script);
    fs::remove_dir_all(files).unwrap();
}

/// Connects to a database.
pub async fn connect(url: &str) -> AsyncPgConnection {
    AsyncPgConnection::establish(url).await.expect("a connection")
}

/// Executes statements without results.
pub async fn execute(connection: &mut AsyncPgConnection, sql: &str) {
    connection.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Returns the path of a client program of PostgreSQL: from the folder of the running server, or else from `PATH`.
pub fn client_program(name: &str) -> PathBuf {
    let beside_server = all_processes().into_iter().find_map(|pid| {
        let program = fs::read_link(format!("/proc/{pid}/exe")).ok()?;
        program.ends_with("postgres").then(|| program.with_file_name(name))
    });
    beside_server.filter(|program| program.exists()).unwrap_or_else(|| PathBuf::from(name))
}

/// Runs a script in psql; returns its output, values only.
pub fn psql(url: &str, script: &str) -> String {
    try_psql(url, script).unwrap_or_else(|error| panic!("{error}"))
}

/// Runs a script in psql; returns its output or its error messages.
pub fn try_psql(url: &str, script: &str) -> Result<String, String> {
    let mut child = Command::new(client_program("psql"))
        .env("PGOPTIONS", CONNECTION_SETTINGS)
        .args(["-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("psql");
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}
