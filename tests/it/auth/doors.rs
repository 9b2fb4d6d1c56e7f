//! Who is let in at which door, and that no wall has a hole.

use std::collections::{BTreeMap, VecDeque};

use revshare::auth::Role;
use serde_json::{Value, json};

use crate::support::{Client, TestApp, TestTenant, in_days};

/// A tenant with one row of everything, and the ids and names that no stranger may ever read.
pub struct Acme {
    pub tenant: TestTenant,
    pub ids: BTreeMap<&'static str, String>,
}

impl Acme {
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
        let query = format!("{{partner(id:\"{partner}\"){{users{{id}}}}}}");
        let user = tenant.admin().query(&query).await.data()["partner"]["users"][1]["id"]
            .as_str()
            .map(str::to_owned);
        let ids = BTreeMap::from([
            ("Partner", partner),
            ("ManagedAccount", account),
            ("CommissionEvent", paid),
            ("Payout", payout),
            ("ReferralLead", lead),
            ("PartnerUser", user.expect("a user")),
        ]);
        Self { tenant, ids }
    }

    /// Every row of the tenant's partner, as its admin sees it.
    pub async fn rows(&self) -> Value {
        let query = format!(
            "{{partner(id:\"{}\"){{companyName status tier defaultCommissionRate users{{userId isActive}}
                commissionEvents{{nodes{{id status commissionAmount{{amount}}}}}}
                payouts{{nodes{{id status totalAmount{{amount}}}}}}
                referralLeads{{nodes{{id status}}}}
                managedAccounts{{nodes{{id customerId customerName endsAt customCommissionRate}}}}}}
             viewer{{tenant{{name holdDays timeZone}}}}}}",
            self.ids["Partner"]
        );
        self.tenant.admin().query(&query).await.data()
    }

    /// Whether an answer shows something that belongs to this tenant's partner.
    pub fn leaks(&self, answer: &Value) -> bool {
        let text = answer.to_string();
        let mut marks: Vec<&str> = self.ids.values().map(String::as_str).collect();
        marks.extend(["Secret Partner", "secret-", "Cover Name", "lena@example.com", "Lena Lead"]);
        marks.into_iter().any(|mark| text.contains(mark))
    }
}

/// A field of the schema, and a query that asks for it by the shortest path.
pub struct Door {
    pub name: String,
    pub query: String,
}

pub fn named(field_type: &Value) -> (String, bool) {
    let (mut inner, required) = (field_type, field_type["kind"] == "NON_NULL");
    while !inner["ofType"].is_null() {
        inner = &inner["ofType"];
    }
    (inner["name"].as_str().unwrap_or_default().to_owned(), required)
}

const INTROSPECTION: &str = "{__schema{types{kind name fields{name type{...T} args{name type{...T}}} inputFields{name type{...T}} enumValues{name}}}}
    fragment T on __Type{kind name ofType{kind name ofType{kind name ofType{kind name}}}}";

pub struct Schema {
    pub types: BTreeMap<String, Value>,
}

impl Schema {
    pub async fn of(actor: &Client) -> Self {
        let data = actor.query(INTROSPECTION).await.data();
        let types = data["__schema"]["types"].as_array().cloned().unwrap_or_default();
        let named = types.into_iter().map(|t| (t["name"].as_str().unwrap_or_default().to_owned(), t));
        Self { types: named.filter(|(name, _)| !name.starts_with("__")).collect() }
    }

