//! References of a row to an object that a foreign key guarantees.

use std::borrow::Cow;
use std::fmt::Display;

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{
    ContextSelectionSet, Lookahead, ObjectType, OutputType, Positioned, ServerResult, Value,
};

use super::context::Request;
use super::loader::{Key, Loader};
use super::loaders::Loaders;
use crate::auth::Authorized;
use crate::primitives::error::{Error, Result};
use crate::primitives::selection::{self, TYPENAME};

/// The field with the key of an object.
const ID: &str = "id";

/// An object type that rows refer to.
pub trait Referenced: ObjectType + From<Authorized<Self::Row>> {
    /// The key of the object.
    type Key: Key + Copy + Display;
    /// The row of the object.
    type Row: Send + Sync;

    /// Returns the loader of the rows by key.
    fn loader(loaders: &Loaders) -> &Loader<Self::Key, Authorized<Self::Row>>;
}

/// A reference by key to an object of the same tenant and partner as the row that has the reference. The object is loaded
/// only if more than its id is selected.
pub struct Reference<T: Referenced>(T::Key);

impl<T: Referenced> Reference<T> {
    /// Returns the reference with the foreign key of an authorized row. The foreign key contains the tenant, and the partner
    /// if it is not the partner itself: that the object exists within the caller's scope is known without loading it.
    pub fn new(key: T::Key) -> Self {
        Self(key)
    }

    async fn load(&self, ctx: &ContextSelectionSet<'_>) -> Result<T> {
        let request = ctx.data::<Request>().map_err(|_| Error::internal("there is no request context"))?;
        let loaders = request.loaders();
        Ok(T::from(T::loader(&loaders).load_required(self.0).await?))
    }
}

/// Returns whether some reference in a field of these nodes has to be loaded.
pub fn is_loaded(nodes: &[Lookahead<'_>], field: &str) -> bool {
    let mut references = nodes.iter().flat_map(|node| node.field(field).selection_fields());
    references.any(|reference| reference.selection_set().any(|selected| !is_known(selected.name())))
}

/// Returns whether the value of a field is known without the row.
fn is_known(field: &str) -> bool {
    [ID, TYPENAME].contains(&field)
}

impl<T: Referenced> OutputType for Reference<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        let type_name = T::type_name();
        let selected = selection::fields(ctx, &type_name)?;
        if selected.iter().all(|field| is_known(&field.node.name.node)) {
            return selection::leaf_object(ctx, &type_name, |_| Value::String(self.0.to_string()));
        }
        let object = self.load(ctx).await.map_err(|error| {
            ctx.set_error_path(async_graphql::Error::from(error).into_server_error(field.pos))
        })?;
        object.resolve(ctx, field).await
    }
}
