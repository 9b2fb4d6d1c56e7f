//! Reads a document before it is executed: checks its limits, parses it, computes its cost, and removes the arguments
//! whose variables are not given.

use std::collections::HashSet;
use std::sync::Arc;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{
    ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Variables};
use async_graphql_value::Value;
use moka::sync::Cache;
use tokio::sync::Semaphore;

use super::DocumentError;
use super::complexity::{self, Complexity, ComplexityError};
use super::cost::{Cost, CostModel};
use super::limits::{LimitExceeded, Limits};
use super::persisted_documents::SourceText;
use crate::metrics::CacheState;

/// The size of the cache of parsed documents, in bytes.
pub const CACHE_BYTES: usize = 16 * 1024 * 1024;
/// The memory of a parsed document per token of its text, in bytes, at most. Measured with async-graphql-parser 7.0.19 for
/// documents of one kind of token: fields 283, nested fields 263, inline fragments 239, operations 177, arguments 122.
const BYTES_PER_TOKEN: u64 = 400;
/// The memory of an entry of the cache besides the document and its key, in bytes.
const ENTRY_BYTES: u64 = 512;
/// A document of more bytes is parsed on a thread of its own, so that no other request waits for it.
const PARSED_INLINE_MAX: usize = 4 * 1024;
/// How many of those are parsed at a time.
const PARSERS_MAX: usize = 2;

impl From<LimitExceeded> for DocumentError {
    fn from(exceeded: LimitExceeded) -> Self {
        Self::new("LIMIT_EXCEEDED", exceeded.limit, exceeded.message)
    }
}

impl From<ComplexityError> for DocumentError {
    fn from(error: ComplexityError) -> Self {
        match error {
            ComplexityError::FragmentCycle => Self::invalid("a fragment spreads itself"),
            ComplexityError::LimitExceeded(exceeded) => exceeded.into(),
        }
    }
}

/// A document that may be executed.
pub struct Document {
    /// Its text and hash.
    pub text: SourceText,
    /// The name of the operation to execute, if it has one.
    pub operation: Option<Name>,
    /// Whether it is an introspection query.
    pub introspects: bool,
    /// Whether the operation is a mutation.
    pub is_mutation: bool,
    /// What it costs: how many fields the response can have, and the price of its reports.
    pub cost: u64,
    key: CacheKey,
    parsed: Arc<ParsedDocument>,
}

/// Reads documents and caches the parsed ones: a front end sends the same few again and again, and parsing takes longer
/// than everything else before the execution.
pub struct Documents {
    limits: Limits,
    cost_model: CostModel,
    cache: Cache<CacheKey, Arc<ParsedDocument>>,
    parsers: Semaphore,
}

/// The hash of a document, and the operation to execute.
type CacheKey = (String, Option<String>);

/// A document that was parsed and is within the limits of complexity, for one of its operations.
pub struct ParsedDocument {
    document: ExecutableDocument,
    introspects: bool,
    /// Its size in memory at most.
    bytes: u64,
}

impl Documents {
    /// Returns a reader with an empty cache.
    pub fn new(limits: &Limits, cost_model: CostModel) -> Self {
        let weigher = |(hash, operation): &CacheKey, parsed: &Arc<ParsedDocument>| {
            let key = hash.len() + operation.as_ref().map_or(0, String::len);
            let key = u64::try_from(key).unwrap_or(u64::MAX);
            u32::try_from(parsed.bytes.saturating_add(key).saturating_add(ENTRY_BYTES)).unwrap_or(u32::MAX)
        };
        let capacity = u64::try_from(CACHE_BYTES).unwrap_or(u64::MAX);
        let cache = Cache::builder().max_capacity(capacity).weigher(weigher).build();
        Self { limits: limits.clone(), cost_model, cache, parsers: Semaphore::new(PARSERS_MAX) }
    }

    /// Returns the size of the cache.
    pub fn state(&self) -> CacheState {
        let (entries, bytes) = (self.cache.entry_count(), Some(self.cache.weighted_size()));
        CacheState { cache: "parsed_documents", entries, bytes }
    }

    /// Returns a document that was executed before, for this operation.
    pub fn cached(&self, text: &SourceText, operation_name: Option<&str>) -> Option<Arc<ParsedDocument>> {
        self.cache.get(&cache_key(text, operation_name))
    }

