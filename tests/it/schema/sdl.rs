//! The printed schema: its elements, and the contract that existing clients rely on.

use std::collections::BTreeMap;

use async_graphql::Positioned;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    EnumValueDefinition, FieldDefinition, InputValueDefinition, TypeDefinition, TypeKind,
    TypeSystemDefinition,
};

pub const PRINTED: &str = include_str!("../../../schema.graphql");
const CONTRACT: &str = include_str!("contract.graphql");

/// A type, field, argument, input field, enum value, or implementation of an interface.
pub struct Element {
    /// Like `Partner`, `Partner.payouts`, `Partner.payouts(first:)`, or `Partner implements Node`.
    pub path: String,
    /// The path of its parent element; empty for a type.
    pub parent: String,
    /// The type of a field, argument or input field, and the kind of everything else.
    pub definition: String,
    /// `None` for the implementation of an interface, which cannot have one.
    pub description: Option<String>,
}

/// Collects elements in the order of the document.
#[derive(Default)]
struct Elements(Vec<Element>);

impl Elements {
    fn add(&mut self, parent: &str, suffix: &str, definition: impl ToString, description: Option<String>) {
        self.0.push(Element {
            path: format!("{parent}{suffix}"),
            parent: parent.to_owned(),
            definition: definition.to_string(),
            description,
        });
    }

    fn add_type(&mut self, definition: TypeDefinition) {
        let name = definition.name.node.to_string();
        let kind = match &definition.kind {
            TypeKind::Scalar => "scalar",
            TypeKind::Object(_) => "type",
            TypeKind::Interface(_) => "interface",
            TypeKind::Union(_) => "union",
            TypeKind::Enum(_) => "enum",
            TypeKind::InputObject(_) => "input",
        };
        self.add("", &name, kind, text(definition.description));
        match definition.kind {
            TypeKind::Scalar | TypeKind::Union(_) => {}
            TypeKind::Enum(definition) => self.add_enum_values(&name, definition.values),
            TypeKind::InputObject(input) => {
                for field in input.fields {
                    self.add_input(&name, &format!(".{}", field.node.name.node), field.node);
                }
            }
            TypeKind::Interface(interface) => self.add_fields(&name, interface.fields),
            TypeKind::Object(object) => {
                for interface in object.implements {
                    self.add(&name, &format!(" implements {}", interface.node), "interface", None);
                }
                self.add_fields(&name, object.fields);
            }
        }
    }

    fn add_enum_values(&mut self, parent: &str, values: Vec<Positioned<EnumValueDefinition>>) {
        for value in values {
            self.add(parent, &format!(".{}", value.node.value.node), "value", text(value.node.description));
        }
    }

    fn add_fields(&mut self, parent: &str, fields: Vec<Positioned<FieldDefinition>>) {
        for field in fields {
            let field = field.node;
            let suffix = format!(".{}", field.name.node);
            self.add(parent, &suffix, field.ty.node, text(field.description));
            for argument in field.arguments {
                let name = format!("({}:)", argument.node.name.node);
                self.add_input(&format!("{parent}{suffix}"), &name, argument.node);
            }
        }
    }

    fn add_input(&mut self, parent: &str, suffix: &str, input: InputValueDefinition) {
        self.add(parent, suffix, input.ty.node, text(input.description));
    }
}

fn text(description: Option<Positioned<String>>) -> Option<String> {
    Some(description.map(|description| description.node).unwrap_or_default())
}

/// Returns every element of a schema in the order of the document.
pub fn elements(sdl: &str) -> Vec<Element> {
    let mut elements = Elements::default();
    for definition in parse_schema(sdl).expect("a schema").definitions {
        if let TypeSystemDefinition::Type(definition) = definition {
            elements.add_type(definition.node);
        }
    }
    elements.0
}

/// Returns the definitions of a schema's elements by their paths.
fn definitions(sdl: &str) -> BTreeMap<String, String> {
    elements(sdl).into_iter().map(|element| (element.path, element.definition)).collect()
}

#[test]
fn the_printed_schema_is_up_to_date() {
    assert!(revshare::graphql::sdl() == PRINTED, "run: cargo run -- schema > schema.graphql");
}

#[test]
fn the_schema_keeps_its_contract() {
    let printed = definitions(PRINTED);
    let broken: Vec<_> = definitions(CONTRACT)
        .into_iter()
        .filter(|(path, definition)| printed.get(path) != Some(definition))
        .map(|(path, definition)| format!("{path}: {definition}, printed is {:?}", printed.get(&path)))
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Clients written for the contract do not send arguments and input fields that were added later to what they use.
#[test]
fn inputs_beyond_the_contract_are_optional() {
    let (contract, printed) = (definitions(CONTRACT), definitions(PRINTED));
    let is_input = |path: &str| {
        let owner = path.split('.').next().unwrap_or_default();
        path.ends_with(":)") || printed.get(owner).is_some_and(|kind| kind == "input")
    };
    let is_used = |path: &str| {
        let owner = path.split_once('(').or_else(|| path.split_once('.')).map_or(path, |(owner, _)| owner);
        contract.contains_key(owner)
    };
    let is_added = |path: &String| !contract.contains_key(path) && is_input(path) && is_used(path);
    let required: Vec<_> =
        printed.iter().filter(|(path, definition)| definition.ends_with('!') && is_added(path)).collect();
    assert!(required.is_empty(), "{required:?}");
}
