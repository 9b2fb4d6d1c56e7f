//! How much a request may ask for. Every figure can be set; the defaults let the portal, the standard introspection query
//! and a page of a hundred commission events with all they refer to pass with room to spare.

use std::fmt::Display;
use std::time::Duration;

use clap::{Args, Parser, value_parser};

/// The limits.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Limits")]
pub struct Limits {
    /// Requests in hand at a time; more are told to come back (503)
    #[arg(long, env, global = true, default_value_t = 256, value_parser = value_parser!(u16).range(1..))]
    pub limit_requests: u16,
    /// Bytes of a request's body
    #[arg(long, env, global = true, default_value_t = 256 * 1024)]
    pub limit_body_bytes: usize,
    /// Seconds that the head of a request, or its body, may take to arrive
    #[arg(long, env, global = true, default_value_t = 10, value_parser = value_parser!(u64).range(1..))]
    pub limit_arrival_seconds: u64,
    /// Bytes of a document
    #[arg(long, env, global = true, default_value_t = 64 * 1024)]
    pub limit_document_bytes: usize,
    /// Tokens of a document
    #[arg(long, env, global = true, default_value_t = 10_000)]
    pub limit_tokens: u64,
    /// Brackets of a document within each other, literal values included. The parser recurses into them, so that no more
    /// than 200 can be allowed
    #[arg(long, env, global = true, default_value_t = 64, value_parser = value_parser!(u64).range(1..=200))]
    pub limit_nesting: u64,
    /// Fields, fragments and their spreads, with every fragment counted wherever it is spread
    #[arg(long, env, global = true, default_value_t = 5_000)]
    pub limit_selections: u64,
    /// Fields within each other
    #[arg(long, env, global = true, default_value_t = 20)]
    pub limit_depth: u64,
    /// Fields of the root
    #[arg(long, env, global = true, default_value_t = 100)]
    pub limit_root_fields: u64,
    /// Fields under another name
    #[arg(long, env, global = true, default_value_t = 200)]
    pub limit_aliases: u64,
    /// Directives
    #[arg(long, env, global = true, default_value_t = 50)]
    pub limit_directives: u64,
    /// Cost: the fields that the answer can have, with the rows of every page and list counted
    #[arg(long, env, global = true, default_value_t = 25_000)]
    pub limit_cost: u64,
    /// Errors that one answer tells of
    #[arg(long, env, global = true, default_value_t = 25)]
    pub limit_errors: usize,
    /// Seconds that a query may take. A mutation is never broken off
    #[arg(long, env, global = true, default_value_t = 30, value_parser = value_parser!(u64).range(1..))]
    pub limit_query_seconds: u64,
    /// Cost that a partner's user may ask for in a second, saved up for 10 seconds; 0 for no limit
    #[arg(long, env, global = true, default_value_t = 5_000)]
    pub rate_partner: u32,
    /// The same for a member of staff
    #[arg(long, env, global = true, default_value_t = 50_000)]
    pub rate_staff: u32,
    /// The same for a service
    #[arg(long, env, global = true, default_value_t = 500_000)]
    pub rate_service: u32,
}

impl Limits {
    /// How long the head of a request, or its body, may take to arrive.
    pub fn arrival(&self) -> Duration {
        Duration::from_secs(self.limit_arrival_seconds)
    }

    /// How long a query may take.
    pub fn query(&self) -> Duration {
        Duration::from_secs(self.limit_query_seconds)
    }
}

/// As without flags: the environment's, or the defaults.
impl Default for Limits {
    fn default() -> Self {
        #[derive(Parser)]
        struct WithoutFlags {
            #[command(flatten)]
            limits: Limits,
        }
        WithoutFlags::parse_from(["revshare"]).limits
    }
}

/// Why something is more than is allowed: with the name of the limit, what was found, and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excess {
    /// Which limit, for the operator's figures.
    pub limit: &'static str,
    /// What the client is told.
    pub message: String,
}

impl Excess {
    /// Refuses an operation that costs more than is allowed.
    pub fn refuse_cost(cost: u64, limits: &Limits) -> Result<(), Self> {
        if cost <= limits.limit_cost {
            return Ok(());
        }
        let most = limits.limit_cost;
        let message = format!(
            "the answer can have {cost} fields, with the rows of every page and list counted; at most {most} are \
             allowed: ask for smaller pages or fewer fields"
        );
        Err(Self { limit: "cost", message })
    }
}

/// Refuses what is more than is allowed: "the document has 201 aliases; at most 200 are allowed".
pub fn at_most<N: PartialOrd + Display>(
    limit: &'static str,
    (found, most): (N, N),
    verb: &str,
    what: &str,
) -> Result<(), Excess> {
    if found > most {
        let message = format!("the document {verb} {found} {what}; at most {most} are allowed");
        return Err(Excess { limit, message });
    }
    Ok(())
}
