//! `recordAdjustment` with a note for the partner, which is not the reason for staff.

use serde_json::{Value, json};

use crate::support::{acme_with_partner, euros, with_fields};

#[tokio::test]
async fn the_partner_sees_the_note_of_an_adjustment_and_not_its_reason() {
    let (acme, partner) = acme_with_partner().await;
    let input = json!({
        "partnerId": partner, "amount": euros("-50.00"), "reason": "chargeback fee, case 77",
        "partnerNote": "  Fee of the bank ", "idempotencyKey": "k",
    });
    let selection = "commissionEvent { id partnerNote notes }";
    let payload = acme.finance().mutate_ok("recordAdjustment", input.clone(), selection).await;
    let event = &payload["commissionEvent"];
    assert_eq!([&event["partnerNote"], &event["notes"]], ["Fee of the bank", "chargeback fee, case 77"]);

    let query = "query($id: ID!) { commissionEvent(id: $id) { partnerNote notes history { reason } } }";
    let user = acme.partner_user(&partner, "paula").await;
    let data = user.query_with(query, json!({ "id": event["id"] })).await.data();
    assert_eq!(
        data["commissionEvent"],
        json!({ "partnerNote": "Fee of the bank", "notes": null, "history": [{ "reason": null }] })
    );

    let again = acme.finance().mutate_ok("recordAdjustment", input.clone(), selection).await;
    assert_eq!(again["commissionEvent"]["id"], event["id"]);
    for note in [json!("another"), Value::Null] {
        let other = with_fields(input.clone(), json!({ "partnerNote": note }));
        assert_eq!(acme.finance().error_code("recordAdjustment", other).await, "CONFLICT");
    }
    let long = with_fields(input, json!({ "partnerNote": "x".repeat(2_001), "idempotencyKey": "l" }));
    assert_eq!(acme.finance().error_code("recordAdjustment", long).await, "BAD_USER_INPUT");
}
