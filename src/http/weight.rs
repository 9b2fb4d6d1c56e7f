//! How heavy a document is: counted before it is parsed, and before anything walks it.
//!
//! async-graphql's own limits walk a fragment again wherever it is spread, which a kilobyte of fragments can make take for
//! ever; here each is counted once.

use std::collections::HashMap;

use async_graphql::Name;
use async_graphql::parser::types::{ExecutableDocument, OperationDefinition, Selection, SelectionSet};

/// How long a document may be.
const BYTES_MAX: usize = 64 * 1024;
/// Brackets of any kind within each other, literal values included. The parser recurses into them, and a stack that
/// overflows takes the whole process with it.
const NESTING_MAX: usize = 64;
/// Fields, with every fragment counted wherever it is spread. Validation walks them all.
const FIELDS_MAX: u64 = 5_000;
/// Selections within each other, fragments included: whoever walks them recurses into them.
const LEVELS_MAX: usize = 100;
/// Fields within each other. No page of the portal nests deeper, and the standard introspection query fits.
const DEPTH_MAX: u64 = 20;
/// Fields of the root.
const ROOT_FIELDS_MAX: u64 = 100;
/// Fields under another name.
const ALIASES_MAX: u64 = 200;
/// Directives.
const DIRECTIVES_MAX: u64 = 50;

/// Refuses a text that is too long or too nested to be parsed.
pub fn before_parsing(text: &str) -> Result<(), String> {
    at_most(text.len(), BYTES_MAX, "is", "bytes long")?;
    at_most(nesting(text), NESTING_MAX, "nests", "brackets")
}

fn at_most<N: PartialOrd + std::fmt::Display>(
    found: N,
    most: N,
    verb: &str,
    what: &str,
) -> Result<(), String> {
    if found > most {
        return Err(format!("the document {verb} {found} {what}; at most {most} are allowed"));
    }
    Ok(())
}

/// What an operation comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    fields: u64,
    depth: u64,
    /// Of the outermost level.
    width: u64,
    aliases: u64,
    directives: u64,
    /// Whether it asks for the schema itself.
    pub introspects: bool,
}

impl Weight {
    /// The weight of an operation, if it can be told.
    pub fn of(document: &ExecutableDocument, operation: &OperationDefinition) -> Result<Self, Flaw> {
        let directives = Self::of_directives(operation.directives.len());
        let mut scales = Scales { document, fragments: HashMap::new() };
        Ok(directives.beside(scales.set(&operation.selection_set.node, 0)?))
    }

    /// Refuses what is too heavy.
    pub fn check(&self) -> Result<(), String> {
        at_most(self.fields, FIELDS_MAX, "selects", "fields")?;
        at_most(self.depth, DEPTH_MAX, "nests", "fields")?;
        at_most(self.width, ROOT_FIELDS_MAX, "selects", "fields of the root")?;
        at_most(self.aliases, ALIASES_MAX, "has", "aliases")?;
        at_most(self.directives, DIRECTIVES_MAX, "has", "directives")
    }

    fn of_directives(count: usize) -> Self {
        Self { directives: u64::try_from(count).unwrap_or(u64::MAX), ..Self::default() }
    }

    fn beside(self, other: Self) -> Self {
        Self {
            fields: self.fields.saturating_add(other.fields),
            depth: self.depth.max(other.depth),
            width: self.width.saturating_add(other.width),
            aliases: self.aliases.saturating_add(other.aliases),
            directives: self.directives.saturating_add(other.directives),
            introspects: self.introspects || other.introspects,
        }
    }
}

/// Why the weight of an operation cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A fragment spreads itself.
    Circle,
    /// Its selections lie too deep within each other, fragments included.
    Depth,
}

impl Flaw {
    /// What a client is told.
    pub fn message(self) -> String {
        match self {
            Self::Circle => "a fragment spreads itself".to_owned(),
            Self::Depth => format!("the document nests more than {LEVELS_MAX} selections"),
        }
    }
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
        if level > LEVELS_MAX {
            return Err(Flaw::Depth);
        }
        let mut sum = Weight::default();
        for item in &set.items {
            sum = sum.beside(match &item.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    let inner = self.set(&field.selection_set.node, level + 1)?;
                    let name = field.name.node.as_str();
                    let own = Weight {
                        fields: 1,
                        depth: inner.depth.saturating_add(1),
                        width: 1,
                        aliases: u64::from(field.alias.is_some()),
                        introspects: name == "__schema" || name == "__type",
                        ..Weight::of_directives(field.directives.len())
                    };
                    own.beside(Weight { width: 0, ..inner })
                }
                Selection::InlineFragment(inline) => Weight::of_directives(inline.node.directives.len())
                    .beside(self.set(&inline.node.selection_set.node, level + 1)?),
                Selection::FragmentSpread(spread) => Weight::of_directives(spread.node.directives.len())
                    .beside(self.fragment(&spread.node.fragment_name.node, level + 1)?),
            });
        }
        Ok(sum)
    }

    fn fragment(&mut self, name: &Name, level: usize) -> Result<Weight, Flaw> {
        if let Some(known) = self.fragments.get(name) {
            return known.ok_or(Flaw::Circle);
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

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    /// Why a document is refused, if it is.
    fn refusal(text: &str) -> Option<String> {
        let Ok(document) = parse_query(text) else { return Some("no document".to_owned()) };
        let (_, operation) = document.operations.iter().next()?;
        match Weight::of(&document, &operation.node) {
            Err(flaw) => Some(flaw.message()),
            Ok(weight) => weight.check().err(),
        }
    }

    #[test]
    fn brackets_are_counted_before_they_are_parsed() {
        let nested = |n| format!("{{a(x:{}1{}){{b}}}}", "[".repeat(n), "]".repeat(n));
        assert!(before_parsing(&nested(60)).is_ok());
        for n in [70, 2_000, 100_000] {
            assert!(before_parsing(&nested(n)).is_err(), "{n}");
        }
        let objects = format!("{{a(x:{}1{}){{b}}}}", "{y:".repeat(2_000), "}".repeat(2_000));
        assert!(before_parsing(&objects).is_err());
        let quoted = format!("{{a(x:\"{0}\\\"{0}\",y:\"\"\"{0}\"{0}\"\"\"){{b}}}} # {0}", "[".repeat(100));
        assert!(before_parsing(&quoted).is_ok());
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
        let circle = "{...A} fragment A on Query{...B} fragment B on Query{...A}";
        assert_eq!(refusal(circle).as_deref(), Some("a fragment spreads itself"));
        let chain =
            (0..3_000).map(|n| format!("fragment F{n} on Query{{...F{}}} ", n + 1)).collect::<String>();
        let chain = format!("{{...F0}} {chain}");
        assert_eq!(refusal(&chain).as_deref(), Some("the document nests more than 100 selections"));
    }

    #[test]
    fn every_limit_says_what_it_is_and_what_was_found() {
        let said = |text: String| refusal(&text).unwrap_or_default();
        let fields = |count: usize| (0..count).map(|n| format!("f{n} ")).collect::<String>();
        assert_eq!(said(format!("{{a{{{}}}}}", fields(4_999))), "");
        assert_eq!(
            said(format!("{{a{{{}}}}}", fields(5_000))),
            "the document selects 5001 fields; at most 5000 are allowed"
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
        let long = before_parsing(&" ".repeat(65_537)).err().unwrap_or_default();
        assert_eq!(long, "the document is 65537 bytes long; at most 65536 are allowed");
    }
}
