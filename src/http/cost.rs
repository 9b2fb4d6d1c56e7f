//! What an operation can cost: how many fields its answer can have, with the rows of every page and list counted.
//!
//! Counted from the schema, so that a new field has its cost without anybody thinking of it.

use std::borrow::Cow;
use std::collections::HashMap;

use async_graphql::Variables;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, ExecutableDocument, Field, FieldDefinition, OperationDefinition, OperationType, Selection,
    SelectionSet, Type, TypeKind, TypeSystemDefinition,
};
use async_graphql_value::{ConstValue, Value};

use crate::error::{Error, Result};
use crate::page::{ROWS_DEFAULT, ROWS_MAX};

/// How many rows are counted for a list that is not paged: histories, balances, users, the latest rows of a dashboard.
const ROWS_OF_A_LIST: u64 = 10;
/// Lists that are as long as a tenant has partners.
const LONG_LISTS: [(&str, &str); 2] = [("RunPayoutsPayload", "payouts"), ("RunPayoutsPayload", "skipped")];
/// How many rows are counted for those.
const ROWS_OF_A_LONG_LIST: u64 = 500;

/// What every field of a schema costs.
pub struct Prices {
    /// By type and field.
    fields: HashMap<String, HashMap<String, Shape>>,
}

/// What a field answers.
struct Shape {
    /// The type of what it answers, without lists.
    type_name: String,
    rows: Rows,
}

/// How many of them.
#[derive(Clone, Copy)]
enum Rows {
    One,
    /// A connection: as many as `first` or `last` say, in its edges and nodes.
    Page,
    /// The edges or nodes of a connection.
    OfPage,
    /// As many as `last` or `input.ids` names, or else as many as are assumed.
    Listed(u64),
}

impl Prices {
    /// Reads the prices from a schema.
    pub fn of(sdl: &str) -> Result<Self> {
        let mut fields = HashMap::new();
        for definition in parse_schema(sdl).map_err(Error::internal)?.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let type_name = definition.node.name.node.to_string();
            let of_type = match definition.node.kind {
                TypeKind::Object(object) => object.fields,
                TypeKind::Interface(interface) => interface.fields,
                TypeKind::Scalar | TypeKind::Union(_) | TypeKind::Enum(_) | TypeKind::InputObject(_) => {
                    continue;
                }
            };
            let shapes = of_type
                .iter()
                .map(|field| (field.node.name.node.to_string(), Shape::of(&type_name, &field.node)));
            fields.insert(type_name.clone(), shapes.collect());
        }
        Ok(Self { fields })
    }

    /// What an operation costs at most. The document must have been weighed: every spread is followed.
    pub fn of_operation(
        &self,
        document: &ExecutableDocument,
        operation: &OperationDefinition,
        variables: &Variables,
    ) -> u64 {
        let root = match operation.ty {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        };
        let bill = Bill { prices: self, document, operation, variables };
        bill.set(&operation.selection_set.node, root, &Given::default())
    }
}

impl Shape {
    fn of(type_name: &str, field: &FieldDefinition) -> Self {
        let name = field.name.node.as_str();
        let is_paged = field.arguments.iter().any(|argument| argument.node.name.node == "first");
        let rows = match () {
            () if is_paged => Rows::Page,
            () if !is_list(&field.ty.node) => Rows::One,
            () if type_name.ends_with("Connection") => Rows::OfPage,
            () if LONG_LISTS.contains(&(type_name, name)) => Rows::Listed(ROWS_OF_A_LONG_LIST),
            () => Rows::Listed(last_by_default(field).unwrap_or(ROWS_OF_A_LIST)),
        };
        Self { type_name: innermost(&field.ty.node).to_owned(), rows }
    }
}

/// How many entries a list has that is as long as its argument `last` says, without that argument.
fn last_by_default(field: &FieldDefinition) -> Option<u64> {
    let last = field.arguments.iter().find(|argument| argument.node.name.node == "last")?;
    number(&last.node.default_value.as_ref()?.node)
}

fn is_list(ty: &Type) -> bool {
    matches!(ty.base, BaseType::List(_))
}

fn innermost(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(inner) => innermost(inner),
    }
}

/// What the arguments of the fields above say of the number of rows below.
#[derive(Clone, Default)]
struct Given {
    page: u64,
    ids: Option<u64>,
}

/// Adds an operation up.
struct Bill<'d> {
    prices: &'d Prices,
    document: &'d ExecutableDocument,
    operation: &'d OperationDefinition,
    variables: &'d Variables,
}

