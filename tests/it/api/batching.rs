//! The number of SQL statements of a query does not grow with the number of its rows.

use serde_json::{Value, json};

use crate::support::{TestTenant, acme};

/// The statement that resolves the caller, at the start of every request.
const RESOLVE_CALLER: u64 = 1;

const EVENTS_WITH_REFERENCES: &str = "query($first: Int!) {
    commissionEvents(first: $first) {
        nodes {
            id partner { id companyName } payout { id status } managedAccount { id customerId } settledAt
        }
    }
}";

/// Selects nothing of the references but what the rows of the events have.
const KEYS_OF_REFERENCES: &str = "query($first: Int!) {
    commissionEvents(first: $first) {
        nodes {
            id partner { kind: __typename id } payout { ...Key __typename } managedAccount { ... { id } } reverses { id }
        }
    }
}
fragment Key on Payout { key: id ... on Node { id ... on Partner { name: id } } }";

const DASHBOARDS: &str = "query($first: Int!) {
    partners(first: $first) {
        nodes {
            dashboard {
                totalCommissionsEarned { amount } nextPayoutDate
                recentCommissionEvents { id partner { id } payout { id } } recentPayouts { id }
            }
        }
    }
}";

/// Queries with nested lists, and how many statements each costs beside the one that resolves the caller.
const NESTED_LISTS: [(&str, u64); 7] = [
    ("query { partners { totalCount nodes { id } } }", 1),
    ("query { partners { nodes { balances { earned { amount } } users { id } } } }", 1 + 1 + 1),
    ("query { partners { nodes { commissionEvents(first: 2) { totalCount nodes { id history { to } } } } } }", 1 + 2),
    (
        "query {
            partners { nodes { payouts(first: 2) { nodes { commissionEvents(first: 2) { nodes { id payout { status } } } } } } }
        }",
        1 + 3,
    ),
    (
        "query {
            partners(first: 10) {
                nodes {
                    referralLeads { totalCount nodes { partner { id } } }
                    managedAccounts(first: 9) {
                        nodes { revenueGenerated { amount } commissionsEarned { amount } effectiveCommissionRate }
                    }
                }
            }
        }",
        1 + 4,
    ),
    ("query { payouts { nodes { history { to } partner { companyName } } } }", 3),
    (
        "query {
            a: commissionEvents { nodes { reversedBy { id } } }
            b: commissionEvents { nodes { reverses { id } } }
        }",
        3,
    ),
];

/// The number of statements that a query executes.
async fn statements(tenant: &TestTenant, query: &str, variables: Value) -> u64 {
    let before = tenant.app.statements();
    tenant.admin().query_with(query, variables).await.data();
    tenant.app.statements() - before
}

/// A tenant with ten partners, each with an account, a lead, and six events in two payouts.
async fn acme_with_ten_partners() -> TestTenant {
    let acme = acme().await;
    for n in 0..10 {
        let name = format!("p{n}");
        let partner = acme.create_partner_with_account(&name).await;
        for round in 0..2 {
            for invoice in 0..3 {
                acme.commission_event(&name, &format!("{n}-{round}-{invoice}"), "10.00", "EUR").await;
            }
            acme.approve_all_pending().await;
            acme.create_payout(&partner).await;
        }
        acme.submit_lead(&partner).await;
    }
    acme
}

#[tokio::test]
async fn a_page_of_events_with_their_references_costs_four_statements() {
    let acme = acme_with_ten_partners().await;
    for first in [1, 5, 50] {
        for _ in 0..20 {
            let cost = statements(&acme, EVENTS_WITH_REFERENCES, json!({ "first": first })).await;
            assert_eq!(cost, RESOLVE_CALLER + 4, "{first}");
        }
    }
}

#[tokio::test]
async fn the_key_of_a_reference_costs_no_statement() {
    let acme = acme_with_ten_partners().await;
    let cost = statements(&acme, KEYS_OF_REFERENCES, json!({ "first": 50 })).await;
    assert_eq!(cost, RESOLVE_CALLER + 1);
    let keys = acme.admin().query_with(KEYS_OF_REFERENCES, json!({ "first": 50 })).await.data();
    let loaded = acme.admin().query_with(EVENTS_WITH_REFERENCES, json!({ "first": 50 })).await.data();
    let nodes = |data: &Value| data["commissionEvents"]["nodes"].as_array().cloned().expect("nodes");
    let expected: Vec<_> = nodes(&loaded)
        .iter()
        .map(|event| {
            let id = |field: &str| event[field]["id"].clone();
            json!({
                "id": event["id"],
                "partner": { "kind": "Partner", "id": id("partner") },
                "payout": { "key": id("payout"), "id": id("payout"), "__typename": "Payout" },
                "managedAccount": { "id": id("managedAccount") },
                "reverses": null,
            })
        })
        .collect();
    assert_eq!(nodes(&keys), expected);
    assert!(expected.len() == 50 && expected.iter().all(|event| event["payout"]["id"].is_string()));
}

#[tokio::test]
async fn each_level_of_a_query_costs_one_statement_for_each_kind() {
    let acme = acme_with_ten_partners().await;
    for (query, expected) in NESTED_LISTS {
        assert_eq!(statements(&acme, query, json!({})).await, RESOLVE_CALLER + expected, "{query}");
    }
}

#[tokio::test]
async fn dashboards_cost_the_same_for_one_partner_and_for_ten() {
    let acme = acme_with_ten_partners().await;
    let one = statements(&acme, DASHBOARDS, json!({ "first": 1 })).await;
    let ten = statements(&acme, DASHBOARDS, json!({ "first": 10 })).await;
    assert_eq!(one, ten);
    // The partners and their dashboards; of the partners and payouts of the recent events, only the ids are selected.
    assert_eq!(one, RESOLVE_CALLER + 2);
}
