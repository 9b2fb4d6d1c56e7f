//! Accounts of partners, connected to a platform, and the links to their onboarding.

use serde_json::{Value, json};

use crate::answer::Refusal;
use crate::api::Context;
use crate::onboarding::{self, Link};
use crate::options::Platform;
use crate::shape::{self, merge};
use crate::state::{State, amount, now, text};

/// What an account that has not been onboarded must still provide.
const REQUIREMENTS: [&str; 4] =
    ["business_type", "external_account", "tos_acceptance.date", "tos_acceptance.ip"];
/// How long a link can be used, in seconds.
const LINK_LIFETIME: u64 = 300;
/// Where else than at the top a parameter may be: everything of Stripe's that an account may be created with.
const PARAMETERS: [&str; 18] = [
    "account_token",
    "business_profile",
    "business_type",
    "capabilities",
    "company",
    "controller",
    "country",
    "default_currency",
    "documents",
    "email",
    "external_account",
    "groups",
    "individual",
    "metadata",
    "risk_controls",
    "settings",
    "tos_acceptance",
    "type",
];

/// An account of a partner, as tests look at it.
#[derive(Clone, Debug)]
pub struct Account {
    /// The id, `acct_…`.
    pub id: String,
    /// The account of the platform that it is connected to.
    pub platform: String,
    /// The status of the capability `transfers`: `active`, `inactive`, `pending`; `unrequested` without it.
    pub transfers: String,
    /// The requirements that are due now.
    pub currently_due: Vec<String>,
    /// What was transferred to it and not reversed, in all currencies.
    pub received: i64,
    /// The whole object, in Stripe's shape.
    pub object: Value,
}

/// Returns the account of the platform itself.
pub(crate) fn of_platform(platform: &Platform) -> Value {
    let fields = json!({
        "id": platform.account,
        "business_profile": { "name": "Stand-in platform" },
        "capabilities": { "card_payments": "active", "transfers": "active" },
        "charges_enabled": true,
        "details_submitted": true,
        "payouts_enabled": true,
        "settings": { "dashboard": { "display_name": "Stand-in platform" } },
        "type": "standard",
    });
    shape::with(shape::ACCOUNT, fields)
}

pub(crate) fn create(context: &mut Context) -> Result<Value, Refusal> {
    let parameters = &context.call.parameters;
    parameters.known(&PARAMETERS)?;
    let controller = controller(context)?;
    let country = parameters.get("country").unwrap_or("US");
    if country.len() != 2 || !country.bytes().all(|letter| letter.is_ascii_uppercase()) {
        let message = format!(
            "Country '{country}' is unknown. Try using a 2-character alphanumeric country code instead."
        );
        return Err(Refusal::invalid("country", "country_unsupported", message));
    }
    let requested = |name: &&String| parameters.is_true(&format!("capabilities[{name}][requested]"));
    let names: Vec<_> = parameters.pairs().iter().filter_map(|(name, _)| capability_in(name)).collect();
    let capabilities: serde_json::Map<_, _> =
        names.iter().filter(requested).map(|name| (name.clone(), json!("inactive"))).collect();
    let interval = parameters.get("settings[payouts][schedule][interval]");
    let fields = json!({
        "business_type": parameters.get("business_type"),
        "capabilities": capabilities,
        "controller": controller,
        "country": country,
        "default_currency": parameters.get("default_currency").unwrap_or("usd"),
        "email": parameters.get("email"),
        "metadata": parameters.metadata()?,
        "requirements": {
            "currently_due": REQUIREMENTS,
            "disabled_reason": "requirements.past_due",
            "eventually_due": REQUIREMENTS,
            "past_due": REQUIREMENTS,
        },
        "settings": { "payouts": { "schedule": { "interval": interval.unwrap_or("daily") } } },
        "tos_acceptance": {
            "service_agreement": parameters.get("tos_acceptance[service_agreement]").unwrap_or("full"),
        },
        "type": parameters.get("type").unwrap_or("none"),
    });
    Ok(add(context.state, &context.platform.account, None, fields))
}