    /// A value for an input, by its type, or its name where it names a row.
    pub fn literal(&self, acme: &Acme, owner: &str, name: &str, input_type: &Value) -> String {
        if input_type["kind"] == "NON_NULL" {
            return self.literal(acme, owner, name, &input_type["ofType"]);
        }
        if input_type["kind"] == "LIST" {
            return format!("[{}]", self.literal(acme, owner, name, &input_type["ofType"]));
        }
        let (type_name, _) = named(input_type);
        match type_name.as_str() {
            "ID" => format!("{:?}", acme.ids[row_named(owner, name)]),
            "String" if name.contains("mail") => "\"x@example.com\"".to_owned(),
            "String" => "\"x\"".to_owned(),
            "DateTime" if name == "periodEnd" => "\"2030-01-01T00:00:00Z\"".to_owned(),
            "DateTime" => "\"2024-01-01T00:00:00Z\"".to_owned(),
            "Decimal" => "\"1.00\"".to_owned(),
            "CurrencyCode" => "\"EUR\"".to_owned(),
            "Int" => "1".to_owned(),
            "Boolean" => "true".to_owned(),
            other if self.types[other]["kind"] == "ENUM" => {
                self.types[other]["enumValues"][0]["name"].as_str().unwrap_or_default().to_owned()
            }
            other => self.object(acme, owner, &self.types[other]["inputFields"]),
        }
    }

    fn object(&self, acme: &Acme, owner: &str, fields: &Value) -> String {
        let fields = fields.as_array().expect("fields").iter().filter(|field| named(&field["type"]).1);
        let fields = fields.map(|field| {
            let name = field["name"].as_str().unwrap_or_default();
            format!("{name}:{}", self.literal(acme, owner, name, &field["type"]))
        });
        format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
    }

    /// A field with its required arguments.
    fn call(&self, acme: &Acme, field: &Value) -> String {
        let name = field["name"].as_str().unwrap_or_default();
        let inputs = self.object(acme, name, &field["args"]);
        let inputs = inputs.trim_start_matches('{').strip_suffix('}').unwrap_or_default().to_owned();
        if inputs.is_empty() { name.to_owned() } else { format!("{name}({inputs})") }
    }

    pub fn is_leaf(&self, type_name: &str) -> bool {
        self.types[type_name]["fields"].is_null()
    }

    /// Every type that has fields, with what comes before and after them on the shortest path from the root.
    pub fn paths(&self, acme: &Acme) -> Vec<(String, String, String)> {
        let mut queue = VecDeque::from([("Query".to_owned(), String::new(), String::new())]);
        let mut paths: Vec<(String, String, String)> = Vec::new();
        let mut seen = vec!["Query".to_owned()];
        while let Some((type_name, before, after)) = queue.pop_front() {
            for field in self.types[&type_name]["fields"].as_array().into_iter().flatten() {
                let (inner, _) = named(&field["type"]);
                if !self.is_leaf(&inner) && !seen.contains(&inner) {
                    seen.push(inner.clone());
                    let call = self.call(acme, field);
                    queue.push_back((inner, format!("{before}{call}{{"), format!("}}{after}")));
                }
            }
            paths.push((type_name, before, after));
        }
        paths.push(("Mutation".to_owned(), String::new(), String::new()));
        paths
    }

    /// Every field of every type, by the shortest path from the root.
    pub fn doors(&self, acme: &Acme) -> Vec<Door> {
        let mut doors = Vec::new();
        for (type_name, before, after) in self.paths(acme) {
            for field in self.types[&type_name]["fields"].as_array().into_iter().flatten() {
                let (inner, _) = named(&field["type"]);
                let call = self.call(acme, field);
                let selection = if self.is_leaf(&inner) { "" } else { "{__typename}" };
                let operation = if type_name == "Mutation" { "mutation" } else { "query" };
                let query = format!("{operation}{{{before}{call}{selection}{after}}}");
                doors.push(Door {
                    name: format!("{type_name}.{}", field["name"].as_str().unwrap_or_default()),
                    query,
                });
            }
        }
        doors
    }
}

/// Which row an id argument names.
fn row_named(owner: &str, argument: &str) -> &'static str {
    let text = if argument == "id" || argument == "ids" { owner } else { argument };
    let kinds = ["PartnerUser", "CommissionEvent", "ManagedAccount", "ReferralLead", "Payout", "Partner"];
    let found = kinds.into_iter().find(|kind| text.to_lowercase().contains(&kind.to_lowercase()));
    found.unwrap_or("CommissionEvent")
}

