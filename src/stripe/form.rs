//! The parameters of requests to Stripe.

use form_urlencoded::byte_serialize;

/// Parameters, form-encoded: members of objects are in brackets, as in `capabilities[transfers][requested]=true`.
pub struct Form(String);

impl Form {
    /// Returns a form without parameters.
    pub fn new() -> Self {
        Self(String::new())
    }

    /// Adds a parameter.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.extend(byte_serialize(name.as_bytes()));
        self.0.push('=');
        self.0.extend(byte_serialize(value.as_bytes()));
        self
    }

    /// Adds a parameter if it has a value.
    pub fn with_optional(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Adds the members of `metadata`.
    pub fn with_metadata(self, metadata: &[(&str, &str)]) -> Self {
        metadata.iter().fold(self, |form, (key, value)| form.with(&format!("metadata[{key}]"), value))
    }

    /// Returns the encoded parameters, for a body or a query.
    pub fn encode(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_encoded_in_their_order() {
        let form = Form::new()
            .with("amount", "15000")
            .with_optional("email", None)
            .with_optional("country", Some("DE"))
            .with("description", "Müller & Söhne = 1+1")
            .with_metadata(&[("tenant", "acme"), ("a[b]&c", "d")]);
        let encoded = form.encode();
        assert_eq!(
            encoded,
            "amount=15000&country=DE&description=M%C3%BCller+%26+S%C3%B6hne+%3D+1%2B1&metadata%5Btenant%5D=acme&\
             metadata%5Ba%5Bb%5D%26c%5D=d"
        );
        assert_eq!(Form::new().encode(), "");
    }
}
