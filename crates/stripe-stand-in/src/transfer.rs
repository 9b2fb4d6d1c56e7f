//! Transfers to accounts of partners, their reversals, and the balance that they are paid from.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::answer::Refusal;
use crate::api::Context;
use crate::currency;
use crate::state::{State, amount, now, text};

/// The balance that is stated for a currency that has no limit.
const UNLIMITED: i64 = 100_000_000_000;

/// A transfer, as tests look at it.
#[derive(Clone, Debug)]
pub struct Transfer {
    /// The id, `tr_…`.
    pub id: String,
    /// The account of the platform that paid it.
    pub platform: String,
    /// In Stripe's minor units.
    pub amount: i64,
    /// How much of it was reversed.
    pub amount_reversed: i64,
    /// In lower case.
    pub currency: String,
    /// The account that received it.
    pub destination: String,
    /// The group, if there is one.
    pub transfer_group: Option<String>,
    /// The metadata.
    pub metadata: BTreeMap<String, String>,
    /// The whole object, in Stripe's shape.
    pub object: Value,
}

pub(crate) fn create(context: &mut Context) -> Result<Value, Refusal> {
    let parameters = &context.call.parameters;
    parameters.known(&[
        "amount",
        "currency",
        "description",
        "destination",
        "metadata",
        "source_type",
        "transfer_group",
    ])?;
    let currency = parameters.require("currency")?;
    let destination = parameters.require("destination")?;
    parameters.require("amount")?;
    let amount = parameters.integer("amount")?.unwrap_or_default();
    let metadata = parameters.metadata()?;
    check_amount(amount, currency)?;
    let platform = &context.platform.account;
    let book = context.state.book(platform);
    check_destination(book.find("account", destination), destination)?;
    if let Some(balance) = book.balances.get_mut(currency) {
        if *balance < amount {
            let message = "You have insufficient available funds in your Stripe account.";
            return Err(Refusal::executed(400, "balance_insufficient", message));
        }
        *balance -= amount;
    }
    let id = context.state.new_id("tr");
    let payment = context.state.new_id("py");
    let transaction = context.state.new_id("txn");
    let reversals = format!("/v1/transfers/{id}/reversals");
    let transfer = json!({
        "id": id,
        "object": "transfer",
        "amount": amount,
        "amount_reversed": 0,
        "balance_transaction": transaction,
        "created": now(),
        "currency": currency,
        "description": parameters.get("description"),
        "destination": destination,
        "destination_payment": payment,
        "livemode": context.platform.livemode,
        "metadata": metadata,
        "reversals": { "object": "list", "data": [], "has_more": false, "url": reversals },
        "reversed": false,
        "source_transaction": null,
        "source_type": parameters.get("source_type").unwrap_or("card"),
        "transfer_group": parameters.get("transfer_group"),
    });
    context.state.book(platform).put(transfer.clone());
    context.state.emit(platform, None, "transfer.created", json!({ "object": transfer }));
    Ok(transfer)
}

/// Refuses an amount that is not one of Stripe's minor units, and unknown currencies.
fn check_amount(amount: i64, currency: &str) -> Result<(), Refusal> {
    if !currency::is_known(currency) {
        let message =
            format!("Invalid currency: {currency}. Currencies are codes of three lower-case letters.");
        return Err(Refusal::invalid("currency", "", message).without_code());
    }
    if amount < 1 {
        let message = "This value must be greater than or equal to 1.";
        return Err(Refusal::invalid("amount", "parameter_invalid_integer", message));
    }
    let step = currency::step(currency);
    if amount % step != 0 {
        let message = format!("Invalid amount: in {currency}, amounts must be evenly divisible by {step}.");
        return Err(Refusal::invalid("amount", "parameter_invalid_integer", message));
    }
    Ok(())
}

fn check_destination(account: Option<&Value>, id: &str) -> Result<(), Refusal> {
    let Some(account) = account else {
        let message = format!("No such destination: '{id}'");
        return Err(Refusal::executed(400, "resource_missing", message).about("destination"));
    };
    if text(&account["capabilities"], "transfers") != "active" {
        let message = "Your destination account needs to have at least one of the following capabilities enabled: \
                       transfers, crypto_transfers, legacy_payments";
        return Err(Refusal::executed(400, "insufficient_capabilities_for_transfer", message));
    }
    Ok(())
}

pub(crate) fn list(context: &mut Context) -> Result<Value, Refusal> {
    context.call.parameters.known(&[
        "created",
        "destination",
        "ending_before",
        "limit",
        "starting_after",
        "transfer_group",
    ])?;
    let group = context.is_equal("transfer_group", "transfer_group");
    let destination = context.is_equal("destination", "destination");
    context.list("transfer", "/v1/transfers", |transfer| group(transfer) && destination(transfer))
}

