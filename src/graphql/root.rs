//! The root object of queries, in which the error of a nullable field nulls that field only.

use std::borrow::Cow;

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::resolver_utils::resolve_container;
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, ObjectType, OutputType, Positioned, ServerResult, Value,
};

/// A root object. If the guard, an argument or the resolver of a nullable field fails, the field is null and the other
/// fields are executed, as the GraphQL specification requires (6.4.4). async-graphql nulls the whole `data`:
/// <https://github.com/async-graphql/async-graphql/issues/1549> (resolvers) and
/// <https://github.com/async-graphql/async-graphql/issues/1532> (guards).
pub struct Root<T>(pub T);

impl<T: ObjectType> ContainerType for Root<T> {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        let types = &ctx.schema_env.registry.types;
        let field = types.get(&*T::type_name()).and_then(|root| root.field_by_name(&ctx.item.node.name.node));
        let is_nullable = field.is_some_and(|field| !field.ty.ends_with('!'));
        match self.0.resolve_field(ctx).await {
            Err(error) if is_nullable => {
                ctx.add_error(error);
                Ok(Some(Value::Null))
            }
            result => result,
        }
    }
}

impl<T: ObjectType> OutputType for Root<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        _field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        resolve_container(ctx, self).await
    }
}

impl<T: ObjectType> ObjectType for Root<T> {}
