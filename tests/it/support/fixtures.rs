//! Tenants, partners, accounts, commission events and payouts, made through the API by the users who make them.

use revshare::auth::Role;
use serde_json::{Value, json};

use super::inputs::{batch_input, in_days, invoice_input, refund_input, reversal_input, with_fields};
use super::{Client, TestApp};

/// The tenant `acme` on a server of its own.
pub async fn acme() -> TestTenant {
    TestApp::new().await.tenant("acme").await
}

/// The tenant `acme` on a server of its own, and the id of its only partner, `p`, which manages the customer `p`.
pub async fn acme_with_partner() -> (TestTenant, String) {
    let acme = acme().await;
    let partner = acme.create_partner_with_account("p").await;
    (acme, partner)
}

const REFUND_PAYLOAD: &str = "
    outcome
    commissionEvent { id status }
    clawback {
        id status eventType commissionAmount { amount } baseAmount { amount } invoiceId customerId reverses { id }
    }";

const REVERSAL_PAYLOAD: &str = "
    outcome
    commissionEvent { id status }
    reinstatement {
        id status eventType commissionAmount { amount } baseAmount { amount } invoiceId customerId reverses { id }
        eventDate payableAt notes
    }";

/// A tenant of the server under test. Its methods make rows through the API and fail the test on any error.
#[derive(Clone)]
pub struct TestTenant {
    pub id: String,
    pub app: TestApp,
}

impl TestTenant {
    /// A client with a valid token for this tenant.
    pub fn client(&self, user: &str, role: Role) -> Client {
        Client::new(&self.app, &self.id, user, role)
    }

    pub fn admin(&self) -> Client {
        self.client("adam", Role::Admin)
    }

    pub fn finance(&self) -> Client {
        self.client("fiona", Role::Finance)
    }

    pub fn billing(&self) -> Client {
        self.client("billing", Role::Billing)
    }

    /// Adds a user to a partner; returns the user's client.
    pub async fn partner_user(&self, partner: &str, user: &str) -> Client {
        let input =
            json!({ "partnerId": partner, "userId": user, "email": "u@example.com", "role": "OWNER" });
        self.admin().mutate_ok("addPartnerUser", input, "partnerUser { id }").await;
        self.client(user, Role::Partner)
    }

    /// Changes settings of the tenant.
    /// Creates a webhook endpoint and tests it; returns its id and that of the delivery.
    pub async fn tested_webhook_endpoint(&self) -> (String, String) {
        let input = json!({ "url": "http://127.0.0.1:9/secret-hook", "eventTypes": ["PAYOUT_COMPLETED"] });
        let payload = self.admin().mutate_ok("createWebhookEndpoint", input, "endpoint { id }").await;
        let test = json!({ "id": payload["endpoint"]["id"] });
        let tested = self.admin().mutate_ok("testWebhookEndpoint", test.clone(), "delivery { id }").await;
        let text = |value: &Value| value.as_str().expect("an id").to_owned();
        (text(&test["id"]), text(&tested["delivery"]["id"]))
    }

    pub async fn update_settings(&self, settings: Value) {
        self.admin().mutate_ok("updateTenantSettings", settings, "tenant { id }").await;
    }

    /// Sets the legal identities of the tenant and of a partner that has agreed to self-billing.
    pub async fn set_legal_identities(&self, partner: &str) {
        let identity = json!({ "name": "n", "addressLines": ["a"], "country": "US" });
        self.admin().mutate_ok("updateTenantLegal", identity.clone(), "tenant { id }").await;
        let agreement = json!({
            "partnerId": partner, "taxTreatment": "OUTSIDE_SCOPE", "selfBillingAgreedAt": "2026-01-01T00:00:00Z",
        });
        let input = with_fields(identity, agreement);
        self.admin().mutate_ok("updatePartnerLegal", input, "partner { id }").await;
    }

    /// Creates a partner that earns 15 % and is paid in EUR; returns its id.
    pub async fn create_partner(&self, name: &str) -> String {
        let input = json!({ "companyName": name, "defaultCommissionRate": "0.15" });
        id(&self.admin().mutate_ok("createPartner", input, "partner { id }").await["partner"])
    }

    /// Changes fields of a partner.
    pub async fn update_partner(&self, partner: &str, fields: Value) {
        let input = with_fields(json!({ "id": partner }), fields);
        self.admin().mutate_ok("updatePartner", input, "partner { id }").await;
    }

    /// Assigns a customer to a partner from 2020 on; returns the id of the managed account.
    pub async fn assign_account(&self, partner: &str, customer: &str, rate: Option<&str>) -> String {
        let input = json!({
            "partnerId": partner,
            "customerId": customer,
            "customerName": format!("{customer} Cover Name"),
            "customCommissionRate": rate,
            "startsAt": "2020-01-01T00:00:00Z",
        });
        let payload = self.admin().mutate_ok("assignManagedAccount", input, "managedAccount { id }").await;
        id(&payload["managedAccount"])
    }

    /// Creates a partner that manages one customer, whose id is the partner's name; returns the partner's id.
    pub async fn create_partner_with_account(&self, name: &str) -> String {
        let partner = self.create_partner(name).await;
        self.assign_account(&partner, name, None).await;
        partner
    }

    /// Records an invoice that the customer pays now; returns the id of its PENDING commission event.
    pub async fn commission_event(
        &self,
        customer: &str,
        invoice: &str,
        amount: &str,
        currency: &str,
    ) -> String {
        self.commission_event_at(customer, invoice, amount, currency, &in_days(0)).await
    }

