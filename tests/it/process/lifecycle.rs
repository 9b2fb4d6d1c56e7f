//! The program itself: started, asked, interrupted, killed and started again.

use std::process::Command;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::{Folder, Program, TestDatabase, output_text};

#[test]
fn it_starts_from_nothing_and_comes_back_with_its_data() {
    let folder = Folder::new();
    let server = Program::start(&folder);
    let [partner, finance, billing] = &server.curls[..] else { panic!("{:?}", server.curls) };
    let seen = server.paste(partner);
    assert_eq!(seen["data"]["viewer"]["partners"][0]["companyName"], "Northwind Advisors");
    let pending = server.paste(finance)["data"]["commissionEvents"]["totalCount"].as_i64().expect("a count");
    assert_eq!(server.paste(billing)["data"]["recordInvoicePaid"]["outcome"], "RECORDED");
    assert_eq!(server.paste(billing)["data"]["recordInvoicePaid"]["outcome"], "ALREADY_RECORDED");

    let second = folder.run(&[]);
    assert!(!second.status.success() && output_text(&second).contains("running already"), "{}", output_text(&second));
    let created =
        folder.run(&["tenant", "create", "beside", "--currency", "JPY", "--time-zone", "Asia/Tokyo"]);
    assert!(created.status.success(), "{}", output_text(&created));
    let token =
        folder.run(&["token", "--tenant", "beside", "--user", "ada", "--role", "admin", "--ttl", "5m"]);
    let token = String::from_utf8(token.stdout).expect("a token");
    let tenant = server.post(token.trim(), r#"{"query":"{viewer{tenant{id defaultCurrency timeZone}}}"}"#);
    assert_eq!(tenant["data"]["viewer"]["tenant"]["defaultCurrency"], "JPY");

    assert!(server.signal(Signal::SIGINT).success());
    assert_eq!(folder.postmaster(), None, "Ctrl-C stops all of it");

    let again = Program::start(&folder);
    let kept = again.paste(&again.curls[1])["data"]["commissionEvents"]["totalCount"].as_i64();
    assert_eq!(kept, Some(pending + 1));
    again.signal(Signal::SIGKILL);
    folder.wait_until_stopped();

    let last = Program::start(&folder);
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
    let server = Program::start(&folder);
    let postmaster = folder.postmaster().expect("a PostgreSQL");
    // The guard is the process group that PostgreSQL was started in.
    let guard = nix::unistd::getpgid(Some(postmaster)).expect("a group");
    // Its shells are stopped and killed before the server, so that PostgreSQL outlives both. The kernel wakes a group whose
    // last parent has died, so they may not be there any more when that happens.
    nix::sys::signal::killpg(guard, Signal::SIGSTOP).expect("a signal");
    for shell in shells_of(guard) {
        kill(shell, Signal::SIGKILL).expect("a signal");
    }
    server.signal(Signal::SIGKILL);
    nix::sys::signal::killpg(guard, Signal::SIGCONT).expect("a signal");
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(folder.postmaster(), Some(postmaster), "nobody is left to stop it");
    let again = Program::start(&folder);
    assert!(again.signal(Signal::SIGTERM).success());
    folder.wait_until_stopped();
}

#[test]
fn it_refuses_to_start_without_a_real_key_where_it_needs_one() {
    let folder = Folder::new();
    let refused = |variables: &[(&str, &str)]| {
        let output = folder.command(&[]).envs(variables.iter().copied()).output().expect("a program");
        assert!(!output.status.success());
        output_text(&output)
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
    assert!(migrated.status.success(), "{}", output_text(&migrated));
    let demo = run(&["demo"]);
    assert!(demo.status.success(), "{}", output_text(&demo));
    let again = run(&["demo"]);
    assert!(!again.status.success() && output_text(&again).contains("has tenants already"), "{}", output_text(&again));
    let taken = run(&["tenant", "create", "demo"]);
    assert!(!taken.status.success() && output_text(&taken).contains("already"), "{}", output_text(&taken));
    let wrong = run(&["tenant", "create", "a b"]);
    assert!(!wrong.status.success() && output_text(&wrong).contains("letters"), "{}", output_text(&wrong));
    let secret = "a secret of the operator's own choosing";
    let mut command = folder.command(&[]);
    let server =
        Program::start_with(command.env("DATABASE_URL", &url).env("AUTH_HS256_SECRET", secret).arg("serve"));
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
        include_str!("../../../schema.graphql")
    );
    let help = output_text(&folder.run(&["--help"]));
    for word in [
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
        assert!(help.contains(word), "{word} is missing in:\n{help}");
    }
    assert!(!folder.0.exists());
}
