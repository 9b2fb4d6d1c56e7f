//! The examples in `docs/corrections.md`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::TestApp;

const CORRECTIONS: &str = include_str!("../../../docs/corrections.md");

/// One request of an example and the documented `data` of its response.
struct Step<'d> {
    document: &'d str,
    response: &'d str,
}

/// The examples by their headings.
fn examples() -> BTreeMap<&'static str, Vec<Step<'static>>> {
    let mut examples = BTreeMap::new();
    for section in CORRECTIONS.split("\n## ").skip(1) {
        let (heading, text) = section.split_once('\n').expect("a heading");
        let steps = text.split("```graphql\n").skip(1).map(|step| {
            let (document, rest) = step.split_once("```").expect("the end of a document");
            let (_, rest) = rest.split_once("```json\n").expect("a response");
            let (response, _) = rest.split_once("```").expect("the end of a response");
            Step { document, response }
        });
        examples.insert(heading, steps.collect());
    }
    examples
}

/// Replaces the ids in a response, and stores each under the name of the object that has it.
fn shorten_ids(name: &str, value: &mut Value, ids: &mut serde_json::Map<String, Value>) {
    match value {
        Value::Object(members) => {
            if let Some(id) = members.get_mut("id") {
                ids.insert(name.to_owned(), id.take());
                *id = json!("…");
            }
            members.iter_mut().for_each(|(member, value)| shorten_ids(member, value, ids));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| shorten_ids(name, item, ids)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[tokio::test]
async fn every_example_of_the_corrections_has_the_documented_response() {
    let app = TestApp::new().await;
    let examples = examples();
    assert!(examples.len() >= 10, "{:?}", examples.keys());
    for (number, (heading, steps)) in examples.into_iter().enumerate() {
        let tenant = app.tenant(&format!("example-{number}")).await;
        let partner = tenant.create_partner_with_account("cust-1").await;
        let admin = tenant.admin();
        let mut ids = serde_json::Map::from_iter([("partner".to_owned(), json!(partner))]);
        for Step { document, response } in steps {
            let mut data = admin.query_with(document, Value::Object(ids.clone())).await.data();
            shorten_ids("", &mut data, &mut ids);
            let documented: Value = serde_json::from_str(response).expect("a response in JSON");
            assert_eq!(data, documented, "{heading}: {document}");
        }
        assert_eq!(tenant.reconciliation_differences().await, json!([]), "{heading}");
    }
}
