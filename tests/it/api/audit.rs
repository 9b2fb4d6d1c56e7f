//! The audit trail: one entry for each act that changed something, with what it changed, and nothing about persons.

use revshare::auth::{Identity, Role};
use revshare::domain::admission;
use revshare::domain::audit::seal::{Reach, seal};
use revshare::domain::db::act::Act;
use revshare::domain::db::session::Session;
use revshare::domain::db::transaction::Transaction;
use revshare::domain::reporting::audited_rows;
use revshare::domain::tenant::service_token::create::{NewServiceToken, create};
use revshare::domain::tenant::service_token::revoke::revoke;
use revshare::primitives::id::TenantId;
use serde_json::{Value, json};

use crate::support::{TestTenant, acme, acme_with_partner, in_days, ok, run_input, with_superuser};

const ENTRIES: &str = "
    query ($filter: AuditEntryFilter) {
        auditEntries(filter: $filter, first: 100) {
            totalCount
            nodes {
                act actor actorRole subjectType subject { __typename id } partner { id } reason
                changes { field before after row } seal { number }
            }
        }
    }";

/// Returns the entries that meet a filter, latest first.
async fn entries(tenant: &TestTenant, filter: Value) -> Vec<Value> {
    let data = tenant.admin().query_with(ENTRIES, json!({ "filter": filter })).await.data();
    data["auditEntries"]["nodes"].as_array().expect("entries").clone()
}

/// Returns the change of a field in an entry, as `[before, after]`.
fn change(entry: &Value, field: &str) -> Value {
    let changes = entry["changes"].as_array().expect("changes");
    let change = changes.iter().find(|change| change["field"] == field);
    change.map_or(Value::Null, |change| json!([change["before"], change["after"]]))
}

