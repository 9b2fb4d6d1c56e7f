//! Masks of personal data, for partner users.

use std::borrow::Cow;

use crate::auth::Caller;
use crate::primitives::mask::is_personal;
pub use crate::primitives::mask::mask;

/// Masks an identifier of the billing system for partner users if it is personal.
pub fn mask_identifier<'i>(caller: &Caller, id: &'i str) -> Cow<'i, str> {
    if is_personal(id) && caller.is_partner_user() { Cow::Owned(mask(id)) } else { Cow::Borrowed(id) }
}
