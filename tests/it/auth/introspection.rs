//! A walk through the introspected schema: a query for every field, by the shortest path from the root.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use super::populated_tenant::PopulatedTenant;
use crate::support::{Client, in_days};

const INTROSPECTION: &str = "
    {
        __schema {
            types {
                kind
                name
                fields { name type { ...T } args { name type { ...T } } }
                inputFields { name type { ...T } }
                enumValues { name }
            }
        }
    }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

pub struct Schema {
    pub types: BTreeMap<String, Value>,
}

/// A query that selects one field.
pub struct FieldProbe {
    /// The field as `Type.field`.
    pub field: String,
    pub query: String,
}

/// The shortest path from the root to a type: a selection in it goes between `prefix` and `suffix`.
pub struct TypePath {
    pub type_name: String,
    pub prefix: String,
    pub suffix: String,
}

impl Schema {
    pub async fn introspect(client: &Client) -> Self {
        let data = client.query(INTROSPECTION).await.data();
        let types = data["__schema"]["types"].as_array().cloned().unwrap_or_default();
        let by_name = types.into_iter().map(|definition| (name_of(&definition).to_owned(), definition));
        Self { types: by_name.filter(|(name, _)| !name.starts_with("__")).collect() }
    }

    /// Returns a valid literal for an argument or input field; an id is that of one of the tenant's rows.
    pub fn literal(&self, tenant: &PopulatedTenant, owner: &str, name: &str, input_type: &Value) -> String {
        if input_type["kind"] == "NON_NULL" {
            return self.literal(tenant, owner, name, &input_type["ofType"]);
        }
        if input_type["kind"] == "LIST" {
            return format!("[{}]", self.literal(tenant, owner, name, &input_type["ofType"]));
        }
        match named_type(input_type).as_str() {
            "ID" => format!("{:?}", tenant.ids[row_type(owner, name)]),
            "String" if name.contains("mail") => "\"x@example.com\"".to_owned(),
            "String" if owner == "invoice" && name == "invoiceId" => "\"secret-invoice-1\"".to_owned(),
            "String" => "\"x\"".to_owned(),
            "DateTime" if name == "periodEnd" => "\"2030-01-01T00:00:00Z\"".to_owned(),
            "DateTime" => "\"2024-01-01T00:00:00Z\"".to_owned(),
            "Date" => format!("{:?}", &in_days(3)[..10]),
            "Decimal" => "\"1.00\"".to_owned(),
            "CurrencyCode" => "\"EUR\"".to_owned(),
            "Int" => "1".to_owned(),
            "Boolean" => "true".to_owned(),
            other if self.types[other]["kind"] == "ENUM" => {
                name_of(&self.types[other]["enumValues"][0]).to_owned()
            }
            other => {
                format!("{{{}}}", self.required_inputs(tenant, owner, &self.types[other]["inputFields"]))
            }
        }
    }

    /// Returns literals for the required ones of some arguments or input fields.
    fn required_inputs(&self, tenant: &PopulatedTenant, owner: &str, fields: &Value) -> String {
        let required = fields.as_array().expect("fields").iter().filter(|field| is_required(&field["type"]));
        let inputs = required.map(|field| {
            let name = name_of(field);
            format!("{name}:{}", self.literal(tenant, owner, name, &field["type"]))
        });
        inputs.collect::<Vec<_>>().join(",")
    }

    /// Returns a field with its required arguments.
    fn call(&self, tenant: &PopulatedTenant, field: &Value) -> String {
        let name = name_of(field);
        let inputs = self.required_inputs(tenant, name, &field["args"]);
        if inputs.is_empty() { name.to_owned() } else { format!("{name}({inputs})") }
    }

    pub fn is_leaf(&self, type_name: &str) -> bool {
        self.types[type_name]["fields"].is_null()
    }

    pub fn fields_of(&self, type_name: &str) -> impl Iterator<Item = &Value> {
        self.types[type_name]["fields"].as_array().into_iter().flatten()
    }

