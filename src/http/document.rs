//! A GraphQL document before it is executed: read, if it is small enough to be read, and cleared of what its variables
//! leave out.

use std::collections::HashSet;
use std::sync::Arc;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{
    ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Variables};
use async_graphql_value::Value;
use moka::sync::Cache;

use super::cost::Prices;
use super::known::Text;
use super::limits::{Excess, Limits};
use super::refused::Refused;
use super::weight::{self, Flaw, Weight};

/// How many bytes of documents are kept.
const READ_BYTES: u64 = 8 * 1024 * 1024;
/// About how many bytes a character of a document takes once it is parsed.
const BYTES_PER_CHARACTER: usize = 40;

fn wrong(message: impl Into<String>) -> Refused {
    Refused::document("BAD_USER_INPUT", "invalid document", message)
}

impl From<Flaw> for Refused {
    fn from(flaw: Flaw) -> Self {
        match flaw {
            Flaw::Circle => wrong("a fragment spreads itself"),
            Flaw::Excess(excess) => excess.into(),
        }
    }
}

/// A document that may be executed.
pub struct Document {
    /// As it came.
    pub text: Text,
    /// The name of the operation that is executed, if it has one.
    pub operation: Option<Name>,
    /// Whether it asks for the schema itself.
    pub introspects: bool,
    /// Whether it changes something.
    pub changes_something: bool,
    /// How many fields its answer can have.
    pub cost: u64,
}

/// Reads documents, and keeps what it read: a front end sends the same few again and again, and parsing one takes longer than
/// all else that comes before its execution.
pub struct Documents {
    limits: Limits,
    prices: Prices,
    read: Cache<(String, Option<String>), Arc<Read>>,
}

/// A document that was parsed and found light enough, with one operation of it in mind.
struct Read {
    parsed: ExecutableDocument,
    introspects: bool,
    /// About how much room it takes.
    bytes: u32,
}

impl Documents {
    /// Reads documents within these limits.
    pub fn new(limits: &Limits, prices: Prices) -> Self {
        let weigh = |_: &(String, Option<String>), read: &Arc<Read>| read.bytes;
        let read = Cache::builder().max_capacity(READ_BYTES).weigher(weigh).build();
        Self { limits: limits.clone(), prices, read }
    }

    /// Reads a document, of which one operation is to be executed with these variables; answers what there is to execute, too.
    pub fn read(
        &self,
        text: Text,
        operation_name: Option<&str>,
        variables: &Variables,
    ) -> Result<(Document, ExecutableDocument), Refused> {
        let key = (text.hash.clone(), operation_name.map(str::to_owned));
        let read = match self.read.get(&key) {
            Some(read) => read,
            None => {
                let read = Arc::new(Read::of(&text.text, operation_name, &self.limits)?);
                self.read.insert(key, Arc::clone(&read));
                read
            }
        };
        let executed = executed(&read.parsed, operation_name);
        let price = |operation| self.prices.of_operation(&read.parsed, operation, variables);
        let cost = executed.map_or(0, |(_, operation)| price(operation));
        Excess::refuse_cost(cost, &self.limits)?;
        let operation = executed.and_then(|(name, _)| name.cloned());
        let changes_something = executed.is_some_and(|(_, operation)| operation.ty != OperationType::Query);
        let mut parsed = read.parsed.clone();
        leave_out(&mut parsed, operation_name, variables)?;
        let document = Document { text, operation, introspects: read.introspects, changes_something, cost };
        Ok((document, parsed))
    }
}

impl Read {
    fn of(text: &str, operation_name: Option<&str>, limits: &Limits) -> Result<Self, Refused> {
        weight::before_parsing(text, limits)?;
        let parsed = parse_query(text).map_err(|error| wrong(shortened(&error.to_string())))?;
        let executed = executed(&parsed, operation_name);
        let weight = Weight::of(&parsed, executed.map(|(_, operation)| operation), limits)?;
        let bytes = u32::try_from(text.len().saturating_mul(BYTES_PER_CHARACTER)).unwrap_or(u32::MAX);
        Ok(Self { parsed, introspects: weight.introspects, bytes })
    }
}

/// The operation that is to be executed, if it is clear which.
fn executed<'d>(
    document: &'d ExecutableDocument,
    operation_name: Option<&str>,
) -> Option<(Option<&'d Name>, &'d OperationDefinition)> {
    let mut operations = document.operations.iter();
    let (name, operation) = match operation_name {
        Some(wanted) => operations.find(|(name, _)| name.is_some_and(|name| name == wanted)),
        None => operations.next().filter(|_| operations.next().is_none()),
    }?;
    Some((name, &operation.node))
}

/// Takes arguments and input fields out whose variable was not given: they are left out, which is not the same as null
/// (GraphQL specification, 3.10 and 6.4.1). async-graphql would make them null, and null clears.
fn leave_out(
    document: &mut ExecutableDocument,
    operation_name: Option<&str>,
    variables: &Variables,
) -> Result<(), Refused> {
    // Only the operation that is executed needs its variables. Which one that is, if it is unclear, is told later.
    let mut missing = HashSet::new();
    if let Some((_, operation)) = executed(document, operation_name) {
        for definition in &operation.variable_definitions {
            let (name, definition) = (&definition.node.name.node, &definition.node);
            if variables.contains_key(name) || definition.default_value.is_some() {
                continue;
            }
            if !definition.var_type.node.nullable {
                let message =
                    format!("the variable ${name} of type {} must be given", definition.var_type.node);
                return Err(wrong(message));
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

    /// Reads a document, with the limits and the schema of the product.
    fn read(
        text: &str,
        operation: Option<&str>,
        variables: &Variables,
    ) -> Result<ExecutableDocument, String> {
        let prices = Prices::of(&crate::graphql::sdl()).map_err(|error| error.describe())?;
        let text = Text { text: text.into(), hash: String::new(), operation: None, to_remember: false };
        let read = Documents::new(&Limits::default(), prices).read(text, operation, variables);
        read.map(|(_, parsed)| parsed).map_err(|refused| refused.message)
    }

    #[test]
    fn what_a_variable_leaves_out_is_left_out() {
        let text = "query($i:ID!,$a:Int,$b:Int,$c:Int=1){f(i:$i,a:$a,o:{b:$b,c:$c},l:[$a])}";
        let given = Variables::from_json(serde_json::json!({ "i": "x" }));
        let document =
            read(text, None, &given).ok().map(|document| format!("{document:?}")).unwrap_or_default();
        assert!(!document.contains("Name(\"b\")"), "{document}");
        assert!(document.contains("Name(\"a\")") && document.contains("Name(\"c\")"), "{document}");
        let refused = read(text, None, &Variables::default()).err().unwrap_or_default();
        assert!(refused.contains("$i of type ID!"), "{refused}");
        let several = format!("query A{{f}} {}", text.replace("query(", "query B("));
        assert!(read(&several, Some("A"), &Variables::default()).is_ok(), "A has no variables");
        assert!(read(&several, Some("B"), &Variables::default()).is_err());
    }
}
