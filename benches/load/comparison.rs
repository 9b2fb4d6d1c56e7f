//! Compares the responses of the program and of the thin service: they must contain the same figures.
//!
//! The thin service leaves out what it does not know: the types of objects, cursors, the paths of files, and the currency
//! beside each amount, which it states once for each row.

use chrono::DateTime;
use serde_json::{Map, Value};

use crate::workload::at;

/// The fields that are not compared.
const IGNORED: [&str; 8] = ["__typename", "pageInfo", "currency", "asOf", "kind", "role", "csv", "xlsx"];

/// What a response of the thin service has to equal.
#[derive(Clone, Copy)]
pub struct Comparison {
    /// Where the response of the program contains the same.
    pub path: &'static str,
    /// Further fields that are not compared.
    pub ignored: &'static [&'static str],
}

impl Comparison {
    /// Panics if the responses differ.
    pub fn check(self, name: &str, program: &Value, thin: &Value) {
        let (ours, theirs) = (self.figures(at(program, self.path)), self.figures(thin));
        assert!(ours == theirs, "{name}: the program responds\n{ours:#}\nand the thin service\n{theirs:#}");
    }

    /// Returns the figures of a response in one form: numbers and instants as text, amounts and lists without an object
    /// around them.
    fn figures(self, value: &Value) -> Value {
        match value {
            Value::Object(fields) => {
                let is_money = fields.contains_key("amount") && fields.contains_key("currency");
                if is_money && let Some(amount) = fields.get("amount") {
                    return self.figures(amount);
                }
                let is_compared = |field: &str| !IGNORED.contains(&field) && !self.ignored.contains(&field);
                let compared = fields.iter().filter(|(field, _)| is_compared(field));
                let mut compared: Map<_, _> =
                    compared.map(|(field, value)| (field.clone(), self.figures(value))).collect();
                match compared.remove("nodes") {
                    Some(nodes) if compared.is_empty() => nodes,
                    Some(nodes) => {
                        compared.insert("nodes".to_owned(), nodes);
                        Value::Object(compared)
                    }
                    None => Value::Object(compared),
                }
            }
            Value::Array(values) => values.iter().map(|value| self.figures(value)).collect(),
            Value::Number(number) => decimal(&number.to_string()).into(),
            Value::String(text) => match DateTime::parse_from_rfc3339(text) {
                Ok(at) => at.to_utc().to_rfc3339().into(),
                Err(_) => decimal(text).into(),
            },
            Value::Null | Value::Bool(_) => value.clone(),
        }
    }
}

/// Returns a decimal without trailing zeros, and any other text as it is.
fn decimal(text: &str) -> &str {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_decimal = digits.contains('.') && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_decimal { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}
