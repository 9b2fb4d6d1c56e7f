//! The lifecycle of the program: first start, restart, kill, and running over a configured database.

use std::process::{Command, Output};
use std::time::Duration;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::{Pid, getpgid};
use serde_json::{Value, json};

use crate::support::{Folder, Program, TestDatabase, output_text};

/// Sends the printed `curl` command of the finance role; returns how many commission events there are.
fn count_events(server: &Program) -> i64 {
    let response = server.paste(&server.curls[1]);
    response["data"]["commissionEvents"]["totalCount"].as_i64().expect("a count")
}

#[test]
fn the_printed_curl_commands_work_on_the_first_start() {
    let folder = Folder::new();
    let server = Program::start(&folder);
    let [partner, _, billing] = &server.curls[..] else { panic!("{:?}", server.curls) };
    let response = server.paste(partner);
    assert_eq!(response["data"]["viewer"]["partners"][0]["companyName"], "Northwind Advisors");
    let before = count_events(&server);
    for outcome in ["RECORDED", "ALREADY_RECORDED"] {
        assert_eq!(server.paste(billing)["data"]["recordInvoicePaid"]["outcome"], outcome);
    }
    assert_eq!(count_events(&server), before + 1);
    assert!(server.signal(Signal::SIGTERM).success());
}

#[test]
fn commands_work_beside_a_running_server_but_a_second_server_does_not_start() {
    let folder = Folder::new();
    let server = Program::start(&folder);
    let second = folder.run(&[]);
    let text = output_text(&second);
    assert!(!second.status.success() && text.contains("uses the data folder"), "{text}");
    let create = ["tenant", "create", "beside", "--currency", "JPY", "--time-zone", "Asia/Tokyo"];
    let created = folder.run(&create);
    assert!(created.status.success(), "{}", output_text(&created));
    let token =
        folder.run(&["token", "--tenant", "beside", "--user", "ada", "--role", "admin", "--ttl", "5m"]);
    let token = String::from_utf8(token.stdout).expect("a token");
    let query = r#"{"query":"{ viewer { tenant { id defaultCurrency timeZone } } }"}"#;
    let response = server.post(token.trim(), query);
    let expected = json!({ "id": "beside", "defaultCurrency": "JPY", "timeZone": "Asia/Tokyo" });
    assert_eq!(response["data"]["viewer"]["tenant"], expected);
    assert!(server.signal(Signal::SIGTERM).success());
}

#[test]
fn data_survives_an_interrupt_and_a_kill() {
    let folder = Folder::new();
    let server = Program::start(&folder);
    let before = count_events(&server);
    server.paste(&server.curls[2]);
    assert!(server.signal(Signal::SIGINT).success());
    assert_eq!(folder.postmaster(), None, "PostgreSQL stops with the server");

    let restarted = Program::start(&folder);
    assert_eq!(count_events(&restarted), before + 1);
    restarted.signal(Signal::SIGKILL);
    folder.wait_until_stopped();

    let recovered = Program::start(&folder);
    assert_eq!(count_events(&recovered), before + 1);
    assert!(recovered.signal(Signal::SIGTERM).success());
    assert_eq!(folder.postmaster(), None);
}

struct Process {
    id: Pid,
    group: Pid,
    command: String,
}

/// Returns all processes, from `/proc` or, where there is none, from `ps`.
fn processes() -> Vec<Process> {
    let process = |id: &str, group: &str, command: &str| {
        let pid = |text: &str| text.parse().ok().map(Pid::from_raw);
        Some(Process { id: pid(id)?, group: pid(group)?, command: command.to_owned() })
    };
    let Ok(entries) = std::fs::read_dir("/proc") else {
        let output = Command::new("ps").args(["-A", "-o", "pid=,pgid=,comm="]).output().expect("ps");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let fields = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        return fields
            .filter_map(|fields| process(fields.first()?, fields.get(1)?, fields.get(2)?))
            .collect();
    };
    // A line like "123 (the command) S 1 99 …", where state, parent and group follow the command.
    let from_stat = |entry: std::fs::DirEntry| {
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let (id, rest) = stat.split_once(" (")?;
        let (command, rest) = rest.rsplit_once(") ")?;
        process(id, rest.split(' ').nth(2)?, command)
    };
    entries.flatten().filter_map(from_stat).collect()
}

