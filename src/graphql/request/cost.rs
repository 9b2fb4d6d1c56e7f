//! The cost of an operation: how many fields its response can have, with the rows of every page and list counted, and a
//! price for the fields that read many rows to compute one value.
//!
//! The number of fields is derived from the schema, so that a new field has a cost as soon as it exists.

use std::borrow::Cow;
use std::collections::HashMap;

use async_graphql::Variables;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, ExecutableDocument, Field, FieldDefinition, OperationDefinition, OperationType, Selection,
    SelectionSet, Type, TypeKind, TypeSystemDefinition,
};
use async_graphql_value::{ConstValue, Value};

use super::prices::{LONG_LIST_LENGTH, LONG_LISTS, PRICES};
use crate::primitives::error::{Error, Result};
use crate::primitives::pagination::{ROWS_DEFAULT, ROWS_MAX};

/// The arguments that are the length of a list without paging.
const LENGTHS: [&str; 2] = ["count", "first"];
/// The assumed length of a list without paging: histories, balances, users, the latest rows of a dashboard.
const LIST_LENGTH: u64 = 10;
/// The cost of an operation, or of a part of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// The number of fields.
    pub fields: u64,
    /// The prices of the fields that have one.
    pub reports: u64,
}

impl Cost {
    /// Returns the sum, which is what is limited and charged.
    pub fn total(self) -> u64 {
        self.fields.saturating_add(self.reports)
    }

    fn plus(self, other: Self) -> Self {
        Self {
            fields: self.fields.saturating_add(other.fields),
            reports: self.reports.saturating_add(other.reports),
        }
    }

    fn times(self, rows: u64) -> Self {
        Self { fields: self.fields.saturating_mul(rows), reports: self.reports.saturating_mul(rows) }
    }
}

/// The shape of every field of a schema, from which costs are computed.
pub struct CostModel {
    /// By type name and field name.
    fields: HashMap<String, HashMap<String, Shape>>,
}

/// The type of a field.
struct Shape {
    /// The name of its type, without lists and non-null.
    type_name: String,
    length: Length,
    price: u64,
    /// The argument without which the field has no price.
    priced_argument: Option<&'static str>,
}

/// How many objects a field returns.
#[derive(Clone, Copy)]
enum Length {
    One,
    /// A connection: its `edges` and `nodes` are as long as `first` or `last`.
    Connection,
    /// The `edges` or `nodes` of a connection.
    PageOfConnection,
    /// A list: as long as its argument `count`, `first` or `ids`, or as the `input.ids` of the field whose payload it is in, or else an
    /// assumed length.
    List(u64),
}

impl CostModel {
    /// Derives the cost model from a schema in the schema definition language.
    pub fn of(sdl: &str) -> Result<Self> {
        let mut fields = HashMap::new();
        for definition in parse_schema(sdl).map_err(Error::internal)?.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let type_name = definition.node.name.node.to_string();
            let field_definitions = match definition.node.kind {
                TypeKind::Object(object) => object.fields,
                TypeKind::Interface(interface) => interface.fields,
                TypeKind::Scalar | TypeKind::Union(_) | TypeKind::Enum(_) | TypeKind::InputObject(_) => {
                    continue;
                }
            };
            let shapes = field_definitions
                .iter()
                .map(|field| (field.node.name.node.to_string(), Shape::of(&type_name, &field.node)));
            fields.insert(type_name.clone(), shapes.collect());
        }
        Ok(Self { fields })
    }

    /// Returns the maximal cost of an operation. Follows every fragment spread: the complexity of the document must have
    /// been checked before.
    pub fn operation_cost(
        &self,
        document: &ExecutableDocument,
        operation: &OperationDefinition,
        variables: &Variables,
    ) -> Cost {
        let root = match operation.ty {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        };
        let visitor = CostVisitor { model: self, document, operation, variables };
        visitor.selection_set(&operation.selection_set.node, root, &ListSizes::default())
    }
}

impl Shape {
    fn of(type_name: &str, field: &FieldDefinition) -> Self {
        let name = field.name.node.as_str();
        let is_paged = field.arguments.iter().any(|argument| argument.node.name.node == "first");
        let length = match () {
            () if is_paged && !is_list(&field.ty.node) => Length::Connection,
            () if !is_list(&field.ty.node) => Length::One,
            () if type_name.ends_with("Connection") => Length::PageOfConnection,
            () if LONG_LISTS.contains(&(type_name, name)) => Length::List(LONG_LIST_LENGTH),
            () => Length::List(default_count(field).unwrap_or(LIST_LENGTH)),
        };
        let priced = PRICES.iter().find(|priced| (priced.0, priced.1) == (type_name, name));
        Self {
            type_name: innermost(&field.ty.node).to_owned(),
            length,
            price: priced.map_or(0, |priced| priced.3),
            priced_argument: priced.and_then(|priced| priced.2),
        }
    }
}

