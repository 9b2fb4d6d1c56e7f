//! The limits of a request and of a caller. Each can be set; the defaults admit the portal, the standard introspection
//! query, and a page of a hundred commission events with everything they refer to, with room to spare.

use std::fmt::Display;
use std::time::Duration;

use clap::{Args, Parser, value_parser};

use super::cost::Cost;
use crate::domain::db::tenant_share::TenantLimits;

/// The limits of a request and of a caller.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Limits")]
pub struct Limits {
    /// Requests that are executed at a time; further ones get 503
    #[arg(long, env, global = true, default_value_t = 256, value_parser = value_parser!(u16).range(1..))]
    pub limit_requests: u16,
    /// Requests of one tenant that are executed at a time; further ones get 429
    #[arg(long, env, global = true, default_value_t = 128, value_parser = value_parser!(u16).range(1..))]
    pub limit_tenant_requests: u16,
    /// Memory for all requests in progress, in MiB: their bodies, the objects of their responses by their cost, and
    /// responses that are not delivered yet. Further ones get 503. One tenant has half of it at most, and one caller an
    /// eighth: their further requests get 429
    #[arg(long, env, global = true, default_value_t = 128, value_parser = value_parser!(u16).range(16..))]
    pub limit_memory_mib: u16,
    /// Bytes in the body of a request
    #[arg(long, env, global = true, default_value_t = 256 * 1024)]
    pub limit_body_bytes: usize,
    /// Seconds that the head of a request, or its body, may take to arrive
    #[arg(long, env, global = true, default_value_t = 10, value_parser = value_parser!(u64).range(1..))]
    pub limit_arrival_seconds: u64,
    /// Bytes in a document
    #[arg(long, env, global = true, default_value_t = 64 * 1024)]
    pub limit_document_bytes: usize,
    /// Tokens in a document
    #[arg(long, env, global = true, default_value_t = 10_000)]
    pub limit_tokens: u64,
    /// Nesting of brackets in a document, literal values included. The parser is recursive, so that at most 200 can be
    /// allowed
    #[arg(long, env, global = true, default_value_t = 64, value_parser = value_parser!(u64).range(1..=200))]
    pub limit_nesting: u64,
    /// Fields, fragments and fragment spreads, each counted wherever it is spread
    #[arg(long, env, global = true, default_value_t = 5_000)]
    pub limit_selections: u64,
    /// Nesting of fields
    #[arg(long, env, global = true, default_value_t = 20)]
    pub limit_depth: u64,
    /// Fields of the root type
    #[arg(long, env, global = true, default_value_t = 100)]
    pub limit_root_fields: u64,
    /// Aliased fields
    #[arg(long, env, global = true, default_value_t = 200)]
    pub limit_aliases: u64,
    /// Directives
    #[arg(long, env, global = true, default_value_t = 50)]
    pub limit_directives: u64,
    /// Cost: the fields that the response can have, with the rows of every page and list counted, and more for fields
    /// that read many rows to compute one value. Also the fields that a response really has
    #[arg(long, env, global = true, default_value_t = 25_000)]
    pub limit_cost: u64,
    /// Errors listed in a response
    #[arg(long, env, global = true, default_value_t = 25)]
    pub limit_errors: usize,
    /// Seconds that a query may take. Mutations always run to their end
    #[arg(long, env, global = true, default_value_t = 30, value_parser = value_parser!(u64).range(1..))]
    pub limit_query_seconds: u64,
    /// Database connections that the queries of one tenant may use at a time, of the 16 of a server. Further ones wait two
    /// seconds, and are then rejected as UNAVAILABLE. A server of one tenant can allow all
    #[arg(long, env, global = true, default_value_t = 3, value_parser = value_parser!(u16).range(1..))]
    pub limit_tenant_reads: u16,
    /// Database connections that the queries and mutations of one tenant may use at a time, likewise
    #[arg(long, env, global = true, default_value_t = 8, value_parser = value_parser!(u16).range(1..))]
    pub limit_tenant_connections: u16,
    /// Cost per second of a partner user, with a burst of 10 seconds; 0 for no limit
    #[arg(long, env, global = true, default_value_t = 5_000)]
    pub rate_partner: u32,
    /// Cost per second of a staff user, likewise
    #[arg(long, env, global = true, default_value_t = 50_000)]
    pub rate_staff: u32,
    /// Cost per second of a service, likewise
    #[arg(long, env, global = true, default_value_t = 500_000)]
    pub rate_service: u32,
}

impl Limits {
    /// Returns how long the head of a request, or its body, may take to arrive.
    pub fn arrival_timeout(&self) -> Duration {
        Duration::from_secs(self.limit_arrival_seconds)
    }

    /// Returns the memory for all requests in progress, in bytes.
    pub fn memory_bytes(&self) -> usize {
        usize::from(self.limit_memory_mib) * 1024 * 1024
    }

    /// Returns how many database connections one tenant may use at a time.
    pub fn tenant_limits(&self) -> TenantLimits {
        TenantLimits {
            reads: self.limit_tenant_reads.into(),
            connections: self.limit_tenant_connections.into(),
        }
    }

    /// Returns how long a query may take.
    pub fn query_timeout(&self) -> Duration {
        Duration::from_secs(self.limit_query_seconds)
    }
}

/// The limits without flags: from the environment, or the defaults.
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

/// A limit that a document exceeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitExceeded {
    /// The name of the limit, for the label of the metric.
    pub limit: &'static str,
    /// The message for the client: the limit, what was found, and what is allowed.
    pub message: String,
}

impl LimitExceeded {
    /// Rejects an operation that costs more than allowed.
    pub fn check_cost(cost: Cost, limits: &Limits) -> Result<(), Self> {
        let limit = limits.limit_cost;
        if cost.total() <= limit {
            return Ok(());
        }
        let Cost { fields, reports } = cost;
        let fields =
            format!("the response can have {fields} fields, with the rows of every page and list counted");
        let message = if reports == 0 {
            format!("{fields}; at most {limit} are allowed: request smaller pages or fewer fields")
        } else {
            format!(
                "{fields}, and its reports cost as much as {reports} more; at most {limit} are allowed together: request \
                 fewer reports, smaller pages or fewer fields"
            )
        };
        Err(Self { limit: "cost", message })
    }
}

/// Rejects a measurement of a document above its limit; `description` has a `#` as the placeholder of its value:
/// `"has # aliases"` becomes "the document has 201 aliases; at most 200 are allowed".
pub fn check<N: PartialOrd + Display>(
    name: &'static str,
    description: &str,
    found: N,
    limit: N,
) -> Result<(), LimitExceeded> {
    if found > limit {
        let found = description.replace('#', &found.to_string());
        let message = format!("the document {found}; at most {limit} are allowed");
        return Err(LimitExceeded { limit: name, message });
    }
    Ok(())
}
