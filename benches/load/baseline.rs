//! The baseline: what the database can do with the same statements when pgbench sends them.
//!
//! The statements are extracted from PostgreSQL's log, with the values of their parameters; none is written by hand.
//! Values that differ between requests are drawn at random for each, and values that must be unique are generated.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use diesel_async::AsyncPgConnection;

use crate::postgres::{CONNECTION_SETTINGS, LOG_PREFIX, Postgres, client_program, execute, psql, try_psql};

/// How many requests a script sends for each draw of values, which costs an additional statement.
const REQUESTS_PER_DRAW: usize = 8;

const SEPARATOR: &str = "SELECT 'SEPARATOR'";

/// A statement, with the values of its parameters; `None` is NULL.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub sql: String,
    pub values: Vec<Option<String>>,
}

/// Turns the logging of statements on or off.
pub async fn log_statements(superuser: &mut AsyncPgConnection, is_on: bool) {
    let level = if is_on { "all" } else { "none" };
    execute(superuser, &format!("ALTER SYSTEM SET log_statement = '{level}'")).await;
    execute(superuser, "SELECT pg_reload_conf()").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
}

/// Writes a separator into the log of statements.
pub async fn log_separator(superuser: &mut AsyncPgConnection) {
    execute(superuser, SEPARATOR).await;
}

/// Returns the statements between each two separators of the log.
pub fn parse_log(log: &str) -> Vec<Vec<Statement>> {
    let mut requests: Vec<Vec<Statement>> = Vec::new();
    for entry in log.split(LOG_PREFIX) {
        let entry = entry.trim_end().replace("\n\t", "\n");
        if entry.contains(SEPARATOR) {
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
            statement.values = parse_values(values);
        }
    }
    requests.pop();
    requests
}

/// Parses a list like `$1 = 'it''s', $2 = NULL`.
fn parse_values(mut text: &str) -> Vec<Option<String>> {
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

/// Returns the text of a statement, with its values as literals.
pub fn inline_values(statement: &Statement, types: &[String]) -> String {
    replace_parameters(&statement.sql, |n| {
        let quoted = statement.values[n]
            .as_ref()
            .map_or("NULL".to_owned(), |value| format!("'{}'", value.replace('\'', "''")));
        format!("{quoted}::{}", types[n])
    })
}

/// Returns the types of a statement's parameters.
///
/// The program declares them, but the log does not contain them. Some follow from the values; PostgreSQL infers the
/// others from the statement, or accepts only one of the guesses.
pub fn infer_types(postgres: &Postgres, statement: &Statement) -> Vec<String> {
    if statement.values.is_empty() {
        return Vec::new();
    }
    let type_of_value = |value: &str| {
        let is_timestamp =
            value.get(4..5) == Some("-") && value.get(10..11) == Some(" ") && value.contains(':');
        match value {
            _ if value
                .get(1..37)
                .is_some_and(|id| value.starts_with('{') && id.parse::<uuid::Uuid>().is_ok()) =>
            {
                "uuid[]"
            }
            _ if value.parse::<uuid::Uuid>().is_ok() => "uuid",
            _ if is_timestamp => "timestamptz",
            _ => "unknown",
        }
    };
    let mut errors = String::new();
    for guess in ["unknown", "timestamptz", "uuid[]", "text", "numeric"] {
        let declared = statement.values.iter().map(|value| value.as_deref().map_or(guess, type_of_value));
        let script = format!(
            "PREPARE inferred ({}) AS {};
             SELECT unnest(parameter_types)::text FROM pg_prepared_statements WHERE name = 'inferred'",
            declared.collect::<Vec<_>>().join(", "),
            statement.sql
        );
        match try_psql(&postgres.superuser_url(), &script) {
            // As a cast, `character` means `character(1)`; `bpchar` has any length.
            Ok(types) => {
                return types
                    .lines()
                    .map(|name| name.replace("character", "bpchar").replace("bpchar varying", "text"))
                    .collect();
            }
            Err(error) => errors.push_str(&error),
        }
    }
    panic!("{}: {errors}", statement.sql)
}

/// Replaces each `$n` of a statement.
fn replace_parameters(sql: &str, parameter: impl Fn(usize) -> String) -> String {
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

/// The pgbench script of one workload.
pub struct Baseline {
    script: PathBuf,
    constants: Vec<String>,
    /// The number of statements of one request.
    pub statements: usize,
}

impl Baseline {
    /// Builds the script from some requests of the workload. `unique` recognizes values that must be unique.
    pub fn new(
        postgres: &Postgres,
        name: &str,
        requests: &[Vec<Statement>],
        unique: impl Fn(&str) -> Option<Unique>,
    ) -> Self {
        let requests = most_common_shape(requests);
        let shape = &requests[0];
        let (mut constants, mut drawn) = (Vec::new(), Vec::<Vec<String>>::new());
        let mut lines = Vec::new();
        for (s, statement) in shape.iter().enumerate() {
            let types = infer_types(postgres, statement);
            let mut arguments = Vec::new();
            for (v, value) in statement.values.iter().enumerate() {
                let all: Vec<_> = requests.iter().map(|request| request[s].values[v].clone()).collect();
                arguments.push(match value {
                    None => format!("NULL::{}", types[v]),
                    Some(value) if unique(value) == Some(Unique::Number) => {
                        format!(":number_R::{}", types[v])
                    }
                    Some(value) if unique(value) == Some(Unique::Id) => format!(":id_R::{}", types[v]),
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
            lines.push(replace_parameters(&statement.sql, |n| arguments[n].clone()).replace('\n', " "));
        }
        create_draws(postgres, name, &drawn);
        let script = std::env::temp_dir().join(format!("revshare-{name}-{}.sql", std::process::id()));
        std::fs::write(&script, script_text(name, drawn.first().map_or(0, Vec::len), &lines)).unwrap();
        Self { script, constants, statements: shape.len() }
    }

    /// Runs the script for some time; returns the requests per second.
    pub fn run(&self, postgres: &Postgres, connections: usize, time: Duration) -> f64 {
        let threads = connections.min(2);
        let output = Command::new(client_program("pgbench"))
            .env("PGOPTIONS", CONNECTION_SETTINGS)
            .args(["-n", "-M", "prepared", "-c", &connections.to_string(), "-j", &threads.to_string()])
            .args(["-T", &time.as_secs().to_string(), "-f"])
            .arg(&self.script)
            .args(self.constants.iter().flat_map(|constant| ["-D", constant]))
            .arg(&postgres.urls.serving)
            .output()
            .expect("pgbench");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let rate =
            text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse::<f64>().ok());
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !errors.contains("ERROR"), "{errors}");
        rate.expect("a rate") * f64::from(u8::try_from(REQUESTS_PER_DRAW).unwrap())
    }
}

impl Drop for Baseline {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.script);
    }
}

/// A value that no two requests may share.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Unique {
    Number,
    Id,
}

