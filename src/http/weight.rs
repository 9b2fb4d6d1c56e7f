//! How heavy a document is: counted before it is parsed, and before anything walks it.
//!
//! async-graphql's own limits walk a fragment again wherever it is spread, which a kilobyte of fragments can make take for
//! ever; here each is counted once.

use std::collections::HashMap;

use async_graphql::Name;
use async_graphql::parser::types::{ExecutableDocument, OperationDefinition, Selection, SelectionSet};

use super::limits::{Excess, Limits, at_most};
use super::tokens::Tokens;

/// Selections within each other, fragments included: whoever walks them recurses into them.
const LEVELS_MAX: usize = 100;
/// Lists of types within each other, when the schema itself is asked for: two are what the standard query needs, and each
/// more multiplies the answer by the size of the schema.
const TYPE_LISTS_MAX: u64 = 2;
/// Fields of types that are lists of what refers to types again.
const TYPE_LISTS: [&str; 4] = ["fields", "inputFields", "interfaces", "possibleTypes"];

/// Refuses a text that is too long or too nested to be parsed.
pub fn before_parsing(text: &str, limits: &Limits) -> Result<(), Excess> {
    at_most("document bytes", (text.len(), limits.limit_document_bytes), "is", "bytes long")?;
    let tokens = Tokens::of(text);
    at_most("nesting", (tokens.nesting, limits.limit_nesting), "nests", "brackets")?;
    at_most("tokens", (tokens.count, limits.limit_tokens), "has", "tokens")
}

/// What an operation comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    /// Fields, fragments and spreads. Spreads count, because fragments of nothing but spreads can be walked for ever, too.
    selections: u64,
    depth: u64,
    /// Of the outermost level.
    width: u64,
    aliases: u64,
    directives: u64,
    /// Lists of types within each other.
    type_lists: u64,
    /// Selections within each other.
    levels: usize,
    /// Whether it asks for the schema itself.
    pub introspects: bool,
}

impl Weight {
    /// The weight of an operation, if it can be told and nothing else in the document is too heavy to be walked:
    /// validation walks operations and fragments that are not executed, too.
    pub fn of(
        document: &ExecutableDocument,
        operation: Option<&OperationDefinition>,
        limits: &Limits,
    ) -> Result<Self, Flaw> {
        let mut scales = Scales { document, fragments: HashMap::new() };
        let mut executed = Self::default();
        for (_, each) in document.operations.iter() {
            let directives = Self::of_directives(each.node.directives.len());
            let weight = directives.beside(scales.set(&each.node.selection_set.node, 0)?);
            weight.check(limits).map_err(Flaw::Excess)?;
            if operation.is_some_and(|operation| std::ptr::eq(operation, &each.node)) {
                executed = weight;
            }
        }
        for name in document.fragments.keys() {
            scales.fragment(name, 0)?.check(limits).map_err(Flaw::Excess)?;
        }
        Ok(executed)
    }

    /// Refuses what is too heavy.
    fn check(&self, limits: &Limits) -> Result<(), Excess> {
        at_most("selections", (self.selections, limits.limit_selections), "selects", "fields and fragments")?;
        at_most("depth", (self.depth, limits.limit_depth), "nests", "fields")?;
        at_most("root fields", (self.width, limits.limit_root_fields), "selects", "fields of the root")?;
        at_most("aliases", (self.aliases, limits.limit_aliases), "has", "aliases")?;
        at_most("directives", (self.directives, limits.limit_directives), "has", "directives")?;
        let type_lists = if self.introspects { self.type_lists } else { 0 };
        at_most("introspection", (type_lists, TYPE_LISTS_MAX), "nests", "lists of types")
    }

    fn of_directives(count: usize) -> Self {
        Self { directives: u64::try_from(count).unwrap_or(u64::MAX), ..Self::default() }
    }

    fn beside(self, other: Self) -> Self {
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

/// Why a document is not executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A fragment spreads itself.
    Circle,
    /// It is too heavy.
    Excess(Excess),
}

/// Weighs a document. Each fragment is weighed once and remembered, so that twenty fragments that spread each other twice
/// are twenty steps and not a million.
struct Scales<'d> {
    document: &'d ExecutableDocument,
    /// Without a weight, a fragment is being weighed.
    fragments: HashMap<Name, Option<Weight>>,
}

