//! The connection to Stripe, and the accounts of partners there.

use serde_json::json;
use stripe_stand_in::Platform;

use super::{KEY, PLATFORM, Rail, SECRET};
use crate::support::with_fields;

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_opens_its_account_at_stripe() {
    let rail = Rail::new().await;
    let other = rail.acme.create_partner("q").await;
    let owner = rail.acme.partner_user(&other, "olga").await;
    let selection = "payoutAccount { status destination } url expiresAt";
    let input = json!({ "partnerId": other });
    assert_eq!(owner.error_code("startStripeOnboarding", input.clone()).await, "BAD_USER_INPUT", "a country");
    let input = with_fields(input, json!({ "country": "DE" }));
    let first = owner.mutate_ok("startStripeOnboarding", input.clone(), selection).await;
    assert_eq!(first["payoutAccount"]["status"], "INCOMPLETE");
    assert!(first["url"].as_str().expect("a URL").starts_with(&rail.stripe.url()));
    let again = owner.mutate_ok("startStripeOnboarding", input, selection).await;
    assert_eq!(again["payoutAccount"], first["payoutAccount"]);
    assert_ne!(again["url"], first["url"], "a link is for one use");
    let opened = rail.stripe.accounts().last().expect("an account").id.clone();
    rail.stripe.set_account(&opened, "active", &[], None).expect("an account");
    // No event arrives: the status is read when onboarding is started again.
    let complete = owner.mutate_ok("startStripeOnboarding", json!({ "partnerId": other }), selection).await;
    assert_eq!(complete["payoutAccount"]["status"], "READY");
    assert_eq!(rail.stripe.requests_of("POST", "/v1/accounts").len(), 1);

    let foreign = json!({ "partnerId": rail.partner, "country": "DE" });
    assert_eq!(owner.try_mutate("startStripeOnboarding", foreign, "url").await, Err("FORBIDDEN".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_has_one_account_at_a_time() {
    let rail = Rail::new().await;
    let finance = rail.acme.finance();
    let second = rail.stripe.add_account(PLATFORM, None, "FR");
    let link = json!({ "partnerId": rail.partner, "account": second });
    assert_eq!(finance.error_code("linkStripeAccount", link.clone()).await, "DUPLICATE");
    let accounts = "query($id: ID!) { partner(id: $id) { payoutAccounts { id destination } } }";
    let data = finance.query_with(accounts, json!({ "id": rail.partner })).await.data();
    let account = &data["partner"]["payoutAccounts"][0];
    assert_eq!(account["destination"], format!("…{}", &rail.account[rail.account.len() - 4..]));
    let end = json!({ "id": account["id"] });
    finance.mutate_ok("endPayoutAccount", end.clone(), "payoutAccount { status }").await;
    finance.mutate_ok("endPayoutAccount", end, "payoutAccount { status }").await;
    finance.mutate_ok("linkStripeAccount", link, "payoutAccount { status }").await;
    let other = rail.acme.create_partner("q").await;
    let taken = json!({ "partnerId": other, "account": second });
    assert_eq!(finance.error_code("linkStripeAccount", taken).await, "DUPLICATE", "it is another partner's");
    for unknown in ["acct_unknown", "cus_1", ""] {
        let link = json!({ "partnerId": rail.partner, "account": unknown });
        assert_ne!(finance.error_code("linkStripeAccount", link).await, "", "{unknown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn partner_users_see_whether_payouts_are_sent_by_stripe_and_not_from_which_account() {
    let rail = Rail::new().await;
    let globex = rail.acme.app.tenant("globex").await;
    let other = globex.create_partner("q").await;
    let rails = "{ viewer { tenant { payoutRails } } }";
    for (tenant, partner, expected) in
        [(&rail.acme, &rail.partner, json!(["STRIPE"])), (&globex, &other, json!([]))]
    {
        let user = tenant.partner_user(partner, "paula").await;
        assert_eq!(user.query(rails).await.data()["viewer"]["tenant"]["payoutRails"], expected);
        assert_eq!(tenant.finance().query(rails).await.data()["viewer"]["tenant"]["payoutRails"], expected);
        let connection = "{ viewer { tenant { stripe { account } } } }";
        assert_eq!(user.query(connection).await.code(), "FORBIDDEN");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_account_is_not_connected_while_payouts_are_being_sent() {
    let rail = Rail::new().await;
    let other = Platform {
        api_key: "sk_test_other12345678".to_owned(),
        account: "acct_other".to_owned(),
        livemode: false,
    };
    rail.stripe.add_platform(other);
    let admin = rail.acme.admin();
    let connect = |key: &str| json!({ "apiKey": key, "webhookSecrets": [SECRET] });
    for wrong in ["pk_test_1", "hello", "sk_test_unknown12345"] {
        assert_ne!(admin.error_code("connectStripe", connect(wrong)).await, "", "{wrong}");
    }
    let payout = rail.payout("one", "1000.00").await;
    rail.send(&[&payout]).await;
    let rejected = admin.error_code("connectStripe", connect("sk_test_other12345678")).await;
    assert_eq!(rejected, "ATTEMPT_UNDER_WAY");
    admin.mutate_ok("connectStripe", connect(KEY), "stripeConnection { account }").await;
    let _worker = rail.worker();
    rail.wait_for_status(&payout, "COMPLETED").await;
    let connected = admin
        .mutate_ok("connectStripe", connect("sk_test_other12345678"), "stripeConnection { account }")
        .await;
    assert_eq!(connected["stripeConnection"]["account"], "acct_other");
    let next = rail.payout("two", "1000.00").await;
    assert_eq!(
        rail.send(&[&next]).await["skipped"][0]["code"],
        "ACCOUNT_NOT_READY",
        "it is an account of the former one"
    );
}
