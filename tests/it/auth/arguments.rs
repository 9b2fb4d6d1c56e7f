//! Every argument and input field of the schema, found by introspection: the rows that outsiders can reach through it,
//! and its responses to hostile values.

use std::collections::BTreeSet;

use rand::seq::IndexedRandom;
use serde_json::{Value, json};

use super::hostile_values::hostile_values;
use super::introspection::{Schema, TypePath, UNEXPECTED, is_required, name_of, named_type, outcome};
use super::populated_tenant::{PopulatedTenant, without_rate_limits};
use crate::support::TestApp;

/// How many hostile values each argument is tried with, chosen at random; `HOSTILE_TRIES` overrides it.
const TRIES: usize = 6;

/// A request that takes the value of one argument or input field from the variable `$v`.
struct ArgumentProbe {
    /// The argument as `Type.field.argument`, or the input field as `Input.field`.
    name: String,
    query: String,
    /// The type that `$v` is declared with.
    value_type: String,
    valid_literal: String,
    is_mutation: bool,
}

/// Arguments, or the value of an input, with `$v` in the place of one value.
struct ProbeLiteral {
    text: String,
    name: String,
    value_type: String,
    valid_literal: String,
}

fn type_literal(of_type: &Value) -> String {
    match of_type["kind"].as_str() {
        Some("NON_NULL") => format!("{}!", type_literal(&of_type["ofType"])),
        Some("LIST") => format!("[{}]", type_literal(&of_type["ofType"])),
        _ => name_of(of_type).to_owned(),
    }
}

/// Builds the probes from the schema and from valid literals for the other arguments.
struct ProbeBuilder<'a> {
    schema: &'a Schema,
    tenant: &'a PopulatedTenant,
}

impl ProbeBuilder<'_> {
    /// Returns a literal for each leaf of an input type, with `$v` in the place of that leaf.
    fn literals_of_value(&self, owner: &str, field: &str, name: &str, of_type: &Value) -> Vec<ProbeLiteral> {
        let inner = named_type(of_type);
        let input_fields = &self.schema.types[&inner]["inputFields"];
        if input_fields.is_null() {
            return vec![ProbeLiteral {
                text: "$v".to_owned(),
                name: name.to_owned(),
                value_type: type_literal(of_type),
                valid_literal: self.schema.literal(self.tenant, owner, field, of_type),
            }];
        }
        let is_list = of_type["kind"] == "LIST" || of_type["ofType"]["kind"] == "LIST";
        let in_braces = |literal: ProbeLiteral| {
            let text = literal.text;
            let text = if is_list { format!("[{{{text}}}]") } else { format!("{{{text}}}") };
            ProbeLiteral { text, ..literal }
        };
        self.literals_of_fields(owner, &inner, input_fields).into_iter().map(in_braces).collect()
    }

    /// Returns, for each leaf of some arguments or input fields, the required ones and the one that leads to `$v`.
    fn literals_of_fields(&self, owner: &str, parent: &str, fields: &Value) -> Vec<ProbeLiteral> {
        let fields = fields.as_array().map(Vec::as_slice).unwrap_or_default();
        let mut literals = Vec::new();
        for probed in fields {
            let others = fields
                .iter()
                .filter(|other| is_required(&other["type"]) && name_of(other) != name_of(probed));
            let others: Vec<_> = others
                .map(|other| {
                    let name = name_of(other);
                    format!("{name}:{}", self.schema.literal(self.tenant, owner, name, &other["type"]))
                })
                .collect();
            let name = name_of(probed);
            for literal in self.literals_of_value(owner, name, &format!("{parent}.{name}"), &probed["type"]) {
                let text = [others.clone(), vec![format!("{name}:{}", literal.text)]].concat().join(",");
                literals.push(ProbeLiteral { text, ..literal });
            }
        }
        literals
    }

    /// Returns a probe for every argument and input field of every field that can be selected.
    fn probes(&self) -> Vec<ArgumentProbe> {
        let mut probes = Vec::new();
        for TypePath { type_name, prefix, suffix } in self.schema.paths(self.tenant) {
            let is_mutation = type_name == "Mutation";
            for field in self.schema.fields_of(&type_name) {
                let name = name_of(field);
                let (operation, selection) = if is_mutation {
                    ("mutation", "{userErrors{code}}")
                } else if self.schema.is_leaf(&named_type(&field["type"])) {
                    ("query", "")
                } else {
                    ("query", "{__typename}")
                };
                for literal in self.literals_of_fields(name, &format!("{type_name}.{name}"), &field["args"]) {
                    let ProbeLiteral { text, value_type, .. } = &literal;
                    probes.push(ArgumentProbe {
                        query: format!(
                            "{operation}($v:{value_type}){{{prefix}{name}({text}){selection}{suffix}}}"
                        ),
                        name: literal.name,
                        value_type: literal.value_type,
                        valid_literal: literal.valid_literal,
                        is_mutation,
                    });
                }
            }
        }
        probes
    }
}

