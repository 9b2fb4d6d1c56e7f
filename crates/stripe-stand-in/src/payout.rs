//! Payouts of connected accounts to their banks.

use serde_json::{Value, json};

use crate::shape;
use crate::state::{State, amount, now, text};

/// What is paid out of an account that has received nothing, in minor units and a currency.
const DEFAULT: (i64, &str) = (1000, "usd");

/// Adds a payout of everything that an account has received, in the currency of its last transfer, and returns its id.
/// It is `paid`, or `failed` because the bank has closed its account.
pub(crate) fn add(state: &mut State, platform: &str, account: &str, is_paid: bool) -> String {
    let (received, currency) = received(state, account).unwrap_or((DEFAULT.0, DEFAULT.1.to_owned()));
    let id = state.new_id("po");
    let mut fields = json!({
        "id": id,
        "amount": received,
        "arrival_date": now(),
        "created": now(),
        "currency": currency,
        "destination": "ba_1",
        "livemode": state.book(platform).livemode,
        "status": if is_paid { "paid" } else { "failed" },
    });
    if !is_paid {
        fields["failure_code"] = json!("account_closed");
        fields["failure_message"] = json!("The bank account has been closed.");
    }
    let payout: Value = shape::with(shape::PAYOUT, fields);
    let kind = if is_paid { "payout.paid" } else { "payout.failed" };
    state.emit(platform, Some(account), kind, json!({ "object": payout }));
    id
}

/// Returns the sum of what was transferred to an account and not reversed, in the currency of its last transfer.
fn received(state: &State, account: &str) -> Option<(i64, String)> {
    let own = || state.all("transfer").filter(|(_, transfer)| text(transfer, "destination") == account);
    let currency = text(own().last()?.1, "currency").to_owned();
    let in_currency = own().filter(|(_, transfer)| text(transfer, "currency") == currency);
    let left =
        in_currency.map(|(_, transfer)| amount(transfer, "amount") - amount(transfer, "amount_reversed"));
    Some((left.sum(), currency))
}
