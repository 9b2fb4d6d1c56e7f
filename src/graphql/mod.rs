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
    let options = SDLExportOptions::new().prefer_single_line_descriptions();
    let sdl = schema().sdl_with_options(options);
    let lines: Vec<_> = sdl.lines().map(|line| line.replace('\t', "  ").trim_end().to_owned()).collect();
    format!("{}\n", lines.join("\n").trim())
}

/// A name as those see it who may not know it: the first letter of each word.
fn masked(name: &str) -> String {
    let words = name.split_whitespace().filter_map(|word| word.chars().next());
    words.map(|first| format!("{first}***")).collect::<Vec<_>>().join(" ")
}
