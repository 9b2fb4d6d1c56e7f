//! The GraphQL schema: its types, its resolvers, and the checks on a document before it is executed.
//!
//! There are no rules and no SQL here. A resolver requires a permission, calls the domain and wraps the result.

mod connection;
mod context;
pub mod file;
mod guard;
mod loader;
mod loaders;
mod mask;
mod mutation;
mod payload;
mod query;
mod rail_payload;
mod reference;
pub mod request;
mod root;
mod staff_query;
pub mod stripe;
mod total_query;
mod types;
mod work;

use async_graphql::{EmptySubscription, SDLExportOptions};

pub use context::Request;
pub use work::{Turns, Work};

use mutation::Mutation;
use query::Query;
use root::Root;

use self::stripe::StripeAccess;
use crate::webhook::WebhookSettings;

/// The executable schema.
pub type Schema = async_graphql::Schema<Root<Query>, Root<Mutation>, EmptySubscription>;

/// Returns the executable schema, with what its mutations need of the settings. Without access to Stripe, mutations that ask it
/// fail.
pub fn schema(webhooks: WebhookSettings, stripe: Option<StripeAccess>) -> Schema {
    let schema =
        async_graphql::Schema::build(Root(Query::default()), Root(Mutation::default()), EmptySubscription)
            .data(webhooks)
            .disable_suggestions();
    match stripe {
        Some(stripe) => schema.data(stripe).finish(),
        None => schema.finish(),
    }
}

/// Returns the schema in the schema definition language, as in `schema.graphql`.
pub fn sdl() -> String {
    let sdl = schema(WebhookSettings::default(), None).sdl_with_options(SDLExportOptions::new());
    let lines: Vec<_> = sdl.lines().map(|line| line.replace('\t', "  ").trim_end().to_owned()).collect();
    let sdl = lines.join("\n");
    // The last paragraph is `schema { … }`, after the built-in directives, which need no definition.
    let (types, roots) = sdl.rsplit_once("\nschema {").unwrap_or((&sdl, ""));
    let (types, _) = types.rsplit_once("\n\n").unwrap_or((types, ""));
    format!("{}\n\nschema {{{}\n", types.trim(), roots.trim_end())
}