/// Returns the requests that sent the most common sequence of statements.
fn most_common_shape(requests: &[Vec<Statement>]) -> Vec<Vec<Statement>> {
    let shape = |request: &[Statement]| {
        let statement_shape = |statement: &Statement| {
            (statement.sql.clone(), statement.values.iter().map(Option::is_none).collect::<Vec<_>>())
        };
        request.iter().map(statement_shape).collect::<Vec<_>>()
    };
    let mut counts = HashMap::<_, usize>::new();
    for request in requests {
        *counts.entry(shape(request)).or_default() += 1;
    }
    let most_common = counts.into_iter().max_by_key(|(_, count)| *count).expect("a request").0;
    let matching: Vec<_> = requests.iter().filter(|request| shape(request) == most_common).cloned().collect();
    assert!(
        matching.len() * 10 > requests.len(),
        "only {} of {} requests send the same statements",
        matching.len(),
        requests.len()
    );
    matching
}

/// Creates the table that the script draws values from: each row has those of `REQUESTS_PER_DRAW` requests.
fn create_draws(postgres: &Postgres, name: &str, drawn: &[Vec<String>]) {
    if drawn.is_empty() {
        return;
    }
    let count = drawn[0].len();
    let names: Vec<_> =
        (0..REQUESTS_PER_DRAW).flat_map(|r| (0..drawn.len()).map(move |d| format!("d{d}_{r}"))).collect();
    let mut script = format!(
        "DROP TABLE IF EXISTS draws_{name}; CREATE TABLE draws_{name} (n integer PRIMARY KEY, {} text);
         GRANT SELECT ON draws_{name} TO revshare_app;\nCOPY draws_{name} FROM STDIN;\n",
        names.join(" text, ")
    );
    for n in 0..count {
        let values = (0..REQUESTS_PER_DRAW)
            .flat_map(|r| drawn.iter().map(move |column| column[(n * 7 + r * 13) % count].as_str()));
        let values: Vec<_> = values.map(|value| value.replace('\\', "\\\\")).collect();
        script.push_str(&format!("{n}\t{}\n", values.join("\t")));
    }
    script.push_str(&format!("\\.\nVACUUM ANALYZE draws_{name};\n"));
    psql(&postgres.superuser_url(), &script);
}

/// Returns the pgbench script: a draw, and then the statements of `REQUESTS_PER_DRAW` requests.
fn script_text(name: &str, draws: usize, lines: &[String]) -> String {
    let mut script = String::new();
    if draws > 0 {
        script.push_str(&format!(
            "\\set n random(0, {})\nSELECT * FROM draws_{name} WHERE n = :n \\gset\n",
            draws - 1
        ));
    }
    if lines.iter().any(|line| line.contains(":id_R")) {
        let ids: Vec<_> = (0..REQUESTS_PER_DRAW).map(|r| format!("gen_random_uuid() AS id_{r}")).collect();
        script.push_str(&format!("SELECT {} \\gset\n", ids.join(", ")));
    }
    for r in 0..REQUESTS_PER_DRAW {
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
