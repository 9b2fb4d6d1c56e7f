//! The value types and errors that every module uses. They depend on no tenant, request or database connection.

pub mod amount_range;
pub mod bank_account;
pub(crate) mod characters;
pub mod color;
pub mod country;
pub mod currency;
pub mod day;
pub mod decimal;
pub(crate) mod email;
pub mod error;
pub mod event_type;
pub mod formula;
pub mod id;
pub mod mask;
pub mod money;
pub mod nullable;
pub mod pagination;
pub mod selection;
pub mod text;
pub(crate) mod text_enum;
pub mod timestamp;
pub mod vat_id;