    /// Rejects a text that is too long or too deeply nested to be parsed; returns the cost of parsing it: its tokens.
    pub fn parsing_cost(&self, text: &SourceText) -> Result<u64, DocumentError> {
        Ok(complexity::check_text(&text.text, &self.limits)?)
    }

    /// Parses a document whose parsing cost was charged, and checks its complexity.
    pub async fn parse(
        &self,
        text: &SourceText,
        operation_name: Option<&str>,
        parsing_cost: u64,
    ) -> Result<Arc<ParsedDocument>, DocumentError> {
        if text.text.len() <= PARSED_INLINE_MAX {
            return ParsedDocument::parse(&text.text, operation_name, &self.limits, parsing_cost)
                .map(Arc::new);
        }
        let failed = || DocumentError::new("INTERNAL_ERROR", "internal", "the document could not be parsed");
        let _permit = self.parsers.acquire().await.map_err(|_| failed())?;
        let (text, limits) = (Arc::clone(&text.text), self.limits.clone());
        let operation_name = operation_name.map(str::to_owned);
        let parse = move || ParsedDocument::parse(&text, operation_name.as_deref(), &limits, parsing_cost);
        tokio::task::spawn_blocking(parse).await.map_err(|_| failed())?.map(Arc::new)
    }

    /// Prepares the execution of one operation of a document with these variables: checks its cost, and returns the
    /// document with its executable form.
    pub fn prepare(
        &self,
        text: SourceText,
        parsed: Arc<ParsedDocument>,
        operation_name: Option<&str>,
        variables: &Variables,
    ) -> Result<(Document, ExecutableDocument), DocumentError> {
        let selected = selected_operation(&parsed.document, operation_name);
        let cost_of = |operation| self.cost_model.operation_cost(&parsed.document, operation, variables);
        let cost = selected.map_or(Cost::default(), |(_, operation)| cost_of(operation));
        LimitExceeded::check_cost(cost, &self.limits)?;
        let operation = selected.and_then(|(name, _)| name.cloned());
        let is_mutation = selected.is_some_and(|(_, operation)| operation.ty != OperationType::Query);
        let mut executable = parsed.document.clone();
        remove_absent_variables(&mut executable, operation_name, variables)?;
        let key = cache_key(&text, operation_name);
        let introspects = parsed.introspects;
        let cost = cost.total();
        Ok((Document { text, operation, introspects, is_mutation, cost, key, parsed }, executable))
    }

    /// Caches a document that was executed. Others are not cached: a client could fill the cache with them for nothing.
    pub fn remember(&self, document: &Document) {
        if !self.cache.contains_key(&document.key) {
            self.cache.insert(document.key.clone(), Arc::clone(&document.parsed));
        }
    }
}

fn cache_key(text: &SourceText, operation_name: Option<&str>) -> CacheKey {
    (text.hash.clone(), operation_name.map(str::to_owned))
}

impl ParsedDocument {
    fn parse(
        text: &str,
        operation_name: Option<&str>,
        limits: &Limits,
        tokens: u64,
    ) -> Result<Self, DocumentError> {
        let document =
            parse_query(text).map_err(|error| DocumentError::invalid(shortened(&error.to_string())))?;
        let selected = selected_operation(&document, operation_name);
        let complexity = Complexity::of(&document, selected.map(|(_, operation)| operation), limits)?;
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        let bytes = tokens.saturating_mul(BYTES_PER_TOKEN).saturating_add(length);
        Ok(Self { document, introspects: complexity.introspects, bytes })
    }
}

/// Returns the operation to execute and its name; `None` if the request does not determine one.
fn selected_operation<'d>(
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

