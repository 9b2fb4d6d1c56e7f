//! Hostile requests of each kind that `faults::attacks` tries alone.

use serde_json::json;
use uuid::Uuid;

use crate::faults::attacks::client::{get, post, query};
use crate::faults::attacks::http2::{opening, ping};
use crate::faults::attacks::target::Target;
use crate::support::identity_provider::{Signer, base64url, claims};

/// A kind of hostile request, its bytes, and whether the client reads the response.
type Attack = (&'static str, Vec<u8>, bool);

/// Returns a request of each kind, different each time.
pub fn requests(target: &Target) -> Vec<Attack> {
    let acme = &target.dataset.acme;
    let token = acme.finance_token(rand::random_range(0..20));
    let random = Uuid::now_v7().simple().to_string();
    let secret = base64url(rand::random::<[u8; 32]>());
    let made_up = format!("rvs_{}.{}.{secret}", base64url("acme"), Uuid::now_v7());
    let forged = Signer::hs(b"not the secret of this server, but as long").token(&claims());
    let name = format!("{}{random}", "n".repeat(200_000));
    let unparsable = format!("{{ {} # {random}", "a ".repeat(9_000));
    let event = &target.dataset.refunded_event;
    let nested = format!("{}id{}", "reversedBy { reverses { ".repeat(3), " } }".repeat(3));
    let first = rand::random_range(1..=100);
    let list = format!(
        "{{ l{random}: commissionEvents(first: {first}, filter: {{ customerId: \"{random}\" }}) {{ nodes {{ id }} }} }}"
    );
    let large = "{ commissionEvents(first: 100) { nodes { id invoiceId partner { companyName } history { actor } } } }";
    let values = format!("{}0", "0,".repeat(100_000));
    let viewer = "{ viewer { userId } }";
    let none = json!({});
    vec![
        ("made-up service token", query(&made_up, viewer, &none), true),
        ("forged signature", query(&forged, viewer, &none), true),
        ("body without a token", post("none", "", &" ".repeat(250 * 1024)), true),
        (
            "long operation name",
            post(&token, "", &json!({ "query": viewer, "operationName": name }).to_string()),
            true,
        ),
        ("unparsable document", query(&token, &unparsable, &none), true),
        ("different document", query(&token, &format!("{viewer} # {random}{}", "c".repeat(50_000)), &none), true),
        (
            "reversals of reversals",
            query(&token, &format!("{{ commissionEvent(id: \"{event}\") {{ {nested} }} }}"), &none),
            true,
        ),
        ("different list", query(&token, &list, &none), true),
        ("reconciliation", query(&token, "{ reconciliation { balanced } }", &none), true),
        (
            "a hundred thousand values",
            post(&token, "", &format!(r#"{{"query":"{viewer}","variables":{{"v":[{values}]}}}}"#)),
            true,
        ),
        ("compressed page", get("/graphiql", "Accept-Encoding: br\r\n"), true),
        ("large response that nobody reads", query(&token, large, &none).repeat(4), false),
        ("pings without requests", [opening(65_535), ping(), ping()].concat(), false),
        ("head without end", format!("GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: {random}").into_bytes(), false),
        (
            "body without end",
            format!(
                "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer {token}\r\n\
                 Content-Length: 250000\r\n\r\n{{"
            )
            .into_bytes(),
            false,
        ),
    ]
}