    /// Records an invoice paid at this time; returns the id of its PENDING commission event.
    pub async fn commission_event_at(
        &self,
        customer: &str,
        invoice: &str,
        amount: &str,
        currency: &str,
        paid_at: &str,
    ) -> String {
        let input = invoice_input(customer, invoice, amount, currency, paid_at);
        let payload = self.billing().mutate_ok("recordInvoicePaid", input, "commissionEvent { id }").await;
        id(&payload["commissionEvent"])
    }

    /// Records an invoice that the customer pays now and approves its commission event; returns the event's id.
    pub async fn approved_event(
        &self,
        customer: &str,
        invoice: &str,
        amount: &str,
        currency: &str,
    ) -> String {
        self.approved_event_at(customer, invoice, amount, currency, &in_days(0)).await
    }

    /// Records an invoice paid at this time and approves its commission event; returns the event's id.
    pub async fn approved_event_at(
        &self,
        customer: &str,
        invoice: &str,
        amount: &str,
        currency: &str,
        paid_at: &str,
    ) -> String {
        let event = self.commission_event_at(customer, invoice, amount, currency, paid_at).await;
        self.approve(std::slice::from_ref(&event)).await;
        event
    }

    /// Approves these commission events.
    pub async fn approve(&self, events: &[String]) {
        let input = json!({ "ids": events });
        self.finance().mutate_ok("approveCommissionEvents", input, "commissionEvents { id }").await;
    }

    /// Approves every PENDING commission event of the tenant.
    pub async fn approve_all_pending(&self) {
        let input = json!({ "eventDateTo": in_days(1) });
        self.finance().mutate_ok("approvePendingCommissionEvents", input, "approvedCount").await;
    }

    /// Cancels these commission events.
    pub async fn cancel(&self, events: &[String]) {
        let input = json!({ "ids": events, "reason": "entered twice" });
        self.finance().mutate_ok("cancelCommissionEvents", input, "commissionEvents { id }").await;
    }

    /// Records a refund today; returns the payload.
    pub async fn refund(&self, invoice: &str, refund: &str, amount: &str) -> Value {
        self.refund_with(invoice, refund, amount, json!({})).await
    }

    /// Records a refund on 1 February 2026; returns the payload.
    pub async fn refund_in_february(&self, invoice: &str, refund: &str, amount: &str) -> Value {
        self.refund_with(invoice, refund, amount, json!({ "refundedAt": "2026-02-01T00:00:00Z" })).await
    }

    /// Records a refund with these fields added or replaced; returns the payload.
    pub async fn refund_with(&self, invoice: &str, refund: &str, amount: &str, fields: Value) -> Value {
        let input = with_fields(refund_input(invoice, refund, amount), fields);
        self.billing().mutate_ok("recordInvoiceRefunded", input, REFUND_PAYLOAD).await
    }

    /// Records that a refund was reversed now; returns the payload.
    pub async fn reverse_refund(&self, refund: &str) -> Value {
        let input = reversal_input(refund);
        self.billing().mutate_ok("recordRefundReversed", input, REVERSAL_PAYLOAD).await
    }

    /// Creates a payout of everything payable to a partner in EUR; returns its id.
    pub async fn create_payout(&self, partner: &str) -> String {
        let input = batch_input(partner);
        id(&self.finance().mutate_ok("createPayoutBatch", input, "payout { id }").await["payout"])
    }

    /// Sends `startPayout`, `completePayout`, `failPayout`, `cancelPayout` or `returnPayout`.
    pub async fn transition_payout(&self, mutation: &str, payout: &str) {
        let input = transition_input(mutation, payout);
        self.finance().mutate_ok(mutation, input, "payout { id }").await;
    }

    pub async fn complete_payout(&self, payout: &str) {
        self.transition_payout("completePayout", payout).await;
    }

    pub async fn fail_payout(&self, payout: &str) {
        self.transition_payout("failPayout", payout).await;
    }

    pub async fn return_payout(&self, payout: &str) {
        self.transition_payout("returnPayout", payout).await;
    }

    pub async fn cancel_payout(&self, payout: &str) {
        self.transition_payout("cancelPayout", payout).await;
    }

    /// Submits a referral lead of a partner; returns its id.
    pub async fn submit_lead(&self, partner: &str) -> String {
        let input =
            json!({ "partnerId": partner, "contactName": "Lena Lead", "contactEmail": "lena@example.com" });
        id(&self.admin().mutate_ok("submitReferralLead", input, "referralLead { id }").await["referralLead"])
    }

    /// Moves a referral lead to this status.
    pub async fn advance_lead(&self, lead: &str, status: &str) {
        let input = json!({ "id": lead, "status": status });
        self.admin().mutate_ok("advanceReferralLead", input, "referralLead { id }").await;
    }
}

/// The input of a mutation that moves a payout to its next status, with the fields which that mutation requires.
pub fn transition_input(mutation: &str, payout: &str) -> Value {
    match mutation {
        "completePayout" => json!({ "id": payout, "paymentReference": "WIRE" }),
        "failPayout" | "cancelPayout" | "returnPayout" => json!({ "id": payout, "reason": "account closed" }),
        _ => json!({ "id": payout }),
    }
}

fn id(row: &Value) -> String {
    row["id"].as_str().expect("an id").to_owned()
}
