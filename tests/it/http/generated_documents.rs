//! Documents that are too large to write down: nested, repeated, or exponential once their fragments are expanded.

/// Fragments F0 to F(n-1), each of which spreads the next, and F(n), which selects `__typename`.
fn fragment_chain(length: usize) -> String {
    let fragment = |n: usize| format!("fragment F{n} on Query {{ ...F{} }} ", n + 1);
    let chain = (0..length).map(fragment).collect::<String>();
    format!("{chain} fragment F{length} on Query {{ __typename }}")
}

/// A query that expands a chain of fragments.
pub fn spread_fragment_chain(length: usize) -> String {
    format!("{{ ...F0 }} {}", fragment_chain(length))
}

/// A query that does not spread the chain of fragments it contains.
pub fn unused_fragment_chain(length: usize) -> String {
    format!("{{ __typename }} {}", fragment_chain(length))
}

/// A query whose fragments select `spreads.pow(levels)` times what the last one selects.
pub fn fragment_bomb(levels: usize, spreads: usize, selection: &str) -> String {
    let fragment = |n: usize| {
        let spreads = format!("...F{} ", n + 1).repeat(spreads);
        format!("fragment F{n} on Query {{ {spreads}}} ")
    };
    let fragments = (0..levels).map(fragment).collect::<String>();
    format!("{{ ...F0 }} {fragments} fragment F{levels} on Query {{ {selection} }}")
}

/// A query with an argument in `depth` pairs of brackets, like `[` and `]`, or `{a:` and `}`.
pub fn nested_argument(open: &str, close: &str, depth: usize) -> String {
    let (open, close) = (open.repeat(depth), close.repeat(depth));
    format!("{{ payouts(filter: {{ status: {open}1{close} }}) {{ totalCount }} }}")
}

/// A query that selects `__typename` by many aliases.
pub fn aliases(count: usize) -> String {
    let aliases = (0..count).map(|n| format!("a{n}: __typename ")).collect::<String>();
    format!("{{ {aliases}}}")
}

/// A query for `count` fields of the viewer that do not exist.
pub fn unknown_fields(count: usize) -> String {
    let fields = (0..count).map(|n| format!("f{n} ")).collect::<String>();
    format!("{{ viewer {{ {fields}}} }}")
}

/// A query for the events of the partner of the events of a partner, and so on.
pub fn nested_pages(depth: usize) -> String {
    let open = "{ nodes { partner { commissionEvents".repeat(depth);
    format!("{{ commissionEvents {open} {{ nodes {{ id }} }} {} }}", "} } }".repeat(depth))
}