    /// Returns the shortest path to every type that a query reaches, and the root of mutations.
    pub fn paths(&self, tenant: &PopulatedTenant) -> Vec<TypePath> {
        let root = |type_name: &str| TypePath {
            type_name: type_name.to_owned(),
            prefix: String::new(),
            suffix: String::new(),
        };
        let mut queue = VecDeque::from([root("Query")]);
        let mut paths = Vec::new();
        let mut seen = vec!["Query".to_owned()];
        while let Some(path) = queue.pop_front() {
            for field in self.fields_of(&path.type_name) {
                let type_name = named_type(&field["type"]);
                if !self.is_leaf(&type_name) && !seen.contains(&type_name) {
                    seen.push(type_name.clone());
                    let prefix = format!("{}{}{{", path.prefix, self.call(tenant, field));
                    queue.push_back(TypePath { type_name, prefix, suffix: format!("}}{}", path.suffix) });
                }
            }
            paths.push(path);
        }
        paths.push(root("Mutation"));
        paths
    }

    /// Returns a probe for every field of every type that a query reaches, and for every mutation.
    pub fn field_probes(&self, tenant: &PopulatedTenant) -> Vec<FieldProbe> {
        let mut probes = Vec::new();
        for TypePath { type_name, prefix, suffix } in self.paths(tenant) {
            for field in self.fields_of(&type_name) {
                let call = self.call(tenant, field);
                let selection = if self.is_leaf(&named_type(&field["type"])) { "" } else { "{__typename}" };
                let operation = if type_name == "Mutation" { "mutation" } else { "query" };
                probes.push(FieldProbe {
                    field: format!("{type_name}.{}", name_of(field)),
                    query: format!("{operation}{{{prefix}{call}{selection}{suffix}}}"),
                });
            }
        }
        probes
    }
}

/// Returns the name of a type without its list and non-null wrappers.
pub fn named_type(wrapped: &Value) -> String {
    let mut inner = wrapped;
    while !inner["ofType"].is_null() {
        inner = &inner["ofType"];
    }
    name_of(inner).to_owned()
}

pub fn is_required(input_type: &Value) -> bool {
    input_type["kind"] == "NON_NULL"
}

pub fn name_of(definition: &Value) -> &str {
    definition["name"].as_str().unwrap_or_default()
}

/// Returns the type of the row that an argument of type ID refers to.
fn row_type(owner: &str, argument: &str) -> &'static str {
    let text = if argument == "id" || argument == "ids" { owner } else { argument };
    let types =
        ["PartnerUser", "CommissionEvent", "ManagedAccount", "ReferralLead", "Payout", "Partner", "Invoice"];
    let named = types.into_iter().find(|name| text.to_lowercase().contains(&name.to_lowercase()));
    named.unwrap_or("CommissionEvent")
}

/// An error that the API does not document for the field; a test fails if it gets one.
pub const UNEXPECTED: &str = "unexpected error";

/// Returns the outcome of a probe: a value, `null`, an empty list, or the error.
pub fn outcome(response: &Value) -> &'static str {
    match response["errors"][0]["extensions"]["code"].as_str() {
        Some("UNAUTHENTICATED") => return "unauthenticated",
        Some("FORBIDDEN") => return "forbidden",
        Some("BAD_USER_INPUT") => return "bad input",
        Some(_) => return UNEXPECTED,
        None => {}
    }
    let mut value = &response["data"];
    loop {
        match value {
            Value::Object(fields) if fields.contains_key("userErrors") || fields.is_empty() => {
                return "allowed";
            }
            Value::Object(fields) => value = fields.values().next().unwrap_or(&Value::Null),
            Value::Array(rows) if rows.is_empty() => return "empty",
            Value::Array(rows) => value = &rows[0],
            Value::Null => return "null",
            Value::String(_) | Value::Number(_) | Value::Bool(_) => return "allowed",
        }
    }
}
