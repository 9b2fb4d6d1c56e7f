//! The shapes of objects: all fields of Stripe's current API version that are not optional, with their usual values.

use serde_json::{Value, json};

pub(crate) const ACCOUNT: &str = include_str!("shapes/account.json");
pub(crate) const CHARGE: &str = include_str!("shapes/charge.json");
pub(crate) const CREDIT_NOTE: &str = include_str!("shapes/credit_note.json");
pub(crate) const DISPUTE: &str = include_str!("shapes/dispute.json");
pub(crate) const INVOICE: &str = include_str!("shapes/invoice.json");
pub(crate) const INVOICE_PAYMENT: &str = include_str!("shapes/invoice_payment.json");
pub(crate) const PAYOUT: &str = include_str!("shapes/payout.json");
pub(crate) const REFUND: &str = include_str!("shapes/refund.json");

/// Returns a shape with these fields; objects within are merged.
pub(crate) fn with(shape: &str, fields: Value) -> Value {
    // A test reads all of them.
    let mut object = serde_json::from_str(shape).unwrap_or_else(|_| json!({}));
    merge(&mut object, fields);
    object
}

/// Sets the fields of `changes` in `target`; objects are merged, everything else is replaced.
pub(crate) fn merge(target: &mut Value, changes: Value) {
    match (target, changes) {
        (Value::Object(target), Value::Object(changes)) => {
            for (name, change) in changes {
                merge(target.entry(name).or_insert(Value::Null), change);
            }
        }
        (target, changes) => *target = changes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_objects_of_json() {
        let shapes = [ACCOUNT, CHARGE, CREDIT_NOTE, DISPUTE, INVOICE, INVOICE_PAYMENT, PAYOUT, REFUND];
        for shape in shapes {
            let object: Value = serde_json::from_str(shape).unwrap();
            assert!(object["object"].is_string(), "{shape}");
        }
    }

    #[test]
    fn objects_are_merged_and_other_values_replaced() {
        let mut target = json!({ "a": { "b": 1, "c": 2 }, "d": [1], "e": null });
        merge(&mut target, json!({ "a": { "b": 3 }, "d": [2], "e": { "f": 1 } }));
        assert_eq!(target, json!({ "a": { "b": 3, "c": 2 }, "d": [2], "e": { "f": 1 } }));
    }
}
