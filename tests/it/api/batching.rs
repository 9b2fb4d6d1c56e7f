//! No list costs a statement per row.

use serde_json::json;

use crate::support::{TestTenant, acme, in_days};

/// How many statements a query costs.
async fn statements(tenant: &TestTenant, query: &str) -> u64 {
    let before = tenant.app.statements();
    tenant.admin().query(query).await.data();
    tenant.app.statements() - before
}

/// Partners, each with an account and events in two payouts.
async fn crowded() -> TestTenant {
    let acme = acme().await;
    for n in 0..10 {
        let partner = acme.create_partner_with_account(&format!("p{n}")).await;
        for round in 0..2 {
            for invoice in 0..3 {
                acme.commission_event(&format!("p{n}"), &format!("{n}-{round}-{invoice}"), "10.00", "EUR")
                    .await;
            }
            let all = json!({ "eventDateTo": in_days(1) });
            acme.finance().mutate_ok("approvePendingCommissionEvents", all, "approvedCount").await;
            acme.create_payout(&partner).await;
        }
        acme.submit_lead(&partner).await;
    }
    acme
}

/// The access statement that admits the caller.
const ADMIT: u64 = 1;

#[tokio::test]
async fn a_page_of_events_with_their_references_is_four_statements() {
    let acme = crowded().await;
    for page in [1, 5, 50] {
        let query = format!(
            "{{commissionEvents(first:{page}){{nodes{{id partner{{id companyName}} payout{{id status}} managedAccount{{id customerId}} settledAt}}}}}}"
        );
        for _ in 0..20 {
            assert_eq!(statements(&acme, &query).await, ADMIT + 4, "{page}");
        }
    }
}

#[tokio::test]
async fn a_level_of_a_query_is_one_statement_for_each_kind() {
    let acme = crowded().await;
    let queries = [
        ("{partners{totalCount nodes{id}}}", 2),
        ("{partners{nodes{balances{earned{amount}} users{id}}}}", 1 + 2 + 1),
        ("{partners{nodes{commissionEvents(first:2){totalCount nodes{id history{to}}}}}}", 1 + 3),
        (
            "{partners{nodes{payouts(first:2){nodes{commissionEvents(first:2){nodes{id payout{id}}}}}}}}",
            1 + 3,
        ),
        (
            "{partners(first:10){nodes{referralLeads{totalCount nodes{partner{id}}} managedAccounts(first:9){nodes{revenueGenerated{amount} commissionsEarned{amount} effectiveCommissionRate}}}}}",
            1 + 5,
        ),
        ("{payouts{nodes{history{to} partner{companyName}}}}", 3),
        ("{a:commissionEvents{nodes{reversedBy{id}}} b:commissionEvents{nodes{reverses{id}}}}", 3),
    ];
    for (query, expected) in queries {
        assert_eq!(statements(&acme, query).await, ADMIT + expected, "{query}");
    }
}

#[tokio::test]
async fn dashboards_cost_the_same_for_one_partner_and_for_ten() {
    let acme = crowded().await;
    let query = |page: usize| {
        format!(
            "{{partners(first:{page}){{nodes{{dashboard{{totalCommissionsEarned{{amount}} nextPayoutDate recentCommissionEvents{{id partner{{id}} payout{{id}}}} recentPayouts{{id}}}}}}}}}}"
        )
    };
    let one = statements(&acme, &query(1)).await;
    assert_eq!(statements(&acme, &query(10)).await, one);
    assert!(one < 20, "{one}");
}
