//! Null for a field that selects rows is an error that names the field, and never means all of them.

use serde_json::{Value, json};

use crate::support::{acme_with_partner, batch_input, in_days, run_input, with_fields};

#[tokio::test]
async fn null_for_a_field_that_selects_is_rejected_and_changes_nothing() {
    let (acme, partner) = acme_with_partner().await;
    acme.approved_event("p", "approved", "100.00", "EUR").await;
    acme.commission_event("p", "pending", "100.00", "EUR").await;
    let pending = json!({ "eventDateTo": in_days(1) });
    for (mutation, input, field) in [
        ("approvePendingCommissionEvents", &pending, "partnerId"),
        ("approvePendingCommissionEvents", &pending, "currency"),
        ("approvePendingCommissionEvents", &pending, "eventDateFrom"),
        ("approvePendingCommissionEvents", &pending, "dryRun"),
        ("createPayoutBatch", &batch_input(&partner), "currency"),
        ("runPayouts", &run_input(), "currency"),
        ("runPayouts", &run_input(), "excludePartnerIds"),
        ("runPayouts", &run_input(), "dryRun"),
        ("reassessInvoices", &json!({}), "ids"),
        ("reassessInvoices", &json!({}), "outcome"),
        ("reassessInvoices", &json!({}), "customerId"),
        ("reassessInvoices", &json!({ "customerId": "p" }), "paidFrom"),
        ("reassessInvoices", &json!({ "customerId": "p" }), "paidTo"),
        ("reassessInvoices", &json!({ "customerId": "p" }), "dryRun"),
        ("issueStatements", &json!({}), "partnerId"),
        ("issueStatements", &json!({}), "currency"),
        ("issueStatements", &json!({}), "dryRun"),
    ] {
        let input = with_fields(input.clone(), json!({ field: null }));
        let input_type = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let document =
            format!("mutation($input: {input_type}!) {{ {mutation}(input: $input) {{ __typename }} }}");
        let response = acme.finance().query_with(&document, json!({ "input": input })).await;
        let extensions = &response.body["errors"][0]["extensions"];
        assert_eq!(
            [&extensions["code"], &extensions["field"]],
            [&json!("BAD_USER_INPUT"), &json!(field)],
            "{mutation}: {}",
            response.body
        );
    }
    assert_eq!(acme.events_of_invoice("pending").await, ["PENDING 15.00"]);
    assert_eq!(acme.events_of_invoice("approved").await, ["APPROVED 15.00"]);
    let all = json!({ "status": null, "currency": null, "isHeld": null });
    let query = "query($filter: CommissionEventFilter) { commissionEvents(filter: $filter) { totalCount } }";
    let data = acme.finance().query_with(query, json!({ "filter": all })).await.data();
    assert_eq!(data["commissionEvents"]["totalCount"], Value::from(2), "in a filter, null is no condition");
}
