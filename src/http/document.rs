//! A GraphQL document before it is executed: read, if it is small enough to be read, and cleared of what its variables
//! leave out.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{
    ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Variables};
use async_graphql_value::Value;

/// Brackets of any kind within each other, literal values included. The parser recurses into them, and a stack that
/// overflows takes the whole process with it.
const NESTING_MAX: usize = 64;
/// Fields, with every fragment counted wherever it is spread. Validation walks them all.
const SELECTIONS_MAX: u64 = 5_000;

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

/// Reads a document, of which one operation is to be executed with these variables.
pub fn read(
    text: &str,
    operation_name: Option<&str>,
    variables: &Variables,
) -> Result<ExecutableDocument, Refusal> {
    let nesting = nesting(text);
    if nesting > NESTING_MAX {
        let message = format!("the document nests {nesting} brackets; at most {NESTING_MAX} are allowed");
        return Err(Refusal::limit(message));
    }
    let mut document = parse_query(text).map_err(|error| Refusal::wrong(shortened(&error.to_string())))?;
    let mut counted = HashMap::new();
    for (_, operation) in document.operations.iter() {
        let selections = selections(&document, &operation.node.selection_set.node, &mut counted);
        let Some(selections) = selections else {
            return Err(Refusal::wrong("a fragment spreads itself"));
        };
        if selections > SELECTIONS_MAX {
            let message =
                format!("the document selects {selections} fields; at most {SELECTIONS_MAX} are allowed");
            return Err(Refusal::limit(message));
        }
    }
    leave_out(&mut document, operation_name, variables)?;
    Ok(document)
}

/// How deep brackets are within each other, outside of strings and comments.
fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let skipped = match next {
            '#' => rest.find(['\n', '\r']).unwrap_or(rest.len()),
            '"' => string_length(rest),
            '{' | '[' | '(' => {
                depth += 1;
                deepest = deepest.max(depth);
                1
            }
            '}' | ']' | ')' => {
                depth = depth.saturating_sub(1);
                1
            }
            other => other.len_utf8(),
        };
        rest = rest.get(skipped..).unwrap_or_default();
    }
    deepest
}

/// How long the string is that a text begins with.
fn string_length(text: &str) -> usize {
    let quote = if text.starts_with("\"\"\"") { "\"\"\"" } else { "\"" };
    let mut at = quote.len();
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(quote) {
            return at + quote.len();
        }
        let escaped = rest.starts_with('\\');
        at += rest.chars().take(if escaped { 2 } else { 1 }).map(char::len_utf8).sum::<usize>();
    }
    text.len()
}

/// How many fields a selection comes to; none if a fragment spreads itself. Each fragment is counted once and
/// remembered, so that twenty fragments that spread each other twice are twenty steps and not a million.
fn selections(
    document: &ExecutableDocument,
    set: &SelectionSet,
    counted: &mut HashMap<Name, Option<u64>>,
) -> Option<u64> {
    let mut sum = 0_u64;
    for item in &set.items {
        let inner = match &item.node {
            Selection::Field(field) => selections(document, &field.node.selection_set.node, counted)?,
            Selection::InlineFragment(inline) => {
                selections(document, &inline.node.selection_set.node, counted)?
            }
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                match (counted.get(name), document.fragments.get(name)) {
                    (Some(known), _) => (*known)?,
                    (None, None) => 0,
                    (None, Some(fragment)) => {
                        counted.insert(name.clone(), None);
                        let inner = selections(document, &fragment.node.selection_set.node, counted)?;
                        counted.insert(name.clone(), Some(inner));
                        inner
                    }
                }
            }
        };
        sum = sum.saturating_add(1).saturating_add(inner);
    }
    Some(sum)
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

/// Whether a document is executed to change something.
pub fn changes_something(document: &ExecutableDocument, operation_name: Option<&str>) -> bool {
    executed(document, operation_name).is_some_and(|operation| operation.ty != OperationType::Query)
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
    fn brackets_are_counted_before_they_are_parsed() {
        let nested = |n| format!("{{a(x:{}1{}){{b}}}}", "[".repeat(n), "]".repeat(n));
        assert!(refusal(&nested(60)).is_none());
        for n in [70, 2_000, 100_000] {
            assert!(refusal(&nested(n)).is_some_and(|(is_limit, _)| is_limit), "{n}");
        }
        let objects = format!("{{a(x:{}1{}){{b}}}}", "{y:".repeat(2_000), "}".repeat(2_000));
        assert!(refusal(&objects).is_some_and(|(is_limit, _)| is_limit));
        let quoted = format!("{{a(x:\"{0}\\\"{0}\",y:\"\"\"{0}\"{0}\"\"\"){{b}}}} # {0}", "[".repeat(100));
        assert!(refusal(&quoted).is_none());
    }

    #[test]
    fn fragments_are_counted_wherever_they_are_spread() {
        let bomb = |levels: usize, spreads: usize| {
            let fragment = |n: usize| {
                let spread = format!("...F{} ", n + 1).repeat(spreads);
                format!("fragment F{n} on Query{{{spread}}} ")
            };
            let fragments: String = (0..levels).map(fragment).collect();
            format!("{{...F0}} {fragments} fragment F{levels} on Query{{__typename}}")
        };
        assert!(refusal(&bomb(4, 2)).is_none());
        for (levels, spreads) in [(20, 2), (60, 2), (8, 20), (30, 100)] {
            assert!(
                refusal(&bomb(levels, spreads)).is_some_and(|(is_limit, _)| is_limit),
                "{levels} {spreads}"
            );
        }
        let circle = "{...A} fragment A on Query{...B} fragment B on Query{...A}";
        assert!(refusal(circle).is_some_and(|(is_limit, _)| !is_limit));
    }

    #[test]
    fn what_a_variable_leaves_out_is_left_out() {
        let text = "query($i:ID!,$a:Int,$b:Int,$c:Int=1){f(i:$i,a:$a,o:{b:$b,c:$c},l:[$a])}";
        let given = Variables::from_json(serde_json::json!({ "i": "x" }));
        let document =
            read(text, None, &given).ok().map(|document| format!("{document:?}")).unwrap_or_default();
        assert!(!document.contains("Name(\"b\")"), "{document}");
        assert!(document.contains("Name(\"a\")") && document.contains("Name(\"c\")"), "{document}");
        assert!(refusal(text).is_some_and(|(_, message)| message.contains("$i of type ID!")));
        let several = format!("query A{{f}} {}", text.replace("query(", "query B("));
        assert!(read(&several, Some("A"), &Variables::default()).is_ok(), "A has no variables");
        assert!(read(&several, Some("B"), &Variables::default()).is_err());
    }
}
