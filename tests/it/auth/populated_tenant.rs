//! A tenant with a row of every kind, whose ids and names must never appear in a response to an outsider.

use std::collections::BTreeMap;

use revshare::auth::Role;
use revshare::graphql::request::limits::Limits;
use revshare::http::Options;
use serde_json::{Value, json};

use crate::support::{Client, TestApp, TestTenant};

/// Text that identifies the tenant's data, beside the ids.
const CONFIDENTIAL: [&str; 6] =
    ["Secret Partner", "Secret Street", "secret-", "Cover Name", "lena@example.com", "Lena Lead"];

const PARTNER_USERS: &str = "
    query ($partner: ID!) {
        partner(id: $partner) { users { id userId } }
    }";

const ALL_ROWS: &str = "
    query ($partner: ID!) {
        partner(id: $partner) {
            companyName status tier defaultCommissionRate
            users { userId isActive }
            legal { name country taxTreatment }
            commissionEvents { nodes { id status commissionAmount { amount } } }
            payouts { nodes { id status totalAmount { amount } } }
            referralLeads { nodes { id status } }
            managedAccounts { nodes { id customerId customerName endsAt customCommissionRate } }
        }
        viewer { tenant { name holdDays timeZone legal { name country } } }
    }";

/// Returns options for tests that send the requests of hours as one user.
pub fn without_rate_limits() -> Options {
    let limits = Limits { rate_partner: 0, rate_staff: 0, rate_service: 0, ..Limits::default() };
    Options { limits, ..Options::default() }
}

pub struct PopulatedTenant {
    pub tenant: TestTenant,
    /// The id of one row of each GraphQL type.
    pub ids: BTreeMap<&'static str, String>,
}

impl PopulatedTenant {
    /// Creates the tenant "acme" with a partner, two users of it, an account, events, a payout and a lead.
    pub async fn new(app: &TestApp) -> Self {
        let tenant = app.tenant("acme").await;
        let partner = tenant.create_partner("Secret Partner").await;
        let account = tenant.assign_account(&partner, "secret-customer", None).await;
        let paid = tenant.approved_event("secret-customer", "secret-invoice-1", "10.00", "EUR").await;
        let payout = tenant.create_payout(&partner).await;
        tenant.commission_event("secret-customer", "secret-invoice-2", "10.00", "EUR").await;
        let lead = tenant.submit_lead(&partner).await;
        tenant.partner_user(&partner, "secret-owner").await;
        tenant.partner_user(&partner, "secret-clerk").await;
        let clerk = partner_user_id(&tenant, &partner, "secret-clerk").await;
        let of_partner = json!({
            "partnerId": partner, "name": "Secret Partner", "addressLines": ["Secret Street"], "country": "AT",
            "taxTreatment": "OUTSIDE_SCOPE",
        });
        tenant.admin().mutate_ok("updatePartnerLegal", of_partner, "partner { id }").await;
        let of_tenant = json!({ "name": "Acme", "addressLines": ["Way 1"], "country": "DE" });
        tenant.admin().mutate_ok("updateTenantLegal", of_tenant, "tenant { id }").await;
        let invoice =
            tenant.admin().query("{ invoice(invoiceId: \"secret-invoice-1\") { id } }").await.data();
        let invoice = invoice["invoice"]["id"].as_str().expect("an id").to_owned();
        let (endpoint, delivery) = tenant.tested_webhook_endpoint().await;
        let mails = tenant.admin().query("{ mails { nodes { id } } }").await.data();
        let mail = mails["mails"]["nodes"][0]["id"].as_str().expect("an id").to_owned();
        let ids = BTreeMap::from([
            ("Partner", partner),
            ("ManagedAccount", account),
            ("CommissionEvent", paid),
            ("Payout", payout),
            ("ReferralLead", lead),
            ("PartnerUser", clerk),
            ("Invoice", invoice),
            ("WebhookEndpoint", endpoint),
            ("WebhookDelivery", delivery),
            ("Mail", mail),
        ]);
        Self { tenant, ids }
    }

    /// Returns clients that must not read or change anything of the tenant's partner, by name.
    pub async fn outsiders(&self, app: &TestApp) -> [(&'static str, Client); 4] {
        let other_tenant = app.tenant("globex").await;
        let other_partner = self.tenant.create_partner("sister").await;
        [
            ("anonymous", Client::anonymous(app)),
            ("unlinked", self.tenant.client("unlinked", Role::Partner)),
            ("other tenant", other_tenant.admin()),
            ("other partner", self.tenant.partner_user(&other_partner, "sister-owner").await),
        ]
    }

    /// Returns every row of the tenant's partner, as its admin sees it.
    pub async fn rows(&self) -> Value {
        let variables = json!({ "partner": self.ids["Partner"] });
        self.tenant.admin().query_with(ALL_ROWS, variables).await.data()
    }

    /// Whether a response contains an id or a name that belongs to the tenant's partner.
    pub fn leaks_into(&self, response: &Value) -> bool {
        let text = response.to_string();
        self.ids.values().any(|id| text.contains(id)) || CONFIDENTIAL.iter().any(|name| text.contains(name))
    }
}

async fn partner_user_id(tenant: &TestTenant, partner: &str, user: &str) -> String {
    let data = tenant.admin().query_with(PARTNER_USERS, json!({ "partner": partner })).await.data();
    let users = data["partner"]["users"].as_array().expect("users");
    let link = users.iter().find(|link| link["userId"] == user).expect("the user");
    link["id"].as_str().expect("an id").to_owned()
}
