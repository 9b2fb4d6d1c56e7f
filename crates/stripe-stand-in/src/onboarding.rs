//! The page that stands for Stripe's onboarding of a partner.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::account;
use crate::answer::Answer;
use crate::page::{escape, page};
use crate::request::Call;
use crate::shared::Shared;
use crate::state::now;

/// The first part of the paths of the pages.
pub(crate) const PATH: &str = "onboarding";

const TITLE: &str = "Onboarding";

/// A link to the page of an account. It can be used once.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Link {
    pub account: String,
    pub return_url: String,
    pub refresh_url: String,
    /// In seconds since 1970.
    pub expires_at: u64,
}

/// Shows the page of a link, or does what its button says.
pub(crate) fn answer(shared: &Arc<Shared>, call: &Call) -> Answer {
    let segments = call.segments();
    let token = segments.get(1).copied().unwrap_or_default();
    let found = shared.read(|state| {
        let mut books = state.books();
        books.find_map(|(platform, book)| Some((platform.clone(), book.links.get(token)?.clone())))
    });
    let Some((platform, link)) = found else {
        let text =
            "<p>This link does not exist, or was used before. Ask for a new one where you found it.</p>";
        return Answer::page(404, page(TITLE, text));
    };
    if now() > link.expires_at {
        return Answer::see_other(link.refresh_url);
    }
    if call.method != "POST" {
        return Answer::page(200, page(TITLE, &buttons(&link.account)));
    }
    shared.change(|state| {
        state.book(&platform).links.remove(token);
        if call.parameters.get("outcome") == Some("complete") {
            account::complete(state, &platform, &link.account);
        }
    });
    Answer::see_other(link.return_url)
}

fn buttons(account: &str) -> String {
    format!(
        "<p>Here Stripe would ask the partner for its details, its bank account and its identity. Account \
         <code>{}</code> needs none of them: choose how the onboarding ends.</p>\
         <form method=\"post\">\
         <button name=\"outcome\" value=\"complete\">Complete onboarding</button>\
         <button name=\"outcome\" value=\"leave\">Leave incomplete</button>\
         </form>",
        escape(account)
    )
}
