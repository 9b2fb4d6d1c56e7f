//! Every mutation of the schema leaves an entry in the audit trail, or is one of the few whose receipts need none.

use std::collections::BTreeSet;

use revshare::auth::Role;
use revshare::domain::db::act::{Act, Trace};
use serde_json::{Value, json};

use super::audit::findings;
use super::legal::{partner_legal, tenant_legal};
use crate::rails::Rail;
use crate::rails::bank_accounts::{IBAN, OTHER_IBAN, bank_input, set_confirmed};
use crate::rails::payment_files::{download, file_input};
use crate::support::{
    TestTenant, batch_input, euros, in_days, invoice_input, run_input, with_fields, with_superuser,
};

/// Returns the names of all mutations.
async fn mutations(tenant: &TestTenant) -> BTreeSet<String> {
    let data = tenant.admin().query("{ __schema { mutationType { fields { name } } } }").await.data();
    let fields = data["__schema"]["mutationType"]["fields"].as_array().expect("mutations").clone();
    fields.iter().map(|field| field["name"].as_str().expect("a name").to_owned()).collect()
}

/// Returns the acts of all entries.
async fn acts(tenant: &TestTenant) -> BTreeSet<String> {
    let (mut acts, mut after) = (BTreeSet::new(), Value::Null);
    loop {
        let query = "query ($after: String) { auditEntries(first: 100, after: $after) { nodes { act } pageInfo { hasNextPage endCursor } } }";
        let data = tenant.admin().query_with(query, json!({ "after": after })).await.data();
        let page = &data["auditEntries"];
        for entry in page["nodes"].as_array().expect("entries") {
            acts.insert(entry["act"].as_str().expect("an act").to_owned());
        }
        if page["pageInfo"]["hasNextPage"] == false {
            return acts;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

#[tokio::test]
async fn every_mutation_leaves_an_entry_or_needs_none() {
    let rail = Rail::new().await;
    let (acme, partner) = (rail.acme.clone(), rail.partner.clone());
    change_partners(&acme, &partner).await;
    change_events(&acme, &partner).await;
    change_invoices(&acme, &partner).await;
    change_payouts(&acme, &partner).await;
    change_webhooks(&acme).await;
    change_attempts(&rail).await;
    change_payment_files(&acme, &partner).await;
    rail.replay_events().await;

    let needs_none: BTreeSet<_> =
        Act::ALL.iter().filter(|act| act.trace() != Trace::Entry).map(|act| act.name().to_owned()).collect();
    let (mutations, acts) = (mutations(&acme).await, acts(&acme).await);
    let receipts: Vec<_> = mutations.intersection(&needs_none).collect();
    assert_eq!(receipts, ["recordInvoicePaid", "recordInvoiceRefunded"]);
    let missing: Vec<_> =
        mutations.iter().filter(|name| !acts.contains(*name) && !needs_none.contains(*name)).collect();
    assert!(missing.is_empty(), "mutations that left no entry: perform them here: {missing:?}");
    assert_eq!(findings(&acme).await, Vec::<String>::new());
    acme.assert_reconciled().await;
}

async fn change_partners(acme: &TestTenant, partner: &str) {
    let admin = acme.admin();
    acme.update_partner(partner, json!({ "companyName": "New Name", "tier": "GOLD" })).await;
    let view = json!({ "list": "PARTNERS", "name": "mine" });
    let view = admin.mutate_ok("createSavedView", view, "savedView { id }").await["savedView"]["id"].clone();
    let shared = json!({ "id": view, "isShared": true });
    admin.mutate_ok("updateSavedView", shared, "savedView { id }").await;
    admin.mutate_ok("deleteSavedView", json!({ "id": view }), "deletedId").await;
    acme.update_settings(json!({ "payoutDay": 3, "minimumPayouts": [euros("1.00")] })).await;
    let token = json!({ "name": "billing", "idempotencyKey": "token" });
    let token = admin.mutate_ok("createServiceToken", token, "serviceToken { id }").await;
    admin
        .mutate_ok("revokeServiceToken", json!({ "id": token["serviceToken"]["id"] }), "serviceToken { id }")
        .await;
    admin.mutate_ok("updateTenantBranding", json!({ "brandColor": "#0b7a4b" }), "tenant { id }").await;
    admin.mutate_ok("updateTenantLegal", tenant_legal(), "tenant { id }").await;
    admin.mutate_ok("updatePartnerLegal", partner_legal(partner), "partner { id }").await;
    let link = json!({ "partnerId": partner, "userId": "u", "email": "u@example.com", "role": "OWNER" });
    let link = admin.mutate_ok("addPartnerUser", link, "partnerUser { id }").await;
    acme.client("u", Role::Partner).turn_digest_off().await;
    admin
        .mutate_ok("deactivatePartnerUser", json!({ "id": link["partnerUser"]["id"] }), "partnerUser { id }")
        .await;
    let account = acme.assign_account(partner, "second", Some("0.2")).await;
    let update = json!({ "id": account, "customerName": "Anna Accounts", "customCommissionRate": "0.3" });
    admin.mutate_ok("updateManagedAccount", update, "managedAccount { id }").await;
    let end = json!({ "id": account, "endsAt": in_days(5) });
    admin.mutate_ok("endManagedAccount", end, "managedAccount { id }").await;
    let lead = acme.submit_lead(partner).await;
    let conversion = json!({
        "id": lead, "status": "CONVERTED", "convertedCustomerId": "converted", "assignAccount": true,
        "actualValue": euros("5.00"), "notes": "a note",
    });
    admin.mutate_ok("advanceReferralLead", conversion, "referralLead { id }").await;
    admin
        .mutate_ok("erasePerson", json!({ "referralLeadId": lead, "reason": "asked" }), "referralLead { id }")
        .await;
}

async fn change_events(acme: &TestTenant, partner: &str) {
    let finance = acme.finance();
    let adjustment =
        json!({ "partnerId": partner, "amount": euros("2.00"), "reason": "a bonus", "idempotencyKey": "a" });
    finance.mutate_ok("recordAdjustment", adjustment, "commissionEvent { id }").await;
    let event = acme.approved_event("p", "one", "100.00", "EUR").await;
    let with_reason = json!({ "ids": [event], "reason": "a check" });
    for mutation in
        ["revertApproval", "holdCommissionEvents", "releaseCommissionEvents", "cancelCommissionEvents"]
    {
        finance.mutate_ok(mutation, with_reason.clone(), "commissionEvents { id }").await;
    }
    acme.commission_event("p", "two", "100.00", "EUR").await;
    acme.approve_all_pending().await;
}

async fn change_invoices(acme: &TestTenant, partner: &str) {
    acme.refund("two", "refund", "10.00").await;
    acme.reverse_refund("refund").await;
    acme.approve_all_pending().await;
    let paid_at = in_days(-1);
    let correction = with_fields(
        invoice_input("p", "two", "90.00", "EUR", &paid_at),
        json!({ "reason": "a discount", "idempotencyKey": "c" }),
    );
    acme.finance().mutate_ok("correctInvoice", correction, "outcome").await;
    let unknown = invoice_input("third", "three", "50.00", "EUR", &paid_at);
    acme.billing().mutate_ok("recordInvoicePaid", unknown, "outcome").await;
    acme.assign_account(partner, "third", None).await;
    let selection = json!({ "outcome": ["NO_MANAGED_ACCOUNT"] });
    let payload = acme.finance().mutate_ok("reassessInvoices", selection, "earningCount").await;
    assert_eq!(payload["earningCount"], 1);
    acme.approve_all_pending().await;
}

async fn change_payouts(acme: &TestTenant, partner: &str) {
    let finance = acme.finance();
    let batch = with_fields(batch_input(partner), json!({ "idempotencyKey": "b", "notes": "by hand" }));
    let payout =
        finance.mutate_ok("createPayoutBatch", batch.clone(), "payout { id }").await["payout"].clone();
    let again = finance.mutate_ok("createPayoutBatch", batch, "payout { id }").await["payout"].clone();
    assert_eq!(payout, again);
    let payout = payout["id"].as_str().expect("an id").to_owned();
    acme.cancel_payout(&payout).await;
    let payout = acme.create_payout(partner).await;
    acme.fail_payout(&payout).await;
    let run = finance.mutate_ok("runPayouts", run_input(), "payouts { id }").await;
    let payout = run["payouts"][0]["id"].as_str().expect("an id").to_owned();
    acme.transition_payout("startPayout", &payout).await;
    acme.complete_payout(&payout).await;
    acme.complete_payout(&payout).await;
    let correction = json!({ "id": payout, "paymentReference": "WIRE-2", "reason": "a typing error" });
    finance.mutate_ok("correctPaymentReference", correction, "payout { id }").await;
    acme.return_payout(&payout).await;
    let issued = finance.mutate_ok("issueStatements", json!({}), "statements { id }").await;
    assert_eq!(issued["statements"].as_array().map(Vec::len), Some(1));
    finance.mutate_ok("issueStatements", json!({}), "statements { id }").await;
}

async fn change_attempts(rail: &Rail) {
    rail.withdraw_payout().await;
    let finance = rail.acme.finance();
    let cancel = json!({ "id": rail.ready_payout().await, "reason": "sent anew" });
    finance.mutate_ok("cancelPayout", cancel, "payout { id }").await;
    let payout = rail.payout("uncertain", "100.00").await;
    rail.send(&[&payout]).await;
    let uncertain = "UPDATE payout_attempts SET status = 'UNCERTAIN' WHERE status = 'QUEUED'";
    with_superuser(&rail.acme.app.database, uncertain).await.expect("an update");
    let attempt = rail.shown(&payout).await["attempts"][0]["id"].clone();
    let resolve =
        json!({ "id": attempt, "outcome": "MOVED", "reference": "tr_found", "reason": "found at Stripe" });
    finance.mutate_ok("resolvePayoutAttempt", resolve, "payoutAttempt { id }").await;
    let recall = json!({ "id": payout, "reason": "a wrong account" });
    finance.mutate_ok("recallPayout", recall, "payout { id }").await;
    let account = "query($id: ID!) { partner(id: $id) { payoutAccounts { id } } }";
    let data = finance.query_with(account, json!({ "id": rail.partner })).await.data();
    let end = json!({ "id": data["partner"]["payoutAccounts"][0]["id"] });
    finance.mutate_ok("endPayoutAccount", end, "payoutAccount { id }").await;
    let open = json!({ "partnerId": rail.partner, "country": "DE" });
    finance.mutate_ok("startStripeOnboarding", open, "payoutAccount { id }").await;
}

async fn change_payment_files(acme: &TestTenant, partner: &str) {
    let (admin, finance) = (acme.admin(), acme.finance());
    for iban in [OTHER_IBAN, IBAN] {
        set_confirmed(acme, bank_input(partner, iban)).await;
    }
    for holder in ["Acme", "Acme GmbH"] {
        let account = json!({ "holder": holder, "iban": OTHER_IBAN });
        admin.mutate_ok("setPayingAccount", account, "payingAccount { id }").await;
    }
    acme.approved_event("p", "by-file", "100.00", "EUR").await;
    let payout = acme.create_payout(partner).await;
    let mut files = Vec::new();
    for key in ["withdrawn", "settled"] {
        let file = file_input(&[&payout], "SEPA", key);
        let created = finance.mutate_ok("createPaymentFile", file.clone(), "paymentFile { id }").await;
        finance.mutate_ok("createPaymentFile", file, "paymentFile { id }").await;
        files.push(created["paymentFile"].clone());
        if key == "withdrawn" {
            let withdraw = json!({ "id": files[0]["id"], "reason": "a wrong day" });
            finance.mutate_ok("withdrawPaymentFile", withdraw.clone(), "paymentFile { id }").await;
            finance.mutate_ok("withdrawPaymentFile", withdraw, "paymentFile { id }").await;
        }
    }
    assert_eq!(download(acme, &finance, &files[1]).await.status(), 200);
    let settle = json!({ "id": files[1]["id"], "reference": "B-1" });
    finance.mutate_ok("settlePaymentFile", settle, "completedCount").await;
}

async fn change_webhooks(acme: &TestTenant) {
    let admin = acme.admin();
    let new = json!({ "url": "http://127.0.0.1:9/", "eventTypes": ["PAYOUT_COMPLETED"] });
    let endpoint = admin.mutate_ok("createWebhookEndpoint", new, "endpoint { id }").await["endpoint"].clone();
    let id = json!({ "id": endpoint["id"] });
    admin.mutate_ok("testWebhookEndpoint", id.clone(), "delivery { id }").await;
    let dead = "UPDATE jobs SET dead_at = now() WHERE lane = 'WEBHOOK'";
    with_superuser(&acme.app.database, dead).await.expect("a dead job");
    let payload = admin.mutate_ok("retryDeadJobs", json!({}), "count").await;
    assert_eq!(payload["count"], 1);
    acme.approved_event("p", "webhook", "100.00", "EUR").await;
    let partner =
        admin.query("{ partners { nodes { id } } }").await.data()["partners"]["nodes"][0]["id"].clone();
    let payout = acme.create_payout(partner.as_str().expect("an id")).await;
    acme.complete_payout(&payout).await;
    let replay = json!({ "endpointId": endpoint["id"], "since": in_days(-1) });
    let payload = admin.mutate_ok("replayWebhooks", replay, "count").await;
    assert_eq!(payload["count"], 1);
    admin.mutate_ok("rotateWebhookSecret", id.clone(), "secret").await;
    let renamed = with_fields(id.clone(), json!({ "description": "the ledger" }));
    admin.mutate_ok("updateWebhookEndpoint", renamed, "endpoint { id }").await;
    admin.mutate_ok("deleteWebhookEndpoint", id, "endpoint { status }").await;
}
