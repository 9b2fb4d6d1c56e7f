//! Input fields for which null and absence differ.

use async_graphql::MaybeUndefined;

use crate::primitives::error::{Error, Result};

/// Returns the value of a field that cannot be empty, or `None` if it is absent; rejects null.
pub fn not_null<'a, T>(field: &'static str, value: &'a MaybeUndefined<T>) -> Result<Option<&'a T>> {
    match value {
        MaybeUndefined::Undefined => Ok(None),
        MaybeUndefined::Null => {
            Err(Error::bad_input(field, "must not be null; leave it out to keep the present value"))
        }
        MaybeUndefined::Value(value) => Ok(Some(value)),
    }
}
