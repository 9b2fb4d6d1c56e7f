//! The schema: what is printed, what it promises, and that it explains itself.

use std::collections::BTreeMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};

const PRINTED: &str = include_str!("../../../schema.graphql");
const CONTRACT: &str = include_str!("contract.graphql");

#[test]
fn the_printed_schema_is_fresh() {
    assert!(revshare::graphql::sdl() == PRINTED, "run: cargo run -- schema > schema.graphql");
}

/// Every part of a schema with its type: `Partner.payouts(first:)` is `Int`.
fn parts(sdl: &str) -> BTreeMap<String, String> {
    let mut parts = BTreeMap::new();
    for definition in parse_schema(sdl).expect("a schema").definitions {
        let TypeSystemDefinition::Type(definition) = definition else { continue };
        let name = definition.node.name.node.to_string();
        let mut part = |path: String, meaning: String| parts.insert(format!("{name}{path}"), meaning);
        let fields = match definition.node.kind {
            TypeKind::Scalar => {
                part(String::new(), "scalar".to_owned());
                continue;
            }
            TypeKind::Union(_) => continue,
            TypeKind::Enum(values) => {
                part(String::new(), "enum".to_owned());
                for value in values.values {
                    part(format!(".{}", value.node.value.node), "value".to_owned());
                }
                continue;
            }
            TypeKind::InputObject(input) => {
                part(String::new(), "input".to_owned());
                for field in input.fields {
                    part(format!(".{}", field.node.name.node), field.node.ty.node.to_string());
                }
                continue;
            }
            TypeKind::Interface(interface) => {
                part(String::new(), "interface".to_owned());
                interface.fields
            }
            TypeKind::Object(object) => {
                part(String::new(), "type".to_owned());
                for interface in object.implements {
                    part(format!(" implements {}", interface.node), "interface".to_owned());
                }
                object.fields
            }
        };
        for field in fields {
            let field = field.node;
            part(format!(".{}", field.name.node), field.ty.node.to_string());
            for argument in field.arguments {
                let path = format!(".{}({}:)", field.name.node, argument.node.name.node);
                part(path, argument.node.ty.node.to_string());
            }
        }
    }
    parts
}

#[test]
fn the_schema_contains_what_clients_rely_on() {
    let printed = parts(PRINTED);
    let broken: Vec<_> = parts(CONTRACT)
        .into_iter()
        .filter(|(path, meaning)| printed.get(path) != Some(meaning))
        .map(|(path, meaning)| format!("{path}: {meaning}, printed is {:?}", printed.get(&path)))
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn clients_may_leave_out_what_they_do_not_know() {
    // An argument or input field that the contract does not have must be optional.
    let (contract, printed) = (parts(CONTRACT), parts(PRINTED));
    let is_input = |path: &str| {
        let owner = path.split('.').next().unwrap_or_default();
        path.ends_with(":)") || printed.get(owner).is_some_and(|kind| kind == "input")
    };
    let strict: Vec<_> = printed
        .iter()
        .filter(|(path, meaning)| !contract.contains_key(*path) && meaning.ends_with('!') && is_input(path))
        .collect();
    assert!(strict.is_empty(), "{strict:?}");
}

#[tokio::test]
async fn everything_is_described() {
    let query = "{__schema{types{name kind description fields{name description args{name description}}
        inputFields{name description} enumValues{name description}}}}";
    let response = revshare::graphql::schema().execute(query).await;
    let data = response.data.into_json().expect("JSON");
    let mut silent = Vec::new();
    let is_silent = |thing: &serde_json::Value| thing["description"].as_str().unwrap_or_default().len() < 4;
    for kind in data["__schema"]["types"].as_array().expect("types") {
        let name = kind["name"].as_str().unwrap_or_default();
        // The library describes the scalars that every GraphQL API has.
        if name.starts_with("__") || name == "ID" {
            continue;
        }
        if is_silent(kind) {
            silent.push(name.to_owned());
        }
        for group in ["fields", "inputFields", "enumValues"] {
            for member in kind[group].as_array().into_iter().flatten() {
                let path = format!("{name}.{}", member["name"].as_str().unwrap_or_default());
                if is_silent(member) {
                    silent.push(path.clone());
                }
                let arguments = member["args"].as_array().into_iter().flatten();
                silent.extend(arguments.filter(|a| is_silent(a)).map(|a| format!("{path}({})", a["name"])));
            }
        }
    }
    assert!(silent.is_empty(), "{silent:#?}");
}
