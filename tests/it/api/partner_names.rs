//! Names of partners sort as people read them, and their numbers are unique without regard to case.

use serde_json::{Value, json};

use crate::support::acme;

const PAGE: &str = "query($first: Int, $after: String, $last: Int, $before: String) {
    partners(first: $first, after: $after, last: $last, before: $before) {
        nodes { companyName } pageInfo { endCursor startCursor hasNextPage }
    }
}";

fn names(page: &Value) -> Vec<String> {
    let nodes = page["partners"]["nodes"].as_array().expect("a list").iter();
    nodes.map(|node| node["companyName"].as_str().expect("a name").to_owned()).collect()
}

#[tokio::test]
async fn partners_are_ordered_as_people_read_their_names() {
    let acme = acme().await;
    let sorted = [
        "2 Go",
        "Äpfel",
        "apple",
        "apple",
        "Banana",
        "éclair",
        "Ecuador",
        "Ilgaz",
        "İstanbul",
        "Izmir",
        "ılgaz",
        "Łódź",
        "Öko",
        "Straße",
        "Strasse 1",
        "Zebra",
        "Ω",
        "日本",
    ];
    for name in sorted.iter().rev() {
        acme.create_partner(name).await;
    }
    assert_eq!(names(&acme.admin().query_with(PAGE, json!({})).await.data()), sorted);

    // The same order from page to page, in both directions.
    let (mut forward, mut cursor) = (Vec::new(), Value::Null);
    for _ in 0..sorted.len() {
        let page = acme.admin().query_with(PAGE, json!({ "first": 1, "after": cursor })).await.data();
        forward.extend(names(&page));
        cursor = page["partners"]["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(forward, sorted);
    let page = acme.admin().query_with(PAGE, json!({ "last": 50, "before": cursor })).await.data();
    assert_eq!(names(&page), sorted[..sorted.len() - 1]);
}

#[tokio::test]
async fn partner_numbers_are_unique_without_regard_to_case() {
    let acme = acme().await;
    let create = async |number: &str| {
        let input = json!({ "companyName": "p", "partnerNumber": number });
        acme.admin().error_code("createPartner", input).await
    };
    assert_eq!(create("Éclair-1").await, "");
    for taken in ["Éclair-1", "éclair-1", "ÉCLAIR-1"] {
        assert_eq!(create(taken).await, "DUPLICATE", "{taken}");
    }
    assert_eq!(create("p-00001").await, "");
    let input = json!({ "companyName": "p" });
    let payload = acme.admin().mutate_ok("createPartner", input, "partner { partnerNumber }").await;
    assert_eq!(payload["partner"]["partnerNumber"], "P-00002");
}
