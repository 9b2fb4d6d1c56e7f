//! Payment files: what is in them, and who is in which.

use axum::body::Body;
use axum::http::{Request, Response};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::bank_accounts::{IBAN, OTHER_IBAN, bank_input, set, set_confirmed};
use crate::api::statements::sha256;
use crate::support::{
    Client, TestApp, TestTenant, batch_input, in_days, user_errors, with_fields, with_superuser,
};

/// What is selected of a file.
const FILE: &str =
    "id format messageId currency payoutCount totalAmount { amount } executionDate sha256 createdBy
    downloadedAt downloadedBy withdrawnAt downloadPath openPayoutCount attemptCounts { status count }
    attempts { status destination payout { id status } }";

/// A tenant with partners who have confirmed bank accounts, and with an account that it pays from.
pub struct Bank {
    pub acme: TestTenant,
    /// The partners `p` and `q`, who earn 15 % of the invoices of the customers of the same name.
    pub partners: [String; 2],
}

impl Bank {
    pub async fn new() -> Self {
        Self::of(&TestApp::new().await, "acme").await
    }

    /// A tenant of this name in an app.
    pub async fn of(app: &TestApp, tenant: &str) -> Self {
        let acme = app.tenant(tenant).await;
        let partners =
            [acme.create_partner_with_account("p").await, acme.create_partner_with_account("q").await];
        set_confirmed(&acme, bank_input(&partners[0], IBAN)).await;
        set_confirmed(&acme, with_fields(bank_input(&partners[1], OTHER_IBAN), json!({ "bic": "ABNANL2A" })))
            .await;
        let paying =
            json!({ "holder": "Acme GmbH", "iban": "FR1420041010050500013M02606", "bic": "PSSTFRPP" });
        acme.admin().mutate_ok("setPayingAccount", paying, "payingAccount { id }").await;
        Self { acme, partners }
    }

    /// A READY payout of 15 % of an invoice of a customer, `p` or `q`.
    pub async fn payout(&self, customer: &str, invoice: &str, amount: &str, currency: &str) -> String {
        self.acme.approved_event(customer, invoice, amount, currency).await;
        let partner = &self.partners[usize::from(customer == "q")];
        let batch = with_fields(batch_input(partner), json!({ "currency": currency }));
        let created = self.acme.finance().mutate_ok("createPayoutBatch", batch, "payout { id }").await;
        created["payout"]["id"].as_str().expect("an id").to_owned()
    }

    /// Creates a file; returns the payload.
    pub async fn create(&self, payouts: &[&str], format: &str, key: &str) -> Value {
        let selection = format!("paymentFile {{ {FILE} }} skipped {{ id code message }}");
        self.acme.finance().mutate("createPaymentFile", file_input(payouts, format, key), &selection).await
    }

    /// Creates a SEPA file with two payouts, of 150.00 and 15.15; returns it and the payouts.
    pub async fn two(&self) -> (Value, [String; 2]) {
        let payouts =
            [self.payout("p", "one", "1000.00", "EUR").await, self.payout("q", "two", "101.00", "EUR").await];
        let created = self.create(&[&payouts[0], &payouts[1]], "SEPA", "two").await;
        assert_eq!((user_errors(&created), &created["skipped"]), (json!([]), &json!([])));
        (created["paymentFile"].clone(), payouts)
    }

    pub async fn file(&self, id: &Value) -> Value {
        let query = format!("query($id: ID!) {{ paymentFile(id: $id) {{ {FILE} }} }}");
        self.acme.finance().query_with(&query, json!({ "id": id })).await.data()["paymentFile"].clone()
    }

    /// Downloads a file, as finance.
    pub async fn download(&self, file: &Value) -> Response<Vec<u8>> {
        download(&self.acme, &self.acme.finance(), file).await
    }

    /// Returns the statuses of payouts.
    pub async fn statuses(&self, payouts: &[String]) -> Vec<Value> {
        let query = "query($id: ID!) { payout(id: $id) { status } }";
        let mut statuses = Vec::new();
        for payout in payouts {
            let data = self.acme.finance().query_with(query, json!({ "id": payout })).await.data();
            statuses.push(data["payout"]["status"].clone());
        }
        statuses
    }
}

