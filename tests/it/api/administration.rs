//! Partners, their users, accounts and leads, and the settings of a tenant.

use serde_json::{Value, json};

use crate::support::{acme, in_days};

const UNKNOWN: &str = "00000000-0000-7000-8000-000000000000";

#[tokio::test]
async fn a_partner_starts_with_the_tenant_s_defaults() {
    let acme = acme().await;
    let fields = "partner{partnerNumber status tier defaultCommissionRate payoutCurrency}";
    let input = json!({ "companyName": "  Café GmbH " });
    let partner = acme.admin().mutate_ok("createPartner", input, fields).await["partner"].clone();
    let expected = json!({
        "partnerNumber": "P-00001", "status": "ACTIVE", "tier": "BRONZE", "defaultCommissionRate": null, "payoutCurrency": "EUR",
    });
    assert_eq!(partner, expected);
}

#[tokio::test]
async fn partner_numbers_are_unique_and_counted_on() {
    let acme = acme().await;
    let create = |number: Option<&str>| json!({ "companyName": "p", "partnerNumber": number });
    let number = async |input: Value| {
        let payload = acme.admin().mutate_ok("createPartner", input, "partner{partnerNumber}").await;
        payload["partner"]["partnerNumber"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(number(create(Some("P-00002"))).await, "P-00002");
    assert_eq!(acme.admin().error_code("createPartner", create(Some("P-00002"))).await, "DUPLICATE");
    assert_eq!(number(create(None)).await, "P-00001");
    assert_eq!(number(create(None)).await, "P-00003");
    let other = acme.app.tenant("other").await;
    let payload =
        other.admin().mutate_ok("createPartner", create(Some("P-00002")), "partner{partnerNumber}").await;
    assert_eq!(payload["partner"]["partnerNumber"], "P-00002");
}

#[tokio::test]
async fn what_an_update_leaves_out_stays_and_null_clears() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    let fields = "partner{companyName tier status defaultCommissionRate payoutCurrency}";
    let update =
        async |input: Value| acme.admin().mutate_ok("updatePartner", input, fields).await["partner"].clone();
    let before = update(json!({ "id": partner })).await;
    assert_eq!(before["defaultCommissionRate"], "0.1500");
    let after = update(json!({ "id": partner, "tier": "GOLD", "defaultCommissionRate": null })).await;
    let expected = json!({
        "companyName": "p", "tier": "GOLD", "status": "ACTIVE", "defaultCommissionRate": null, "payoutCurrency": "EUR",
    });
    assert_eq!(after, expected);
    assert_eq!(
        acme.admin().error_code("updatePartner", json!({ "id": UNKNOWN, "tier": "GOLD" })).await,
        "NOT_FOUND"
    );
    assert_eq!(
        acme.admin().error_code("updatePartner", json!({ "id": partner, "companyName": " " })).await,
        "BAD_USER_INPUT"
    );
}

#[tokio::test]
async fn what_a_variable_leaves_out_stays_too() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    let account = acme.assign_account(&partner, "c", Some("0.3")).await;
    acme.admin().mutate_ok("updateTenantSettings", json!({ "payoutDay": 5 }), "tenant{id}").await;
    let query = "mutation($p:ID!,$a:ID!,$n:String,$r:Decimal,$d:Int){
        updatePartner(input:{id:$p,companyName:$n,defaultCommissionRate:$r}){partner{companyName defaultCommissionRate}}
        updateManagedAccount(input:{id:$a,customCommissionRate:$r,customerName:$n}){managedAccount{customCommissionRate}}
        updateTenantSettings(input:{payoutDay:$d,name:$n}){tenant{name payoutDay}}}";
    let left_out =
        acme.admin().query_with(query, json!({ "p": partner, "a": account, "n": "N" })).await.data();
    let expected = json!({
        "updatePartner": { "partner": { "companyName": "N", "defaultCommissionRate": "0.1500" } },
        "updateManagedAccount": { "managedAccount": { "customCommissionRate": "0.3000" } },
        "updateTenantSettings": { "tenant": { "name": "N", "payoutDay": 5 } },
    });
    assert_eq!(left_out, expected);
    let null = json!({ "p": partner, "a": account, "n": "N", "r": null, "d": null });
    let cleared = acme.admin().query_with(query, null).await.data();
    assert_eq!(cleared["updatePartner"]["partner"]["defaultCommissionRate"], Value::Null);
    assert_eq!(cleared["updateManagedAccount"]["managedAccount"]["customCommissionRate"], Value::Null);
    assert_eq!(cleared["updateTenantSettings"]["tenant"]["payoutDay"], Value::Null);
}