/// Returns the default of a field's argument `count` or `first`, which is the length of its list.
fn default_count(field: &FieldDefinition) -> Option<u64> {
    let count = field.arguments.iter().find(|argument| LENGTHS.contains(&&*argument.node.name.node))?;
    number(&count.node.default_value.as_ref()?.node)
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

/// The lengths of lists that the arguments of enclosing fields determine.
#[derive(Clone, Copy, Default)]
struct ListSizes {
    /// Of the page of the innermost connection.
    page: u64,
    /// The `input.ids` of the field directly above: the rows of its payload, not those below them.
    ids: Option<u64>,
}

/// Adds up the cost of an operation.
struct CostVisitor<'d> {
    model: &'d CostModel,
    document: &'d ExecutableDocument,
    operation: &'d OperationDefinition,
    variables: &'d Variables,
}

impl CostVisitor<'_> {
    fn selection_set(&self, set: &SelectionSet, type_name: &str, sizes: &ListSizes) -> Cost {
        let costs = set.items.iter().map(|item| match &item.node {
            Selection::Field(field) => self.field(&field.node, type_name, sizes),
            Selection::InlineFragment(inline) => {
                let condition = inline.node.type_condition.as_ref();
                let type_name = condition.map_or(type_name, |condition| condition.node.on.node.as_str());
                self.selection_set(&inline.node.selection_set.node, type_name, sizes)
            }
            Selection::FragmentSpread(spread) => {
                let fragment = self.document.fragments.get(&spread.node.fragment_name.node);
                fragment.map_or(Cost::default(), |fragment| {
                    let type_name = fragment.node.type_condition.node.on.node.as_str();
                    self.selection_set(&fragment.node.selection_set.node, type_name, sizes)
                })
            }
        });
        costs.fold(Cost::default(), Cost::plus)
    }

    fn field(&self, field: &Field, type_name: &str, sizes: &ListSizes) -> Cost {
        let name = field.name.node.as_str();
        let shape = self.model.fields.get(type_name).and_then(|fields| fields.get(name));
        // Unknown fields are reported by validation; introspection has a limit of its own.
        let Some(shape) = shape else { return Cost { fields: 1, reports: 0 } };
        let ids = sizes.ids;
        let mut sizes = ListSizes { page: sizes.page, ids: self.ids(field) };
        let length = match shape.length {
            Length::One => 1,
            Length::Connection => {
                sizes.page = self.page_size(field);
                1
            }
            Length::PageOfConnection => sizes.page,
            Length::List(assumed) => {
                self.count(field).or_else(|| self.own_ids(field)).or(ids).unwrap_or(assumed)
            }
        };
        let inner = self.selection_set(&field.selection_set.node, &shape.type_name, &sizes);
        let has_price = shape.priced_argument.is_none_or(|argument| self.is_given(field, argument));
        let own = Cost { fields: 1, reports: if has_price { shape.price } else { 0 } };
        inner.times(length).plus(own)
    }

    /// Returns whether an argument is given, and not null.
    fn is_given(&self, field: &Field, argument: &str) -> bool {
        let value = field.get_argument(argument).and_then(|value| self.value(&value.node));
        value.is_some_and(|value| *value != ConstValue::Null)
    }

    /// Returns the maximal size of a page. A page that is larger than allowed is rejected by its resolver.
    fn page_size(&self, field: &Field) -> u64 {
        let number = |name| number(self.value(&field.get_argument(name)?.node)?.as_ref());
        let requested = number("first").or_else(|| number("last"));
        let rows = |count: i32| u64::try_from(count).unwrap_or_default();
        requested.unwrap_or(rows(ROWS_DEFAULT)).min(rows(ROWS_MAX))
    }

    /// Returns the argument `count` or `first` of a list without paging.
    fn count(&self, field: &Field) -> Option<u64> {
        let argument = LENGTHS.iter().find_map(|name| field.get_argument(name))?;
        number(self.value(&argument.node)?.as_ref())
    }

    /// Returns the number of `ids` that are an argument of the list. More than allowed are rejected by its resolver.
    fn own_ids(&self, field: &Field) -> Option<u64> {
        let ids = length(self.value(&field.get_argument("ids")?.node)?.as_ref())?;
        Some(u64::try_from(ids).unwrap_or(u64::MAX).min(u64::try_from(ROWS_MAX).unwrap_or_default()))
    }

    /// Returns the number of `ids` in an input.
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

    /// Resolves a value: that of a variable, or the literal itself.
    fn value<'v>(&'v self, value: &Value) -> Option<Cow<'v, ConstValue>> {
        if let Value::Variable(name) = value {
            return self.variable(name).map(Cow::Borrowed);
        }
        value.clone().into_const().map(Cow::Owned)
    }

    /// Returns the value of a variable, or its default.
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

    fn cost(text: &str, variables: serde_json::Value) -> Option<Cost> {
        let model = CostModel::of(&graphql::sdl()).ok()?;
        let document = parse_query(text).ok()?;
        let (_, operation) = document.operations.iter().next()?;
        Some(model.operation_cost(&document, &operation.node, &Variables::from_json(variables)))
    }

    #[test]
    fn the_fields_of_a_list_count_once_per_row() {
        let given = serde_json::json!({ "n": 20, "input": { "ids": ["a", "b", "c"] } });
        for (text, expected) in [
            ("{partners{totalCount}}", 2),
            ("{partners{nodes{id}}}", 2 + 50),
            ("{partners(first:3){nodes{id companyName}}}", 2 + 6),
            ("query($n:Int){partners(first:$n){nodes{id}}}", 2 + 20),
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
                "mutation($input:CommissionEventsWithReasonInput!){holdCommissionEvents(input:$input){commissionEvents{
                    history{to} reversedBy{id reversedBy{id}}}}}",
                2 + 3 * (11 + 1 + 10 * (2 + 10)),
            ),
            ("mutation{runPayouts(input:{periodStart:\"a\",periodEnd:\"b\"}){payouts{id}}}", 2 + 100),
            ("mutation{reassessInvoices(input:{customerId:\"c\"}){earning{invoice{id}}}}", 2 + 100 * 2),
            ("{nodes(ids:[\"a\",\"b\",\"c\"]){id ...on Partner{users{id}}}}", 1 + 3 * (1 + 1 + 10)),
            (r#"{search(text:"x",first:5){text node{id}}}"#, 1 + 5 * 3),
            (r#"{search(text:"x"){text}}"#, 1 + 20),
            ("{nothing{at{all}}}", 1),
        ] {
            assert_eq!(cost(text, given.clone()).map(|cost| cost.fields), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_field_that_reads_many_rows_has_a_price() {
        let given = serde_json::json!({ "at": "2026-01-01T00:00:00Z", "null": null });
        for (text, expected) in [
            ("{reconciliation{balanced}}", 3_000),
            ("{a:reconciliation{balanced} ...F} fragment F on Query{b:reconciliation{balanced}}", 2 * 3_000),
            ("mutation{runPayouts(input:{}){count}}", 1_000),
            (r#"{search(text:"x"){text}}"#, 50),
            ("mutation{reassessInvoices(input:{}){assessedCount}}", 3_000),
            ("{partners(first:20){nodes{dashboard{asOf} balances{currency}}}}", 0),
            ("{partners(first:20){nodes{dashboard(asOf:\"2026-01-01T00:00:00Z\"){asOf}}}}", 20 * 200),
            ("query($at:Timestamp){partner(id:\"a\"){balances(asOf:$at){currency}}}", 200),
            ("query($null:Timestamp){partner(id:\"a\"){balances(asOf:$null){currency}}}", 0),
            ("query($none:Timestamp){partner(id:\"a\"){balances(asOf:$none){currency}}}", 0),
            ("{partner(id:\"a\"){balances(asOf:null){currency}}}", 0),
        ] {
            assert_eq!(cost(text, given.clone()).map(|cost| cost.reports), Some(expected), "{text}");
        }
    }

    #[test]
    fn every_field_with_a_price_exists() {
        let fields = CostModel::of(&graphql::sdl()).map(|model| model.fields).unwrap_or_default();
        for (type_name, field, _, price) in PRICES {
            let shape = fields.get(type_name).and_then(|fields| fields.get(field));
            assert_eq!(shape.map(|shape| shape.price), Some(price), "{type_name}.{field}");
        }
    }

    #[test]
    fn the_cost_of_nested_lists_saturates() {
        let level = "commissionEvents(first:100){nodes{partner{";
        let nested = format!("{{partners{{nodes{{{}id{}", level.repeat(12), "}".repeat(3 * 12 + 3));
        assert_eq!(cost(&nested, serde_json::json!({})).map(Cost::total), Some(u64::MAX));
    }
}
