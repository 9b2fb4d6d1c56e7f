//! The complexity of a document: measured before it is parsed, and before anything walks it.
//!
//! async-graphql's own limits (`limit_depth`, `limit_complexity`) walk a fragment again wherever it is spread, which takes
//! exponential time for a kilobyte of nested fragments; here each fragment is measured once.

use std::collections::HashMap;

use async_graphql::Name;
use async_graphql::parser::types::{ExecutableDocument, OperationDefinition, Selection, SelectionSet};

use super::lexer::LexicalStats;
use super::limits::{LimitExceeded, Limits, check};

/// Nesting of selection sets, fragments included: every walk is recursive.
const LEVELS_MAX: usize = 100;
/// Nesting of lists of types in an introspection query: the standard query needs two, and each further level multiplies
/// the response by the size of the schema.
const TYPE_LISTS_MAX: u64 = 2;
/// The fields of `__Type` that are lists whose items refer to types again.
const TYPE_LISTS: [&str; 4] = ["fields", "inputFields", "interfaces", "possibleTypes"];

/// Rejects a text that is too long or too deeply nested to be parsed; returns the number of its tokens.
pub fn check_text(text: &str, limits: &Limits) -> Result<u64, LimitExceeded> {
    check("document bytes", "is # bytes long", text.len(), limits.limit_document_bytes)?;
    let tokens = LexicalStats::of(text);
    check("nesting", "nests # brackets", tokens.nesting, limits.limit_nesting)?;
    check("tokens", "has # tokens", tokens.count, limits.limit_tokens)?;
    Ok(tokens.count)
}

/// The complexity of an operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Complexity {
    /// Fields, fragments and spreads. Spreads count, because fragments of nothing but spreads take exponential time, too.
    selections: u64,
    depth: u64,
    /// Fields of the root.
    width: u64,
    aliases: u64,
    directives: u64,
    /// Nesting of lists of types.
    type_lists: u64,
    /// Nesting of selection sets.
    levels: usize,
    /// Whether it is an introspection query.
    pub introspects: bool,
}

impl Complexity {
    /// Returns the complexity of an operation; rejects the document if any part of it exceeds a limit, since validation
    /// walks the operations and fragments that are not executed, too.
    pub fn of(
        document: &ExecutableDocument,
        operation: Option<&OperationDefinition>,
        limits: &Limits,
    ) -> Result<Self, ComplexityError> {
        let mut visitor = ComplexityVisitor { document, fragments: HashMap::new() };
        let mut executed = Self::default();
        for (_, each) in document.operations.iter() {
            let directives = Self::with_directives(each.node.directives.len());
            let complexity = directives.combine(visitor.selection_set(&each.node.selection_set.node, 0)?);
            complexity.check(limits).map_err(ComplexityError::LimitExceeded)?;
            if operation.is_some_and(|operation| std::ptr::eq(operation, &each.node)) {
                executed = complexity;
            }
        }
        for name in document.fragments.keys() {
            visitor.fragment(name, 0)?.check(limits).map_err(ComplexityError::LimitExceeded)?;
        }
        Ok(executed)
    }

    /// Rejects a complexity above a limit.
    fn check(&self, limits: &Limits) -> Result<(), LimitExceeded> {
        check("selections", "selects # fields and fragments", self.selections, limits.limit_selections)?;
        check("depth", "nests # fields", self.depth, limits.limit_depth)?;
        check("root fields", "selects # fields of the root", self.width, limits.limit_root_fields)?;
        check("aliases", "has # aliases", self.aliases, limits.limit_aliases)?;
        check("directives", "has # directives", self.directives, limits.limit_directives)?;
        let type_lists = if self.introspects { self.type_lists } else { 0 };
        check("introspection", "nests # lists of types", type_lists, TYPE_LISTS_MAX)
    }

    fn with_directives(count: usize) -> Self {
        Self { directives: u64::try_from(count).unwrap_or(u64::MAX), ..Self::default() }
    }

