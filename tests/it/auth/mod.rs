//! Authentication and authorization: tokens, key sets, and who may reach what.

mod arguments;
pub mod doors;
mod jwks;
mod jwt;
mod service_token;