/// Seals the trail of a tenant and returns what verifying it finds.
pub async fn findings(tenant: &TestTenant) -> Vec<String> {
    let pool = &tenant.app.pool;
    let identity = Identity::operator(TenantId(tenant.id.clone()), "operator", Role::Admin);
    let caller = ok(admission::admit(pool, identity).await).caller;
    ok(seal(pool, &caller, Reach::All).await);
    let mut db = ok(Session::open(pool, &caller).await);
    let verification = db.read_snapshot(async |db| audited_rows::verify(db, None).await).await;
    ok(verification).findings.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn each_act_leaves_its_entry_with_the_values_before_and_after() {
    let (acme, partner) = acme_with_partner().await;
    acme.update_partner(&partner, json!({ "defaultCommissionRate": "0.2" })).await;
    acme.update_settings(json!({ "holdDays": 7 })).await;
    acme.partner_user(&partner, "paula").await;
    let identity = Identity::operator(TenantId("acme".to_owned()), "olga", Role::Admin);
    let caller = ok(admission::admit(&acme.app.pool, identity).await).caller;
    let new = NewServiceToken { name: "billing".to_owned(), ttl: None };
    let pool = &acme.app.pool;
    let token = ok(Transaction::run(pool, &caller, Act::CreateServiceToken, create, &new).await).token;
    ok(Transaction::run(pool, &caller, Act::RevokeServiceToken, revoke, &token.id).await);

    let all = entries(&acme, json!({})).await;
    let acts: Vec<_> = all.iter().map(|entry| entry["act"].as_str().expect("an act")).collect();
    let expected = [
        "revokeServiceToken",
        "createServiceToken",
        "addPartnerUser",
        "updateTenantSettings",
        "updatePartner",
        "assignManagedAccount",
        "createPartner",
        "tenant create",
    ];
    assert_eq!(acts, expected);
    let updated = &all[4];
    assert_eq!(change(updated, "defaultCommissionRate"), json!(["0.1500", "0.2000"]));
    assert!(
        change(updated, "terms.2")[1].as_str().is_some_and(|terms| terms.ends_with("ACTIVE, BRONZE, 0.2000"))
    );
    assert_eq!(updated["subject"], json!({ "__typename": "Partner", "id": partner }));
    assert_eq!([&updated["actor"], &updated["actorRole"]], ["adam", "admin"]);
    assert_eq!(change(&all[3], "holdDays"), json!(["0", "7"]));
    assert_eq!(change(&all[2], "email"), json!([null, "u***@example.com"]));
    assert_eq!(change(&all[2], "userId"), json!([null, "p***"]));
    assert_eq!(change(&all[1], "name"), json!([null, "billing"]));
    assert_eq!(all[0]["actor"], "olga");
    assert_eq!(change(&all[0], "revokedAt")[0], Value::Null);
    assert_eq!(findings(&acme).await, Vec::<String>::new());
    let sealed = entries(&acme, json!({})).await;
    assert!(sealed.iter().all(|entry| entry["seal"]["number"] == 1), "{sealed:#?}");
}

#[tokio::test]
async fn the_list_is_filtered_and_no_partner_user_reads_it() {
    let (acme, partner) = acme_with_partner().await;
    let user = acme.partner_user(&partner, "paula").await;
    acme.update_settings(json!({ "holdDays": 7 })).await;
    let count = async |filter: Value| entries(&acme, filter).await.len();
    assert_eq!(count(json!({ "act": "updateTenantSettings" })).await, 1);
    assert_eq!(count(json!({ "subjectId": partner })).await, 1);
    assert_eq!(count(json!({ "partnerId": partner })).await, 3);
    assert_eq!(count(json!({ "actor": "operator" })).await, 1);
    assert_eq!(count(json!({ "actor": "adam", "partnerId": partner, "from": in_days(-1) })).await, 3);
    assert_eq!(count(json!({ "to": in_days(-1) })).await, 0);
    for query in ["{ auditEntries { totalCount } }", "{ auditHead { number } }"] {
        assert_eq!(user.query(query).await.code(), "FORBIDDEN");
        assert_eq!(acme.billing().query(query).await.code(), "FORBIDDEN");
    }
    assert_eq!(findings(&acme).await, Vec::<String>::new());
    let head = acme.admin().query("{ auditHead { number entries previousHash hash } }").await.data();
    assert_eq!([&head["auditHead"]["number"], &head["auditHead"]["entries"]], [1, 5]);
    assert_eq!(head["auditHead"]["previousHash"], "0".repeat(64));
}

#[tokio::test]
async fn a_bulk_act_leaves_one_entry_with_its_count_sums_and_ids() {
    let acme = acme().await;
    acme.create_partner_with_account("p").await;
    let mut ids = Vec::new();
    for index in 0..500 {
        let currency = if index % 5 == 0 { "USD" } else { "EUR" };
        ids.push(acme.commission_event("p", &format!("i{index}"), "10.00", currency).await);
    }
    let before = entries(&acme, json!({})).await.len();
    acme.approve(&ids).await;
    let all = entries(&acme, json!({})).await;
    assert_eq!(all.len(), before + 1);
    assert_eq!(change(&all[0], "count"), json!([null, "500"]));
    assert_eq!(change(&all[0], "sum.EUR"), json!([null, "600.00 EUR"]));
    assert_eq!(change(&all[0], "sum.USD"), json!([null, "150.00 USD"]));
    assert_eq!(change(&all[0], "idsSha256")[1].as_str().map(str::len), Some(64));
    assert_eq!(all[0]["subject"], Value::Null);

    // Rejected, rolled back, repeated without effect: no entry.
    acme.finance().mutate("approveCommissionEvents", json!({ "ids": ids }), "").await;
    acme.admin().mutate("updatePartner", json!({ "id": ids[0], "companyName": "x" }), "").await;
    let dry_run = json!({ "eventDateTo": in_days(1), "dryRun": true });
    acme.finance().mutate_ok("approvePendingCommissionEvents", dry_run, "approvedCount").await;
    assert_eq!(entries(&acme, json!({})).await.len(), before + 1);

    // The same digest, computed by the database.
    let run = acme.finance().mutate_ok("runPayouts", run_input(), "payouts { id }").await;
    assert_eq!(run["payouts"].as_array().map(Vec::len), Some(2));
    let sql = "DO $$ BEGIN ASSERT (SELECT count(*) = 2 FROM audit_entries AS entry, jsonb_array_elements(changes) AS change
        WHERE change->>'field' = 'idsSha256' AND subject_type = 'Payout' AND change->>'after' = (
            SELECT encode(sha256(string_agg(commission_event_id || E'\\n', '' ORDER BY commission_event_id)::bytea), 'hex')
            FROM payout_lines WHERE payout_id = entry.subject_id)); END $$";
    with_superuser(&acme.app.database, sql).await.expect("the digest of the lines");
    assert_eq!(findings(&acme).await, Vec::<String>::new());
}