/// What the door answered.
pub fn verdict(answer: &Value) -> &'static str {
    match answer["errors"][0]["extensions"]["code"].as_str() {
        Some("UNAUTHENTICATED") => return "-",
        Some("FORBIDDEN") => return "no",
        Some("BAD_USER_INPUT") => return "bad",
        Some(_) => return "ERROR",
        None => {}
    }
    let mut value = &answer["data"];
    loop {
        match value {
            Value::Object(fields) if fields.contains_key("userErrors") || fields.is_empty() => return "in",
            Value::Object(fields) => value = fields.values().next().unwrap_or(&Value::Null),
            Value::Array(rows) if rows.is_empty() => return "none",
            Value::Array(rows) => value = &rows[0],
            Value::Null => return "null",
            Value::String(_) | Value::Number(_) | Value::Bool(_) => return "in",
        }
    }
}

#[tokio::test]
async fn every_door_is_guarded() {
    let app = TestApp::new().await;
    let acme = Acme::new(&app).await;
    let globex = app.tenant("globex").await;
    let sister = acme.tenant.create_partner("sister").await;
    let unlinked = acme.tenant.client("unlinked", Role::Partner);
    let own = acme.tenant.client("secret-owner", Role::Partner);
    let strangers = [
        ("nobody", Client::anonymous(&app)),
        ("unlinked", unlinked),
        ("globex admin", globex.admin()),
        ("sister", acme.tenant.partner_user(&sister, "sister-owner").await),
    ];
    let insiders = [
        ("own", own),
        ("auditor", acme.tenant.client("a", Role::Auditor)),
        ("support", acme.tenant.client("s", Role::Support)),
        ("finance", acme.tenant.finance()),
        ("admin", acme.tenant.admin()),
        ("billing", acme.tenant.billing()),
    ];
    let schema = Schema::of(&acme.tenant.admin()).await;
    let width = 52;
    let names: Vec<_> = strangers.iter().chain(&insiders).map(|(name, _)| format!("{name:<13}")).collect();
    let mut matrix = format!("{:<width$}{}\n", "", names.concat());
    let before = acme.rows().await;
    for door in schema.doors(&acme).iter().filter(|door| door.name.starts_with("Mutation.")) {
        for (name, actor) in &strangers {
            actor.query(&door.query).await;
            assert_eq!(acme.rows().await, before, "{name} changed something at {}", door.name);
        }
    }
    for door in schema.doors(&acme) {
        let mut line = format!("{:<width$}", door.name);
        for (name, actor) in &strangers {
            let answer = actor.query(&door.query).await;
            assert!(!acme.leaks(&answer.body), "{name} at {}: {:#}", door.name, answer.body);
            line.push_str(&format!("{:<13}", verdict(&answer.body)));
        }
        for (_, actor) in &insiders {
            line.push_str(&format!("{:<13}", verdict(&actor.query(&door.query).await.body)));
        }
        matrix.push_str(line.trim_end());
        matrix.push('\n');
    }
    assert!(!matrix.contains("ERROR"), "{matrix}");
    insta::assert_snapshot!("doors", matrix);
}

