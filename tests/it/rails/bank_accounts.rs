//! The bank accounts of partners: set by one user, confirmed by another, and shown masked only.

use serde_json::{Value, json};

use crate::support::{TestTenant, acme_with_partner, user_errors, with_fields, with_superuser};

pub const IBAN: &str = "DE89 3704 0044 0532 0130 00";
pub const OTHER_IBAN: &str = "NL91 ABNA 0417 1643 00";

const ACCOUNT: &str =
    "payoutAccount { id rail status destination holder country acceptsSepa createdBy confirmedBy }";

pub fn bank_input(partner: &str, iban: &str) -> Value {
    json!({ "partnerId": partner, "holder": "Müller & Söhne", "iban": iban })
}

fn us_account(partner: &str) -> Value {
    json!({
        "partnerId": partner, "holder": "Bright Bulb Inc", "accountNumber": "000-12345678", "bankCode": "021000021",
        "country": "US",
    })
}

/// Sets the bank account of a partner, as finance; returns its id.
pub async fn set(acme: &TestTenant, input: Value) -> String {
    let set = acme.finance().mutate_ok("setBankAccount", input, "payoutAccount { id }").await;
    set["payoutAccount"]["id"].as_str().expect("an id").to_owned()
}

/// Sets the bank account of a partner, as finance, and confirms it, as an admin; returns its id.
pub async fn set_confirmed(acme: &TestTenant, input: Value) -> String {
    let id = set(acme, input).await;
    acme.admin().mutate_ok("confirmBankAccount", json!({ "id": id }), "payoutAccount { id }").await;
    id
}

/// Returns the accounts of a partner that are not ended, as staff see them.
async fn accounts(acme: &TestTenant, partner: &str) -> Value {
    let query = "query($id: ID!) { partner(id: $id) { payoutAccounts { id status destination } } }";
    acme.finance().query_with(query, json!({ "id": partner })).await.data()["partner"]["payoutAccounts"]
        .clone()
}

/// Returns the kinds and addresses of the mails of a tenant, sorted.
async fn mails(acme: &TestTenant) -> Vec<String> {
    let data = acme.admin().query("{ mails(first: 100) { nodes { kind address } } }").await.data();
    let mails = data["mails"]["nodes"].as_array().expect("mails").iter();
    let mut mails: Vec<_> = mails
        .map(|mail| {
            format!("{} {}", mail["kind"].as_str().expect("a kind"), mail["address"].as_str().expect("one"))
        })
        .collect();
    mails.sort();
    mails
}