#[tokio::test]
async fn a_user_is_linked_to_a_partner_once_and_may_be_linked_again() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    let link =
        json!({ "partnerId": partner, "userId": "ada", "email": " Ada@Example.COM ", "role": "FINANCE" });
    let fields = "partnerUser{id userId email role isActive}";
    let first = acme.admin().mutate_ok("addPartnerUser", link.clone(), fields).await["partnerUser"].clone();
    assert_eq!(first["email"], "ada@example.com");
    assert_eq!(acme.admin().error_code("addPartnerUser", link.clone()).await, "DUPLICATE");
    let off = acme.admin().mutate_ok("deactivatePartnerUser", json!({ "id": first["id"] }), fields).await;
    assert_eq!(off["partnerUser"]["isActive"], false);
    assert_eq!(
        acme.admin().error_code("deactivatePartnerUser", json!({ "id": first["id"] })).await,
        "INVALID_STATE"
    );
    assert_eq!(acme.admin().error_code("deactivatePartnerUser", json!({ "id": UNKNOWN })).await, "NOT_FOUND");
    acme.admin().mutate_ok("addPartnerUser", link.clone(), fields).await;
    let query = format!("{{partner(id:\"{partner}\"){{users{{userId isActive}}}}}}");
    let users = acme.admin().query(&query).await.data()["partner"]["users"].clone();
    assert_eq!(users, json!([{ "userId": "ada", "isActive": false }, { "userId": "ada", "isActive": true }]));
    let mut wrong = link;
    wrong["email"] = json!("ada.example.com");
    assert_eq!(acme.admin().error_code("addPartnerUser", wrong).await, "BAD_USER_INPUT");
}

#[tokio::test]
async fn a_customer_has_one_partner_at_a_time() {
    let acme = acme().await;
    let (first, second) = (acme.create_partner("first").await, acme.create_partner("second").await);
    let assign = |partner: &str, from: i64, until: Option<i64>| json!({ "partnerId": partner, "customerId": "c", "startsAt": in_days(from), "endsAt": until.map(in_days) });
    let fields = "managedAccount{id isActive}";
    let held = acme.admin().mutate_ok("assignManagedAccount", assign(&first, -20, None), fields).await;
    let held = held["managedAccount"]["id"].clone();
    for overlapping in
        [assign(&second, 0, None), assign(&second, -30, Some(-10)), assign(&first, -10, Some(-5))]
    {
        assert_eq!(acme.admin().error_code("assignManagedAccount", overlapping).await, "ACCOUNT_OVERLAPS");
    }
    acme.admin().mutate_ok("assignManagedAccount", assign(&second, -40, Some(-30)), fields).await;
    let end = json!({ "id": held, "endsAt": in_days(-10) });
    let ended = acme.admin().mutate_ok("endManagedAccount", end, fields).await;
    assert_eq!(ended["managedAccount"]["isActive"], false);
    acme.admin().mutate_ok("assignManagedAccount", assign(&second, -5, None), fields).await;
    let reopened = json!({ "id": held, "endsAt": in_days(1) });
    assert_eq!(acme.admin().error_code("endManagedAccount", reopened).await, "ACCOUNT_OVERLAPS");
    let backwards = json!({ "id": held, "endsAt": in_days(-21) });
    assert_eq!(acme.admin().error_code("endManagedAccount", backwards).await, "BAD_USER_INPUT");
    let mut empty = assign(&first, -50, None);
    empty["endsAt"] = empty["startsAt"].clone();
    assert_eq!(acme.admin().error_code("assignManagedAccount", empty).await, "BAD_USER_INPUT");
    assert_eq!(
        acme.admin().error_code("endManagedAccount", json!({ "id": UNKNOWN, "endsAt": in_days(0) })).await,
        "NOT_FOUND"
    );
}

#[tokio::test]
async fn null_clears_the_rate_of_an_account_and_leaving_it_out_keeps_it() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    let account = acme.assign_account(&partner, "c", Some("0")).await;
    let fields = "managedAccount{customCommissionRate effectiveCommissionRate engagementType customerName}";
    let update = async |input: Value| {
        acme.admin().mutate_ok("updateManagedAccount", input, fields).await["managedAccount"].clone()
    };
    let kept = update(json!({ "id": account, "engagementType": "consulting", "customerName": null })).await;
    let expected = json!({
        "customCommissionRate": "0.0000", "effectiveCommissionRate": "0.0000", "engagementType": "consulting", "customerName": null,
    });
    assert_eq!(kept, expected);
    let cleared = update(json!({ "id": account, "customCommissionRate": null })).await;
    assert_eq!(cleared["customCommissionRate"], Value::Null);
    assert_eq!(cleared["effectiveCommissionRate"], "0.1500");
}

