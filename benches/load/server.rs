//! What is measured: the program itself, on a private PostgreSQL with its ordinary settings; and what both use.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use private_postgres::{self, Started, Urls};
use revshare::auth::token::jwt::JwtKeys;
use revshare::auth::{Identity, Role};
use revshare::domain::db::migrate;
use revshare::primitives::error::Error;
use revshare::primitives::id::TenantId;
use sha2::{Digest, Sha256};

use crate::data::World;
use crate::size::Size;
use crate::tables::TABLES;

const SECRET: &str = "a secret of the benchmark, which is no secret";
/// Ticks of the clock by which Linux counts what a process used.
const TICKS_PER_SECOND: f64 = 100.0;
/// What holds for the program's connections holds for those of the floor.
pub const SETTINGS: &str = "-c jit=off -c enable_bitmapscan=off -c TimeZone=UTC";
/// Begins every line of PostgreSQL's log, which can go over several lines.
pub const LOG_MARK: &str = "@@ ";

pub fn ok<T>(result: Result<T, Error>) -> T {
    result.map_err(|error| error.describe()).expect("no error")
}

/// A private PostgreSQL with the data, and a copy of it to work on.
pub struct Postgres {
    server: Box<private_postgres::Server>,
    folder: PathBuf,
    database: String,
    parent: u32,
    pub urls: Urls,
}

impl Postgres {
    /// The data are made once for each size, day, schema and generator; then copied for each run.
    pub async fn with(world: &World, size: Size) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("load-postgres");
        let mark = format!("log_line_prefix={LOG_MARK}");
        let Started::Started(server) =
            private_postgres::start(&folder, &[&mark, "max_wal_size=4GB"]).await.expect("a server")
        else {
            panic!("another benchmark is running");
        };
        let made_of = format!(
            "{size:?} {} {} {}",
            world.today,
            concat!(include_str!("data.rs"), include_str!("size.rs"), include_str!("tables.rs")),
            schema_of_tables()
        );
        let hash: String = Sha256::digest(made_of).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let template = format!("load_{hash}");
        let mut postgres = connect(&server.superuser_url("postgres")).await;
        let is_there = psql(
            &server.superuser_url("postgres"),
            &format!("SELECT 1 FROM pg_database WHERE datname = '{template}'"),
        );
        if is_there.trim().is_empty() {
            for old in psql(
                &server.superuser_url("postgres"),
                "SELECT datname FROM pg_database WHERE datname LIKE 'load_%'",
            )
            .lines()
            {
                run(&mut postgres, &format!("DROP DATABASE {old} WITH (FORCE)")).await;
            }
            let unfinished = format!("{template}_");
            run(&mut postgres, &format!("CREATE DATABASE {unfinished} OWNER revshare")).await;
            let urls = server.urls_of(&unfinished);
            ok(migrate::run(&urls.owner, &urls.serving).await);
            fill(&server.superuser_url(&unfinished), world, &folder);
            run(&mut postgres, &format!("ALTER DATABASE {unfinished} RENAME TO {template}")).await;
        }
        let database = format!("{template}_run");
        run(&mut postgres, &format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)")).await;
        run(
            &mut postgres,
            &format!("CREATE DATABASE {database} OWNER revshare TEMPLATE {template} STRATEGY file_copy"),
        )
        .await;
        run(&mut postgres, "CHECKPOINT").await;
        let urls = server.urls_of(&database);
        let data = psql(&server.superuser_url(&database), "SHOW data_directory");
        let mark = fs::read_to_string(Path::new(data.trim()).join("postmaster.pid")).expect("a postmaster");
        let parent = mark.lines().next().and_then(|pid| pid.trim().parse().ok()).expect("a process");
        Self { server, folder, database, parent, urls }
    }

    pub fn superuser_url(&self) -> String {
        self.server.superuser_url(&self.database)
    }

    /// Its processes, of which the first is the parent of the others.
    pub fn processes(&self) -> Vec<u32> {
        let children = all_processes()
            .into_iter()
            .filter(|pid| stat(*pid).is_some_and(|stat| stat.parent == self.parent));
        [self.parent].into_iter().chain(children).collect()
    }

    /// The seconds that its processes have worked.
    pub fn cpu(&self) -> f64 {
        let of_ended = stat(self.parent).map_or(0.0, |stat| stat.of_ended_children);
        self.processes().into_iter().filter_map(stat).map(|stat| stat.own).sum::<f64>() + of_ended
    }

    /// What it wrote into its log so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.folder.join("postgres.log")).unwrap()).into_owned()
    }

    pub fn stop(self) {
        self.server.stop();
    }
}

