//! Identifiers of the billing system that are e-mail addresses, as partner users see them.

use serde_json::json;

use crate::support::{acme, with_fields};

const IDENTIFIERS: &str = "{
    commissionEvents { nodes { invoiceId customerId managedAccount { customerId } } }
    managedAccounts { nodes { customerId } }
    referralLeads { nodes { contactEmail convertedCustomerId } }
}";

const BY_CUSTOMER: &str = "query($id: String!) {
    commissionEvents(filter: { customerId: $id }) { nodes { customerId } }
}";

#[tokio::test]
async fn partner_users_see_customer_and_invoice_ids_with_an_at_sign_masked() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    let user = acme.partner_user(&partner, "ursula").await;
    let customer = "jane.doe@example.test";
    acme.assign_account(&partner, customer, None).await;
    acme.commission_event(customer, "INV-jane.doe@example.test-1", "100.00", "EUR").await;
    let lead = json!({ "partnerId": partner, "contactName": "x", "contactEmail": customer });
    let lead =
        user.mutate_ok("submitReferralLead", lead, "referralLead { id }").await["referralLead"].clone();
    let conversion = json!({ "status": "CONVERTED", "convertedCustomerId": customer });
    acme.admin().mutate_ok("advanceReferralLead", with_fields(lead, conversion), "warnings").await;

    let seen = user.query(IDENTIFIERS).await.data();
    let event =
        json!({ "invoiceId": "I***", "customerId": "j***", "managedAccount": { "customerId": "j***" } });
    // The address of the lead is shown as the partner submitted it.
    let lead = json!({ "contactEmail": customer, "convertedCustomerId": "j***" });
    let expected = json!({
        "commissionEvents": { "nodes": [event] },
        "managedAccounts": { "nodes": [{ "customerId": "j***" }] },
        "referralLeads": { "nodes": [lead] },
    });
    assert_eq!(seen, expected);
    let found = user.query_with(BY_CUSTOMER, json!({ "id": customer })).await.data();
    assert_eq!(found["commissionEvents"]["nodes"], json!([{ "customerId": "j***" }]));
    let staff = acme.finance().query(IDENTIFIERS).await.data();
    assert_eq!(staff["managedAccounts"]["nodes"][0]["customerId"], customer);
    assert_eq!(staff["commissionEvents"]["nodes"][0]["invoiceId"], "INV-jane.doe@example.test-1");
}