/// Returns the name of the capability that a parameter is about: of `capabilities[transfers][requested]`, `transfers`.
fn capability_in(parameter: &str) -> Option<String> {
    parameter.strip_prefix("capabilities[")?.strip_suffix("][requested]").map(str::to_owned)
}

/// Returns who controls the account. A type stands for certain values, so that both are refused.
fn controller(context: &Context) -> Result<Value, Refusal> {
    const VALUES: [(&str, &str, &[&str]); 4] = [
        ("controller[fees][payer]", "account", &["account", "application"]),
        ("controller[losses][payments]", "stripe", &["application", "stripe"]),
        ("controller[requirement_collection]", "stripe", &["application", "stripe"]),
        ("controller[stripe_dashboard][type]", "full", &["express", "full", "none"]),
    ];
    let parameters = &context.call.parameters;
    let has_controller = parameters.pairs().iter().any(|(name, _)| name.starts_with("controller["));
    if has_controller && parameters.get("type").is_some() {
        let message = "You may not provide the `type` parameter and `controller` parameters simultaneously.";
        return Err(Refusal::invalid("type", "", message).without_code());
    }
    for (name, _, values) in VALUES {
        if let Some(value) = parameters.get(name).filter(|value| !values.contains(value)) {
            let message = format!("Invalid {name}: must be one of {}, not {value}", values.join(", "));
            return Err(Refusal::invalid(name, "", message).without_code());
        }
    }
    let value = |index: usize| {
        let (name, default, _) = VALUES[index];
        parameters.get(name).unwrap_or(default)
    };
    Ok(json!({
        "fees": { "payer": value(0) },
        "is_controller": true,
        "losses": { "payments": value(1) },
        "requirement_collection": value(2),
        "stripe_dashboard": { "type": value(3) },
        "type": "application",
    }))
}

/// Adds an account with these fields.
pub(crate) fn add(state: &mut State, platform: &str, id: Option<&str>, fields: Value) -> Value {
    let id = id.map_or_else(|| state.new_id("acct"), str::to_owned);
    let mut account = shape::with(shape::ACCOUNT, fields);
    let bank_accounts =
        json!({ "external_accounts": { "url": format!("/v1/accounts/{id}/external_accounts") } });
    merge(&mut account, bank_accounts);
    merge(&mut account, json!({ "id": id, "created": now() }));
    state.book(platform).put(account.clone());
    account
}

pub(crate) fn retrieve(context: &mut Context, id: &str) -> Result<Value, Refusal> {
    context.call.parameters.known(&[])?;
    if id == context.platform.account {
        return Ok(of_platform(context.platform));
    }
    let found = context.state.book(&context.platform.account).find("account", id).cloned();
    found.ok_or_else(|| no_access(id))
}

/// Returns the refusal of an account that does not exist, or is not connected: Stripe does not tell which.
fn no_access(id: &str) -> Refusal {
    let message = format!(
        "The provided key does not have access to account '{id}' (or that account does not exist). Application access \
         may have been revoked."
    );
    Refusal::executed(403, "account_invalid", message)
}

/// Makes a link to the onboarding page.
pub(crate) fn link(context: &mut Context) -> Result<Value, Refusal> {
    let parameters = &context.call.parameters;
    parameters.known(&["account", "collect", "collection_options", "refresh_url", "return_url", "type"])?;
    let account = parameters.require("account")?.to_owned();
    let kind = parameters.require("type")?;
    if !["account_onboarding", "account_update"].contains(&kind) {
        let message = format!("Invalid type: must be one of account_onboarding, account_update, not {kind}");
        return Err(Refusal::invalid("type", "", message).without_code());
    }
    let url = |name: &str| -> Result<String, Refusal> {
        let url = parameters.require(name)?;
        let is_web = url.starts_with("https://") || url.starts_with("http://");
        let refusal = || Refusal::invalid(name, "url_invalid", format!("Not a valid URL: {url}"));
        is_web.then(|| url.to_owned()).ok_or_else(refusal)
    };
    let (return_url, refresh_url) = (url("return_url")?, url("refresh_url")?);
    let expires_at = now() + LINK_LIFETIME;
    let token = uuid::Uuid::new_v4().simple().to_string();
    let book = context.state.book(&context.platform.account);
    if book.find("account", &account).is_none() {
        return Err(no_access(&account));
    }
    let page = format!("{}/{}/{token}", context.url, onboarding::PATH);
    book.links.insert(token, Link { account, return_url, refresh_url, expires_at });
    Ok(json!({ "object": "account_link", "created": now(), "expires_at": expires_at, "url": page }))
}

