//! What the database itself can do: pgbench with the very statements that the program sent, one request a transaction.
//!
//! They are taken from PostgreSQL's log, with the values that they were sent with; nothing is written by hand. What differs
//! between requests is drawn anew for each; what must be new each time is made anew.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use diesel_async::AsyncPgConnection;

use crate::server::{LOG_MARK, Postgres, SETTINGS, program, psql, run, tried};

/// How many requests a script sends before it draws again. Drawing is a statement of its own.
const REQUESTS: usize = 8;

/// A statement, with the values of its parameters; none is NULL.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub sql: String,
    pub values: Vec<Option<String>>,
}

/// Has the database write down what it is asked from now on.
pub async fn listen(superuser: &mut AsyncPgConnection, all: bool) {
    let level = if all { "all" } else { "none" };
    run(superuser, &format!("ALTER SYSTEM SET log_statement = '{level}'")).await;
    run(superuser, "SELECT pg_reload_conf()").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
}

/// Leaves a mark in the log.
pub async fn mark(superuser: &mut AsyncPgConnection) {
    run(superuser, "SELECT 'MARK'").await;
}

/// The statements between the marks of the log.
pub fn requests(log: &str) -> Vec<Vec<Statement>> {
    let mut requests: Vec<Vec<Statement>> = Vec::new();
    for entry in log.split(LOG_MARK) {
        let entry = entry.trim_end().replace("\n\t", "\n");
        if entry.contains("SELECT 'MARK'") {
            requests.push(Vec::new());
            continue;
        }
        let Some(request) = requests.last_mut() else { continue };
        if let Some(sql) = entry.strip_prefix("LOG:  statement: ") {
            request.push(Statement { sql: sql.to_owned(), values: Vec::new() });
        } else if let Some(executed) = entry.strip_prefix("LOG:  execute ") {
            let (_, sql) = executed.split_once(": ").unwrap();
            request.push(Statement { sql: sql.to_owned(), values: Vec::new() });
        } else if let Some(values) = entry.strip_prefix("DETAIL:  parameters: ")
            && let Some(statement) = request.last_mut()
        {
            statement.values = values_of(values);
        }
    }
    requests.pop();
    requests
}

/// `$1 = 'it''s', $2 = NULL`
fn values_of(mut text: &str) -> Vec<Option<String>> {
    let mut values = Vec::new();
    while let Some((_, rest)) = text.split_once(" = ") {
        let Some(quoted) = rest.strip_prefix('\'') else {
            values.push(None);
            text = rest;
            continue;
        };
        let (mut value, mut characters) = (String::new(), quoted.char_indices().peekable());
        while let Some((at, character)) = characters.next() {
            if character == '\'' && characters.next_if(|(_, next)| *next == '\'').is_none() {
                text = &quoted[at + 1..];
                break;
            }
            value.push(character);
        }
        values.push(Some(value));
    }
    values
}

/// The statements of a request as text, with their values in them.
pub fn inlined(statement: &Statement, types: &[String]) -> String {
    with_parameters(&statement.sql, |n| {
        let quoted = statement.values[n]
            .as_ref()
            .map_or("NULL".to_owned(), |value| format!("'{}'", value.replace('\'', "''")));
        format!("{quoted}::{}", types[n])
    })
}

/// The types of the parameters of a statement: the program declares them, and the log does not tell. What a value cannot
/// tell either, the statement does, or only one guess fits it.
pub fn types(postgres: &Postgres, statement: &Statement) -> Vec<String> {
    if statement.values.is_empty() {
        return Vec::new();
    }
    let seen = |value: &str| {
        let is_moment = value.get(4..5) == Some("-") && value.get(10..11) == Some(" ") && value.contains(':');
        match value {
            _ if value
                .get(1..37)
                .is_some_and(|id| value.starts_with('{') && id.parse::<uuid::Uuid>().is_ok()) =>
            {
                "uuid[]"
            }
            _ if value.parse::<uuid::Uuid>().is_ok() => "uuid",
            _ if is_moment => "timestamptz",
            _ => "unknown",
        }
    };
    let mut complaints = String::new();
    for guess in ["unknown", "timestamptz", "uuid[]", "text", "numeric"] {
        let declared = statement.values.iter().map(|value| value.as_deref().map_or(guess, seen));
        let script = format!(
            "PREPARE it ({}) AS {};
             SELECT unnest(parameter_types)::text FROM pg_prepared_statements WHERE name = 'it'",
            declared.collect::<Vec<_>>().join(", "),
            statement.sql
        );
        match tried(&postgres.superuser_url(), &script) {
            // A cast to `character` means a single one.
            Ok(types) => {
                return types
                    .lines()
                    .map(|name| name.replace("character", "bpchar").replace("bpchar varying", "text"))
                    .collect();
            }
            Err(complaint) => complaints.push_str(&complaint),
        }
    }
    panic!("{}: {complaints}", statement.sql)
}

fn with_parameters(sql: &str, parameter: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once('$') {
        let digits = after.chars().take_while(char::is_ascii_digit).count();
        text.push_str(before);
        match after[..digits].parse::<usize>() {
            Ok(n) => text.push_str(&parameter(n - 1)),
            Err(_) => text.push('$'),
        }
        rest = &after[digits..];
    }
    text + rest
}

/// What pgbench sends for one kind of request.
pub struct Floor {
    script: PathBuf,
    constants: Vec<String>,
    /// Of one request.
    pub statements: usize,
}

