//! Rules of transfers that Stripe's client does not show, and acts of the dashboard.

use stripe_stand_in::{Options, StandIn};

use crate::support::{Client, PLATFORM, code, options, start};

#[tokio::test]
async fn amounts_are_stripes_minor_units() {
    let (stand_in, client) = start().await;
    for (amount, currency, status) in [
        ("1200", "jpy", 200),
        ("500", "mga", 200),
        ("50000", "isk", 200),
        ("50050", "isk", 400),
        ("1230", "kwd", 200),
        ("1235", "kwd", 400),
        ("500", "ugx", 200),
        ("100", "USD", 400),
        ("100", "xyz", 400),
        ("0", "usd", 400),
        ("-1", "usd", 400),
        ("1.5", "usd", 400),
        ("+1", "usd", 400),
    ] {
        let form = [("amount", amount), ("currency", currency), ("destination", "acct_1")];
        let answer = client.post("/v1/transfers", "", &form).await.unwrap();
        assert_eq!(answer.status, status, "{amount} {currency}: {}", answer.body);
    }
    assert_eq!(stand_in.transfers().len(), 5);
}

#[tokio::test]
async fn a_balance_is_limited_in_the_currencies_it_was_set_in() {
    let (stand_in, client) = start().await;
    stand_in.set_balance(PLATFORM, "usd", Some(250));
    let mut codes = Vec::new();
    for _ in 0..3 {
        let answer = client.transfer("", "100").await.unwrap();
        codes.push(code(&answer).to_owned());
    }
    assert_eq!(codes, ["", "", "balance_insufficient"]);
    stand_in.reverse_transfer("tr_1", None).unwrap();
    let balance = client.get("/v1/balance").await.unwrap();
    assert_eq!(balance.body["available"][0]["amount"], 150);
    let form = [("amount", "1000"), ("currency", "eur"), ("destination", "acct_1")];
    assert_eq!(client.post("/v1/transfers", "", &form).await.unwrap().status, 200);
}

#[tokio::test]
async fn the_dashboard_reverses_restricts_and_owners_leave() {
    let (stand_in, client) = start().await;
    client.transfer("a", "100").await.unwrap();
    stand_in.reverse_transfer("tr_1", Some(60)).unwrap();
    let error = stand_in.reverse_transfer("tr_1", Some(41)).unwrap_err();
    assert!(error.to_string().contains("greater than the unreversed amount"), "{error}");
    assert_eq!(stand_in.reverse_transfer("tr_9", None).unwrap_err().to_string(), "there is no transfer tr_9");
    assert_eq!(stand_in.accounts()[0].received, 40);

    stand_in.set_account("acct_1", "inactive", &["external_account"], Some("requirements.past_due")).unwrap();
    assert_eq!(code(&client.transfer("b", "100").await.unwrap()), "insufficient_capabilities_for_transfer");
    let account = client.get("/v1/accounts/acct_1").await.unwrap().body;
    assert_eq!(account["requirements"]["currently_due"][0], "external_account");
    assert_eq!(account["payouts_enabled"], false);
    stand_in.set_account("acct_1", "active", &[], None).unwrap();
    assert_eq!(client.transfer("c", "100").await.unwrap().status, 200);

    stand_in.deauthorize("acct_1").unwrap();
    assert_eq!(code(&client.get("/v1/accounts/acct_1").await.unwrap()), "account_invalid");
    assert_eq!(code(&client.transfer("d", "100").await.unwrap()), "resource_missing");
}

#[tokio::test]
async fn ids_are_random_if_they_are_to_be() {
    let stand_in = StandIn::start(Options { random_ids: true, ..options() }).await.unwrap();
    let account = stand_in.add_account(PLATFORM, None, "DE");
    assert_eq!(account.len(), "acct_".len() + 32);
    let form = [("amount", "1"), ("currency", "usd"), ("destination", account.as_str())];
    let id = Client::of(&stand_in).post("/v1/transfers", "", &form).await.unwrap().body["id"].to_string();
    assert_eq!(id.len(), "\"tr_\"".len() + 32);
}

#[tokio::test]
async fn what_the_stand_in_does_not_have_is_refused() {
    let (_stand_in, client) = start().await;
    assert_eq!(client.get("/v1/customers").await.unwrap().status, 404);
    assert_eq!(client.post("/v1/balance", "", &[]).await.unwrap().status, 404);
    let form = [("amount", "1"), ("currency", "usd"), ("destination", "acct_1"), ("amonut", "2")];
    assert_eq!(code(&client.post("/v1/transfers", "", &form).await.unwrap()), "parameter_unknown");
    assert_eq!(client.get("/v1/transfers?limit=101").await.unwrap().status, 400);
    assert_eq!(code(&client.get("/v1/transfers?starting_after=tr_9").await.unwrap()), "resource_missing");
}