/// Marks an account as onboarded: the capabilities that were requested are active, and nothing is due.
pub(crate) fn complete(state: &mut State, platform: &str, id: &str) {
    let Some(account) = state.book(platform).find_mut("account", id) else { return };
    let transfers = account["capabilities"]["transfers"].is_string().then_some("active");
    change(state, platform, id, transfers, &[], None);
}

/// Sets the status of the capability `transfers`, if one is given, and the requirements; emits the events of it.
pub(crate) fn change(
    state: &mut State,
    platform: &str,
    id: &str,
    transfers: Option<&str>,
    due: &[&str],
    reason: Option<&str>,
) {
    let Some(account) = state.book(platform).find_mut("account", id) else { return };
    let before = account["capabilities"]["transfers"].as_str().map(str::to_owned);
    let transfers = transfers.map(str::to_owned).or_else(|| before.clone());
    let previous = json!({
        "capabilities": account["capabilities"],
        "payouts_enabled": account["payouts_enabled"],
        "requirements": account["requirements"],
    });
    let requirements = json!({
        "currently_due": due,
        "disabled_reason": reason,
        "eventually_due": due,
        "past_due": if reason.is_some() { due } else { &[] },
    });
    let is_onboarded = due.is_empty() && reason.is_none();
    merge(account, json!({ "payouts_enabled": is_onboarded, "requirements": requirements }));
    if let Some(transfers) = &transfers {
        account["capabilities"]["transfers"] = json!(transfers);
    }
    if is_onboarded {
        account["details_submitted"] = json!(true);
    }
    let account = account.clone();
    if before != transfers {
        let data = json!({
            "object": capability(&account, transfers.as_deref()),
            "previous_attributes": { "status": before },
        });
        state.emit(platform, Some(id), "capability.updated", data);
    }
    let data = json!({ "object": account, "previous_attributes": previous });
    state.emit(platform, Some(id), "account.updated", data);
}

/// Returns the capability `transfers` of an account as an object.
fn capability(account: &Value, status: Option<&str>) -> Value {
    json!({
        "id": "transfers",
        "object": "capability",
        "account": account["id"],
        "future_requirements": account["future_requirements"],
        "requested": true,
        "requested_at": account["created"],
        "requirements": account["requirements"],
        "status": status,
    })
}

/// Returns all accounts, as tests look at them.
pub(crate) fn all(state: &State) -> Vec<Account> {
    let received = |id: &str| -> i64 {
        let transfers = state.all("transfer").map(|(_, transfer)| transfer);
        let own = transfers.filter(|transfer| text(transfer, "destination") == id);
        own.map(|transfer| amount(transfer, "amount") - amount(transfer, "amount_reversed")).sum()
    };
    let account = |(platform, object): (&String, &Value)| {
        let due = object["requirements"]["currently_due"].as_array().into_iter().flatten();
        Account {
            id: text(object, "id").to_owned(),
            platform: platform.clone(),
            transfers: object["capabilities"]["transfers"].as_str().unwrap_or("unrequested").to_owned(),
            currently_due: due.filter_map(Value::as_str).map(str::to_owned).collect(),
            received: received(text(object, "id")),
            object: object.clone(),
        }
    };
    state.all("account").map(account).collect()
}
