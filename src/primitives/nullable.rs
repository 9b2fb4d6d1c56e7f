//! Members of an input that may be left out but not be null.

use async_graphql::MaybeUndefined;

use crate::primitives::error::{Error, Result};

/// Returns the value of a member that may be left out; rejects null, which is neither a value nor the absence of one.
///
/// The type of the member is nullable in the schema, because GraphQL has no optional member that rejects null.
pub fn not_null<'v, T>(field: &'static str, value: &'v MaybeUndefined<T>) -> Result<Option<&'v T>> {
    match value {
        MaybeUndefined::Undefined => Ok(None),
        MaybeUndefined::Null => {
            Err(Error::bad_input(field, "must not be null; leave it out, or pass a value"))
        }
        MaybeUndefined::Value(value) => Ok(Some(value)),
    }
}