impl Floor {
    /// From some requests of the kind. `is_new` tells values that a request cannot have twice: a number or an id.
    pub fn of(
        postgres: &Postgres,
        name: &str,
        requests: &[Vec<Statement>],
        is_new: impl Fn(&str) -> Option<New>,
    ) -> Self {
        let requests = of_the_usual_shape(requests);
        let shape = &requests[0];
        let (mut constants, mut drawn) = (Vec::new(), Vec::<Vec<String>>::new());
        let mut lines = Vec::new();
        for (s, statement) in shape.iter().enumerate() {
            let types = types(postgres, statement);
            let mut written = Vec::new();
            for (v, value) in statement.values.iter().enumerate() {
                let all: Vec<_> = requests.iter().map(|request| request[s].values[v].clone()).collect();
                written.push(match value {
                    None => format!("NULL::{}", types[v]),
                    Some(value) if is_new(value) == Some(New::Number) => format!(":number_R::{}", types[v]),
                    Some(value) if is_new(value) == Some(New::Id) => format!(":id_R::{}", types[v]),
                    Some(value) if all.iter().all(|other| other.as_ref() == Some(value)) => {
                        constants.push(format!("c{s}_{v}={value}"));
                        format!(":c{s}_{v}::{}", types[v])
                    }
                    Some(_) => {
                        let all: Vec<_> = all.into_iter().map(Option::unwrap_or_default).collect();
                        let column = drawn.iter().position(|column| *column == all).unwrap_or_else(|| {
                            drawn.push(all);
                            drawn.len() - 1
                        });
                        format!(":d{column}_R::{}", types[v])
                    }
                });
            }
            lines.push(with_parameters(&statement.sql, |n| written[n].clone()).replace('\n', " "));
        }
        draw(postgres, name, &drawn);
        let script = std::env::temp_dir().join(format!("revshare-{name}-{}.sql", std::process::id()));
        std::fs::write(&script, script_of(name, drawn.first().map_or(0, Vec::len), &lines)).unwrap();
        Self { script, constants, statements: shape.len() }
    }

    /// Runs it for a while; tells how many requests a second there were.
    pub fn run(&self, postgres: &Postgres, connections: usize, time: Duration) -> f64 {
        let threads = connections.min(2);
        let output = Command::new(program("pgbench"))
            .env("PGOPTIONS", SETTINGS)
            .args(["-n", "-M", "prepared", "-c", &connections.to_string(), "-j", &threads.to_string()])
            .args(["-T", &time.as_secs().to_string(), "-f"])
            .arg(&self.script)
            .args(self.constants.iter().flat_map(|constant| ["-D", constant]))
            .arg(&postgres.urls.serving)
            .output()
            .expect("pgbench");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let rate =
            said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse::<f64>().ok());
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !complaint.contains("ERROR"), "{complaint}");
        rate.expect("a rate") * f64::from(u8::try_from(REQUESTS).unwrap())
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.script);
    }
}

/// What a request cannot have twice.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum New {
    Number,
    Id,
}

/// Those that sent what most sent.
fn of_the_usual_shape(requests: &[Vec<Statement>]) -> Vec<Vec<Statement>> {
    let shape = |request: &[Statement]| {
        let mark = |statement: &Statement| {
            (statement.sql.clone(), statement.values.iter().map(Option::is_none).collect::<Vec<_>>())
        };
        request.iter().map(mark).collect::<Vec<_>>()
    };
    let mut counts = HashMap::<_, usize>::new();
    for request in requests {
        *counts.entry(shape(request)).or_default() += 1;
    }
    let usual = counts.into_iter().max_by_key(|(_, count)| *count).expect("a request").0;
    let usual: Vec<_> = requests.iter().filter(|request| shape(request) == usual).cloned().collect();
    assert!(usual.len() * 10 > requests.len(), "{} of {} requests alike", usual.len(), requests.len());
    usual
}

/// A table of what can be drawn: in each row the values of as many requests as a script sends.
fn draw(postgres: &Postgres, name: &str, drawn: &[Vec<String>]) {
    if drawn.is_empty() {
        return;
    }
    let count = drawn[0].len();
    let names: Vec<_> =
        (0..REQUESTS).flat_map(|r| (0..drawn.len()).map(move |d| format!("d{d}_{r}"))).collect();
    let mut script = format!(
        "DROP TABLE IF EXISTS draws_{name}; CREATE TABLE draws_{name} (n integer PRIMARY KEY, {} text);
         GRANT SELECT ON draws_{name} TO revshare_app;\nCOPY draws_{name} FROM STDIN;\n",
        names.join(" text, ")
    );
    for n in 0..count {
        let values = (0..REQUESTS)
            .flat_map(|r| drawn.iter().map(move |column| column[(n * 7 + r * 13) % count].as_str()));
        let values: Vec<_> = values.map(|value| value.replace('\\', "\\\\")).collect();
        script.push_str(&format!("{n}\t{}\n", values.join("\t")));
    }
    script.push_str(&format!("\\.\nVACUUM ANALYZE draws_{name};\n"));
    psql(&postgres.superuser_url(), &script);
}

fn script_of(name: &str, draws: usize, lines: &[String]) -> String {
    let mut script = String::new();
    if draws > 0 {
        script.push_str(&format!(
            "\\set n random(0, {})\nSELECT * FROM draws_{name} WHERE n = :n \\gset\n",
            draws - 1
        ));
    }
    if lines.iter().any(|line| line.contains(":id_R")) {
        let made: Vec<_> = (0..REQUESTS).map(|r| format!("gen_random_uuid() AS id_{r}")).collect();
        script.push_str(&format!("SELECT {} \\gset\n", made.join(", ")));
    }
    for r in 0..REQUESTS {
        if lines.iter().any(|line| line.contains(":number_R")) {
            script.push_str(&format!("\\set number_{r} random(1, 1000000000000000)\n"));
        }
        for line in lines {
            script.push_str(&line.replace("_R::", &format!("_{r}::")));
            script.push_str(";\n");
        }
    }
    script
}