    fn combine(self, other: Self) -> Self {
        Self {
            selections: self.selections.saturating_add(other.selections),
            depth: self.depth.max(other.depth),
            width: self.width.saturating_add(other.width),
            aliases: self.aliases.saturating_add(other.aliases),
            directives: self.directives.saturating_add(other.directives),
            type_lists: self.type_lists.max(other.type_lists),
            levels: self.levels.max(other.levels),
            introspects: self.introspects || other.introspects,
        }
    }
}

/// Why a document is too complex to be executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ComplexityError {
    /// A fragment spreads itself.
    FragmentCycle,
    /// It exceeds a limit.
    LimitExceeded(LimitExceeded),
}

/// Measures a document. The complexity of each fragment is memoized, so that twenty fragments that spread each other
/// twice take twenty steps and not a million.
struct ComplexityVisitor<'d> {
    document: &'d ExecutableDocument,
    /// `None` while the fragment is being measured.
    fragments: HashMap<Name, Option<Complexity>>,
}

impl ComplexityVisitor<'_> {
    fn selection_set(&mut self, set: &SelectionSet, level: usize) -> Result<Complexity, ComplexityError> {
        check("levels", "nests # selections", level, LEVELS_MAX).map_err(ComplexityError::LimitExceeded)?;
        let mut sum = Complexity::default();
        for item in &set.items {
            let (directives, inner) = match &item.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    let inner = self.selection_set(&field.selection_set.node, level + 1)?;
                    let name = field.name.node.as_str();
                    let inside = Complexity {
                        depth: inner.depth.saturating_add(1),
                        width: 1,
                        aliases: inner.aliases.saturating_add(u64::from(field.alias.is_some())),
                        type_lists: inner.type_lists.saturating_add(u64::from(TYPE_LISTS.contains(&name))),
                        introspects: inner.introspects || name == "__schema" || name == "__type",
                        ..inner
                    };
                    (field.directives.len(), inside)
                }
                Selection::InlineFragment(inline) => (
                    inline.node.directives.len(),
                    self.selection_set(&inline.node.selection_set.node, level + 1)?,
                ),
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    (spread.node.directives.len(), self.fragment(name, level + 1)?)
                }
            };
            let own = Complexity { selections: 1, ..Complexity::with_directives(directives) };
            sum = sum.combine(own).combine(inner);
        }
        sum.levels += 1;
        Ok(sum)
    }

    fn fragment(&mut self, name: &Name, level: usize) -> Result<Complexity, ComplexityError> {
        if let Some(memoized) = self.fragments.get(name) {
            let memoized = memoized.ok_or(ComplexityError::FragmentCycle)?;
            let levels = level.saturating_add(memoized.levels);
            check("levels", "nests # selections", levels, LEVELS_MAX)
                .map_err(ComplexityError::LimitExceeded)?;
            return Ok(memoized);
        }
        // An unknown fragment is reported by validation.
        let Some(fragment) = self.document.fragments.get(name) else { return Ok(Complexity::default()) };
        self.fragments.insert(name.clone(), None);
        let directives = Complexity::with_directives(fragment.node.directives.len());
        let complexity = directives.combine(self.selection_set(&fragment.node.selection_set.node, level)?);
        self.fragments.insert(name.clone(), Some(complexity));
        Ok(complexity)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    /// Returns why a document is rejected.
    fn rejection(text: &str) -> Option<String> {
        let limits = Limits::default();
        let Ok(document) = parse_query(text) else { return Some("no document".to_owned()) };
        match Complexity::of(&document, None, &limits) {
            Err(ComplexityError::FragmentCycle) => Some("a fragment cycle".to_owned()),
            Err(ComplexityError::LimitExceeded(exceeded)) => Some(exceeded.message),
            Ok(_) => None,
        }
    }

    #[test]
    fn fragments_count_wherever_they_are_spread() {
        let bomb = |levels: usize, spreads: usize| {
            let fragment = |n: usize| {
                let spread = format!("...F{} ", n + 1).repeat(spreads);
                format!("fragment F{n} on Query{{{spread}}} ")
            };
            let fragments: String = (0..levels).map(fragment).collect();
            format!("{{...F0}} {fragments} fragment F{levels} on Query{{__typename}}")
        };
        assert!(rejection(&bomb(4, 2)).is_none());
        for (levels, spreads) in [(20, 2), (60, 2), (8, 20), (30, 100)] {
            assert!(
                rejection(&bomb(levels, spreads)).is_some_and(|message| message.contains("at most")),
                "{levels} {spreads}"
            );
        }
        // Spreads are walked even if they lead to no field, and even if nothing spreads the first fragment.
        let empty = bomb(8, 20).replace("{__typename}", "{...Nothing}");
        assert!(rejection(&empty).is_some_and(|message| message.contains("at most")));
        assert!(
            rejection(&empty.replace("{...F0}", "{x}")).is_some_and(|message| message.contains("at most"))
        );
        let circle = "{...A} fragment A on Query{...B} fragment B on Query{...A}";
        assert_eq!(rejection(circle).as_deref(), Some("a fragment cycle"));
        let links = (0..3_000).map(|n| format!("fragment F{n} on Query{{...F{}}} ", n + 1));
        let chain = format!("{{...F0}} {}", links.collect::<String>());
        assert_eq!(
            rejection(&chain).as_deref(),
            Some("the document nests 101 selections; at most 100 are allowed")
        );
        // From the end, so that each fragment is memoized before it is spread.
        let spreads = (0..3_000).rev().map(|n| format!("...F{n} ")).collect::<String>();
        let backwards = chain.replacen("...F0", &spreads, 1);
        assert_eq!(
            rejection(&backwards).as_deref(),
            Some("the document nests 101 selections; at most 100 are allowed")
        );
    }

    #[test]
    fn a_rejection_names_the_limit_and_what_was_found() {
        let message = |text: String| rejection(&text).unwrap_or_default();
        let fields = |count: usize| (0..count).map(|n| format!("f{n} ")).collect::<String>();
        assert_eq!(message(format!("{{a{{{}}}}}", fields(4_999))), "");
        assert_eq!(
            message(format!("{{a{{{}}}}}", fields(5_000))),
            "the document selects 5001 fields and fragments; at most 5000 are allowed"
        );
        let deep = |depth: usize| format!("{}a{}", "{a".repeat(depth - 1) + "{", "}".repeat(depth));
        assert_eq!(message(deep(20)), "");
        assert_eq!(message(deep(21)), "the document nests 21 fields; at most 20 are allowed");
        assert_eq!(message(format!("{{{}}}", fields(100))), "");
        let split = format!("{{{} ...F}} fragment F on Query{{...{{{}}}}}", fields(51), fields(50));
        assert_eq!(message(split), "the document selects 101 fields of the root; at most 100 are allowed");
        let aliases = |count: usize| (0..count).map(|n| format!("f{n}:f ")).collect::<String>();
        assert_eq!(message(format!("{{a{{{}}}}}", aliases(200))), "");
        assert_eq!(
            message(format!("{{a{{{}}}}}", aliases(201))),
            "the document has 201 aliases; at most 200 are allowed"
        );
        let directives =
            |count: usize| format!("query @a{{a{} ...F @b}} fragment F on Q @c{{b}}", " @x".repeat(count));
        assert_eq!(message(directives(47)), "");
        assert_eq!(message(directives(48)), "the document has 51 directives; at most 50 are allowed");
        let before = |text: &str| {
            let exceeded = check_text(text, &Limits::default()).err();
            exceeded.map(|exceeded| exceeded.message).unwrap_or_default()
        };
        assert_eq!(
            before(&" ".repeat(65_537)),
            "the document is 65537 bytes long; at most 65536 are allowed"
        );
        assert_eq!(before(&"{".repeat(65)), "the document nests 65 brackets; at most 64 are allowed");
        assert_eq!(before(&"a ".repeat(10_001)), "the document has 10001 tokens; at most 10000 are allowed");
        let types = |lists: usize| {
            format!("{{__schema{{types{}{{name{}", "{fields{type".repeat(lists), "}".repeat(2 * lists + 3))
        };
        assert_eq!(message(types(2)), "");
        assert_eq!(message(types(3)), "the document nests 3 lists of types; at most 2 are allowed");
    }
}
