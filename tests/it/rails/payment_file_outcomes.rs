//! What becomes of the payouts in a payment file.

use serde_json::{Value, json};

use super::bank_accounts::{OTHER_IBAN, bank_input, set_confirmed};
use super::payment_files::{Bank, file_input};
use crate::support::{user_errors, with_fields};

const PAYOUT: &str = "query($id: ID!) { payout(id: $id) {
    status paymentReference attention failureReason history { to reason } statement { id } creditNote { id }
    attempts { id status reference code message paymentFile { id } }
} }";

async fn shown(bank: &Bank, payout: &str) -> Value {
    bank.acme.finance().query_with(PAYOUT, json!({ "id": payout })).await.data()["payout"].clone()
}

async fn settle(bank: &Bank, file: &Value, reference: &str, except: &[&str]) -> Value {
    let input = json!({ "id": file["id"], "reference": reference, "except": except });
    let selection =
        "paymentFile { openPayoutCount attemptCounts { status count } } completedCount skipped { id }";
    bank.acme.finance().mutate("settlePaymentFile", input, selection).await
}

async fn withdraw(bank: &Bank, file: &Value) -> String {
    let input = json!({ "id": file["id"], "reason": "a wrong day" });
    bank.acme.finance().error_code("withdrawPaymentFile", input).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_never_downloaded_is_withdrawn() {
    let bank = Bank::new().await;
    let (file, payouts) = bank.two().await;
    let finance = bank.acme.finance();
    let too_early = settle(&bank, &file, "R", &[]).await;
    assert_eq!(user_errors(&too_early)[0]["code"], "INVALID_STATE");
    let complete = json!({ "id": payouts[0], "paymentReference": "R" });
    assert_eq!(finance.error_code("completePayout", complete).await, "INVALID_STATE");
    let fail = json!({ "id": payouts[0], "reason": "r" });
    assert_eq!(finance.error_code("failPayout", fail).await, "INVALID_STATE");
    let attempt = shown(&bank, &payouts[0]).await["attempts"][0]["id"].clone();
    let resolve = json!({ "id": attempt, "outcome": "NOT_MOVED", "reason": "r" });
    assert_eq!(finance.error_code("resolvePayoutAttempt", resolve).await, "INVALID_STATE");
    let one = json!({ "id": attempt, "reason": "r" });
    assert_eq!(finance.error_code("withdrawPayoutAttempt", one).await, "INVALID_STATE");
    assert_eq!(
        finance.error_code("cancelPayout", json!({ "id": payouts[0], "reason": "r" })).await,
        "INVALID_STATE"
    );
    let queued = finance.mutate_ok("sendPayouts", json!({ "ids": payouts }), "skipped { code }").await;
    assert_eq!(queued["skipped"][0]["code"], "INVALID_STATE", "no other rail sends it meanwhile");

    assert_eq!((withdraw(&bank, &file).await, withdraw(&bank, &file).await), (String::new(), String::new()));
    assert_eq!(bank.statuses(&payouts).await, ["READY", "READY"]);
    let first = shown(&bank, &payouts[0]).await;
    assert_eq!(
        (&first["attention"], &first["attempts"][0]["status"]),
        (&json!("NOT_SENT"), &json!("WITHDRAWN"))
    );
    assert_eq!(
        first["history"].as_array().and_then(|history| history.last()).expect("one")["reason"],
        "a wrong day"
    );
    assert_eq!(bank.download(&file).await.status(), 409);
    assert_eq!(bank.file(&file["id"]).await["downloadPath"], Value::Null);
    assert_eq!(user_errors(&settle(&bank, &file, "R", &[]).await)[0]["code"], "INVALID_STATE");
    let next = bank.create(&[&payouts[0], &payouts[1]], "SEPA", "next").await;
    assert_eq!(next["paymentFile"]["payoutCount"], 2, "they can be in another file");
    bank.acme.assert_reconciled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_downloaded_file_is_settled_but_for_what_was_not_paid() {
    let bank = Bank::new().await;
    let third = bank.payout("p", "three", "10.00", "EUR").await;
    bank.acme.cancel_payout(&third).await;
    let (file, payouts) = bank.two().await;
    assert_eq!(bank.download(&file).await.status(), 200);
    assert_eq!(withdraw(&bank, &file).await, "INVALID_STATE", "the bank may have it");
    let foreign = settle(&bank, &file, "R-1", &[&third]).await;
    assert_eq!(user_errors(&foreign)[0]["code"], "NOT_FOUND", "not in the file");
    let settled = settle(&bank, &file, "R-1", &[&payouts[1]]).await;
    assert_eq!((&settled["completedCount"], &settled["skipped"]), (&json!(1), &json!([])));
    let counts = json!([{ "status": "SENT", "count": 1 }, { "status": "SETTLED", "count": 1 }]);
    assert_eq!(settled["paymentFile"], json!({ "openPayoutCount": 1, "attemptCounts": counts }));
    let first = shown(&bank, &payouts[0]).await;
    assert_eq!((&first["status"], &first["paymentReference"]), (&json!("COMPLETED"), &json!("R-1")));
    assert!(!first["statement"].is_null(), "its statement is issued");
    assert_eq!(first["attempts"][0]["reference"], "R-1");
    assert_eq!(first["attempts"][0]["paymentFile"]["id"], file["id"]);
    assert_eq!(bank.statuses(&payouts).await, ["COMPLETED", "PROCESSING"]);
    let again = settle(&bank, &file, "R-2", &[&payouts[1]]).await;
    assert_eq!(again["completedCount"], 0, "repeated, nothing is left");
    let rest = settle(&bank, &file, "R-2", &[]).await;
    assert_eq!(rest["completedCount"], 1);
    assert_eq!(shown(&bank, &payouts[1]).await["paymentReference"], "R-2");
    assert_eq!(shown(&bank, &payouts[0]).await["paymentReference"], "R-1", "and the first one is as it was");
    bank.acme.assert_reconciled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_settle_a_file_at_once_and_each_payout_is_completed_once() {
    let bank = Bank::new().await;
    let (file, payouts) = bank.two().await;
    bank.download(&file).await;
    let (one, other) = tokio::join!(settle(&bank, &file, "R", &[]), settle(&bank, &file, "R", &[]));
    let completed = [one, other].map(|settled| settled["completedCount"].as_i64().expect("a count"));
    assert_eq!(completed.iter().sum::<i64>(), 2, "{completed:?}");
    assert_eq!(bank.statuses(&payouts).await, ["COMPLETED", "COMPLETED"]);
    for payout in &payouts {
        let history = shown(&bank, payout).await["history"].clone();
        assert_eq!(history.as_array().map(Vec::len), Some(3), "READY, PROCESSING, COMPLETED: {history}");
    }
    bank.acme.assert_reconciled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_payout_of_a_file_is_completed_failed_or_paid_again() {
    let bank = Bank::new().await;
    let finance = bank.acme.finance();
    let mut payouts = Vec::new();
    for (customer, invoice) in [("p", "one"), ("q", "two"), ("p", "three"), ("q", "four")] {
        payouts.push(bank.payout(customer, invoice, "1000.00", "EUR").await);
    }
    let ids: Vec<_> = payouts.iter().map(String::as_str).collect();
    let file = bank.create(&ids, "SEPA", "four").await["paymentFile"].clone();
    bank.download(&file).await;
    bank.acme.complete_payout(&payouts[0]).await;
    bank.acme.complete_payout(&payouts[0]).await;
    finance
        .mutate_ok("failPayout", json!({ "id": payouts[1], "reason": "account closed" }), "payout { id }")
        .await;
    let attempts = [&payouts[2], &payouts[3]].map(|payout| shown(&bank, payout));
    let attempts = futures_util::future::join_all(attempts).await;
    let rejected = json!({ "id": attempts[0]["attempts"][0]["id"], "outcome": "NOT_MOVED", "reason": "rejected by the bank" });
    finance.mutate_ok("resolvePayoutAttempt", rejected, "payoutAttempt { status }").await;
    let moved = json!({ "id": attempts[1]["attempts"][0]["id"], "outcome": "MOVED", "reference": "B-4", "reason": "booked" });
    finance.mutate_ok("resolvePayoutAttempt", moved.clone(), "payoutAttempt { status }").await;
    assert_eq!(finance.error_code("resolvePayoutAttempt", moved).await, "INVALID_STATE");

    assert_eq!(bank.statuses(&payouts).await, ["COMPLETED", "FAILED", "READY", "COMPLETED"]);
    let counts = json!([{ "status": "REFUSED", "count": 2 }, { "status": "SETTLED", "count": 2 }]);
    assert_eq!(bank.file(&file["id"]).await["attemptCounts"], counts);
    assert_eq!(bank.file(&file["id"]).await["openPayoutCount"], 0);
    let again = shown(&bank, &payouts[2]).await;
    assert_eq!(
        (&again["attention"], &again["attempts"][0]["status"]),
        (&json!("NOT_SENT"), &json!("REFUSED"))
    );
    let next = bank.create(&[&payouts[2]], "SEPA", "again").await["paymentFile"].clone();
    assert_eq!(next["payoutCount"], 1, "the one that was rejected is paid by another file");
    bank.download(&next).await;
    settle(&bank, &next, "B-5", &[]).await;

    let returned = json!({ "id": payouts[0], "reason": "the account is closed" });
    finance.mutate_ok("returnPayout", returned, "payout { status }").await;
    let returned = shown(&bank, &payouts[0]).await;
    assert_eq!(
        (&returned["status"], &returned["attempts"][0]["status"]),
        (&json!("RETURNED"), &json!("RETURNED"))
    );
    assert!(!returned["creditNote"].is_null());
    let recall = json!({ "id": payouts[3], "reason": "r" });
    assert_eq!(
        finance.error_code("recallPayout", recall).await,
        "INVALID_STATE",
        "no bank takes money back by itself"
    );
    bank.acme.assert_reconciled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_would_pay_a_wrong_account_is_not_given_out() {
    let bank = Bank::new().await;
    let (file, payouts) = bank.two().await;
    set_confirmed(
        &bank.acme,
        with_fields(bank_input(&bank.partners[0], OTHER_IBAN), json!({ "holder": "P" })),
    )
    .await;
    let refused = bank.download(&file).await;
    assert_eq!(refused.status(), 409);
    let text = String::from_utf8_lossy(refused.body()).into_owned();
    assert!(text.contains("ended or replaced") && text.contains("withdraw the file"), "{text}");
    assert_eq!(bank.file(&file["id"]).await["downloadedAt"], Value::Null);
    assert_eq!(withdraw(&bank, &file).await, "");
    let next = bank.create(&[&payouts[0], &payouts[1]], "SEPA", "next").await["paymentFile"].clone();
    let xml = bank.download(&next).await;
    let xml = String::from_utf8_lossy(xml.body()).into_owned();
    assert_eq!(xml.matches("NL91ABNA0417164300").count(), 2, "the new account");
    // Downloaded once, it is the same file whatever changes: the bank may have it.
    set_confirmed(
        &bank.acme,
        with_fields(bank_input(&bank.partners[0], OTHER_IBAN), json!({ "holder": "PP" })),
    )
    .await;
    assert_eq!(bank.download(&next).await.status(), 200);

    let third = bank.payout("q", "three", "10.00", "EUR").await;
    let file = bank.create(&[&third], "SEPA", "suspended").await["paymentFile"].clone();
    bank.acme.update_partner(&bank.partners[1], json!({ "status": "SUSPENDED" })).await;
    assert_eq!(bank.download(&file).await.status(), 409);
    let key = file_input(&[&third], "SEPA", "other");
    assert_eq!(bank.acme.finance().error_code("createPaymentFile", key).await, "INVALID_STATE");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_withdrawn_or_downloaded_but_never_both() {
    let bank = Bank::new().await;
    for round in 0..8 {
        let payout = bank.payout("p", &format!("i{round}"), "100.00", "EUR").await;
        let file = bank.create(&[&payout], "SEPA", &format!("k{round}")).await["paymentFile"].clone();
        let (downloaded, withdrawn) = tokio::join!(bank.download(&file), withdraw(&bank, &file));
        match (downloaded.status().as_u16(), withdrawn.as_str()) {
            (200, "INVALID_STATE") => assert_eq!(bank.statuses(&[payout]).await, ["PROCESSING"]),
            (409, "") => assert_eq!(bank.statuses(&[payout]).await, ["READY"]),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_download_is_in_the_audit_trail_without_the_content() {
    let bank = Bank::new().await;
    let (file, _) = bank.two().await;
    bank.download(&file).await;
    bank.download(&file).await;
    let query = "{ auditEntries(first: 100) { nodes { act actor changes { field after } } } }";
    let data = bank.acme.admin().query(query).await.data();
    let entries = data["auditEntries"]["nodes"].as_array().expect("entries").clone();
    let of = |act: &str| entries.iter().filter(|entry| entry["act"] == act).count();
    assert_eq!((of("payment file download"), of("download"), of("createPaymentFile")), (1, 2, 1));
    let text = Value::from(entries).to_string();
    for secret in ["0532013", "0417164", "0100505", "Söhne"] {
        assert!(!text.contains(secret), "{secret} is in the audit trail");
    }
}
