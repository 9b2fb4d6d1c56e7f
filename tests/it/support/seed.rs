//! Tenants, partners, accounts and invoices, made by the acts that users call.

use chrono::{SecondsFormat, TimeDelta, Utc};
use revshare::auth::Role;
use serde_json::{Value, json};

use super::{Client, TestApp};

/// A moment some days from now.
pub fn in_days(days: i64) -> String {
    (Utc::now() + TimeDelta::days(days)).to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A tenant and its staff.
#[derive(Clone)]
pub struct TestTenant {
    pub id: String,
    pub app: TestApp,
}

impl TestTenant {
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

    /// A user of a partner, linked to it.
    pub async fn partner_user(&self, partner: &str, user: &str) -> Client {
        let input =
            json!({ "partnerId": partner, "userId": user, "email": "u@example.com", "role": "OWNER" });
        self.admin().mutate_ok("addPartnerUser", input, "partnerUser{id}").await;
        self.client(user, Role::Partner)
    }

    /// A partner that earns 15 % and is paid in EUR.
    pub async fn create_partner(&self, name: &str) -> String {
        let input = json!({ "companyName": name, "defaultCommissionRate": "0.15" });
        id(&self.admin().mutate_ok("createPartner", input, "partner{id}").await["partner"])
    }

    /// A customer that a partner has managed since 2020.
    pub async fn assign_account(&self, partner: &str, customer: &str, rate: Option<&str>) -> String {
        let input = json!({
            "partnerId": partner, "customerId": customer, "customerName": format!("{customer} Cover Name"),
            "customCommissionRate": rate, "startsAt": "2020-01-01T00:00:00Z",
        });
        id(
            &self.admin().mutate_ok("assignManagedAccount", input, "managedAccount{id}").await["managedAccount"],
        )
    }

    /// A partner with one account: the customer has the partner's name.
    pub async fn create_partner_with_account(&self, name: &str) -> String {
        let partner = self.create_partner(name).await;
        self.assign_account(&partner, name, None).await;
        partner
    }

    /// A commission event on an invoice paid now.
    pub async fn commission_event(
        &self,
        customer: &str,
        invoice: &str,
        amount: &str,
        currency: &str,
    ) -> String {
        self.commission_event_at(customer, invoice, amount, currency, &in_days(0)).await
    }

    pub async fn commission_event_at(
        &self,
        customer: &str,
        invoice: &str,
        amount: &str,
        currency: &str,
        at: &str,
    ) -> String {
        let input = invoice_input(customer, invoice, amount, currency, at);
        id(
            &self.billing().mutate_ok("recordInvoicePaid", input, "commissionEvent{id}").await["commissionEvent"],
        )
    }

    pub async fn approved_event(
        &self,
        customer: &str,
        invoice: &str,
        amount: &str,
        currency: &str,
    ) -> String {
        let event = self.commission_event(customer, invoice, amount, currency).await;
        self.approve(std::slice::from_ref(&event)).await;
        event
    }

    pub async fn approve(&self, events: &[String]) {
        self.finance()
            .mutate_ok("approveCommissionEvents", json!({ "ids": events }), "commissionEvents{id}")
            .await;
    }

    /// A payout of all that is payable to a partner in EUR.
    pub async fn create_payout(&self, partner: &str) -> String {
        id(&self.finance().mutate_ok("createPayoutBatch", batch_input(partner), "payout{id}").await["payout"])
    }

    /// What a refund of an invoice comes to.
    pub async fn refund(&self, invoice: &str, refund: &str, amount: &str) -> Value {
        self.billing()
            .mutate_ok("recordInvoiceRefunded", refund_input(invoice, refund, amount), REFUNDED)
            .await
    }

    /// Moves a payout on.
    pub async fn transition_payout(&self, act: &str, payout: &str) {
        let mut input = json!({ "id": payout });
        match act {
            "completePayout" => input["paymentReference"] = json!("WIRE"),
            "failPayout" | "cancelPayout" => input["reason"] = json!("came back"),
            _ => {}
        }
        self.finance().mutate_ok(act, input, "payout{id}").await;
    }

    /// What of a partner, in EUR, is pending, approved, in transit, settled, earned, paid and outstanding.
    pub async fn balance(&self, partner: &str) -> Vec<String> {
        let amounts = ["pending", "approved", "inTransit", "settled", "earned", "paid", "outstanding"];
        let fields = amounts.map(|bucket| format!("{bucket}{{amount}}")).join(" ");
        let query = format!("{{partner(id:\"{partner}\"){{balances{{currency {fields}}}}}}}");
        let balances = self.admin().query(&query).await.data()["partner"]["balances"].clone();
        let balance = balances.as_array().into_iter().flatten().find(|balance| balance["currency"] == "EUR");
        let balance = balance.cloned().unwrap_or_default();
        amounts.map(|bucket| balance[bucket]["amount"].as_str().unwrap_or_default().to_owned()).to_vec()
    }

    /// What the reconciliation finds wrong.
    pub async fn reconciliation_differences(&self) -> Value {
        let query = "{reconciliation{balanced differences{partner{id} currency expected{amount} actual{amount} rule ids}}}";
        let found = self.client("a", Role::Auditor).query(query).await.data()["reconciliation"].clone();
        assert_eq!(found["balanced"], json!(found["differences"] == json!([])));
        found["differences"].clone()
    }

    pub async fn submit_lead(&self, partner: &str) -> String {
        let input =
            json!({ "partnerId": partner, "contactName": "Lena Lead", "contactEmail": "lena@example.com" });
        id(&self.admin().mutate_ok("submitReferralLead", input, "referralLead{id}").await["referralLead"])
    }
}

pub fn invoice_input(customer: &str, invoice: &str, amount: &str, currency: &str, at: &str) -> Value {
    json!({
        "invoiceId": invoice, "customerId": customer,
        "totalAmount": { "amount": amount, "currency": currency }, "paidAt": at,
    })
}

/// What is asked of a refund.
const REFUNDED: &str = "outcome commissionEvent{id status} \
    clawback{id status eventType commissionAmount{amount} baseAmount{amount} invoiceId customerId reverses{id}}";

pub fn refund_input(invoice: &str, refund: &str, amount: &str) -> Value {
    json!({
        "invoiceId": invoice, "refundId": refund, "amount": { "amount": amount, "currency": "EUR" },
        "refundedAt": "2026-02-01T00:00:00Z",
    })
}

/// A batch over everything there is.
pub fn batch_input(partner: &str) -> Value {
    json!({ "partnerId": partner, "periodStart": in_days(-1000), "periodEnd": in_days(1000) })
}

fn id(row: &Value) -> String {
    row["id"].as_str().expect("an id").to_owned()
}