pub(crate) fn create_reversal(context: &mut Context, id: &str) -> Result<Value, Refusal> {
    let parameters = &context.call.parameters;
    parameters.known(&["amount", "description", "metadata", "refund_application_fee"])?;
    let amount = parameters.integer("amount")?;
    let metadata = parameters.metadata()?;
    reverse(context.state, &context.platform.account, id, amount, &metadata)
}

/// Reverses a transfer, or a part of it.
pub(crate) fn reverse(
    state: &mut State,
    platform: &str,
    id: &str,
    wanted: Option<i64>,
    metadata: &BTreeMap<String, String>,
) -> Result<Value, Refusal> {
    let Some(transfer) = state.book(platform).find("transfer", id).cloned() else {
        return Err(Refusal::missing("transfer", id));
    };
    let (left, reversed) = reversible(&transfer, wanted)?;
    let currency = text(&transfer, "currency").to_owned();
    let reversal = json!({
        "id": state.new_id("trr"),
        "object": "transfer_reversal",
        "amount": reversed,
        "balance_transaction": state.new_id("txn"),
        "created": now(),
        "currency": currency,
        "destination_payment_refund": state.new_id("pyr"),
        "metadata": metadata,
        "source_refund": null,
        "transfer": id,
    });
    let book = state.book(platform);
    book.put(reversal.clone());
    if let Some(balance) = book.balances.get_mut(&currency) {
        *balance += reversed;
    }
    let total = amount(&transfer, "amount_reversed") + reversed;
    if let Some(transfer) = book.find_mut("transfer", id) {
        transfer["amount_reversed"] = json!(total);
        transfer["reversed"] = json!(reversed == left);
        if let Some(reversals) = transfer["reversals"]["data"].as_array_mut() {
            reversals.insert(0, reversal.clone());
            reversals.truncate(10);
        }
        let transfer = transfer.clone();
        state.emit(platform, None, "transfer.reversed", json!({ "object": transfer }));
    }
    Ok(reversal)
}

/// Returns what is left of a transfer, and how much of that is to be reversed: all, unless an amount is wanted.
fn reversible(transfer: &Value, wanted: Option<i64>) -> Result<(i64, i64), Refusal> {
    let left = amount(transfer, "amount") - amount(transfer, "amount_reversed");
    if left == 0 {
        let message = format!("Transfer {} is already fully reversed.", text(transfer, "id"));
        return Err(Refusal::executed(400, "", message).without_code());
    }
    let reversed = wanted.unwrap_or(left);
    if reversed < 1 {
        let message = "This value must be greater than or equal to 1.";
        return Err(Refusal::invalid("amount", "parameter_invalid_integer", message));
    }
    if reversed > left {
        let message =
            format!("Transfer reversal amount ({reversed}) is greater than the unreversed amount ({left}).");
        return Err(Refusal::executed(400, "", message).without_code().about("amount"));
    }
    Ok((left, reversed))
}

pub(crate) fn list_reversals(context: &mut Context, id: &str) -> Result<Value, Refusal> {
    context.call.parameters.known(&["ending_before", "limit", "starting_after"])?;
    if context.state.book(&context.platform.account).find("transfer", id).is_none() {
        return Err(Refusal::missing("transfer", id));
    }
    let url = format!("/v1/transfers/{id}/reversals");
    let id = id.to_owned();
    context.list("transfer_reversal", &url, move |reversal| text(reversal, "transfer") == id)
}

pub(crate) fn balance(context: &mut Context) -> Result<Value, Refusal> {
    context.call.parameters.known(&[])?;
    let mut balances = context.state.book(&context.platform.account).balances.clone();
    balances.entry("usd".to_owned()).or_insert(UNLIMITED);
    let funds = |currency: &str, amount: i64| {
        let source_types = json!({ "card": amount });
        json!({ "amount": amount, "currency": currency, "source_types": source_types })
    };
    let available = balances.iter().map(|(currency, amount)| funds(currency, *amount));
    let pending = balances.keys().map(|currency| funds(currency, 0));
    Ok(json!({
        "object": "balance",
        "available": available.collect::<Vec<_>>(),
        "livemode": context.platform.livemode,
        "pending": pending.collect::<Vec<_>>(),
    }))
}

/// Returns all transfers, as tests look at them, in the order in which each platform made them.
pub(crate) fn all(state: &State) -> Vec<Transfer> {
    let transfer = |(platform, object): (&String, &Value)| Transfer {
        id: text(object, "id").to_owned(),
        platform: platform.clone(),
        amount: amount(object, "amount"),
        amount_reversed: amount(object, "amount_reversed"),
        currency: text(object, "currency").to_owned(),
        destination: text(object, "destination").to_owned(),
        transfer_group: object["transfer_group"].as_str().map(str::to_owned),
        metadata: serde_json::from_value(object["metadata"].clone()).unwrap_or_default(),
        object: object.clone(),
    };
    state.all("transfer").map(transfer).collect()
}
