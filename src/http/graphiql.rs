//! GET /graphiql: a page to try queries on, with an example for each kind of user.

use async_graphql::ScalarType;
use async_graphql::http::GraphiQLSource;
use axum::response::Html;
use chrono::{SubsecRound, Utc};
use serde_json::json;

use crate::instant::Instant;

/// Example operations: for partner users, for finance, and for the billing service.
pub const EXAMPLES: [(&str, &str); 3] = [
    ("partner", include_str!("examples/partner.graphql")),
    ("finance", include_str!("examples/finance.graphql")),
    ("billing", include_str!("examples/billing.graphql")),
];

/// The page.
pub async fn page() -> Html<String> {
    let page = GraphiQLSource::build().endpoint("/graphql").title("revshare").finish();
    let headers = json!({ "Authorization": "Bearer <token>" });
    let now = Utc::now().trunc_subsecs(0);
    let invoice = json!({
        "invoiceId": format!("INV-{}", now.format("%Y%m%d-%H%M%S")),
        "paidAt": Instant(now).to_value(),
    });
    let tabs: Vec<_> = EXAMPLES
        .iter()
        .map(|(user, query)| {
            let variables = if *user == "billing" { format!("{invoice:#}") } else { String::new() };
            json!({ "query": query, "headers": format!("{headers:#}"), "variables": variables })
        })
        .collect();
    // The library's page takes no tabs; this is the one place where it lists the component's properties.
    let with_tabs = format!("defaultEditorToolsVisibility: 'headers', defaultTabs: {},", json!(tabs));
    Html(page.replace("defaultEditorToolsVisibility: true,", &with_tabs))
}
