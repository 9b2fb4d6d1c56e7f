//! Every argument and every input field that the schema has, found by introspection: what strangers get through them, and what
//! hostile values do.

use std::collections::BTreeSet;

use rand::seq::IndexedRandom;
use revshare::auth::Role;
use revshare::http::{Limits, Options};
use serde_json::{Value, json};

use crate::auth::doors::{Acme, Schema, named, verdict};
use crate::support::{Client, TestApp};

/// How many hostile values each place is tried with, unless `HOSTILE_TRIES` says; by chance, others each time.
const TRIES: usize = 6;

/// A place for a value in a request, and the request with a hole in that place.
struct Place {
    /// The argument or input field.
    name: String,
    /// The request, with `$v` in the place.
    query: String,
    /// The type of the value, as a variable is declared.
    value_type: String,
    /// A value that would be right.
    right: String,
    changes_something: bool,
}

/// A way to write a value: the literal, with a hole in one place or in none.
#[derive(Clone)]
struct Written {
    text: String,
    hole: Option<Hole>,
}

/// The name of a place, the type of its value, and a value that would be right.
#[derive(Clone)]
struct Hole {
    name: String,
    value_type: String,
    right: String,
}

fn printed(of_type: &Value) -> String {
    match of_type["kind"].as_str() {
        Some("NON_NULL") => format!("{}!", printed(&of_type["ofType"])),
        Some("LIST") => format!("[{}]", printed(&of_type["ofType"])),
        _ => of_type["name"].as_str().unwrap_or_default().to_owned(),
    }
}

fn is_required(of_type: &Value) -> bool {
    of_type["kind"] == "NON_NULL"
}

/// What is needed to write requests.
struct Writer<'a> {
    schema: &'a Schema,
    acme: &'a Acme,
}

impl Writer<'_> {
    /// All ways to write a value with a hole in one place of it.
    fn ways(&self, owner: &str, name: &str, place: &str, of_type: &Value) -> Vec<Written> {
        let (inner, _) = named(of_type);
        let right = self.schema.literal(self.acme, owner, name, of_type);
        let fields = &self.schema.types[&inner]["inputFields"];
        if fields.is_null() {
            let hole = Hole { name: place.to_owned(), value_type: printed(of_type), right };
            return vec![Written { text: "$v".to_owned(), hole: Some(hole) }];
        }
        let is_list = of_type["kind"] == "LIST" || of_type["ofType"]["kind"] == "LIST";
        let within = self.fields(owner, &inner, fields);
        let boxed = |way: Written| {
            let text = if is_list { format!("[{{{}}}]", way.text) } else { format!("{{{}}}", way.text) };
            Written { text, ..way }
        };
        within.into_iter().map(boxed).collect()
    }

    /// All ways to write some fields or arguments, with a hole in one place: what is required, and the one with the hole.
    fn fields(&self, owner: &str, of: &str, fields: &Value) -> Vec<Written> {
        let mut ways = Vec::new();
        for with_hole in fields.as_array().into_iter().flatten() {
            let name = with_hole["name"].as_str().unwrap_or_default();
            let others = fields
                .as_array()
                .into_iter()
                .flatten()
                .filter(|other| is_required(&other["type"]) && other["name"] != with_hole["name"]);
            let others: Vec<_> = others
                .map(|other| {
                    let name = other["name"].as_str().unwrap_or_default();
                    format!("{name}:{}", self.schema.literal(self.acme, owner, name, &other["type"]))
                })
                .collect();
            for way in self.ways(owner, name, &format!("{of}.{name}"), &with_hole["type"]) {
                let text = [others.clone(), vec![format!("{name}:{}", way.text)]].concat().join(",");
                ways.push(Written { text, ..way });
            }
        }
        ways
    }

    /// Every place of every field that can be asked for.
    fn places(&self) -> Vec<Place> {
        let mut places = Vec::new();
        for (type_name, path, after) in self.schema.paths(self.acme) {
            for field in self.schema.types[&type_name]["fields"].as_array().into_iter().flatten() {
                let name = field["name"].as_str().unwrap_or_default();
                let (inner, _) = named(&field["type"]);
                let selection = if self.schema.is_leaf(&inner) { "" } else { "{__typename}" };
                let changes_something = type_name == "Mutation";
                for way in self.fields(name, &format!("{type_name}.{name}"), &field["args"]) {
                    let Some(hole) = way.hole else { continue };
                    let kind = if changes_something { "mutation" } else { "query" };
                    let selection = if changes_something { "{userErrors{code}}" } else { selection };
                    places.push(Place {
                        query: format!(
                            "{kind}($v:{}){{{path}{name}({}){selection}{after}}}",
                            hole.value_type, way.text
                        ),
                        name: hole.name,
                        value_type: hole.value_type,
                        right: hole.right,
                        changes_something,
                    });
                }
            }
        }
        places
    }

    /// The names of all arguments and input fields of the schema.
    fn names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for (type_name, found) in &self.schema.types {
            for field in found["fields"].as_array().into_iter().flatten() {
                for argument in field["args"].as_array().into_iter().flatten() {
                    let inner = named(&argument["type"]).0;
                    if self.schema.types[&inner]["inputFields"].is_null() {
                        names.insert(format!("{type_name}.{}.{}", text(field), text(argument)));
                    }
                }
            }
            for field in found["inputFields"].as_array().into_iter().flatten() {
                let inner = named(&field["type"]).0;
                if self.schema.types[&inner]["inputFields"].is_null() {
                    names.insert(format!("{type_name}.{}", text(field)));
                }
            }
        }
        names
    }
}

