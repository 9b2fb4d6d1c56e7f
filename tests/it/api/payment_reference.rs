//! `correctPaymentReference`, and `startPayout` for a partner that may not be paid.

use serde_json::{Value, json};

use crate::support::{TestTenant, acme_with_partner};

/// Completes a payout; returns its reference, or the code of the rejection.
async fn complete(acme: &TestTenant, payout: &str, reference: &str) -> Result<Value, String> {
    let input = json!({ "id": payout, "paymentReference": reference });
    let payload = acme.finance().try_mutate("completePayout", input, "payout { paymentReference }").await?;
    Ok(payload["payout"]["paymentReference"].clone())
}

async fn correct(acme: &TestTenant, payout: &str, reference: &str) -> Result<Value, String> {
    let input = json!({ "id": payout, "paymentReference": reference, "reason": "typing error" });
    let selection = "payout { paymentReference status history { from to kind reason } }";
    Ok(acme.finance().try_mutate("correctPaymentReference", input, selection).await?["payout"].clone())
}

#[tokio::test]
async fn a_corrected_reference_replaces_the_former_one_and_the_history_has_both() {
    let (acme, partner) = acme_with_partner().await;
    acme.approved_event("p", "i", "100.00", "EUR").await;
    let payout = acme.create_payout(&partner).await;
    assert_eq!(correct(&acme, &payout, "WIRE-4712").await, Err("INVALID_STATE".to_owned()));
    assert_eq!(complete(&acme, &payout, "WIRE-4711").await, Ok(json!("WIRE-4711")));
    assert_eq!(complete(&acme, &payout, "WIRE-4712").await, Err("CONFLICT".to_owned()));

    let corrected = correct(&acme, &payout, "WIRE-4712").await.expect("a payout");
    assert_eq!([&corrected["paymentReference"], &corrected["status"]], ["WIRE-4712", "COMPLETED"]);
    let history = corrected["history"].as_array().expect("a history");
    assert_eq!(
        history[2],
        json!({
            "from": "COMPLETED", "to": "COMPLETED", "kind": "PAYMENT_REFERENCE",
            "reason": "payment reference WIRE-4711 corrected to WIRE-4712: typing error",
        })
    );
    // Repeated, neither the correction nor the completion changes anything, whichever reference it was sent with.
    assert_eq!(correct(&acme, &payout, "WIRE-4712").await.expect("a payout"), corrected);
    for reference in ["WIRE-4711", "WIRE-4712"] {
        assert_eq!(complete(&acme, &payout, reference).await, Ok(json!("WIRE-4712")));
    }
    assert_eq!(complete(&acme, &payout, "WIRE-4713").await, Err("CONFLICT".to_owned()));
    assert_eq!(correct(&acme, &payout, " ").await, Err("BAD_USER_INPUT".to_owned()));
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn no_payout_is_started_to_a_partner_that_may_not_be_paid() {
    let (acme, partner) = acme_with_partner().await;
    for (status, expected) in [
        ("SUSPENDED", "PARTNER_NOT_PAYABLE"),
        ("ARCHIVED", "PARTNER_NOT_PAYABLE"),
        ("TERMINATED", ""),
        ("ACTIVE", ""),
    ] {
        acme.approved_event("p", status, "100.00", "EUR").await;
        let payout = acme.create_payout(&partner).await;
        acme.update_partner(&partner, json!({ "status": status })).await;
        let code = acme.finance().error_code("startPayout", json!({ "id": payout })).await;
        assert_eq!(code, expected, "{status}");
        // What has happened can be stated.
        assert_eq!(complete(&acme, &payout, status).await, Ok(json!(status)));
        acme.update_partner(&partner, json!({ "status": "ACTIVE" })).await;
    }
    acme.assert_reconciled().await;
}
