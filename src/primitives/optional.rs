//! Input fields that may be left out but not be null.

use async_graphql::MaybeUndefined;

use crate::primitives::error::{Error, Result};

/// Returns the value of an input field, or `None` if the field was left out; rejects null.
///
/// For fields that select rows: null must not mean "all of them". A variable that a program forgot to set is null.
pub fn unless_null<T: Clone>(field: &'static str, value: &MaybeUndefined<T>) -> Result<Option<T>> {
    match value {
        MaybeUndefined::Undefined => Ok(None),
        MaybeUndefined::Value(value) => Ok(Some(value.clone())),
        MaybeUndefined::Null => Err(Error::bad_input(
            field,
            "is null, which has no meaning here; pass a value, or leave the field out",
        )),
    }
}
