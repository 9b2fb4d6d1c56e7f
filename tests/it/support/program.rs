//! The program run as a process of its own, the way an operator runs it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use private_postgres::Urls;
use serde_json::Value;

/// How long a step may take before the test fails.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Marks a panic in the program's output. No test may cause one.
const PANIC: &str = "panicked at";

/// A data folder of one test, removed when dropped.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        Self(
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("program-{}", uuid::Uuid::now_v7().simple())),
        )
    }

    /// A command with this data folder, a free port, and none of the settings of the environment. The variable `PROGRAM`
    /// names another build of the program, such as a release build.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let program = std::env::var_os("PROGRAM").unwrap_or_else(|| env!("CARGO_BIN_EXE_revshare").into());
        let mut command = Command::new(program);
        let inherited = [
            "DATABASE_URL",
            "MIGRATION_DATABASE_URL",
            "LISTEN_ADDR",
            "AUTH_HS256_SECRET",
            "AUTH_JWKS",
            "AUTH_ISSUER",
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "METRICS_TOKEN",
            "AUTH_AUDIENCE",
            "AUTH_TOKEN_TTL_MAX",
            "OIDC_ISSUER",
            "OIDC_CLIENT_ID",
            "OIDC_SCOPE",
            "OIDC_PARAMETERS",
            "LOG_FORMAT",
            "STRIPE_API_URL",
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

    /// The same, over the database of these URLs.
    pub fn command_for(&self, urls: &Urls, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        command.env("DATABASE_URL", &urls.serving).env("MIGRATION_DATABASE_URL", &urls.owner);
        command
    }

    /// Runs a command to its end; fails the test if it panics.
    pub fn run(&self, arguments: &[&str]) -> Output {
        let output = self.command(arguments).output().expect("a program");
        assert!(!output_text(&output).contains(PANIC), "{}", output_text(&output));
        output
    }

    /// Makes a token for the demo tenant, signed with the folder's key.
    pub fn token(&self, user: &str, role: &str) -> String {
        let made = self.run(&["token", "--tenant", "demo", "--user", user, "--role", role]);
        assert!(made.status.success(), "{}", output_text(&made));
        String::from_utf8(made.stdout).expect("a token").trim().to_owned()
    }

    /// The folder of its PostgreSQL. For root it may be elsewhere, where the account that PostgreSQL runs as has access.
    pub fn cluster(&self) -> PathBuf {
        let elsewhere = std::fs::read_to_string(self.0.join("postgres-folder"));
        elsewhere.map_or_else(|_| self.0.join("postgres"), |path| PathBuf::from(path.trim()))
    }

    /// The process id of the PostgreSQL of this folder, if one is running.
    pub fn postmaster(&self) -> Option<Pid> {
        let text = std::fs::read_to_string(self.cluster().join("data/postmaster.pid")).ok()?;
        let pid = Pid::from_raw(text.lines().next()?.trim().parse().ok()?);
        kill(pid, None).ok().map(|()| pid)
    }

    /// Waits until the PostgreSQL of this folder has stopped.
    pub fn wait_until_stopped(&self) {
        let started = Instant::now();
        while let Some(pid) = self.postmaster() {
            assert!(started.elapsed() < TIMEOUT, "PostgreSQL is still running as process {pid}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.cluster());
        let _ = std::fs::remove_dir_all(&self.0);
        let _ = std::fs::remove_file(self.0.with_extension("log"));
    }
}

/// A running server that has reported its address.
pub struct Program {
    pub process: Child,
    pub address: String,
    /// The `curl` commands that it printed.
    pub curls: Vec<String>,
    /// The file that receives its standard error.
    log: PathBuf,
    /// Held open: a closed standard output is the subject of another test.
    _output: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Program {
    /// Starts the program without arguments: a server with a private PostgreSQL and demo data.
    pub fn start(folder: &Folder) -> Self {
        Self::start_with(&mut folder.command(&[]))
    }

    /// Starts a command that serves; returns once it has printed its address.
    pub fn start_with(command: &mut Command) -> Self {
        let folder = command.get_envs().find(|(name, _)| *name == "DATA_DIR").and_then(|(_, value)| value);
        let log = Path::new(folder.expect("a folder")).with_extension("log");
        let errors = std::fs::File::options().create(true).append(true).open(&log).expect("a file");
        let mut process = command.stdout(Stdio::piped()).stderr(errors).spawn().expect("a program");
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let mut printed = Vec::new();
        let address = loop {
            let line = lines
                .next()
                .unwrap_or_else(|| panic!("no address was printed: {}", read(&log)))
                .expect("text");
            let address =
                line.trim().strip_prefix("Health").and_then(|rest| rest.trim().strip_prefix("http://"));
            if let Some(address) = address {
                break address.trim_end_matches("/health").to_owned();
            }
        };
        // A server with demo data also prints three `curl` commands.
        if command.get_args().len() == 0 {
            while printed.len() < 3 {
                let line = lines.next().expect("a line").expect("text");
                printed.extend(Some(line).filter(|line| line.starts_with("curl ")));
            }
        }
        Self { process, address, curls: printed, log, _output: lines }
    }

    /// Sends the request of a printed `curl` command.
    pub fn paste(&self, curl: &str) -> Value {
        let part = |mark: &str| {
            let rest = curl.split_once(mark).unwrap_or_else(|| panic!("{curl} has no {mark}")).1;
            rest.split_once('\'').expect("a quote").0.to_owned()
        };
        let (token, body) = (part("Authorization: Bearer "), part("-d '"));
        self.post(&token, &body)
    }

    /// Sends a POST request to `/graphql` with additional headers; returns the raw response.
    pub fn request(&self, token: &str, headers: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        let request = format!(
            "POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Authorization: Bearer {token}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).expect("a request");
        let mut response = String::new();
        stream.read_to_string(&mut response).expect("a response");
        response
    }

    /// Sends a GET request; returns the raw response.
    pub fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("a request");
        let mut response = String::new();
        stream.read_to_string(&mut response).expect("a response");
        response
    }

    /// Sends a GraphQL request; returns the JSON of the response.
    pub fn post(&self, token: &str, body: &str) -> Value {
        let response = self.request(token, "", body);
        let body = response.split_once("\r\n\r\n").expect("a body").1;
        serde_json::from_str(body).unwrap_or_else(|_| panic!("{response}"))
    }

    /// Sends a signal and waits for the process to exit.
    pub fn signal(mut self, signal: Signal) -> std::process::ExitStatus {
        let pid = Pid::from_raw(i32::try_from(self.process.id()).expect("a process"));
        kill(pid, signal).expect("a signal");
        self.process.wait().expect("an exit status")
    }
}

/// Kills the server. Fails the test if the server has panicked or logged an internal error.
impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let log = read(&self.log);
        if std::thread::panicking() {
            let lines: Vec<_> = log.lines().rev().take(40).collect();
            eprintln!("the last lines of the program's log, newest first:\n{}", lines.join("\n"));
            return;
        }
        assert!(!log.contains(PANIC), "{log}");
        assert!(!log.contains("internal error"), "{log}");
    }
}

fn read(log: &Path) -> String {
    std::fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

/// Returns what a program wrote to standard error and standard output.
pub fn output_text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}