#[tokio::test]
async fn the_stages_of_a_lead_are_timed_once_and_leaving_a_conversion_takes_it_back() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    let lead = acme.submit_lead(&partner).await;
    let fields = "referralLead{status firstContactAt qualifiedAt convertedAt convertedCustomerId actualValue{amount} notes}";
    let advance = async |status: &str, more: Value| {
        let mut input = json!({ "id": lead, "status": status });
        for (key, value) in more.as_object().expect("an object") {
            input[key] = value.clone();
        }
        acme.admin().mutate_ok("advanceReferralLead", input, fields).await["referralLead"].clone()
    };
    let rate = async || {
        let query = format!(
            "{{partner(id:\"{partner}\"){{dashboard{{convertedReferrals conversionRate activeReferrals}}}}}}"
        );
        acme.admin().query(&query).await.data()["partner"]["dashboard"].clone()
    };
    let won = json!({ "convertedCustomerId": "c", "actualValue": { "amount": "10.00", "currency": "EUR" }, "notes": "good" });
    let first = advance("CONVERTED", won).await;
    assert_eq!(first["firstContactAt"], Value::Null);
    assert_eq!((&first["convertedCustomerId"], &first["notes"]), (&json!("c"), &json!("good")));
    assert_eq!(
        rate().await,
        json!({ "convertedReferrals": 1, "conversionRate": 100.0, "activeReferrals": 0 })
    );
    assert_eq!(
        acme.admin().error_code("advanceReferralLead", json!({ "id": lead, "status": "CONVERTED" })).await,
        "INVALID_STATE"
    );
    let back = advance("CONTACTED", json!({})).await;
    assert_eq!(back["convertedAt"], first["convertedAt"]);
    assert_eq!(back["actualValue"]["amount"], "10.00");
    assert_eq!(rate().await, json!({ "convertedReferrals": 0, "conversionRate": 0.0, "activeReferrals": 1 }));
    let again = advance("CONVERTED", json!({})).await;
    assert_eq!(again["convertedAt"], first["convertedAt"]);
    let stray = json!({ "id": lead, "status": "LOST", "convertedCustomerId": "c" });
    assert_eq!(acme.admin().error_code("advanceReferralLead", stray).await, "BAD_USER_INPUT");
}

#[tokio::test]
async fn settings_are_stored_within_their_ranges() {
    let acme = acme().await;
    let fields = "tenant{name timeZone defaultCurrency holdDays payoutDay minimumPayouts{amount currency}}";
    let update = async |input: Value| {
        acme.admin().mutate_ok("updateTenantSettings", input, fields).await["tenant"].clone()
    };
    let fresh = json!({
        "name": "Tenant acme", "timeZone": "UTC", "defaultCurrency": "EUR", "holdDays": 0, "payoutDay": null, "minimumPayouts": [],
    });
    assert_eq!(update(json!({})).await, fresh);
    let minimums = json!([{ "amount": "1000", "currency": "JPY" }, { "amount": "25.00", "currency": "EUR" }]);
    let input = json!({
        "name": "Acme", "timeZone": "Europe/Berlin", "defaultCurrency": "USD", "holdDays": 30, "payoutDay": 15, "minimumPayouts": minimums,
    });
    let mut expected = input.clone();
    expected["minimumPayouts"] = json!([minimums[1], minimums[0]]);
    assert_eq!(update(input).await, expected);
    assert_eq!(update(json!({})).await, expected);
    assert_eq!(update(json!({ "payoutDay": null })).await["payoutDay"], Value::Null);
    let refused = [
        json!({ "holdDays": -1 }),
        json!({ "holdDays": 366 }),
        json!({ "payoutDay": 0 }),
        json!({ "payoutDay": 29 }),
        json!({ "timeZone": "Berlin" }),
        json!({ "name": "" }),
        json!({ "minimumPayouts": [{ "amount": "-1", "currency": "EUR" }] }),
        json!({ "minimumPayouts": [{ "amount": "1", "currency": "EUR" }, { "amount": "2", "currency": "EUR" }] }),
    ];
    for input in refused {
        assert_eq!(
            acme.admin().error_code("updateTenantSettings", input.clone()).await,
            "BAD_USER_INPUT",
            "{input}"
        );
    }
}

#[tokio::test]
async fn settings_changed_at_once_are_all_kept() {
    let acme = acme().await;
    let admin = acme.admin();
    for day in 1..10 {
        let minimum = |amount: &str| json!({ "minimumPayouts": [{ "amount": amount, "currency": "EUR" }] });
        let name = format!("Acme {day}");
        tokio::join!(
            admin.mutate_ok("updateTenantSettings", json!({ "payoutDay": day }), "tenant{id}"),
            admin.mutate_ok("updateTenantSettings", json!({ "name": name }), "tenant{id}"),
            admin.mutate_ok("updateTenantSettings", minimum("1.00"), "tenant{id}"),
            admin.mutate_ok("updateTenantSettings", minimum("2.00"), "tenant{id}"),
        );
        let data = admin.query("{viewer{tenant{name payoutDay minimumPayouts{currency}}}}").await.data();
        let expected = json!({ "name": name, "payoutDay": day, "minimumPayouts": [{ "currency": "EUR" }] });
        assert_eq!(data["viewer"]["tenant"], expected);
    }
}
