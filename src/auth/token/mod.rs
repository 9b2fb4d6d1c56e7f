//! Tokens: JSON Web Tokens (RFC 7519) of users, and opaque tokens of services.

pub mod jwks;
pub mod jwt;
pub mod service_token;
