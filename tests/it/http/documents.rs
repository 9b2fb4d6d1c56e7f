//! GraphQL documents: the codes of their errors, documents that are too expensive, and documents that must succeed.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::generated_documents::{
    aliases, fragment_bomb, nested_argument, nested_pages, spread_fragment_chain, unknown_fields,
    unused_fragment_chain,
};
use crate::support::{acme, acme_with_partner};

#[tokio::test]
async fn every_document_error_has_a_code() {
    let admin = acme().await.admin();
    let deep = nested_pages(8);
    for (document, expected) in [
        ("{", "BAD_USER_INPUT"),
        ("{ nothing }", "BAD_USER_INPUT"),
        ("{ viewer }", "BAD_USER_INPUT"),
        ("query ($x: Int!) { viewer { userId } }", "BAD_USER_INPUT"),
        ("{ payout { id } }", "BAD_USER_INPUT"),
        (r#"{ payout(id: "x") { id } }"#, "BAD_USER_INPUT"),
        ("{ payout(id: 1) { id } }", "BAD_USER_INPUT"),
        ("subscription { x }", "BAD_USER_INPUT"),
        (&deep, "LIMIT_EXCEEDED"),
    ] {
        let response = admin.query(document).await;
        assert_eq!(response.status, 200, "{document}");
        assert_eq!(response.code(), expected, "{document}: {:#}", response.body);
    }
}

#[tokio::test]
async fn expensive_documents_are_rejected_before_validation() {
    let admin = acme().await.admin();
    for (name, document) in [
        ("20^8 fragments", fragment_bomb(8, 20, "__typename")),
        ("2^30 fragments", fragment_bomb(30, 2, "__typename")),
        ("1,500 nested fragments", spread_fragment_chain(1_500)),
        ("1,500 unused fragments, which validation would visit", unused_fragment_chain(1_500)),
        ("2,000 nested lists", nested_argument("[", "]", 2_000)),
        ("20,000 nested lists", nested_argument("[", "]", 20_000)),
        ("5,000 aliases", aliases(5_000)),
        ("70,000 bytes", format!("{{ __typename }} #{}", "x".repeat(70_000))),
    ] {
        let response = admin.query(&document).await;
        assert_eq!(response.status, 200, "{name}");
        assert_eq!(response.code(), "LIMIT_EXCEEDED", "{name}: {:#}", response.body);
    }
    let cycle = "{ __typename } fragment A on Query { ...B } fragment B on Query { ...A }";
    assert_eq!(admin.query(cycle).await.code(), "BAD_USER_INPUT");
    admin.query("{ viewer { userId } }").await.data();
}

#[tokio::test]
async fn validation_errors_are_capped_and_counted() {
    let response = acme().await.admin().query(&unknown_fields(2_000)).await;
    let errors = response.body["errors"].as_array().expect("errors");
    assert_eq!(errors.len(), 26);
    assert_eq!(errors[25]["message"], "and 1975 more errors; at most 25 are listed");
}

#[tokio::test]
async fn introspection_is_limited_to_staff() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    let user = acme.partner_user(&partner, "paula").await;
    for query in [
        "{ __schema { types { name } } }",
        r#"{ ...F } fragment F on Query { t: __type(name: "Query") { name } }"#,
    ] {
        acme.finance().query(query).await.data();
        for client in [&user, &acme.billing()] {
            assert_eq!(client.query(query).await.code(), "FORBIDDEN", "{query}");
        }
    }
    assert_eq!(user.query("{ __typename }").await.data()["__typename"], "Query");
}

/// A hundred events with every field of everything that they refer to.
const FULL_PAGE: &str = "
    {
        commissionEvents(first: 100) {
            nodes {
                id eventType status invoiceId customerId
                commissionAmount { amount currency } baseAmount { amount currency }
                commissionRate rateSource eventDate recordedAt payableAt paidAt settledAt notes
                history { from to at actor reason } reverses { id } reversedBy { id }
                partner {
                    id partnerNumber companyName status tier defaultCommissionRate payoutCurrency createdAt
                }
                payout {
                    id totalAmount { amount currency } commissionCount status paymentMethod paymentReference
                    payoutDate periodStart periodEnd completedAt failureReason notes
                }
                managedAccount {
                    id customerId customerName engagementType isActive startsAt endsAt customCommissionRate
                    effectiveCommissionRate
                }
            }
        }
    }";

#[tokio::test]
async fn a_full_page_and_the_introspection_query_are_within_the_limits() {
    let (acme, partner) = acme_with_partner().await;
    acme.approved_event("p", "i", "10.00", "EUR").await;
    acme.create_payout(&partner).await;
    acme.admin().query(FULL_PAGE).await.data();
    acme.admin().query(include_str!("../schema/introspection.graphql")).await.data();
}

/// Returns the operations of a document with their variables that have no default.
fn operations(document: &str) -> Vec<(String, Vec<String>)> {
    let document = async_graphql::parser::parse_query(document).expect("a document");
    let operations = document.operations.iter().map(|(name, operation)| {
        let variables = operation.node.variable_definitions.iter().map(|definition| &definition.node);
        let required = variables.filter(|variable| variable.default_value.is_none());
        let required = required.map(|variable| variable.name.node.to_string()).collect();
        (name.expect("a name").to_string(), required)
    });
    operations.collect()
}

#[tokio::test]
async fn the_examples_of_graphiql_succeed() {
    let acme = acme().await;
    let partner = acme.create_partner_with_account("cust-birch").await;
    acme.approved_event("cust-birch", "i", "10.00", "EUR").await;
    let payout = acme.create_payout(&partner).await;
    let values = BTreeMap::from([
        ("partnerId", partner.as_str()),
        ("payoutId", payout.as_str()),
        ("reference", "W-1"),
        ("invoiceId", "x"),
        ("paidAt", "2024-01-01T00:00:00Z"),
        ("refundId", "r"),
        ("refundedAt", "2024-01-02T00:00:00Z"),
        ("reason", "goodwill"),
        ("key", "k"),
    ]);
    for (client, document) in [
        (
            acme.partner_user(&partner, "paula").await,
            include_str!("../../../portal/src/graphiql/examples/partner.graphql"),
        ),
        (acme.finance(), include_str!("../../../portal/src/graphiql/examples/finance.graphql")),
        (acme.billing(), include_str!("../../../portal/src/graphiql/examples/billing.graphql")),
    ] {
        for (operation, required) in operations(document) {
            let variables = required.iter().map(|name| (name.clone(), json!(values[name.as_str()])));
            let variables = variables.collect::<serde_json::Map<_, _>>();
            client.execute(document, Some(&operation), Value::Object(variables)).await.data();
        }
    }
}
