//! Authentication and authorization.
//!
//! An [`Identity`] comes from a verified token ([`token`]), from a service token that the domain has looked up
//! ([`Identity::service`]), or from the operator of the machine ([`Identity::operator`]). The domain turns it into a
//! [`Caller`] with the partner links that the database holds at that moment. The caller's [`Scope`] restricts every
//! query, and every row is checked against it again when it leaves the database ([`Scope::authorize`]): a missing WHERE
//! is an internal error and not a leak.

mod identity;
mod permission;
mod scope;
pub mod secrets;
pub mod token;

pub use identity::{Caller, Identity};
pub use permission::{PartnerUserRole, Permission, Role};
pub use scope::{Authorized, PartnerOwned, Scope};