pub fn file_input(payouts: &[&str], format: &str, key: &str) -> Value {
    let day = &in_days(3)[..10];
    json!({ "payoutIds": payouts, "executionDate": day, "format": format, "idempotencyKey": key })
}

pub async fn download(tenant: &TestTenant, client: &Client, file: &Value) -> Response<Vec<u8>> {
    let path = format!("/payment-files/{}", file["id"].as_str().expect("an id"));
    tenant.app.send_bytes(client.request(Request::get(path)).body(Body::empty()).expect("a request")).await
}

/// Returns the texts of all elements of a name.
fn elements<'x>(xml: &'x str, name: &str) -> Vec<&'x str> {
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    let texts = xml.split(&open).skip(1).filter(|rest| rest.starts_with(['>', ' ']));
    texts.filter_map(|rest| rest.split_once('>')?.1.split_once(&close).map(|(text, _)| text)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_payouts_in_euros_become_a_file_of_sepa() {
    let bank = Bank::new().await;
    let (file, payouts) = bank.two().await;
    let id = file["id"].as_str().expect("an id");
    let shown = json!({
        "id": id, "format": "SEPA", "messageId": id.replace('-', ""), "currency": "EUR", "payoutCount": 2,
        "totalAmount": { "amount": "165.15" }, "executionDate": &in_days(3)[..10], "sha256": file["sha256"],
        "createdBy": "fiona", "downloadedAt": null, "downloadedBy": null, "withdrawnAt": null,
        "downloadPath": format!("/payment-files/{id}"), "openPayoutCount": 2,
        "attemptCounts": [{ "status": "SENT", "count": 2 }],
        "attempts": [
            { "status": "SENT", "destination": "…3000", "payout": { "id": payouts[0], "status": "PROCESSING" } },
            { "status": "SENT", "destination": "…4300", "payout": { "id": payouts[1], "status": "PROCESSING" } },
        ],
    });
    assert_eq!(file, shown);
    let first = bank.download(&file).await;
    assert_eq!(first.status(), 200);
    assert_eq!(first.headers()["content-type"], "application/xml");
    assert_eq!(first.headers()["cache-control"], "no-store");
    let name = format!("attachment; filename=\"payments-{}.xml\"", id.replace('-', ""));
    assert_eq!(first.headers()["content-disposition"], name);
    let downloaded = bank.file(&file["id"]).await;
    assert_eq!((&downloaded["downloadedBy"], downloaded["downloadedAt"].is_null()), (&json!("fiona"), false));
    let second = download(&bank.acme, &bank.acme.admin(), &file).await;
    assert_eq!(first.body(), second.body(), "the same bytes each time");
    assert_eq!(sha256(first.body()), file["sha256"]);
    assert_eq!(bank.file(&file["id"]).await, downloaded, "the first download counts");

    let xml = std::str::from_utf8(first.body()).expect("text");
    assert!(xml.contains("<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\">"));
    assert_eq!(elements(xml, "MsgId"), [id.replace('-', "")]);
    assert_eq!(elements(xml, "NbOfTxs"), ["2", "2"], "of the message, and of its group");
    assert_eq!(elements(xml, "CtrlSum"), ["165.15", "165.15"]);
    assert_eq!(elements(xml, "InstdAmt"), ["150.00", "15.15"]);
    assert!(xml.contains("<InstdAmt Ccy=\"EUR\">150.00</InstdAmt>"));
    let debtor_and_creditors =
        ["FR1420041010050500013M02606", "DE89370400440532013000", "NL91ABNA0417164300"];
    assert_eq!(elements(xml, "IBAN"), debtor_and_creditors);
    assert_eq!(elements(xml, "BICFI"), ["PSSTFRPP", "ABNANL2A"]);
    assert_eq!(elements(xml, "Nm"), ["Acme GmbH", "Acme GmbH", "Mueller + Soehne", "Mueller + Soehne"]);
    assert_eq!(elements(xml, "EndToEndId"), payouts.map(|payout| payout.replace('-', "")));
    assert_eq!(elements(xml, "Dt"), [&in_days(3)[..10]]);
    assert_eq!(elements(xml, "ChrgBr"), ["SLEV"]);
    let created = elements(xml, "CreDtTm")[0];
    assert!(created.len() == "2026-11-30T12:00:00Z".len() && created.ends_with('Z'), "{created}");
    if let Ok(path) = std::env::var("KEEP_PAYMENT_FILE") {
        std::fs::write(path, xml).expect("a file");
    }
    bank.acme.assert_reconciled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn payouts_in_dollars_become_lines_that_no_spreadsheet_executes() {
    let bank = Bank::new().await;
    let formula = json!({
        "partnerId": bank.partners[1], "holder": "=1+1", "accountNumber": "12345678", "bankCode": "021000021",
        "country": "US",
    });
    set_confirmed(&bank.acme, formula).await;
    let payouts = [
        bank.payout("p", "one", "1000.00", "USD").await,
        bank.payout("q", "two", "100.00", "USD").await,
        bank.payout("q", "three", "100.00", "EUR").await,
    ];
    let sepa = bank.create(&[&payouts[0], &payouts[1]], "SEPA", "sepa").await;
    let codes: Vec<_> =
        user_errors(&sepa).as_array().expect("errors").iter().map(|error| error["code"].clone()).collect();
    assert_eq!(codes, ["CURRENCY_UNSUPPORTED", "CURRENCY_UNSUPPORTED"], "SEPA is in euros");
    assert_eq!(bank.statuses(&payouts).await, ["READY", "READY", "READY"]);
    let created = bank.create(&[&payouts[0], &payouts[1], &payouts[2]], "CSV", "csv").await;
    assert_eq!(created["skipped"][0]["id"], payouts[2].as_str());
    assert_eq!(created["skipped"][0]["code"], "CURRENCY_UNSUPPORTED", "a file has one currency");
    let file = &created["paymentFile"];
    assert_eq!((&file["currency"], &file["totalAmount"]["amount"]), (&json!("USD"), &json!("165.00")));
    let csv = bank.download(file).await;
    assert_eq!(csv.headers()["content-type"], "text/csv; charset=utf-8");
    let text = std::str::from_utf8(csv.body()).expect("text");
    let (lines, day) = (text.split("\r\n").collect::<Vec<_>>(), &in_days(3)[..10]);
    let ids = [&payouts[0], &payouts[1]].map(|payout| payout.replace('-', ""));
    let head = "payment_id,holder,iban,account_number,bank_code,bic,country,amount,currency,execution_date,description,partner_number";
    assert_eq!(lines[0], head);
    let first = format!(
        "{},Müller & Söhne,DE89370400440532013000,,,,DE,150.00,USD,{day},Commissions of partner ",
        ids[0]
    );
    assert!(lines[1].starts_with(&first), "{}", lines[1]);
    let second = format!("{},'=1+1,,12345678,021000021,,US,15.00,USD,{day},Commissions of partner ", ids[1]);
    assert!(lines[2].starts_with(&second), "{}", lines[2]);
    assert_eq!(lines[3..], [""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn payouts_that_cannot_be_in_a_file_are_listed_with_the_reason() {
    let bank = Bank::new().await;
    let finance = bank.acme.finance();
    let good = bank.payout("p", "good", "1000.00", "EUR").await;
    let cancelled = bank.payout("p", "cancelled", "1000.00", "EUR").await;
    bank.acme.cancel_payout(&cancelled).await;
    let unconfirmed = bank.payout("q", "unconfirmed", "1000.00", "EUR").await;
    set(&bank.acme, bank_input(&bank.partners[1], IBAN)).await;
    let unknown = "01a2283f-3b1c-7d1e-9c51-0f5a7d1c2b00";
    let dollars = bank.payout("p", "dollars", "1000.00", "USD").await;
    let created = bank.create(&[&cancelled, unknown, &good, &unconfirmed, &dollars], "SEPA", "one").await;
    let skipped: Vec<_> = created["skipped"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|skipped| skipped["code"].clone())
        .collect();
    assert_eq!(skipped, ["INVALID_STATE", "NOT_FOUND", "ACCOUNT_NOT_READY", "CURRENCY_UNSUPPORTED"]);
    assert_eq!(created["paymentFile"]["payoutCount"], 1);
    let again = bank.create(&[&cancelled, unknown, &good, &unconfirmed, &dollars], "SEPA", "one").await;
    assert_eq!(again, created, "a repeated request answers the same");
    let other = finance.error_code("createPaymentFile", file_input(&[&good], "SEPA", "one")).await;
    assert_eq!(other, "CONFLICT", "the key of another request");
    assert_eq!(
        finance.error_code("createPaymentFile", file_input(&[&good], "SEPA", "two")).await,
        "INVALID_STATE"
    );
    bank.acme.update_partner(&bank.partners[0], json!({ "status": "SUSPENDED" })).await;
    let suspended = finance.error_code("createPaymentFile", file_input(&[&dollars], "CSV", "three")).await;
    assert_eq!(suspended, "PARTNER_NOT_PAYABLE");
    for (wrong, field) in [
        (file_input(&[], "SEPA", "k"), "payoutIds"),
        (file_input(&[&good, &good], "SEPA", "k"), "payoutIds"),
        (
            with_fields(file_input(&[&good], "SEPA", "k"), json!({ "executionDate": &in_days(-2)[..10] })),
            "executionDate",
        ),
        (
            with_fields(file_input(&[&good], "SEPA", "k"), json!({ "executionDate": &in_days(400)[..10] })),
            "executionDate",
        ),
        (with_fields(file_input(&[&good], "SEPA", "k"), json!({ "executionDate": "tomorrow" })), "not a day"),
        (file_input(&[&good], "SEPA", " "), "idempotencyKey"),
    ] {
        let document = "mutation($input: CreatePaymentFileInput!) { createPaymentFile(input: $input) { userErrors { code } } }";
        let response = finance.query_with(document, json!({ "input": wrong })).await;
        assert!(response.body["errors"].to_string().contains(field), "{field}: {}", response.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sepa_file_needs_the_account_that_it_is_paid_from() {
    let bank = Bank::new().await;
    let payout = bank.payout("p", "one", "1000.00", "EUR").await;
    with_superuser(&bank.acme.app.database, "DELETE FROM paying_accounts").await.expect("a deletion");
    let finance = bank.acme.finance();
    let rejected = finance.error_code("createPaymentFile", file_input(&[&payout], "SEPA", "one")).await;
    assert_eq!(rejected, "RAIL_NOT_CONNECTED");
    assert_eq!(
        bank.create(&[&payout], "CSV", "one").await["paymentFile"]["payoutCount"],
        1,
        "the key is free"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_payout_is_in_one_file_however_many_create_some_at_once() {
    let bank = Bank::new().await;
    let mut payouts = Vec::new();
    for number in 0..6 {
        let customer = if number % 2 == 0 { "p" } else { "q" };
        payouts.push(bank.payout(customer, &format!("i{number}"), "100.00", "EUR").await);
    }
    let forwards: Vec<_> = payouts.iter().map(String::as_str).collect();
    let backwards: Vec<_> = forwards.iter().rev().copied().collect();
    let keys: Vec<_> = (0..6).map(|number| format!("key{number}")).collect();
    let created = join_all(keys.iter().enumerate().map(|(number, key)| {
        let order = if number % 2 == 0 { &forwards } else { &backwards };
        bank.create(order, "SEPA", key)
    }));
    let created = created.await;
    let files: Vec<_> = created.iter().filter(|created| !created["paymentFile"].is_null()).collect();
    assert_eq!(files.len(), 1, "the first one has all of them");
    assert_eq!(files[0]["paymentFile"]["payoutCount"], 6);
    let rejected =
        created.iter().flat_map(|created| user_errors(created).as_array().cloned().unwrap_or_default());
    assert!(rejected.map(|error| error["code"].clone()).all(|code| code == "INVALID_STATE"));
    let winner = created.iter().position(|created| !created["paymentFile"].is_null()).expect("a file");
    let order = if winner % 2 == 0 { &forwards } else { &backwards };
    let repeated = join_all((0..4).map(|_| bank.create(order, "SEPA", &keys[winner]))).await;
    assert!(repeated.iter().all(|repeated| repeated == &created[winner]), "{repeated:?}");
    bank.acme.assert_reconciled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_of_its_tenant_and_for_those_who_pay() {
    let bank = Bank::new().await;
    let other = Bank::of(&bank.acme.app, "other").await;
    let (file, payouts) = bank.two().await;
    let owner = bank.acme.partner_user(&bank.partners[0], "olga").await;
    let staff = [revshare::auth::Role::Support, revshare::auth::Role::Auditor, revshare::auth::Role::Billing];
    let staff = staff.map(|role| bank.acme.client("s", role));
    for client in [&owner].into_iter().chain(&staff) {
        assert_eq!(download(&bank.acme, client, &file).await.status(), 403);
    }
    assert_eq!(download(&bank.acme, &other.acme.finance(), &file).await.status(), 404);
    assert_eq!(download(&bank.acme, &Client::anonymous(&bank.acme.app), &file).await.status(), 401);
    assert_eq!(other.file(&file["id"]).await, Value::Null);
    assert_eq!(bank.file(&file["id"]).await["downloadedAt"], Value::Null, "none of them had it");
    let input = file_input(&[&payouts[0]], "CSV", "theirs");
    assert_eq!(other.acme.finance().error_code("createPaymentFile", input).await, "NOT_FOUND");
    let settle = json!({ "id": file["id"], "reference": "R" });
    assert_eq!(other.acme.finance().error_code("settlePaymentFile", settle).await, "NOT_FOUND");
    let withdraw = json!({ "id": file["id"], "reason": "r" });
    assert_eq!(other.acme.finance().error_code("withdrawPaymentFile", withdraw).await, "NOT_FOUND");
    let list = "{ paymentFiles(filter: { hasOpenPayouts: true, currency: \"EUR\", format: SEPA }) { totalCount nodes { id } } }";
    let lists = [&bank, &other].map(|bank| bank.acme.finance());
    assert_eq!(lists[0].query(list).await.data()["paymentFiles"]["nodes"], json!([{ "id": file["id"] }]));
    assert_eq!(lists[1].query(list).await.data()["paymentFiles"]["totalCount"], 0);
    let settled = list.replace("true", "false");
    assert_eq!(lists[0].query(&settled).await.data()["paymentFiles"]["totalCount"], 0);
    let auditor = "query($id: ID!) { paymentFile(id: $id) { downloadPath sha256 } }";
    let shown = staff[1].query_with(auditor, json!({ "id": file["id"] })).await.data();
    assert_eq!(shown["paymentFile"], json!({ "downloadPath": null, "sha256": file["sha256"] }));
    let csv = "{ paymentFiles { download(format: CSV) { path } } }";
    let path = lists[0].query(csv).await.data()["paymentFiles"]["download"]["path"]
        .as_str()
        .expect("one")
        .to_owned();
    let list = crate::api::statements::file(&bank.acme, &lists[0], &path).await;
    assert!(String::from_utf8_lossy(&list).contains(file["id"].as_str().expect("an id")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sealed_opens_in_its_place_only() {
    let bank = Bank::new().await;
    let other = Bank::of(&bank.acme.app, "other").await;
    let (file, _) = bank.two().await;
    let (theirs, _) = other.two().await;
    let database = &bank.acme.app.database;
    let copy =
        "UPDATE payment_files AS file SET sealed_content = source.sealed_content, sha256 = source.sha256
        FROM payment_files AS source WHERE file.tenant_id = 'other' AND source.tenant_id = 'acme'";
    with_superuser(database, copy).await.expect("a copy");
    assert_eq!(other.download(&theirs).await.status(), 500);
    assert_eq!(other.file(&theirs["id"]).await["downloadedAt"], Value::Null, "nothing was sent");
    assert_eq!(bank.download(&file).await.status(), 200);
    let copy = "UPDATE payout_accounts AS account SET sealed_details = source.sealed_details
        FROM payout_accounts AS source WHERE account.tenant_id = 'other' AND source.tenant_id = 'acme'";
    with_superuser(database, copy).await.expect("a copy");
    let payout = other.payout("p", "three", "100.00", "EUR").await;
    let code =
        other.acme.finance().error_code("createPaymentFile", file_input(&[&payout], "SEPA", "k")).await;
    assert_eq!(code, "INTERNAL_ERROR");
    assert_eq!(other.statuses(&[payout]).await, ["READY"]);
    let damaged = "UPDATE payment_files SET sha256 = sha256('other bytes') WHERE tenant_id = 'acme'";
    with_superuser(database, damaged).await.expect("a change");
    assert_eq!(bank.download(&file).await.status(), 500);
}
