//! Attacks by documents and what belongs to them: nothing that a client chooses grows without bound, and a request that
//! is rejected is charged as well.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Mutex;

use serde_json::json;

use super::client::{post, query};
use super::memory::MIB;
use super::target::Target;
use super::trial::Trial;
use crate::http::generated_documents::{fragment_bomb, unknown_fields};

/// How much a backend of PostgreSQL may grow while one client sends one list after the other.
const BACKEND_GROWTH_MAX: u64 = 12 * MIB;

/// A trial of four attackers whose documents a debug build takes long to parse.
fn slow_trial(target: &Target) -> Trial<'_> {
    Trial { ..Trial::of(target, 4) }
}

#[test]
fn long_operation_names_use_bounded_memory() {
    // A rate limit that is soon exceeded: what is rejected must not be remembered either.
    let target = Target::start_with(&[("RATE_STAFF", "200")]);
    let dataset = target.dataset;
    let letters = "n".repeat(200_000);
    slow_trial(&target).run(|attacker| {
        let token = match attacker.number {
            0..2 => dataset.acme.finance_token(attacker.number),
            _ => dataset.acme.service_token.clone(),
        };
        attacker.repeat(|turn| {
            let name = format!("{letters}{}_{turn}", attacker.number);
            post(&token, "", &format!(r#"{{"query":"{{ viewer {{ userId }} }}","operationName":"{name}"}}"#))
        });
    });
}

#[test]
fn documents_that_differ_use_bounded_memory() {
    let target = Target::start_with(&[("RATE_STAFF", "200")]);
    let dataset = target.dataset;
    let (comment, fields) = ("c".repeat(55_000), "userId ".repeat(500));
    slow_trial(&target).run(|attacker| {
        let token = match attacker.number {
            0..2 => dataset.acme.finance_token(attacker.number),
            _ => dataset.acme.service_token.clone(),
        };
        attacker.repeat(|turn| {
            let id = format!("{}_{turn}", attacker.number);
            let document = match attacker.number % 3 {
                0 => format!("{{ viewer {{ userId }} }} # {comment}{id}"),
                1 => format!("query Q{id} {{ viewer {{ {fields} }} }}"),
                _ => format!("query Q($v{id}{}: String) {{ viewer {{ userId }} }}", "v".repeat(50_000)),
            };
            query(&token, &document, &json!({}))
        });
    });
}

#[test]
fn lists_that_differ_do_not_fill_the_memory_of_postgresql() {
    let target = Target::start();
    let token = target.dataset.acme.finance_token(0);
    let conditions = [
        r#"status: [PENDING]"#,
        r#"eventType: [INVOICE_PAID]"#,
        r#"currency: "EUR""#,
        r#"eventDateFrom: "2020-01-01T00:00:00Z""#,
        r#"eventDateTo: "2120-01-01T00:00:00Z""#,
        r#"customerId: "nobody""#,
        r#"invoiceId: "nothing""#,
    ];
    let list = |n: usize| {
        let filter =
            conditions.iter().enumerate().filter(|(bit, _)| n >> bit & 1 == 1).map(|(_, text)| *text);
        let filter = filter.collect::<Vec<_>>().join(" ");
        let (first, order) = (n / 128 % 100 + 1, ["EVENT_DATE", "COMMISSION_AMOUNT"][n / 12_800 % 2]);
        format!(
            "l{n}: commissionEvents(first: {first}, filter: {{ {filter} }}, orderBy: {{ field: {order}, direction: DESC }}) \
             {{ pageInfo {{ endCursor }} }} "
        )
    };
    let largest_before = Mutex::new(None);
    let outcomes = Trial::of(&target, 1).run(|attacker| {
        largest_before.lock().expect("a size").get_or_insert_with(|| target.largest_backend());
        attacker.repeat(|turn| {
            let lists = (0..20).map(|n| list((turn * 20 + n) * 37)).collect::<String>();
            query(&token, &format!("{{ {lists} }}"), &json!({}))
        });
    });
    let before = largest_before.into_inner().expect("a size").expect("a size");
    let growth = target.largest_backend().saturating_sub(before);
    println!("  the largest backend of PostgreSQL grew by {} KiB", growth / 1024);
    assert!(growth <= BACKEND_GROWTH_MAX, "{} MiB after {outcomes:?}", growth / MIB);
}

#[test]
fn requests_that_are_rejected_are_charged() {
    let target = Target::start_with(&[("RATE_STAFF", "20")]);
    let unparsable = format!("{{ {}", "a ".repeat(9_000));
    let unbalanced = format!("{{ viewer {{ {} }}", "userId ".repeat(2_500));
    let unknown_hash = format!(r#"{{"documentId":"sha256:{}"}}"#, "0".repeat(64));
    let as_body = |document: String| json!({ "query": document }).to_string();
    let bodies = [
        as_body(unparsable),
        as_body(unbalanced),
        as_body(unknown_fields(2_000)),
        as_body(fragment_bomb(8, 20, "__typename")),
        unknown_hash,
        format!(r#"{{"query":"{{ viewer {{ userId }} }}","variables":[{}]}}"#, "0,".repeat(9_000)),
        as_body("mutation { createPartner(input: {}) { partner { id } } }".to_owned()),
    ];
    let limited = Mutex::new(BTreeSet::new());
    Trial::of(&target, bodies.len()).run(|attacker| {
        let token = target.dataset.acme.finance_token(attacker.number);
        let request = post(&token, "", &bodies[attacker.number]);
        let mut connection = None;
        while attacker.continues() {
            // Each from an address of its own, because many rejections of one address are delayed.
            let source = Ipv4Addr::new(127, 0, 1, u8::try_from(attacker.number).expect("a small number"));
            if attacker.send(&mut connection, source, &request).starts_with("429") {
                limited.lock().expect("a set").insert(attacker.number);
            }
        }
    });
    let limited = limited.into_inner().expect("a set");
    assert_eq!(limited.len(), bodies.len(), "only these kinds are limited: {limited:?}");
}