impl Bill<'_> {
    fn set(&self, set: &SelectionSet, type_name: &str, given: &Given) -> u64 {
        let costs = set.items.iter().map(|item| match &item.node {
            Selection::Field(field) => self.field(&field.node, type_name, given),
            Selection::InlineFragment(inline) => {
                let condition = inline.node.type_condition.as_ref();
                let type_name = condition.map_or(type_name, |condition| condition.node.on.node.as_str());
                self.set(&inline.node.selection_set.node, type_name, given)
            }
            Selection::FragmentSpread(spread) => {
                let fragment = self.document.fragments.get(&spread.node.fragment_name.node);
                fragment.map_or(0, |fragment| {
                    let type_name = fragment.node.type_condition.node.on.node.as_str();
                    self.set(&fragment.node.selection_set.node, type_name, given)
                })
            }
        });
        costs.fold(0, u64::saturating_add)
    }

    fn field(&self, field: &Field, type_name: &str, given: &Given) -> u64 {
        let name = field.name.node.as_str();
        let shape = self.prices.fields.get(type_name).and_then(|fields| fields.get(name));
        // What the schema has not is told by validation; what is asked of the schema itself has a limit of its own.
        let Some(shape) = shape else { return 1 };
        let mut given = given.clone();
        given.ids = self.ids(field).or(given.ids);
        let rows = match shape.rows {
            Rows::One => 1,
            Rows::Page => {
                given.page = self.page(field);
                1
            }
            Rows::OfPage => given.page,
            Rows::Listed(assumed) => self.last(field).or(given.ids).unwrap_or(assumed),
        };
        let inner = self.set(&field.selection_set.node, &shape.type_name, &given);
        rows.saturating_mul(inner).saturating_add(1)
    }

    /// How many rows a page has at most. A page that is larger than allowed is refused when it is asked for.
    fn page(&self, field: &Field) -> u64 {
        let number = |name| number(self.value(&field.get_argument(name)?.node)?.as_ref());
        let asked = number("first").or_else(|| number("last"));
        let rows = |count: i32| u64::try_from(count).unwrap_or_default();
        asked.unwrap_or(rows(ROWS_DEFAULT)).min(rows(ROWS_MAX))
    }

    /// How many entries are asked for of a list that is not paged.
    fn last(&self, field: &Field) -> Option<u64> {
        number(self.value(&field.get_argument("last")?.node)?.as_ref())
    }

    /// How many rows the `ids` of an input name.
    fn ids(&self, field: &Field) -> Option<u64> {
        let input = &field.get_argument("input")?.node;
        let ids = if let Value::Object(input) = input {
            length(self.value(input.get("ids")?)?.as_ref())
        } else {
            let input = self.value(input)?;
            let ConstValue::Object(input) = input.as_ref() else { return None };
            length(input.get("ids")?)
        };
        u64::try_from(ids?).ok()
    }

    /// A value without variables: that of a variable, or the literal itself.
    fn value<'v>(&'v self, value: &Value) -> Option<Cow<'v, ConstValue>> {
        if let Value::Variable(name) = value {
            return self.variable(name).map(Cow::Borrowed);
        }
        value.clone().into_const().map(Cow::Owned)
    }

    /// The value of a variable.
    fn variable(&self, name: &str) -> Option<&ConstValue> {
        let definitions = &self.operation.variable_definitions;
        let definition = definitions.iter().find(|definition| definition.node.name.node == name);
        let default = definition.and_then(|definition| definition.node.default_value.as_ref());
        self.variables.get(name).or(default.map(|default| &default.node))
    }
}

fn number(value: &ConstValue) -> Option<u64> {
    let ConstValue::Number(number) = value else { return None };
    number.as_u64()
}

fn length(value: &ConstValue) -> Option<usize> {
    let ConstValue::List(items) = value else { return None };
    Some(items.len())
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;
    use crate::graphql;

    fn cost(text: &str, variables: serde_json::Value) -> Option<u64> {
        let prices = Prices::of(&graphql::sdl()).ok()?;
        let document = parse_query(text).ok()?;
        let (_, operation) = document.operations.iter().next()?;
        Some(prices.of_operation(&document, &operation.node, &Variables::from_json(variables)))
    }

    #[test]
    fn rows_are_counted_where_they_multiply() {
        let given = serde_json::json!({ "n": 20, "input": { "ids": ["a", "b", "c"] } });
        for (text, expected) in [
            ("{viewer{userId}}", 2),
            ("{partners{totalCount}}", 2),
            ("{partners{nodes{id}}}", 2 + 50),
            ("{partners(first:3){nodes{id companyName}}}", 2 + 6),
            ("{partners(last:3){edges{cursor node{id}}}}", 2 + 3 * 3),
            ("query($n:Int){partners(first:$n){nodes{id}}}", 2 + 20),
            ("query($m:Int=7){partners(first:$m){nodes{id}}}", 2 + 7),
            ("query($m:Int){partners(first:$m){nodes{id}}}", 2 + 50),
            ("{partners(first:1000000){nodes{id}}}", 2 + 100),
            (
                "{partners(first:2){nodes{commissionEvents(first:3){nodes{history{to}}}}}}",
                2 + 2 * (2 + 3 * 11),
            ),
            (
                "{partners(first:2){...F}} fragment F on PartnerConnection{nodes{...G ...on Partner{id}}} fragment G on Partner{id}",
                2 + 4,
            ),
            (
                "mutation($input:ApproveCommissionEventsInput!){approveCommissionEvents(input:$input){commissionEvents{id}}}",
                2 + 3,
            ),
            (
                "mutation{approveCommissionEvents(input:{ids:[\"a\",\"b\"]}){commissionEvents{id payout{id}}}}",
                2 + 2 * 3,
            ),
            ("mutation{runPayouts(input:{periodStart:\"a\",periodEnd:\"b\"}){payouts{id}}}", 2 + 500),
            ("{nothing{at{all}}}", 1),
        ] {
            assert_eq!(cost(text, given.clone()), Some(expected), "{text}");
        }
    }

    #[test]
    fn nothing_overflows() {
        let level = "commissionEvents(first:100){nodes{partner{";
        let nested = format!("{{partners{{nodes{{{}id{}", level.repeat(12), "}".repeat(3 * 12 + 3));
        assert_eq!(cost(&nested, serde_json::json!({})), Some(u64::MAX));
    }
}