fn text(field: &Value) -> &str {
    field["name"].as_str().unwrap_or_default()
}

/// A literal as the value of a variable: enum values and strings are strings, the rest is JSON.
fn as_variable(literal: &str) -> Value {
    serde_json::from_str(literal).unwrap_or_else(|_| {
        match literal.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(item) => json!([item]),
            None => json!(literal),
        }
    })
}

#[tokio::test]
async fn every_argument_is_guarded() {
    let app = TestApp::new().await;
    let acme = Acme::new(&app).await;
    let globex = app.tenant("globex").await;
    let sister = acme.tenant.create_partner("sister").await;
    let strangers = [
        ("nobody", Client::anonymous(&app)),
        ("unlinked", acme.tenant.client("unlinked", Role::Partner)),
        ("globex admin", globex.admin()),
        ("sister", acme.tenant.partner_user(&sister, "sister-owner").await),
    ];
    let schema = Schema::of(&acme.tenant.admin()).await;
    let writer = Writer { schema: &schema, acme: &acme };
    let places = writer.places();
    let tried: BTreeSet<_> = places.iter().map(|place| place.name.clone()).collect();
    let missing: Vec<_> = writer.names().difference(&tried).cloned().collect();
    assert_eq!(missing, Vec::<String>::new(), "these are not tried");
    let before = acme.rows().await;
    for place in &places {
        let variables = json!({ "v": as_variable(&place.right) });
        for (name, actor) in &strangers {
            let answer = actor.query_with(&place.query, variables.clone()).await;
            assert!(!acme.leaks(&answer.body), "{name} at {}: {} {:#}", place.name, place.query, answer.body);
            assert_ne!(verdict(&answer.body), "ERROR", "{name} at {}: {:#}", place.name, answer.body);
        }
        if place.changes_something {
            assert_eq!(acme.rows().await, before, "somebody changed something at {}", place.name);
        }
    }
}