#[tokio::test]
async fn nothing_of_another_tenant_is_reachable() {
    let app = TestApp::new().await;
    let acme = Acme::new(&app).await;
    let globex = app.tenant("globex").await;
    globex.create_partner_with_account("g").await;
    globex.commission_event("g", "g-1", "10.00", "EUR").await;
    let data = acme.tenant.admin().query("{commissionEvents(first:1){pageInfo{endCursor}}}").await.data();
    let cursor = data["commissionEvents"]["pageInfo"]["endCursor"].as_str().expect("a cursor");
    let [partner, event, payout, account, lead] =
        ["Partner", "CommissionEvent", "Payout", "ManagedAccount", "ReferralLead"]
            .map(|kind| &acme.ids[kind]);
    let queries = [
        format!("{{a:node(id:\"{partner}\"){{id}} b:node(id:\"{event}\"){{id}} c:node(id:\"{payout}\"){{id}}}}"),
        format!("{{partner(id:\"{partner}\"){{id}} payout(id:\"{payout}\"){{id}} managedAccount(id:\"{account}\"){{id}} referralLead(id:\"{lead}\"){{id}}}}"),
        format!("{{commissionEvents(filter:{{partnerId:\"{partner}\"}}){{totalCount nodes{{id}}}}}}"),
        "{commissionEvents(filter:{customerId:\"secret-customer\"}){totalCount nodes{id}}}".to_owned(),
        "{commissionEvents(filter:{invoiceId:\"secret-invoice-1\"}){totalCount nodes{id}}}".to_owned(),
        format!("{{commissionEvents(before:\"{cursor}\"){{nodes{{id partner{{companyName}}}}}}}}"),
        format!("{{payouts(filter:{{partnerId:\"{partner}\"}}){{totalCount nodes{{id}}}}}}"),
        format!("{{referralLeads(filter:{{partnerId:\"{partner}\"}}){{totalCount nodes{{id}}}}}}"),
        format!("{{managedAccounts(filter:{{partnerId:\"{partner}\"}}){{totalCount nodes{{id}}}}}}"),
        "{partners(filter:{search:\"Secret\"}){totalCount nodes{id}}}".to_owned(),
        "{viewer{tenant{name} partners{id}} partners{totalCount nodes{companyName dashboard{totalRevenueGenerated{amount}}}}}".to_owned(),
    ];
    for query in queries {
        for actor in [globex.admin(), globex.finance()] {
            let answer = actor.query(&query).await;
            assert!(!acme.leaks(&answer.body), "{query}: {:#}", answer.body);
            assert_eq!(answer.code(), "", "{query}");
            for list in ["payouts", "referralLeads"] {
                assert!(answer.body["data"][list]["totalCount"].as_i64().unwrap_or(0) == 0, "{query}");
            }
        }
    }
    // The same invoice and customer ids are somebody else's here.
    let input =
        crate::support::invoice_input("secret-customer", "secret-invoice-1", "10.00", "EUR", &in_days(0));
    let payload = globex.billing().mutate_ok("recordInvoicePaid", input, "outcome commissionEvent{id}").await;
    assert_eq!(payload["outcome"], "NO_MANAGED_ACCOUNT");
    let foreign = json!({ "partnerId": partner, "customerId": "c" });
    assert_eq!(globex.admin().error_code("assignManagedAccount", foreign).await, "NOT_FOUND");
}

#[tokio::test]
async fn a_partner_user_sees_its_own_partners_only() {
    let app = TestApp::new().await;
    let acme = Acme::new(&app).await;
    let sister = acme.tenant.create_partner_with_account("sister").await;
    acme.tenant.commission_event("sister", "s-1", "10.00", "EUR").await;
    let user = acme.tenant.partner_user(&sister, "sister-owner").await;
    let partner = &acme.ids["Partner"];
    for id in [partner.as_str(), "00000000-0000-7000-8000-000000000000"] {
        assert_eq!(user.query(&format!("{{partner(id:\"{id}\"){{id}}}}")).await.code(), "FORBIDDEN");
        let filtered = format!("{{commissionEvents(filter:{{partnerId:\"{id}\"}}){{totalCount}}}}");
        assert_eq!(user.query(&filtered).await.code(), "FORBIDDEN");
        let lead = json!({ "partnerId": id, "contactName": "x", "contactEmail": "x@example.com" });
        assert_eq!(user.error_code("submitReferralLead", lead).await, "NOT_FOUND");
    }
    let malformed = user.query("{partner(id:\"x\"){id}}").await;
    assert_eq!(malformed.code(), "BAD_USER_INPUT");
    let query =
        "{commissionEvents{totalCount nodes{invoiceId}} partners{nodes{companyName}} payouts{totalCount}
        viewer{kind role userId partners{companyName} tenant{id}}}";
    let expected = json!({
        "commissionEvents": { "totalCount": 1, "nodes": [{ "invoiceId": "s-1" }] },
        "partners": { "nodes": [{ "companyName": "sister" }] }, "payouts": { "totalCount": 0 },
        "viewer": { "kind": "PARTNER_USER", "role": "partner", "userId": "sister-owner",
                    "partners": [{ "companyName": "sister" }], "tenant": { "id": "acme" } },
    });
    assert_eq!(user.query(query).await.data(), expected);
}

