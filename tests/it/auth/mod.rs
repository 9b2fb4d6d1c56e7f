//! Authentication and authorization: tokens, key sets, and what each caller may read and change.

mod arguments;
mod data_isolation;
mod hostile_values;
mod introspection;
mod jwks;
mod jwt;
mod masked_identifiers;
mod permission_matrix;
mod populated_tenant;
mod service_token;
