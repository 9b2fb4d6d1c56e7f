//! The value types and errors that every module uses. They depend on no tenant, request or database connection.

pub mod currency;
pub mod decimal;
pub mod error;
pub mod id;
pub mod input;
pub mod money;
pub mod optional;
pub mod pagination;
pub mod text;
pub(crate) mod text_enum;
pub mod timestamp;
