//! The values that every module uses. Nothing here knows the database, a tenant or a request.

pub mod currency;
pub mod decimal;
pub mod error;
pub mod id;
pub mod money;
pub mod pagination;
pub mod text;
pub(crate) mod text_enum;
pub mod timestamp;
