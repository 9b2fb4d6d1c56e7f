//! The orders of files: those of the lists, as input values.

use async_graphql::resolver_utils::EnumType;
use async_graphql::{InputType, Value};

use crate::primitives::error::{Error, Result};
use crate::primitives::pagination::{Ordering, SortDirection};

/// Parses the input value of an order; the list has refused an invalid one before.
pub fn parsed<O: InputType>(order: Option<Value>) -> Result<Option<O>> {
    let order = order.filter(|order| *order != Value::Null);
    let parse = |order| {
        O::parse(Some(order)).map_err(|error| {
            Error::bad_input("orderBy", error.into_server_error(async_graphql::Pos::default()).message)
        })
    };
    order.map(parse).transpose()
}

/// Returns the input value whose order is this one.
pub fn value_of<F: EnumType, O: InputType>(
    ordering: Ordering,
    order: impl Fn(F, SortDirection) -> O,
    ordering_of: impl Fn(O) -> Ordering,
) -> Option<Value> {
    let directions = [SortDirection::Asc, SortDirection::Desc];
    let mut orders = F::items().iter().flat_map(|item| directions.map(|direction| (item.value, direction)));
    let (field, direction) =
        orders.find(|(field, direction)| ordering_of(order(*field, *direction)) == ordering)?;
    Some(order(field, direction).to_value())
}
