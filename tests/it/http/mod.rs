//! The HTTP interface: protocol, limits, caching, pages and clients.

mod clients;
mod connections;
mod cors;
mod fuzz;
mod graphql_over_http;
mod limits;
mod persisted_documents;
mod portal;
mod routes;
mod telemetry;
