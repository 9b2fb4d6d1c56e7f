//! A GraphQL document before it is executed: read, if it is small enough to be read, and cleared of what its variables
//! leave out.

use std::collections::HashSet;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{
    ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Variables};
use async_graphql_value::Value;

use super::weight::{self, Flaw, Weight};

/// Why a document is not executed.
pub struct Refusal {
    /// What is wrong, and what would be right.
    pub message: String,
    /// Whether it is wrong by its size.
    pub is_limit: bool,
}

impl Refusal {
    fn wrong(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_limit: false }
    }

    fn limit(message: String) -> Self {
        Self { message, is_limit: true }
    }
}

/// A document that may be executed.
pub struct Document {
    /// What there is to execute.
    pub parsed: ExecutableDocument,
    /// Whether the operation that is executed asks for the schema itself.
    pub introspects: bool,
    /// Whether it changes something.
    pub changes_something: bool,
}

/// Reads a document, of which one operation is to be executed with these variables.
pub fn read(text: &str, operation_name: Option<&str>, variables: &Variables) -> Result<Document, Refusal> {
    weight::before_parsing(text).map_err(Refusal::limit)?;
    let mut parsed = parse_query(text).map_err(|error| Refusal::wrong(shortened(&error.to_string())))?;
    let executed = executed(&parsed, operation_name);
    let changes_something = executed.is_some_and(|operation| operation.ty != OperationType::Query);
    let mut introspects = false;
    for (_, operation) in parsed.operations.iter() {
        let weight = Weight::of(&parsed, &operation.node)
            .map_err(|flaw| Refusal { message: flaw.message(), is_limit: flaw == Flaw::Depth })?;
        weight.check().map_err(Refusal::limit)?;
        introspects |=
            weight.introspects && executed.is_some_and(|executed| std::ptr::eq(executed, &operation.node));
    }
    leave_out(&mut parsed, operation_name, variables)?;
    Ok(Document { parsed, introspects, changes_something })
}

/// The operation that is to be executed, if it is clear which.
fn executed<'d>(
    document: &'d ExecutableDocument,
    operation_name: Option<&str>,
) -> Option<&'d OperationDefinition> {
    let mut operations = document.operations.iter();
    let (_, operation) = match operation_name {
        Some(wanted) => operations.find(|(name, _)| name.is_some_and(|name| name == wanted)),
        None => operations.next().filter(|_| operations.next().is_none()),
    }?;
    Some(&operation.node)
}

/// Takes arguments and input fields out whose variable was not given: they are left out, which is not the same as null
/// (GraphQL specification, 3.10 and 6.4.1). async-graphql would make them null, and null clears.
fn leave_out(
    document: &mut ExecutableDocument,
    operation_name: Option<&str>,
    variables: &Variables,
) -> Result<(), Refusal> {
    // Only the operation that is executed needs its variables. Which one that is, if it is unclear, is told later.
    let mut missing = HashSet::new();
    if let Some(operation) = executed(document, operation_name) {
        for definition in &operation.variable_definitions {
            let (name, definition) = (&definition.node.name.node, &definition.node);
            if variables.contains_key(name) || definition.default_value.is_some() {
                continue;
            }
            if !definition.var_type.node.nullable {
                let message =
                    format!("the variable ${name} of type {} must be given", definition.var_type.node);
                return Err(Refusal::wrong(message));
            }
            missing.insert(name.clone());
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let mut needed = HashSet::new();
    for fragment in document.fragments.values_mut() {
        clear(&mut fragment.node.selection_set.node, &missing, &mut needed);
    }
    let mut clear_operation = |operation: &mut Positioned<OperationDefinition>| {
        clear(&mut operation.node.selection_set.node, &missing, &mut needed);
    };
    use async_graphql::parser::types::DocumentOperations;
    match &mut document.operations {
        DocumentOperations::Single(operation) => clear_operation(operation),
        DocumentOperations::Multiple(operations) => operations.values_mut().for_each(&mut clear_operation),
    }
    // A variable that nothing uses any more must not be declared either.
    let still_needed = |operation: &mut Positioned<OperationDefinition>| {
        let definitions = &mut operation.node.variable_definitions;
        definitions.retain(|definition| {
            let name = &definition.node.name.node;
            !missing.contains(name) || needed.contains(name)
        });
    };
    match &mut document.operations {
        DocumentOperations::Single(operation) => still_needed(operation),
        DocumentOperations::Multiple(operations) => operations.values_mut().for_each(still_needed),
    }
    Ok(())
}

/// Clears a selection of missing variables; remembers those that are needed all the same, in lists and directives.
fn clear(set: &mut SelectionSet, missing: &HashSet<Name>, needed: &mut HashSet<Name>) {
    for item in &mut set.items {
        let (directives, inner) = match &mut item.node {
            Selection::Field(field) => {
                let field = &mut field.node;
                field.arguments.retain(|(_, value)| !is_missing(&value.node, missing));
                for (_, value) in &mut field.arguments {
                    clear_value(&mut value.node, missing, needed);
                }
                (&field.directives, Some(&mut field.selection_set.node))
            }
            Selection::InlineFragment(inline) => {
                let inline = &mut inline.node;
                (&inline.directives, Some(&mut inline.selection_set.node))
            }
            Selection::FragmentSpread(spread) => (&spread.node.directives, None),
        };
        for (_, value) in directives.iter().flat_map(|directive| &directive.node.arguments) {
            clear_value(&mut value.node.clone(), missing, needed);
        }
        if let Some(inner) = inner {
            clear(inner, missing, needed);
        }
    }
}

fn is_missing(value: &Value, missing: &HashSet<Name>) -> bool {
    matches!(value, Value::Variable(name) if missing.contains(name))
}

fn clear_value(value: &mut Value, missing: &HashSet<Name>, needed: &mut HashSet<Name>) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !is_missing(value, missing));
            fields.values_mut().for_each(|value| clear_value(value, missing, needed));
        }
        Value::List(items) => items.iter_mut().for_each(|item| clear_value(item, missing, needed)),
        Value::Variable(name) => {
            needed.insert(name.clone());
        }
        Value::Null
        | Value::Number(_)
        | Value::String(_)
        | Value::Boolean(_)
        | Value::Binary(_)
        | Value::Enum(_) => {}
    }
}

/// A message of the parser, which repeats the whole line that it stumbled over, however long.
fn shortened(message: &str) -> String {
    let lines = message.lines().map(|line| line.chars().take(120).collect::<String>());
    lines.take(8).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> Option<(bool, String)> {
        let refusal = read(text, None, &Variables::default()).err()?;
        Some((refusal.is_limit, refusal.message))
    }

    #[test]
    fn what_a_variable_leaves_out_is_left_out() {
        let text = "query($i:ID!,$a:Int,$b:Int,$c:Int=1){f(i:$i,a:$a,o:{b:$b,c:$c},l:[$a])}";
        let given = Variables::from_json(serde_json::json!({ "i": "x" }));
        let document = read(text, None, &given)
            .ok()
            .map(|document| format!("{:?}", document.parsed))
            .unwrap_or_default();
        assert!(!document.contains("Name(\"b\")"), "{document}");
        assert!(document.contains("Name(\"a\")") && document.contains("Name(\"c\")"), "{document}");
        assert!(refusal(text).is_some_and(|(_, message)| message.contains("$i of type ID!")));
        let several = format!("query A{{f}} {}", text.replace("query(", "query B("));
        assert!(read(&several, Some("A"), &Variables::default()).is_ok(), "A has no variables");
        assert!(read(&several, Some("B"), &Variables::default()).is_err());
    }
}