/// The migrations and what goes with them: another schema, other tables.
fn schema_of_tables() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut steps: Vec<_> =
        fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path().join("up.sql")).collect();
    steps.sort();
    steps.iter().map(|step| fs::read_to_string(step).unwrap()).collect()
}

/// Fills the tables. Foreign keys are put aside meanwhile, and checked for all rows at once when they come back.
fn fill(url: &str, world: &World, folder: &Path) {
    let files = folder.join("copy");
    fs::create_dir_all(&files).unwrap();
    world.write(&files);
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

pub async fn connect(url: &str) -> AsyncPgConnection {
    AsyncPgConnection::establish(url).await.expect("a connection")
}

pub async fn run(connection: &mut AsyncPgConnection, sql: &str) {
    connection.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// A program of PostgreSQL, where the server's own are.
pub fn program(name: &str) -> PathBuf {
    let parent = all_processes().into_iter().find_map(|pid| {
        let program = fs::read_link(format!("/proc/{pid}/exe")).ok()?;
        program.ends_with("postgres").then(|| program.with_file_name(name))
    });
    parent.filter(|program| program.exists()).unwrap_or_else(|| PathBuf::from(name))
}

/// Has psql carry out a script; answers what it prints, values only.
pub fn psql(url: &str, script: &str) -> String {
    tried(url, script).unwrap_or_else(|complaint| panic!("{complaint}"))
}

/// Has psql carry out a script, if it can.
pub fn tried(url: &str, script: &str) -> Result<String, String> {
    let mut child = Command::new(program("psql"))
        .env("PGOPTIONS", SETTINGS)
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

/// The program: that of this source, or another one to compare it with.
pub fn revshare() -> PathBuf {
    std::env::var_os("PROGRAM").map_or_else(|| env!("CARGO_BIN_EXE_revshare").into(), PathBuf::from)
}

/// The program, serving.
pub struct Server {
    child: Child,
    pub address: String,
    /// From when it was started until it answered.
    pub started_in: Duration,
}

impl Server {
    /// Starts it, with everything on as in production.
    pub fn start(urls: &Urls, log: &Path) -> Self {
        let begun = Instant::now();
        let mut child = Command::new(revshare())
            .args(["--listen-addr", "127.0.0.1:0", "--log-format", "json", "serve"])
            .env("DATABASE_URL", &urls.serving)
            .env("MIGRATION_DATABASE_URL", &urls.owner)
            .env("AUTH_HS256_SECRET", SECRET)
            .env("RUST_LOG", "info")
            .stdout(Stdio::piped())
            .stderr(File::create(log).unwrap())
            .spawn()
            .expect("the program");
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let health = lines.filter_map(|line| Some(line.trim().strip_prefix("Health")?.trim().to_owned()));
        let health = health.into_iter().next().expect("an address");
        let address = health.trim_end_matches("/health").to_owned();
        let curl = std::net::TcpStream::connect(address.trim_start_matches("http://"));
        let mut socket = curl.expect("a connection");
        write!(socket, "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        std::io::Read::read_to_string(&mut socket, &mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        Self { child, address, started_in: begun.elapsed() }
    }

    /// The seconds that it has worked.
    pub fn cpu(&self) -> f64 {
        stat(self.child.id()).map_or(0.0, |stat| stat.own)
    }

    /// What it holds in memory, and the most that it held, in MiB.
    pub fn memory(&self) -> (u64, u64) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or_default()
                / 1_024
        };
        (of("VmRSS:"), of("VmHWM:"))
    }

    /// Stops it, and waits until it has.
    pub fn stop(mut self) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
        assert!(self.child.wait().unwrap().success(), "the program failed");
    }
}

/// A benchmark that could not go on leaves no server behind.
impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

/// A token of somebody, as the program takes it.
pub fn token(tenant: &str, user: &str, role: Role) -> String {
    let tokens = ok(JwtKeys::with_secret(SECRET.as_bytes(), None, None));
    let identity = Identity::operator(TenantId(tenant.to_owned()), user, role);
    ok(tokens.sign(&identity, Duration::from_secs(12 * 3_600)))
}

struct Stat {
    parent: u32,
    own: f64,
    of_ended_children: f64,
}

fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(") ")?.1.split(' ').collect();
    let seconds = |from: usize| {
        let ticks: f64 = [from, from + 1].iter().filter_map(|n| fields.get(*n)?.parse::<f64>().ok()).sum();
        ticks / TICKS_PER_SECOND
    };
    Some(Stat { parent: fields.get(1)?.parse().ok()?, own: seconds(11), of_ended_children: seconds(13) })
}

fn all_processes() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}
