//! The migration that keeps terms with their moments: what held before it holds from the beginning.

use revshare::domain::db::migrate;
use serde_json::json;

use super::REVERT_SEARCH;
use crate::support::{acme_with_partner, invoice_input, ok, with_superuser};

const DOWN: &str = include_str!("../../../migrations/2026-11-28-000013_terms/down.sql");

const PARTNERS: &str = "{
    partners(first: 5) {
        nodes {
            companyName partnerNumber status tier defaultCommissionRate
            terms { effectiveFrom status changedBy }
            managedAccounts(first: 5) { nodes { customCommissionRate terms { effectiveFrom customCommissionRate } } }
        }
    }
}";

#[tokio::test(flavor = "multi_thread")]
async fn rows_from_before_the_migration_keep_their_terms_from_the_beginning() {
    let (acme, partner) = acme_with_partner().await;
    acme.assign_account(&partner, "own rate", Some("0.2")).await;
    acme.commission_event("p", "recorded before", "100.00", "EUR").await;
    let change = json!({ "defaultCommissionRate": "0.3", "status": "SUSPENDED", "tier": "GOLD" });
    acme.update_partner(&partner, change).await;
    acme.update_partner(&partner, json!({ "tier": "DIRECT", "effectiveFrom": "2030-01-01T00:00:00Z" })).await;
    // Of two numbers that differ in case only, the older one stays as it is.
    let older = format!(
        "{REVERT_SEARCH} {DOWN}; DELETE FROM __diesel_schema_migrations WHERE version = '20261128000013';
         INSERT INTO partners (tenant_id, id, partner_number, company_name, payout_currency, status, tier)
         VALUES ('acme', '00000000-0000-7000-8000-000000000001', 'p-00001', 'q', 'EUR', 'PENDING', 'BRONZE')"
    );
    with_superuser(&acme.app.database, &older).await.expect("an older schema");
    let urls = acme.app.database.urls();
    assert_eq!(
        ok(migrate::run(&urls.owner, &urls.serving).await),
        ["2026-11-28-000013_terms", "2026-11-29-000023_search"]
    );

    let beginning = "2000-01-01T00:00:00Z";
    let account = |rate| json!({ "customCommissionRate": rate, "terms": [{ "effectiveFrom": beginning, "customCommissionRate": rate }] });
    let mut data = acme.admin().query(PARTNERS).await.data();
    let accounts = data["partners"]["nodes"][0]["managedAccounts"].take();
    let rates: Vec<_> = [Some("0.2000"), None].map(account).to_vec();
    assert!(
        rates.iter().all(|rate| accounts["nodes"].as_array().expect("a list").contains(rate)),
        "{accounts}"
    );
    let terms = |status| json!([{ "effectiveFrom": beginning, "status": status, "changedBy": "migration" }]);
    assert_eq!(
        data["partners"]["nodes"],
        json!([
            {
                "companyName": "p", "partnerNumber": "P-00001", "status": "SUSPENDED", "tier": "GOLD",
                "defaultCommissionRate": "0.3000", "terms": terms("SUSPENDED"), "managedAccounts": null,
            },
            {
                "companyName": "q", "partnerNumber": "p-00001 00000000-0000-7000-8000-000000000001",
                "status": "PENDING", "tier": "BRONZE", "defaultCommissionRate": null,
                "terms": terms("PENDING"), "managedAccounts": { "nodes": [] },
            },
        ])
    );
    let input = invoice_input("p", "recorded after", "100.00", "EUR", "2026-01-01T00:00:00Z");
    let payload =
        acme.billing().mutate_ok("recordInvoicePaid", input, "commissionEvent { commissionRate }").await;
    assert_eq!(payload["commissionEvent"]["commissionRate"], "0.3000");
    // The event from before, at another rate, proves nothing against terms that were not kept then.
    acme.assert_reconciled().await;
}
