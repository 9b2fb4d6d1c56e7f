//! The program itself: started, asked, interrupted, killed and started again.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::support::TestDatabase;

const WITHIN: Duration = Duration::from_secs(60);

/// A data folder of its own, gone when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("program-{}", uuid::Uuid::now_v7().simple())),
        )
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_revshare"));
        let inherited = [
            "DATABASE_URL",
            "LISTEN_ADDR",
            "AUTH_HS256_SECRET",
            "AUTH_ISSUER",
            "AUTH_AUDIENCE",
            "LOG_FORMAT",
        ];
        for variable in inherited {
            command.env_remove(variable);
        }
        command
            .env("RUST_LOG", "error")
            .env("DATA_DIR", &self.0)
            .env("LISTEN_ADDR", "127.0.0.1:0")
            .args(arguments)
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("a program")
    }

    /// Where its PostgreSQL is: root's may be elsewhere, where the account that it runs as can go.
    fn cluster(&self) -> PathBuf {
        let elsewhere = std::fs::read_to_string(self.0.join("postgres-folder"));
        elsewhere.map_or_else(|_| self.0.join("postgres"), |path| PathBuf::from(path.trim()))
    }

    /// The process of the PostgreSQL of this folder, if one runs.
    fn postmaster(&self) -> Option<Pid> {
        let text = std::fs::read_to_string(self.cluster().join("data/postmaster.pid")).ok()?;
        let pid = Pid::from_raw(text.lines().next()?.trim().parse().ok()?);
        kill(pid, None).ok().map(|()| pid)
    }

    fn wait_until_stopped(&self) {
        let begun = Instant::now();
        while let Some(pid) = self.postmaster() {
            assert!(begun.elapsed() < WITHIN, "PostgreSQL {pid} was left behind");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.cluster());
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A server that is ready.
struct Server {
    process: Child,
    address: String,
    /// The `curl` lines that it printed.
    curls: Vec<String>,
    /// Kept open: a program that cannot print is another test.
    _output: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Server {
    fn start(folder: &Folder) -> Self {
        Self::start_with(&mut folder.command(&[]))
    }

    fn start_with(command: &mut Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().expect("a program");
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let mut printed = Vec::new();
        let address = loop {
            let line = lines.next().expect("a greeting").expect("text");
            let address =
                line.trim().strip_prefix("Health").and_then(|rest| rest.trim().strip_prefix("http://"));
            if let Some(address) = address {
                break address.trim_end_matches("/health").to_owned();
            }
        };
        // The greeting is printed at once; what is left of it is a known number of lines.
        if command.get_args().len() == 0 {
            while printed.len() < 3 {
                let line = lines.next().expect("a line").expect("text");
                printed.extend(Some(line).filter(|line| line.starts_with("curl ")));
            }
        }
        Self { process, address, curls: printed, _output: lines }
    }

    /// Sends what a printed `curl` line would send.
    fn paste(&self, curl: &str) -> Value {
        let part = |mark: &str| {
            let rest = curl.split_once(mark).unwrap_or_else(|| panic!("{curl} has no {mark}")).1;
            rest.split_once('\'').expect("a quote").0.to_owned()
        };
        let (token, body) = (part("Authorization: Bearer "), part("-d '"));
        self.post(&token, &body)
    }

    fn post(&self, token: &str, body: &str) -> Value {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        let request = format!(
            "POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Authorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let body = answer.split_once("\r\n\r\n").expect("a body").1;
        serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"))
    }

    fn signal(mut self, signal: Signal) -> std::process::ExitStatus {
        let pid = Pid::from_raw(i32::try_from(self.process.id()).expect("a process"));
        kill(pid, signal).expect("a signal");
        self.process.wait().expect("an end")
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

#[test]
fn it_starts_from_nothing_and_comes_back_with_its_data() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let [partner, finance, billing] = &server.curls[..] else { panic!("{:?}", server.curls) };
    let seen = server.paste(partner);
    assert_eq!(seen["data"]["viewer"]["partners"][0]["companyName"], "Northwind Advisors");
    let pending = server.paste(finance)["data"]["commissionEvents"]["totalCount"].as_i64().expect("a count");
    assert_eq!(server.paste(billing)["data"]["recordInvoicePaid"]["outcome"], "RECORDED");
    assert_eq!(server.paste(billing)["data"]["recordInvoicePaid"]["outcome"], "ALREADY_RECORDED");

    let second = folder.run(&[]);
    assert!(!second.status.success() && said(&second).contains("running already"), "{}", said(&second));
    let created =
        folder.run(&["tenant", "create", "beside", "--currency", "JPY", "--time-zone", "Asia/Tokyo"]);
    assert!(created.status.success(), "{}", said(&created));
    let token =
        folder.run(&["token", "--tenant", "beside", "--user", "ada", "--role", "admin", "--ttl", "5m"]);
    let token = String::from_utf8(token.stdout).expect("a token");
    let tenant = server.post(token.trim(), r#"{"query":"{viewer{tenant{id defaultCurrency timeZone}}}"}"#);
    assert_eq!(tenant["data"]["viewer"]["tenant"]["defaultCurrency"], "JPY");

    assert!(server.signal(Signal::SIGINT).success());
    assert_eq!(folder.postmaster(), None, "Ctrl-C stops all of it");

    let again = Server::start(&folder);
    let kept = again.paste(&again.curls[1])["data"]["commissionEvents"]["totalCount"].as_i64();
    assert_eq!(kept, Some(pending + 1));
    again.signal(Signal::SIGKILL);
    folder.wait_until_stopped();

    let last = Server::start(&folder);
    let kept = last.paste(&last.curls[1])["data"]["commissionEvents"]["totalCount"].as_i64();
    assert_eq!(kept, Some(pending + 1));
    assert!(last.signal(Signal::SIGTERM).success());
    assert_eq!(folder.postmaster(), None);
}

/// The processes of a group that are not PostgreSQL's.
fn shells_of(group: Pid) -> Vec<Pid> {
    let processes = processes();
    let fields = processes.iter().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let ours = fields.filter(|fields| fields[1] == group.to_string() && !fields[2].contains("postgres"));
    ours.map(|fields| Pid::from_raw(fields[0].parse().expect("a process"))).collect()
}

/// All processes: id, group, command. Small machines with /proc have no `ps`, and those without /proc have it.
fn processes() -> Vec<String> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        let output = Command::new("ps").args(["-A", "-o", "pid=,pgid=,comm="]).output().expect("ps");
        return String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
    };
    // "123 (the command) S 1 99 …": after the command its state, its parent and its group.
    let line = |entry: std::fs::DirEntry| {
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let (pid, rest) = stat.split_once(" (")?;
        let (command, rest) = rest.rsplit_once(") ")?;
        let group = rest.split(' ').nth(2)?;
        Some(format!("{pid} {group} {}", command.replace(' ', "_")))
    };
    entries.flatten().filter_map(line).collect()
}

#[test]
fn it_stops_what_a_killed_run_and_its_guard_left_behind() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let postmaster = folder.postmaster().expect("a PostgreSQL");
    // The guard is the process group that PostgreSQL was started in.
    let guard = nix::unistd::getpgid(Some(postmaster)).expect("a group");
    // Its shells are stopped, so that PostgreSQL outlives the server, and then killed; PostgreSQL itself goes on.
    nix::sys::signal::killpg(guard, Signal::SIGSTOP).expect("a signal");
    server.signal(Signal::SIGKILL);
    for shell in shells_of(guard) {
        kill(shell, Signal::SIGKILL).expect("a signal");
    }
    nix::sys::signal::killpg(guard, Signal::SIGCONT).expect("a signal");
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(folder.postmaster(), Some(postmaster), "nobody is left to stop it");
    let again = Server::start(&folder);
    assert!(again.signal(Signal::SIGTERM).success());
    folder.wait_until_stopped();
}

#[test]
fn it_refuses_to_start_without_a_real_key_where_it_needs_one() {
    let folder = Folder::new();
    let refused = |variables: &[(&str, &str)]| {
        let output = folder.command(&[]).envs(variables.iter().copied()).output().expect("a program");
        assert!(!output.status.success());
        said(&output)
    };
    assert!(refused(&[("AUTH_HS256_SECRET", "short")]).contains("at least 32 bytes"));
    assert!(refused(&[("LISTEN_ADDR", "0.0.0.0:0")]).contains("AUTH_HS256_SECRET"));
    assert!(refused(&[("AUTH_ISSUER", "idp")]).contains("AUTH_HS256_SECRET"));
    assert!(refused(&[("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing")]).contains("database"));
    assert!(!folder.cluster().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_works_on_a_database_that_it_is_told_of() {
    let database = TestDatabase::empty().await;
    let folder = Folder::new();
    let url = database.urls().owner;
    let run =
        |arguments: &[&str]| folder.command(arguments).env("DATABASE_URL", &url).output().expect("a program");
    let migrated = run(&["migrate"]);
    assert!(migrated.status.success(), "{}", said(&migrated));
    let demo = run(&["demo"]);
    assert!(demo.status.success(), "{}", said(&demo));
    let again = run(&["demo"]);
    assert!(!again.status.success() && said(&again).contains("has tenants already"), "{}", said(&again));
    let taken = run(&["tenant", "create", "demo"]);
    assert!(!taken.status.success() && said(&taken).contains("already"), "{}", said(&taken));
    let wrong = run(&["tenant", "create", "a b"]);
    assert!(!wrong.status.success() && said(&wrong).contains("letters"), "{}", said(&wrong));
    let secret = "a secret of the operator's own choosing";
    let mut command = folder.command(&[]);
    let server =
        Server::start_with(command.env("DATABASE_URL", &url).env("AUTH_HS256_SECRET", secret).arg("serve"));
    let mut token = folder.command(&["token", "--tenant", "demo", "--user", "paula", "--role", "partner"]);
    let token = token.env("AUTH_HS256_SECRET", secret).output().expect("a program");
    let token = String::from_utf8(token.stdout).expect("a token");
    let body = r#"{"query":"{commissionEvents{totalCount} payouts(filter:{status:[COMPLETED]}){totalCount} referralLeads{totalCount} managedAccounts{totalCount}}"}"#;
    let answer = server.post(token.trim(), body);
    let counts = ["commissionEvents", "payouts", "referralLeads", "managedAccounts"];
    assert_eq!(counts.map(|list| answer["data"][list]["totalCount"].as_i64()), [20, 3, 5, 3].map(Some));
    assert!(server.signal(Signal::SIGTERM).success());
    assert!(!folder.cluster().exists());
}

#[test]
fn it_prints_its_schema_and_its_help() {
    let folder = Folder::new();
    assert_eq!(
        String::from_utf8_lossy(&folder.run(&["schema"]).stdout),
        include_str!("../../schema.graphql")
    );
    let help = said(&folder.run(&["--help"]));
    for word in [
        "serve",
        "migrate",
        "schema",
        "tenant",
        "demo",
        "token",
        "DATABASE_URL",
        "LISTEN_ADDR",
        "DATA_DIR",
        "AUTH_HS256_SECRET",
        "AUTH_ISSUER",
        "AUTH_AUDIENCE",
        "LOG_FORMAT",
    ] {
        assert!(help.contains(word), "{word} is missing in:\n{help}");
    }
    assert!(!folder.0.exists());
}
