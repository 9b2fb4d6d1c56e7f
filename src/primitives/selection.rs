//! The selection set of an object: its fields with those of its fragments, and the value that they make.

use async_graphql::parser::types::{Field, Selection};
use async_graphql::{
    ContextSelectionSet, Name, Positioned, ServerError, ServerResult, Value, indexmap::IndexMap,
};

/// The field that names the type of an object.
pub const TYPENAME: &str = "__typename";

/// Returns the fields that are selected of an object of a type, in the order of the document, those of fragments
/// included. `@skip` and `@include` have been applied before the execution.
pub fn fields<'s>(
    ctx: &ContextSelectionSet<'s>,
    type_name: &str,
) -> ServerResult<Vec<&'s Positioned<Field>>> {
    let mut fields = Vec::with_capacity(ctx.item.node.items.len());
    collect(ctx, type_name, &mut fields)?;
    Ok(fields)
}

fn collect<'s>(
    ctx: &ContextSelectionSet<'s>,
    type_name: &str,
    fields: &mut Vec<&'s Positioned<Field>>,
) -> ServerResult<()> {
    for selection in &ctx.item.node.items {
        let (condition, selected) = match &selection.node {
            Selection::Field(field) => {
                fields.push(field);
                continue;
            }
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                let fragment = ctx.query_env.fragments.get(name).ok_or_else(|| {
                    ServerError::new(format!(r#"Unknown fragment "{name}"."#), Some(spread.pos))
                })?;
                (Some(&fragment.node.type_condition), &fragment.node.selection_set)
            }
            Selection::InlineFragment(fragment) => {
                (fragment.node.type_condition.as_ref(), &fragment.node.selection_set)
            }
        };
        let implements = |interface: &str| {
            let interfaces = ctx.schema_env.registry.implements.get(type_name);
            interfaces.is_some_and(|interfaces| interfaces.contains(interface))
        };
        let condition = condition.map(|condition| condition.node.on.node.as_str());
        if condition.is_none_or(|condition| condition == type_name || implements(condition)) {
            collect(&ctx.with_selection_set(selected), type_name, fields)?;
        }
    }
    Ok(())
}

/// Returns the value of an object by the values of its selected fields.
pub fn object<'s>(values: impl ExactSizeIterator<Item = (&'s Positioned<Field>, Value)>) -> Value {
    let mut object = IndexMap::with_capacity(values.len());
    for (field, value) in values {
        insert(&mut object, field.node.response_key().node.clone(), value);
    }
    Value::Object(object)
}

/// Inserts the value of a field; merges it with the value of a field with the same name, whose selection may be another one.
fn insert(object: &mut IndexMap<Name, Value>, name: Name, value: Value) {
    match (object.get_mut(&name), value) {
        (None, value) => {
            object.insert(name, value);
        }
        (Some(Value::Object(present)), Value::Object(value)) => merge(present, value),
        (Some(Value::List(present)), Value::List(values)) => {
            for (present, value) in present.iter_mut().zip(values) {
                if let (Value::Object(present), Value::Object(value)) = (present, value) {
                    merge(present, value);
                }
            }
        }
        (Some(_), _) => (),
    }
}

fn merge(present: &mut IndexMap<Name, Value>, value: IndexMap<Name, Value>) {
    for (name, value) in value {
        insert(present, name, value);
    }
}

/// Returns the value of an object whose fields need no database, without a future for each field.
pub fn leaf_object(
    ctx: &ContextSelectionSet<'_>,
    type_name: &str,
    value: impl Fn(&str) -> Value,
) -> ServerResult<Value> {
    let fields = fields(ctx, type_name)?;
    Ok(object(fields.into_iter().map(|field| match field.node.name.node.as_str() {
        TYPENAME => (field, Value::String(type_name.to_owned())),
        name => (field, value(name)),
    })))
}
