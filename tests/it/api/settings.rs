//! The settings of a tenant.

use serde_json::{Value, json};

use crate::support::{TestTenant, acme, euros, money, with_fields};

const SETTINGS: &str = "query { viewer { tenant { name payoutDay minimumPayouts { currency } } } }";

/// Changes settings; returns all of them.
async fn update(tenant: &TestTenant, input: Value) -> Value {
    let selection =
        "tenant { name timeZone defaultCurrency holdDays payoutDay minimumPayouts { amount currency } }";
    tenant.admin().mutate_ok("updateTenantSettings", input, selection).await["tenant"].clone()
}

#[tokio::test]
async fn a_new_tenant_pays_without_hold_payout_day_or_minimum() {
    let acme = acme().await;
    insta::assert_json_snapshot!(update(&acme, json!({})).await, @r#"
    {
      "defaultCurrency": "EUR",
      "holdDays": 0,
      "minimumPayouts": [],
      "name": "Tenant acme",
      "payoutDay": null,
      "timeZone": "UTC"
    }
    "#);
}

#[tokio::test]
async fn settings_are_stored_until_they_are_changed() {
    let acme = acme().await;
    let settings = json!({
        "name": "Acme",
        "timeZone": "Europe/Berlin",
        "defaultCurrency": "USD",
        "holdDays": 30,
        "payoutDay": 15,
        "minimumPayouts": [money("1000", "JPY"), money("25.00", "EUR")],
    });
    let by_currency = json!({ "minimumPayouts": [money("25.00", "EUR"), money("1000", "JPY")] });
    let stored = with_fields(settings.clone(), by_currency);

    assert_eq!(update(&acme, settings).await, stored);
    assert_eq!(update(&acme, json!({})).await, stored);
    let cleared = json!({ "payoutDay": null });
    assert_eq!(update(&acme, cleared.clone()).await, with_fields(stored, cleared));
}

#[tokio::test]
async fn settings_outside_of_their_range_are_rejected() {
    let acme = acme().await;
    for input in [
        json!({ "holdDays": -1 }),
        json!({ "holdDays": 366 }),
        json!({ "payoutDay": 0 }),
        json!({ "payoutDay": 29 }),
        json!({ "timeZone": "Berlin" }),
        json!({ "name": "" }),
        json!({ "minimumPayouts": [euros("-1")] }),
        json!({ "minimumPayouts": [euros("1"), euros("2")] }),
    ] {
        let code = acme.admin().error_code("updateTenantSettings", input.clone()).await;
        assert_eq!(code, "BAD_USER_INPUT", "{input}");
    }
}

#[tokio::test]
async fn concurrent_changes_of_different_settings_are_all_stored() {
    let acme = acme().await;
    for day in 1..10 {
        let name = format!("Acme {day}");
        tokio::join!(
            acme.update_settings(json!({ "payoutDay": day })),
            acme.update_settings(json!({ "name": name })),
            acme.update_settings(json!({ "minimumPayouts": [euros("1.00")] })),
            acme.update_settings(json!({ "minimumPayouts": [euros("2.00")] })),
        );
        let data = acme.admin().query(SETTINGS).await.data();
        let stored = json!({ "name": name, "payoutDay": day, "minimumPayouts": [{ "currency": "EUR" }] });
        assert_eq!(data["viewer"]["tenant"], stored);
    }
}