impl Scales<'_> {
    fn set(&mut self, set: &SelectionSet, level: usize) -> Result<Weight, Flaw> {
        at_most("levels", (level, LEVELS_MAX), "nests", "selections").map_err(Flaw::Excess)?;
        let mut sum = Weight::default();
        for item in &set.items {
            let (directives, inner) = match &item.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    let inner = self.set(&field.selection_set.node, level + 1)?;
                    let name = field.name.node.as_str();
                    let inside = Weight {
                        depth: inner.depth.saturating_add(1),
                        width: 1,
                        aliases: inner.aliases.saturating_add(u64::from(field.alias.is_some())),
                        type_lists: inner.type_lists.saturating_add(u64::from(TYPE_LISTS.contains(&name))),
                        introspects: inner.introspects || name == "__schema" || name == "__type",
                        ..inner
                    };
                    (field.directives.len(), inside)
                }
                Selection::InlineFragment(inline) => {
                    (inline.node.directives.len(), self.set(&inline.node.selection_set.node, level + 1)?)
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    (spread.node.directives.len(), self.fragment(name, level + 1)?)
                }
            };
            let own = Weight { selections: 1, ..Weight::of_directives(directives) };
            sum = sum.beside(own).beside(inner);
        }
        sum.levels += 1;
        Ok(sum)
    }

    fn fragment(&mut self, name: &Name, level: usize) -> Result<Weight, Flaw> {
        if let Some(known) = self.fragments.get(name) {
            let known = known.ok_or(Flaw::Circle)?;
            let levels = level.saturating_add(known.levels);
            at_most("levels", (levels, LEVELS_MAX), "nests", "selections").map_err(Flaw::Excess)?;
            return Ok(known);
        }
        // That there is no such fragment is told by validation.
        let Some(fragment) = self.document.fragments.get(name) else { return Ok(Weight::default()) };
        self.fragments.insert(name.clone(), None);
        let directives = Weight::of_directives(fragment.node.directives.len());
        let weight = directives.beside(self.set(&fragment.node.selection_set.node, level)?);
        self.fragments.insert(name.clone(), Some(weight));
        Ok(weight)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    /// Why a document is refused, if it is.
    fn refusal(text: &str) -> Option<String> {
        let limits = Limits::default();
        let Ok(document) = parse_query(text) else { return Some("no document".to_owned()) };
        match Weight::of(&document, None, &limits) {
            Err(Flaw::Circle) => Some("a circle".to_owned()),
            Err(Flaw::Excess(excess)) => Some(excess.message),
            Ok(_) => None,
        }
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
                refusal(&bomb(levels, spreads)).is_some_and(|said| said.contains("at most")),
                "{levels} {spreads}"
            );
        }
        // Spreads are walked even if there is no field at the end of them, and even if nothing spreads the first.
        let empty = bomb(8, 20).replace("{__typename}", "{...Nothing}");
        assert!(refusal(&empty).is_some_and(|said| said.contains("at most")));
        assert!(refusal(&empty.replace("{...F0}", "{x}")).is_some_and(|said| said.contains("at most")));
        let circle = "{...A} fragment A on Query{...B} fragment B on Query{...A}";
        assert_eq!(refusal(circle).as_deref(), Some("a circle"));
        let links = (0..3_000).map(|n| format!("fragment F{n} on Query{{...F{}}} ", n + 1));
        let chain = format!("{{...F0}} {}", links.collect::<String>());
        assert_eq!(
            refusal(&chain).as_deref(),
            Some("the document nests 101 selections; at most 100 are allowed")
        );
        // From its end, so that each fragment is known before it is spread.
        let spreads = (0..3_000).rev().map(|n| format!("...F{n} ")).collect::<String>();
        let backwards = chain.replacen("...F0", &spreads, 1);
        assert_eq!(
            refusal(&backwards).as_deref(),
            Some("the document nests 101 selections; at most 100 are allowed")
        );
    }

    #[test]
    fn every_limit_says_what_it_is_and_what_was_found() {
        let said = |text: String| refusal(&text).unwrap_or_default();
        let fields = |count: usize| (0..count).map(|n| format!("f{n} ")).collect::<String>();
        assert_eq!(said(format!("{{a{{{}}}}}", fields(4_999))), "");
        assert_eq!(
            said(format!("{{a{{{}}}}}", fields(5_000))),
            "the document selects 5001 fields and fragments; at most 5000 are allowed"
        );
        let deep = |depth: usize| format!("{}a{}", "{a".repeat(depth - 1) + "{", "}".repeat(depth));
        assert_eq!(said(deep(20)), "");
        assert_eq!(said(deep(21)), "the document nests 21 fields; at most 20 are allowed");
        assert_eq!(said(format!("{{{}}}", fields(100))), "");
        let split = format!("{{{} ...F}} fragment F on Query{{...{{{}}}}}", fields(51), fields(50));
        assert_eq!(said(split), "the document selects 101 fields of the root; at most 100 are allowed");
        let aliases = |count: usize| (0..count).map(|n| format!("f{n}:f ")).collect::<String>();
        assert_eq!(said(format!("{{a{{{}}}}}", aliases(200))), "");
        assert_eq!(
            said(format!("{{a{{{}}}}}", aliases(201))),
            "the document has 201 aliases; at most 200 are allowed"
        );
        let directives =
            |count: usize| format!("query @a{{a{} ...F @b}} fragment F on Q @c{{b}}", " @x".repeat(count));
        assert_eq!(said(directives(47)), "");
        assert_eq!(said(directives(48)), "the document has 51 directives; at most 50 are allowed");
        let before = |text: &str| {
            let refused = before_parsing(text, &Limits::default()).err();
            refused.map(|excess| excess.message).unwrap_or_default()
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
        assert_eq!(said(types(2)), "");
        assert_eq!(said(types(3)), "the document nests 3 lists of types; at most 2 are allowed");
    }
}