/// Removes the arguments and input fields whose variable is not given: they count as absent, which is not the same as null
/// (GraphQL specification, 3.10 and 6.4.1). async-graphql 7.0 passes null for them, and null clears a value:
/// <https://github.com/async-graphql/async-graphql/pull/170>.
fn remove_absent_variables(
    document: &mut ExecutableDocument,
    operation_name: Option<&str>,
    variables: &Variables,
) -> Result<(), DocumentError> {
    // Only the selected operation needs its variables. If none is selected, async-graphql reports it.
    let mut missing = HashSet::new();
    if let Some((_, operation)) = selected_operation(document, operation_name) {
        for definition in &operation.variable_definitions {
            let (name, definition) = (&definition.node.name.node, &definition.node);
            if variables.contains_key(name) || definition.default_value.is_some() {
                continue;
            }
            if !definition.var_type.node.nullable {
                let message =
                    format!("the variable ${name} of type {} must be given", definition.var_type.node);
                return Err(DocumentError::invalid(message));
            }
            missing.insert(name.clone());
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let mut needed = HashSet::new();
    for fragment in document.fragments.values_mut() {
        remove_from_selection(&mut fragment.node.selection_set.node, &missing, &mut needed);
    }
    let mut remove_from_operation = |operation: &mut Positioned<OperationDefinition>| {
        remove_from_selection(&mut operation.node.selection_set.node, &missing, &mut needed);
    };
    use async_graphql::parser::types::DocumentOperations;
    match &mut document.operations {
        DocumentOperations::Single(operation) => remove_from_operation(operation),
        DocumentOperations::Multiple(operations) => {
            operations.values_mut().for_each(&mut remove_from_operation)
        }
    }
    // A variable that is no longer used must not be declared either.
    let remove_unused = |operation: &mut Positioned<OperationDefinition>| {
        let definitions = &mut operation.node.variable_definitions;
        definitions.retain(|definition| {
            let name = &definition.node.name.node;
            !missing.contains(name) || needed.contains(name)
        });
    };
    match &mut document.operations {
        DocumentOperations::Single(operation) => remove_unused(operation),
        DocumentOperations::Multiple(operations) => operations.values_mut().for_each(remove_unused),
    }
    Ok(())
}

/// Removes the missing variables from a selection set; collects those that are still used, in lists and directives.
fn remove_from_selection(set: &mut SelectionSet, missing: &HashSet<Name>, needed: &mut HashSet<Name>) {
    for item in &mut set.items {
        let (directives, inner) = match &mut item.node {
            Selection::Field(field) => {
                let field = &mut field.node;
                field.arguments.retain(|(_, value)| !is_missing(&value.node, missing));
                for (_, value) in &mut field.arguments {
                    remove_from_value(&mut value.node, missing, needed);
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
            remove_from_value(&mut value.node.clone(), missing, needed);
        }
        if let Some(inner) = inner {
            remove_from_selection(inner, missing, needed);
        }
    }
}

fn is_missing(value: &Value, missing: &HashSet<Name>) -> bool {
    matches!(value, Value::Variable(name) if missing.contains(name))
}

fn remove_from_value(value: &mut Value, missing: &HashSet<Name>, needed: &mut HashSet<Name>) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !is_missing(value, missing));
            fields.values_mut().for_each(|value| remove_from_value(value, missing, needed));
        }
        Value::List(items) => items.iter_mut().for_each(|item| remove_from_value(item, missing, needed)),
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

/// Shortens a message of the parser, which quotes the whole line of the error.
fn shortened(message: &str) -> String {
    let lines = message.lines().map(|line| line.chars().take(120).collect::<String>());
    lines.take(8).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a document with the default limits and the real schema.
    fn read(
        text: &str,
        operation: Option<&str>,
        variables: &Variables,
    ) -> Result<ExecutableDocument, String> {
        let model = CostModel::of(&crate::graphql::sdl()).map_err(|error| error.describe())?;
        let text =
            SourceText { text: text.into(), hash: String::new(), operation: None, is_registered: false };
        let documents = Documents::new(&Limits::default(), model);
        let prepared = documents
            .parsing_cost(&text)
            .and_then(|tokens| ParsedDocument::parse(&text.text, operation, &documents.limits, tokens))
            .and_then(|parsed| documents.prepare(text, Arc::new(parsed), operation, variables));
        prepared.map(|(_, executable)| executable).map_err(|error| error.message)
    }

    #[test]
    fn an_argument_whose_variable_is_absent_is_absent() {
        let text = "query($i:ID!,$a:Int,$b:Int,$c:Int=1){f(i:$i,a:$a,o:{b:$b,c:$c},l:[$a])}";
        let given = Variables::from_json(serde_json::json!({ "i": "x" }));
        let document =
            read(text, None, &given).ok().map(|document| format!("{document:?}")).unwrap_or_default();
        assert!(!document.contains("Name(\"b\")"), "{document}");
        assert!(document.contains("Name(\"a\")") && document.contains("Name(\"c\")"), "{document}");
        let message = read(text, None, &Variables::default()).err().unwrap_or_default();
        assert!(message.contains("$i of type ID!"), "{message}");
        let several = format!("query A{{f}} {}", text.replace("query(", "query B("));
        assert!(read(&several, Some("A"), &Variables::default()).is_ok(), "A has no variables");
        assert!(read(&several, Some("B"), &Variables::default()).is_err());
    }
}
