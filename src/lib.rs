//! Partner revenue share for a multi-tenant SaaS platform, behind one GraphQL API.
//!
//! When a customer pays an invoice, the partner who manages that customer earns a commission; staff approve
//! commissions and pay them out in batches; partners see what they earned, what was paid and when the rest comes.
//!
//! The modules, from the lowest; each uses only those above it in this list:
//!
//! * [`primitives`]: the values that every module uses: errors, ids, money, timestamps, text, pagination;
//! * [`metrics`]: the counters and histograms of the process;
//! * [`auth`]: who the caller is, what the caller may do, and which rows the caller may see;
//! * [`mail`]: mails on the wire: templates, the message, one attempt;
//! * [`stripe`]: Stripe on the wire: requests and their outcomes, the events that it sends;
//! * [`webhook`]: webhooks on the wire: the addresses that may be called, signatures, one attempt;
//! * [`domain`]: the rules and the only SQL, one module per noun and one file per mutation;
//! * [`graphql`]: the schema, its resolvers, and the checks on a document before it is executed;
//! * [`worker`]: the jobs that wait: which to claim, and what each does;
//! * [`http`]: the server: routes, limits, logging, pages;
//! * [`commands`]: the command line.
//!
//! `tests/it/house.rs` rejects an import against this order.

pub mod auth;
pub mod commands;
pub mod domain;
pub mod graphql;
pub mod http;
pub mod mail;
pub mod metrics;
pub mod primitives;
pub mod stripe;
pub mod webhook;
pub mod worker;