#[test]
fn a_start_stops_a_postgresql_that_outlived_its_server() {
    let folder = Folder::new();
    let server = Program::start(&folder);
    let postmaster = folder.postmaster().expect("a PostgreSQL");
    // The guard that stops PostgreSQL with the server is in the process group that PostgreSQL was started in.
    let guard = getpgid(Some(postmaster)).expect("a group");
    // It is stopped and killed before the server, so that PostgreSQL outlives both. The kernel wakes a group whose last
    // parent has exited, so its shells may have ended by then.
    killpg(guard, Signal::SIGSTOP).expect("a signal");
    for process in processes() {
        if process.group == guard && !process.command.contains("postgres") {
            kill(process.id, Signal::SIGKILL).expect("a signal");
        }
    }
    server.signal(Signal::SIGKILL);
    killpg(guard, Signal::SIGCONT).expect("a signal");
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(folder.postmaster(), Some(postmaster), "PostgreSQL did not outlive its server");
    let restarted = Program::start(&folder);
    assert!(restarted.signal(Signal::SIGTERM).success());
    folder.wait_until_stopped();
}

#[test]
fn a_configured_or_public_server_does_not_start_without_a_real_key() {
    let folder = Folder::new();
    for (name, value, error) in [
        ("AUTH_HS256_SECRET", "short", "at least 32 bytes"),
        ("LISTEN_ADDR", "0.0.0.0:0", "AUTH_HS256_SECRET"),
        ("AUTH_ISSUER", "idp", "AUTH_HS256_SECRET"),
        ("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing", "database"),
    ] {
        let output = folder.command(&[]).env(name, value).output().expect("a program");
        let text = output_text(&output);
        assert!(!output.status.success() && text.contains(error), "{name}={value}: {text}");
    }
    assert!(!folder.cluster().exists());
}

fn assert_rejected(output: &Output, error: &str) {
    let text = output_text(output);
    assert!(!output.status.success() && text.contains(error), "{text}");
}

fn assert_succeeded(output: &Output) {
    assert!(output.status.success(), "{}", output_text(output));
}

const COUNTS: &str = "
    {
        commissionEvents { totalCount }
        payouts(filter: { status: [COMPLETED] }) { totalCount }
        referralLeads { totalCount }
        managedAccounts { totalCount }
    }";

#[tokio::test(flavor = "multi_thread")]
async fn the_program_works_over_a_configured_database() {
    let database = TestDatabase::empty().await;
    let folder = Folder::new();
    let command = |arguments: &[&str]| {
        let mut command = folder.command(arguments);
        command.env("DATABASE_URL", database.urls().owner);
        command.env("AUTH_HS256_SECRET", "a secret of the operator's own choosing");
        command
    };
    let run = |arguments: &[&str]| command(arguments).output().expect("a program");
    assert_succeeded(&run(&["migrate"]));
    assert_succeeded(&run(&["demo"]));
    assert_rejected(&run(&["demo"]), "has tenants; the demo tenant needs an empty database");
    assert_rejected(&run(&["tenant", "create", "demo"]), "already");
    assert_rejected(&run(&["tenant", "create", "a b"]), "letters");
    let server = Program::start_with(&mut command(&["serve"]));
    let token = run(&["token", "--tenant", "demo", "--user", "paula", "--role", "partner"]);
    let token = String::from_utf8(token.stdout).expect("a token");
    let response = server.post(token.trim(), &json!({ "query": COUNTS }).to_string());
    let expected = json!({
        "commissionEvents": { "totalCount": 20 },
        "payouts": { "totalCount": 3 },
        "referralLeads": { "totalCount": 5 },
        "managedAccounts": { "totalCount": 3 },
    });
    assert_eq!(response["data"], expected);
    assert_eq!(response.get("errors"), None::<&Value>);
    assert!(server.signal(Signal::SIGTERM).success());
    assert!(!folder.cluster().exists());
}

#[test]
fn the_schema_and_the_help_are_printed_without_a_database() {
    let folder = Folder::new();
    let schema = folder.run(&["schema"]).stdout;
    assert_eq!(String::from_utf8_lossy(&schema), include_str!("../../../schema.graphql"));
    let help = output_text(&folder.run(&["--help"]));
    for name in [
        "serve",
        "migrate",
        "schema",
        "tenant",
        "demo",
        "token",
        "service-token",
        "DATABASE_URL",
        "LISTEN_ADDR",
        "DATA_DIR",
        "AUTH_HS256_SECRET",
        "AUTH_JWKS",
        "AUTH_ISSUER",
        "AUTH_AUDIENCE",
        "AUTH_TOKEN_TTL_MAX",
        "LOG_FORMAT",
    ] {
        assert!(help.contains(name), "{name} is missing in:\n{help}");
    }
    assert!(!folder.0.exists());
}
