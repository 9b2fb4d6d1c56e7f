//! What is shown: the GraphQL schema. No rules and no SQL; each node wraps one admitted row.

mod account;
mod commission;
mod connection;
mod context;
mod history;
mod loaders;
mod mutation;
mod partner;
mod payload;
mod payout;
mod query;
mod reconciliation;
mod referral;
mod root;
mod statement;
mod viewer;

use async_graphql::{EmptySubscription, SDLExportOptions};

pub use context::Request;

use mutation::Mutation;
use query::Query;
use root::Root;

/// The schema.
pub type Schema = async_graphql::Schema<Root<Query>, Mutation, EmptySubscription>;

/// Builds the schema.
pub fn schema() -> Schema {
    async_graphql::Schema::build(Root(Query), Mutation, EmptySubscription).disable_suggestions().finish()
}

/// The schema in the schema definition language, as in `schema.graphql`.
pub fn sdl() -> String {
    let sdl = schema().sdl_with_options(SDLExportOptions::new());
    let lines: Vec<_> = sdl.lines().map(|line| line.replace('\t', "  ").trim_end().to_owned()).collect();
    let sdl = lines.join("\n");
    // The last paragraph is the schema itself, after the directives that every schema has and none needs to define.
    let (types, roots) = sdl.rsplit_once("\nschema {").unwrap_or((&sdl, ""));
    let (types, _) = types.rsplit_once("\n\n").unwrap_or((types, ""));
    format!("{}\n\nschema {{{}\n", types.trim(), roots.trim_end())
}

/// A name as those see it who may not know it: the first letter of each word.
fn masked(name: &str) -> String {
    let words = name.split_whitespace().filter_map(|word| word.chars().next());
    words.map(|first| format!("{first}***")).collect::<Vec<_>>().join(" ")
}