#[tokio::test]
async fn a_deactivated_link_counts_at_once() {
    let app = TestApp::new().await;
    let acme = Acme::new(&app).await;
    let user = acme.tenant.client("secret-clerk", Role::Partner);
    user.query("{viewer{userId}}").await.data();
    let link = json!({ "id": acme.ids["PartnerUser"] });
    acme.tenant.admin().mutate_ok("deactivatePartnerUser", link, "partnerUser{id}").await;
    for query in ["{viewer{userId}}", "{partners{totalCount}}", "{__typename}"] {
        let answer = user.query(query).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "FORBIDDEN"));
    }
    let nobody = Client::anonymous(&app).query("{__typename}").await;
    assert_eq!((nobody.status, nobody.code().as_str()), (401, "UNAUTHENTICATED"));
    let stranger = Client::new(&app, "nowhere", "x", Role::Admin).query("{viewer{userId}}").await;
    assert_eq!((stranger.status, stranger.code().as_str()), (401, "UNAUTHENTICATED"));
}

#[tokio::test]
async fn names_addresses_and_staff_notes_are_kept_from_partner_users() {
    let app = TestApp::new().await;
    let acme = Acme::new(&app).await;
    let user = acme.tenant.client("secret-owner", Role::Partner);
    let lead = json!({
        "partnerId": acme.ids["Partner"], "contactName": "Own Contact", "contactEmail": "own@example.com", "notes": "mine",
    });
    let own =
        user.mutate_ok("submitReferralLead", lead, "referralLead{id}").await["referralLead"]["id"].clone();
    let step = json!({ "id": own, "status": "CONTACTED", "notes": "staff only" });
    acme.tenant.admin().mutate_ok("advanceReferralLead", step, "referralLead{id}").await;
    let mut batch = crate::support::batch_input(&acme.ids["Partner"]);
    batch["notes"] = json!("staff only");
    let all = json!({ "eventDateTo": in_days(1) });
    acme.tenant.finance().mutate_ok("approvePendingCommissionEvents", all, "approvedCount").await;
    acme.tenant.finance().mutate_ok("createPayoutBatch", batch, "payout{id}").await;
    let query = "{managedAccounts{nodes{customerId customerName}} referralLeads{nodes{contactName contactEmail notes}} payouts{nodes{notes}}}";
    let seen = user.query(query).await.data();
    assert!(!seen.to_string().contains("staff only"), "{seen}");
    assert_eq!(
        seen["managedAccounts"]["nodes"],
        json!([{ "customerId": "secret-customer", "customerName": "s*** C*** N***" }])
    );
    let leads = json!([
        { "contactName": "Own Contact", "contactEmail": "own@example.com", "notes": "mine" },
        { "contactName": "L*** L***", "contactEmail": "l***", "notes": null },
    ]);
    assert_eq!(seen["referralLeads"]["nodes"], leads);
    let history = "{commissionEvents{nodes{history{actor reason}}} payouts{nodes{history{actor reason}}}}";
    let seen = user.query(history).await.data().to_string();
    assert!(!seen.contains("fiona") && !seen.contains("billing") && seen.contains("\"staff\""), "{seen}");
    let staff = acme.tenant.admin().query(query).await.data();
    assert_eq!(staff["referralLeads"]["nodes"][0]["notes"], "staff only");
    assert_eq!(staff["managedAccounts"]["nodes"][0]["customerName"], "secret-customer Cover Name");
}

#[tokio::test]
async fn the_partner_role_finance_submits_no_leads() {
    let app = TestApp::new().await;
    let acme = Acme::new(&app).await;
    let partner = &acme.ids["Partner"];
    let link =
        json!({ "partnerId": partner, "userId": "penny", "email": "p@example.com", "role": "FINANCE" });
    acme.tenant.admin().mutate_ok("addPartnerUser", link, "partnerUser{id}").await;
    let penny = acme.tenant.client("penny", Role::Partner);
    let lead = json!({ "partnerId": partner, "contactName": "x", "contactEmail": "x@example.com" });
    assert_eq!(penny.error_code("submitReferralLead", lead).await, "FORBIDDEN");
}