/// Returns the names of all arguments and input fields of the schema, except those whose type is an input object.
fn argument_names(schema: &Schema) -> BTreeSet<String> {
    let is_leaf = |input: &&Value| schema.types[&named_type(&input["type"])]["inputFields"].is_null();
    let mut names = BTreeSet::new();
    for (type_name, definition) in &schema.types {
        for field in schema.fields_of(type_name) {
            for argument in field["args"].as_array().into_iter().flatten().filter(is_leaf) {
                names.insert(format!("{type_name}.{}.{}", name_of(field), name_of(argument)));
            }
        }
        for field in definition["inputFields"].as_array().into_iter().flatten().filter(is_leaf) {
            names.insert(format!("{type_name}.{}", name_of(field)));
        }
    }
    names
}

/// Converts a literal to the value of a variable: enum values and strings become strings, the rest is JSON already.
fn variable_from_literal(literal: &str) -> Value {
    serde_json::from_str(literal).unwrap_or_else(|_| {
        match literal.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(item) => json!([item]),
            None => json!(literal),
        }
    })
}

#[tokio::test]
async fn every_argument_enforces_permissions() {
    let app = TestApp::with(without_rate_limits()).await;
    let acme = PopulatedTenant::new(&app).await;
    let outsiders = acme.outsiders(&app).await;
    let schema = Schema::introspect(&acme.tenant.admin()).await;
    let probes = ProbeBuilder { schema: &schema, tenant: &acme }.probes();
    let probed: BTreeSet<_> = probes.iter().map(|probe| probe.name.clone()).collect();
    let missing: Vec<_> = argument_names(&schema).difference(&probed).cloned().collect();
    assert_eq!(missing, Vec::<String>::new(), "arguments without a probe");
    let before = acme.rows().await;
    for probe in &probes {
        let variables = json!({ "v": variable_from_literal(&probe.valid_literal) });
        for (caller, client) in &outsiders {
            let response = client.query_with(&probe.query, variables.clone()).await.body;
            let context = || format!("{caller} at {}: {} {response:#}", probe.name, probe.query);
            assert!(!acme.leaks_into(&response), "{}", context());
            assert_ne!(outcome(&response), UNEXPECTED, "{}", context());
        }
        if probe.is_mutation {
            assert_eq!(acme.rows().await, before, "an outsider changed a row by {}", probe.name);
        }
    }
}

const EXPECTED_CODES: [&str; 5] = ["", "BAD_USER_INPUT", "FORBIDDEN", "NOT_FOUND", "LIMIT_EXCEEDED"];

#[tokio::test]
async fn hostile_values_get_a_documented_response_and_leave_no_partial_writes() {
    let app = TestApp::with(without_rate_limits()).await;
    let acme = PopulatedTenant::new(&app).await;
    let admin = acme.tenant.admin();
    let schema = Schema::introspect(&admin).await;
    let tries = std::env::var("HOSTILE_TRIES").ok().and_then(|text| text.parse().ok()).unwrap_or(TRIES);
    let mut tried = 0;
    for probe in (ProbeBuilder { schema: &schema, tenant: &acme }).probes() {
        let values = hostile_values(&probe.value_type, acme.ids.values());
        for value in values.choose_multiple(&mut rand::rng(), tries) {
            let before = if probe.is_mutation { acme.rows().await } else { Value::Null };
            let response = admin.query_with(&probe.query, json!({ "v": value })).await;
            let shown: String = value.to_string().chars().take(200).collect();
            let context = || format!("{}: {shown}: {} {:#}", probe.name, probe.query, response.body);
            let code = response.code();
            assert!(EXPECTED_CODES.contains(&code.as_str()) && response.status < 500, "{}", context());
            let payload = response.body["data"].as_object().and_then(|data| data.values().next());
            let is_rejected =
                !code.is_empty() || payload.is_some_and(|payload| payload["userErrors"] != json!([]));
            if probe.is_mutation && is_rejected {
                assert_eq!(acme.rows().await, before, "rejected, with a change: {}", context());
            }
            tried += 1;
        }
    }
    assert!(tried > 500, "{tried}");
    acme.tenant.assert_reconciled().await;
}