#[tokio::test]
async fn an_erasure_leaves_the_chain_intact_and_entries_have_no_personal_data() {
    let (acme, partner) = acme_with_partner().await;
    let user = acme.partner_user(&partner, "paula.privat@example.com").await;
    let lead = json!({
        "partnerId": partner, "companyName": "Lenas Laden", "contactName": "Lena Lindner",
        "contactEmail": "lena@laden.example", "contactPhone": "+49 30 1234567", "notes": "Lena rides horses",
    });
    let lead = user.mutate_ok("submitReferralLead", lead, "referralLead { id }").await;
    let lead = &lead["referralLead"]["id"];
    assert_eq!(findings(&acme).await, Vec::<String>::new());
    let admin = acme.admin();
    let query = "query($id: ID!) { partner(id: $id) { users { id } } }";
    let links = admin.query_with(query, json!({ "id": partner })).await;
    let link = links.data()["partner"]["users"][0]["id"].clone();
    let reason = "asked for it";
    admin
        .mutate_ok("erasePerson", json!({ "referralLeadId": lead, "reason": reason }), "referralLead { id }")
        .await;
    admin
        .mutate_ok("erasePerson", json!({ "partnerUserId": link, "reason": reason }), "partnerUser { id }")
        .await;
    let count = entries(&acme, json!({})).await.len();
    admin
        .mutate_ok("erasePerson", json!({ "partnerUserId": link, "reason": reason }), "partnerUser { id }")
        .await;
    let all = entries(&acme, json!({})).await;
    assert_eq!(all.len(), count);
    let text = Value::Array(all).to_string();
    for word in ["paula", "privat", "Lena", "Laden", "lena", "1234567", "horses"] {
        assert!(!text.contains(word), "{word} in {text}");
    }
    assert!(text.contains("p***@example.com") && text.contains("L*** L***") && text.contains(reason));
    assert_eq!(findings(&acme).await, Vec::<String>::new());
}

#[tokio::test]
async fn rows_older_than_the_trail_get_a_baseline() {
    let (acme, partner) = acme_with_partner().await;
    acme.submit_lead(&partner).await;
    // As after an upgrade.
    with_superuser(&acme.app.database, "TRUNCATE audit_entries, audit_seals, audit_seal_members")
        .await
        .expect("no trail");
    let found = findings(&acme).await;
    assert!(
        found.iter().any(|finding| finding.starts_with(&format!("Partner:{partner}: has no entry"))),
        "{found:?}"
    );
    let identity = Identity::operator(TenantId("acme".to_owned()), "revshare", Role::Admin);
    let caller = ok(admission::admit(&acme.app.pool, identity).await).caller;
    ok(audited_rows::baseline::write(&acme.app.pool, &caller).await);
    assert_eq!(findings(&acme).await, Vec::<String>::new());
    acme.update_partner(&partner, json!({ "status": "SUSPENDED" })).await;
    assert_eq!(findings(&acme).await, Vec::<String>::new());
    let before = entries(&acme, json!({})).await.len();
    ok(audited_rows::baseline::write(&acme.app.pool, &caller).await);
    assert_eq!(entries(&acme, json!({})).await.len(), before);
}

#[tokio::test]
async fn terms_of_another_time_are_recorded_and_compared() {
    let (acme, partner) = acme_with_partner().await;
    acme.update_partner(&partner, json!({ "defaultCommissionRate": "0.3", "effectiveFrom": in_days(30) }))
        .await;
    acme.update_partner(&partner, json!({ "tier": "GOLD", "effectiveFrom": in_days(-30) })).await;
    assert_eq!(findings(&acme).await, Vec::<String>::new());
    let later = "UPDATE partner_terms SET default_commission_rate = 0.9 WHERE number = 2";
    with_superuser(&acme.app.database, later).await.expect("an update");
    let found = findings(&acme).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with(&format!("Partner:{partner}: terms.2: is from ")), "{found:?}");
}