async fn add_user(acme: &TestTenant, partner: &str, user: &str, role: &str) {
    let email = format!("{user}@example.com");
    let input = json!({ "partnerId": partner, "userId": user, "email": email, "role": role });
    acme.admin().mutate_ok("addPartnerUser", input, "partnerUser { id }").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bank_details_are_confirmed_by_a_second_person() {
    let (acme, partner) = acme_with_partner().await;
    for (user, role) in [("olga", "OWNER"), ("frank", "FINANCE"), ("omar", "OWNER")] {
        add_user(&acme, &partner, user, role).await;
    }
    let fiona = acme.finance();
    let set = fiona.mutate_ok("setBankAccount", bank_input(&partner, IBAN), ACCOUNT).await;
    let account = &set["payoutAccount"];
    let expected = json!({
        "id": account["id"], "rail": "FILE", "status": "UNCONFIRMED", "destination": "…3000", "holder": "Müller & Söhne",
        "country": "DE", "acceptsSepa": true, "createdBy": "fiona", "confirmedBy": null,
    });
    assert_eq!(account, &expected);
    let confirm = json!({ "id": account["id"] });
    let rejected = fiona.mutate("confirmBankAccount", confirm.clone(), "").await;
    assert_eq!(user_errors(&rejected)[0]["code"], "SAME_PERSON");
    let wrong = with_fields(confirm.clone(), json!({ "number": OTHER_IBAN }));
    assert_eq!(acme.admin().error_code("confirmBankAccount", wrong).await, "CONFLICT");
    let right = with_fields(confirm.clone(), json!({ "number": IBAN }));
    let confirmed = acme.admin().mutate_ok("confirmBankAccount", right, ACCOUNT).await;
    assert_eq!(confirmed["payoutAccount"]["status"], "READY");
    let repeated = fiona.mutate_ok("confirmBankAccount", confirm, ACCOUNT).await;
    assert_eq!(repeated, confirmed, "confirming again changes nothing");
    let end = json!({ "id": account["id"] });
    fiona.mutate_ok("endPayoutAccount", end, "payoutAccount { status }").await;
    let expected = ["olga", "omar"].map(|user| format!("BANK_ACCOUNT_CHANGED {user}@example.com"));
    let notified: Vec<_> = mails(&acme).await.into_iter().filter(|mail| mail.starts_with("BANK")).collect();
    let each = |user: &String| notified.iter().filter(|mail| *mail == user).count();
    assert_eq!(expected.iter().map(each).collect::<Vec<_>>(), [3, 3], "{notified:?}");
    assert_eq!(notified.len(), 6, "and no other user: {notified:?}");
    acme.assert_reconciled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_bank_details_end_the_earlier_ones_at_once() {
    let (acme, partner) = acme_with_partner().await;
    let first = set_confirmed(&acme, bank_input(&partner, IBAN)).await;
    assert_eq!(set(&acme, bank_input(&partner, "de89370400440532013000")).await, first, "the same details");
    assert_eq!(
        accounts(&acme, &partner).await,
        json!([{ "id": first, "status": "READY", "destination": "…3000" }])
    );
    let second = set(&acme, bank_input(&partner, OTHER_IBAN)).await;
    let present = json!([{ "id": second, "status": "UNCONFIRMED", "destination": "…4300" }]);
    assert_eq!(accounts(&acme, &partner).await, present);
    assert_eq!(acme.admin().error_code("confirmBankAccount", json!({ "id": first })).await, "INVALID_STATE");
    let third = set(&acme, us_account(&partner)).await;
    assert_eq!(accounts(&acme, &partner).await[0]["destination"], "…5678");
    assert_eq!(acme.admin().error_code("confirmBankAccount", json!({ "id": second })).await, "INVALID_STATE");
    let end = json!({ "id": third });
    for _ in 0..2 {
        acme.finance().mutate_ok("endPayoutAccount", end.clone(), "payoutAccount { status }").await;
    }
    assert_eq!(accounts(&acme, &partner).await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_partner_and_finance_set_bank_details_and_only_staff_confirm_them() {
    let (acme, partner) = acme_with_partner().await;
    let other = acme.create_partner("q").await;
    let owner = acme.partner_user(&partner, "olga").await;
    for (user, role) in [("frank", "FINANCE"), ("ann", "ADMIN"), ("max", "ACCOUNT_MANAGER")] {
        add_user(&acme, &partner, user, role).await;
    }
    let partner_user = |user: &str| acme.client(user, revshare::auth::Role::Partner);
    for user in ["ann", "max"] {
        let code = partner_user(user).error_code("setBankAccount", bank_input(&partner, IBAN)).await;
        assert_eq!(code, "FORBIDDEN", "{user}");
    }
    let foreign = partner_user("frank").error_code("setBankAccount", bank_input(&other, IBAN)).await;
    assert_eq!(foreign, "FORBIDDEN");
    let set = partner_user("frank").mutate_ok("setBankAccount", bank_input(&partner, IBAN), ACCOUNT).await;
    let account = &set["payoutAccount"];
    assert_eq!((&account["createdBy"], &account["destination"]), (&Value::Null, &json!("…3000")));
    let confirm = json!({ "id": account["id"] });
    assert_eq!(owner.error_code("confirmBankAccount", confirm.clone()).await, "FORBIDDEN");
    let confirmed = acme.finance().mutate_ok("confirmBankAccount", confirm, ACCOUNT).await;
    assert_eq!(confirmed["payoutAccount"]["createdBy"], "frank");
    for role in [revshare::auth::Role::Support, revshare::auth::Role::Auditor, revshare::auth::Role::Billing]
    {
        let code = acme.client("s", role).error_code("setBankAccount", bank_input(&partner, IBAN)).await;
        assert_eq!(code, "FORBIDDEN", "{role}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bank_details_that_cannot_exist_are_rejected_without_repeating_them() {
    let (acme, partner) = acme_with_partner().await;
    let changed = |fields: Value| with_fields(bank_input(&partner, IBAN), fields);
    for (input, field) in [
        (changed(json!({ "iban": "DE88370400440532013000" })), "iban"),
        (changed(json!({ "iban": "DE8937040044053201300" })), "iban"),
        (changed(json!({ "iban": null })), "iban"),
        (changed(json!({ "accountNumber": "12345678" })), "accountNumber"),
        (changed(json!({ "bic": "COBA" })), "bic"),
        (changed(json!({ "holder": " " })), "holder"),
        (changed(json!({ "holder": "株式会社" })), "holder"),
        (with_fields(us_account(&partner), json!({ "country": null })), "country"),
        (with_fields(us_account(&partner), json!({ "country": "UK" })), "country"),
        (with_fields(us_account(&partner), json!({ "bankCode": null })), "bankCode"),
    ] {
        let document = "mutation($input: SetBankAccountInput!) { setBankAccount(input: $input) { userErrors { code } } }";
        let response = acme.finance().query_with(document, json!({ "input": input })).await;
        let text = response.body.to_string();
        assert_eq!(response.code(), "BAD_USER_INPUT");
        assert!(text.contains(&format!("{field}: ")), "{field}: {text}");
        assert!(
            !text.contains("0532013") && !text.contains("12345678"),
            "the number is in the answer: {text}"
        );
    }
    assert_eq!(accounts(&acme, &partner).await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_number_is_kept_in_the_clear() {
    let (acme, partner) = acme_with_partner().await;
    acme.partner_user(&partner, "olga").await;
    set_confirmed(&acme, bank_input(&partner, IBAN)).await;
    let paying =
        json!({ "holder": "Acme GmbH", "iban": "FR14 2004 1010 0505 0001 3M02 606", "bic": "psst frpp" });
    let set =
        acme.admin().mutate_ok("setPayingAccount", paying.clone(), "payingAccount { holder iban bic }").await;
    let expected = json!({ "holder": "Acme GmbH", "iban": "…2606", "bic": "PSSTFRPP" });
    assert_eq!(set["payingAccount"], expected);
    acme.admin().mutate_ok("setPayingAccount", paying, "payingAccount { id }").await;
    for wrong in [
        json!({ "holder": "A", "iban": "FR1420041010050500013M02607" }),
        json!({ "holder": "", "iban": IBAN }),
    ] {
        assert_eq!(acme.admin().error_code("setPayingAccount", wrong).await, "BAD_USER_INPUT");
    }
    for table in [
        "payout_accounts",
        "paying_accounts",
        "audit_entries",
        "mails",
        "idempotency_keys",
        "domain_events",
        "status_changes",
        "jobs",
    ] {
        let found = format!(
            "DO $$ BEGIN IF EXISTS (SELECT FROM {table} AS kept WHERE kept::text ~ '0532013|0100505|30353332303133|30313030353035')
                THEN RAISE EXCEPTION 'a number is in {table}'; END IF; END $$"
        );
        with_superuser(&acme.app.database, &found).await.unwrap_or_else(|error| panic!("{error}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_refuses_what_the_program_never_writes() {
    let (acme, partner) = acme_with_partner().await;
    let id = set(&acme, bank_input(&partner, IBAN)).await;
    for (change, constraint) in [
        (
            "status = 'READY', confirmed_by = created_by, confirmed_at = now()",
            "payout_account_is_confirmed_by_another_user",
        ),
        ("status = 'READY'", "payout_account_at_a_bank_is_confirmed"),
        ("sealed_details = NULL", "payout_account_at_a_bank_has_details"),
        ("destination = '0532013000'", "payout_account_at_a_bank_shows_its_end"),
        ("status = 'RESTRICTED'", "payout_account_status_is_of_its_rail"),
        ("confirmed_by = 'x'", "payout_account_confirmed_has_a_time"),
    ] {
        let update = format!("UPDATE payout_accounts SET {change} WHERE id = '{id}'");
        let error = with_superuser(&acme.app.database, &update).await.expect_err(change);
        assert!(error.contains(constraint), "{change}: {error}");
    }
}
