//! A request, as the endpoints read it.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::answer::Refusal;

/// The number of metadata keys, and the characters of a key and of a value, that Stripe accepts.
const METADATA: (usize, usize, usize) = (50, 40, 500);

/// A request, as the endpoints read it.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The id that is answered as `Request-Id`.
    pub id: String,
    pub method: String,
    pub path: String,
    pub parameters: Parameters,
    /// The idempotency key; only that of a POST counts.
    pub key: Option<String>,
    pub version: Option<String>,
    pub authorization: Option<String>,
}

impl Call {
    pub(crate) fn new_id() -> String {
        format!("req_{}", Uuid::new_v4().simple())
    }

    /// Returns the parts of the path.
    pub(crate) fn segments(&self) -> Vec<&str> {
        self.path.split('/').filter(|segment| !segment.is_empty()).collect()
    }
}

/// The parameters of a form or of a query string, with the brackets in their names.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(crate) fn parse(query: &str, body: &[u8]) -> Self {
        let parsed = form_urlencoded::parse(query.as_bytes()).chain(form_urlencoded::parse(body));
        Self(parsed.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    pub(crate) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// Returns the pairs in an order that does not depend on how they were sent.
    pub(crate) fn sorted(&self) -> Vec<(String, String)> {
        let mut pairs = self.0.clone();
        pairs.sort();
        pairs
    }

    /// Returns a parameter unless it is missing or empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().rev().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    pub(crate) fn require(&self, name: &str) -> Result<&str, Refusal> {
        let message = || format!("Missing required param: {name}.");
        self.get(name).ok_or_else(|| Refusal::invalid(name, "parameter_missing", message()))
    }

    /// Returns a parameter that is an integer.
    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let number = text.parse().ok().filter(|_| !text.starts_with('+'));
        let message = || format!("Invalid integer: {text}");
        number.map(Some).ok_or_else(|| Refusal::invalid(name, "parameter_invalid_integer", message()))
    }

    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    /// Returns the values below a name: of `metadata`, those of `metadata[…]`.
    pub(crate) fn below(&self, name: &str) -> BTreeMap<String, String> {
        let inner = |key: &str| {
            let key = key.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']')?;
            Some(key.to_owned())
        };
        self.0.iter().filter_map(|(key, value)| Some((inner(key)?, value.clone()))).collect()
    }

    /// Returns the metadata, within Stripe's limits.
    pub(crate) fn metadata(&self) -> Result<BTreeMap<String, String>, Refusal> {
        let mut metadata = self.below("metadata");
        metadata.retain(|_, value| !value.is_empty());
        let (count, key_length, length) = METADATA;
        let refuse = |message: String| Err(Refusal::invalid("metadata", "", message).without_code());
        if metadata.len() > count {
            return refuse(format!(
                "Metadata can only have up to {count} keys, and you passed {}.",
                metadata.len()
            ));
        }
        for (key, value) in &metadata {
            if key.chars().count() > key_length {
                return refuse(format!("Metadata keys can have up to {key_length} characters: {key}"));
            }
            let found = value.chars().count();
            if found > length {
                return refuse(format!(
                    "Metadata values can have up to {length} characters, but you passed in a value that is {found} \
                     characters. Invalid value: {value}"
                ));
            }
        }
        Ok(metadata)
    }

    /// Refuses parameters that the endpoint does not know: those before a bracket count.
    pub(crate) fn known(&self, names: &[&str]) -> Result<(), Refusal> {
        for (name, _) in &self.0 {
            let first = name.split('[').next().unwrap_or_default();
            if !names.contains(&first) {
                let message = format!("Received unknown parameter: {first}");
                return Err(Refusal::invalid(name, "parameter_unknown", message));
            }
        }
        Ok(())
    }
}
