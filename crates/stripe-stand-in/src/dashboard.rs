//! The page that stands for Stripe's dashboard: what was transferred, and what can happen to it there.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::answer::Answer;
use crate::page::{escape, page};
use crate::request::Call;
use crate::shared::Shared;
use crate::state::{State, amount, text};
use crate::transfer;

/// The first part of the path of what the buttons do. The page itself is that of the root.
pub(crate) const PATH: &str = "dashboard";

const TITLE: &str = "Dashboard";

/// By how many minor units the button raises a balance.
const TOP_UP: i64 = 1_000_000;

/// Shows the page, or does what one of its buttons says.
pub(crate) fn answer(shared: &Arc<Shared>, call: &Call) -> Answer {
    if call.method != "POST" {
        return Answer::page(200, page(TITLE, &shared.read(content)));
    }
    let parameter = |name: &str| call.parameters.get(name).unwrap_or_default().to_owned();
    let refusal = match call.segments().get(1).copied() {
        Some("reverse") => reverse(shared, &parameter("transfer")),
        Some("top-up") => top_up(shared, &parameter("platform"), &parameter("currency")),
        _ => Some("There is no such button.".to_owned()),
    };
    match refusal {
        None => Answer::see_other("/".to_owned()),
        Some(why) => Answer::page(400, page(TITLE, &format!("<p>{}</p>", escape(&why)))),
    }
}

/// Reverses a transfer; returns why that is not possible.
fn reverse(shared: &Arc<Shared>, id: &str) -> Option<String> {
    shared.change(|state| {
        let Some(platform) = state.platform_of("transfer", id) else {
            return Some(format!("There is no transfer {id}."));
        };
        transfer::reverse(state, &platform, id, None, &BTreeMap::new()).err().map(|refusal| refusal.message)
    })
}

/// Raises a balance; returns why that is not possible.
fn top_up(shared: &Arc<Shared>, platform: &str, currency: &str) -> Option<String> {
    shared.change(|state| match state.book(platform).balances.get_mut(currency) {
        Some(balance) => {
            *balance = balance.saturating_add(TOP_UP);
            None
        }
        None => Some(format!("The balance in {currency} of {platform} is not limited.")),
    })
}

fn content(state: &State) -> String {
    let mut html = "<p>What is transferred here exists at this stand-in only. Reverse a transfer, and its \
                    payout is returned; top up a balance, and a payout that was refused can be sent again.</p>"
        .to_owned();
    html.push_str("<h2>Limited balances</h2>");
    let balances = state.books().flat_map(|(platform, book)| {
        book.balances.iter().map(move |(currency, units)| {
            row(
                &[currency, &units.to_string(), platform],
                &button("top-up", "Top up", &[("platform", platform), ("currency", currency)]),
            )
        })
    });
    html.push_str(&table(&["Currency", "Minor units", "Platform", ""], balances.collect()));
    html.push_str("<h2>Transfers, the latest first</h2>");
    let mut transfers: Vec<&Value> = state.all("transfer").map(|(_, transfer)| transfer).collect();
    transfers.reverse();
    let transfers = transfers.into_iter().map(|transfer| {
        let is_reversed = transfer["reversed"] == Value::Bool(true);
        let act = if is_reversed {
            "reversed".to_owned()
        } else {
            button("reverse", "Reverse", &[("transfer", text(transfer, "id"))])
        };
        let units = amount(transfer, "amount").to_string();
        row(&[text(transfer, "id"), &units, text(transfer, "currency"), text(transfer, "destination")], &act)
    });
    html.push_str(&table(&["Transfer", "Minor units", "Currency", "To", ""], transfers.collect()));
    html
}

fn table(heads: &[&str], rows: Vec<String>) -> String {
    if rows.is_empty() {
        return "<p>None.</p>".to_owned();
    }
    let heads: String = heads.iter().map(|head| format!("<th scope=\"col\">{head}</th>")).collect();
    format!("<div><table><thead><tr>{heads}</tr></thead><tbody>{}</tbody></table></div>", rows.concat())
}

fn row(cells: &[&str], act: &str) -> String {
    let cells: String = cells.iter().map(|cell| format!("<td>{}</td>", escape(cell))).collect();
    format!("<tr>{cells}<td>{act}</td></tr>")
}

fn button(path: &str, label: &str, fields: &[(&str, &str)]) -> String {
    let fields: String = fields
        .iter()
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value)))
        .collect();
    format!("<form method=\"post\" action=\"/{PATH}/{path}\">{fields}<button>{label}</button></form>")
}