/// Values that have harmed others, for a type.
fn hostile(value_type: &str, acme: &Acme) -> Vec<Value> {
    let inner = value_type.trim_matches(|c| "[]!".contains(c));
    let mut values = match inner {
        "Int" => {
            json!([0, -1, 1, 2_147_483_647, -2_147_483_648_i64, 9_007_199_254_740_993_i64, 1.5, "1", 1e308])
        }
        "Boolean" => json!([true, false, "true", 0]),
        "DateTime" => json!([
            "9999-12-31T23:59:59Z",
            "9999-12-31T23:59:59.999999999Z",
            "2016-12-31T23:59:60Z",
            "9999-12-31T23:59:60Z",
            "0001-01-01T00:00:00Z",
            "0000-01-01T00:00:00Z",
            "-0001-01-01T00:00:00Z",
            "10000-01-01T00:00:00Z",
            "+262142-12-31T23:59:59Z",
            "2026-02-30T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "1970-01-01T00:00:00+23:59",
            "9999-12-31T23:59:59-23:59",
            "0001-01-01T00:00:00+23:59",
            "infinity",
            "now",
            "",
            "\u{0}",
            0,
        ]),
        "Decimal" => json!([
            "NaN",
            "Infinity",
            "-0",
            "1e309",
            "1e-28",
            "0.0000000000000000000000000001",
            "79228162514264337593543950335",
            "99999999999999999999999999999999999999",
            "999999999999999.99",
            "-999999999999999.99",
            "+1",
            "1_000",
            "0x10",
            "\u{0663}.\u{0665}",
            ".5",
            "5.",
            "1,5",
            "",
            "\u{0}",
            0.1,
        ]),
        "CurrencyCode" => json!(["XXX", "eur", "\u{20ac}", "EUR ", "ZZZ", "EUR\u{0}", "", "BHD", 1]),
        _ => json!([]),
    };
    let texts = json!([
        "' OR '1'='1",
        "'; DROP TABLE partners; --",
        "\\'; SELECT pg_sleep(60); --",
        "%",
        "_%",
        "\\",
        "${jndi:ldap://x/y}",
        "{{7*7}}",
        "<script>alert(1)</script>",
        "=HYPERLINK(\"http://x\",\"y\")",
        "+1+1",
        "-2+3",
        "@SUM(A1:A9)",
        "\t=1+1",
        "\u{0}",
        "a\u{0}b",
        "\u{202e}txt.exe",
        "\u{200f}\u{200f}",
        "\u{feff}",
        "\u{10ffff}",
        "A\u{301}".repeat(300),
        "\u{e9}".repeat(255),
        "\u{1f600}".repeat(255),
        "x".repeat(256),
        "x".repeat(200_000),
        "a\r\nSet-Cookie: x=y",
        "../../etc/passwd",
        "",
        " ",
        "null",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "bm90IGEgY3Vyc29y",
        "AAAA",
        "====",
        1,
        {},
        [],
    ]);
    let texts = texts.as_array().cloned().unwrap_or_default();
    let all = values.as_array_mut().expect("a list");
    match inner {
        "String" | "ID" => all.extend(texts.into_iter().chain(acme.ids.values().map(|id| json!(id)))),
        _ if all.is_empty() => all.extend([json!("NOTHING"), json!(0), json!("\u{0}")]),
        _ => {}
    }
    all.push(Value::Null);
    if value_type.starts_with('[') {
        return all.iter().map(|value| json!([value])).chain([json!([]), json!([null])]).collect();
    }
    all.clone()
}

#[tokio::test]
async fn hostile_values_are_answered_and_store_nothing_by_half() {
    let limits = Limits { rate_staff: u32::MAX, ..Limits::default() };
    let app = TestApp::with(Options { limits, ..Options::default() }).await;
    let acme = Acme::new(&app).await;
    let admin = acme.tenant.admin();
    let schema = Schema::of(&admin).await;
    let mut rng = rand::rng();
    let most = std::env::var("HOSTILE_TRIES").ok().and_then(|text| text.parse().ok()).unwrap_or(TRIES);
    let mut tries = 0;
    for place in (Writer { schema: &schema, acme: &acme }).places() {
        let values = hostile(&place.value_type, &acme);
        for value in values.choose_multiple(&mut rng, most) {
            let before = if place.changes_something { acme.rows().await } else { Value::Null };
            let answer = admin.query_with(&place.query, json!({ "v": value })).await;
            let shown: String = value.to_string().chars().take(200).collect();
            let code = answer.code();
            let foreseen =
                ["", "BAD_USER_INPUT", "FORBIDDEN", "NOT_FOUND", "LIMIT_EXCEEDED"].contains(&code.as_str());
            assert!(
                foreseen && answer.status < 500,
                "{}: {shown}: {} {:#}",
                place.name,
                place.query,
                answer.body
            );
            let payload = answer.body["data"].as_object().and_then(|data| data.values().next());
            let is_refused =
                !code.is_empty() || payload.is_some_and(|payload| payload["userErrors"] != json!([]));
            if place.changes_something && is_refused {
                assert_eq!(
                    acme.rows().await,
                    before,
                    "{}: {shown} was refused, and changed something",
                    place.name
                );
            }
            tries += 1;
        }
    }
    assert!(tries > 500, "{tries}");
    assert_eq!(acme.tenant.reconciliation_differences().await, json!([]));
}
