//! Attacks by callers with valid tokens: one tenant cannot take what the others need, and a price is checked while the
//! response is made.

use serde_json::{Value, json};

use super::client::{post, query};
use super::target::Target;
use super::trial::Trial;
use crate::support::{in_days, invoice_input};

const REPEATED_INVOICE: &str = "
    mutation ($input: RecordInvoicePaidInput!) {
        recordInvoicePaid(input: $input) { outcome userErrors { code } }
    }";

#[test]
fn reversals_of_reversals_are_limited_by_what_they_return() {
    let target = Target::start();
    let selection = |depth: usize| {
        let nested = "reversedBy { reverses { ".repeat(depth);
        format!("{nested}reversedBy {{ id }}{}", " } }".repeat(depth))
    };
    Trial::of(&target, 4).run(|attacker| {
        let token = target.dataset.acme.finance_token(attacker.number);
        let event = &target.dataset.refunded_event;
        let document = match attacker.number {
            0..3 => format!("{{ commissionEvent(id: \"{event}\") {{ {} }} }}", selection(3)),
            _ => format!(
                "{{ commissionEvents(filter: {{ invoiceId: \"refunded\" }}, first: 5) {{ nodes {{ {} }} }} }}",
                "reverses { reversedBy { reverses { reversedBy { history { actor } } } } }"
            ),
        };
        attacker.repeat(|_| query(&token, &document, &json!({})));
    });
}

#[test]
fn reconciliations_of_one_tenant_leave_the_database_to_others() {
    let target = Target::start();
    Trial::of(&target, 24).run(|attacker| {
        let token = target.dataset.acme.finance_token(attacker.number);
        let document = "{ reconciliation { balanced differences { rule } strandedEvents { id } } }";
        attacker.repeat(|_| query(&token, document, &json!({})));
    });
}

#[test]
fn reports_of_one_tenant_leave_the_database_to_others() {
    let target = Target::start();
    let dashboards = (0..5).map(|n| {
        format!("d{n}: dashboard(asOf: \"{}\") {{ totalCommissionsEarned {{ amount }} }} ", in_days(n))
    });
    let counts = ["2000", "2001", "2002", "2003"].map(|year| {
        let filter = format!("{{ eventDateFrom: \"{year}-01-01T00:00:00Z\" }}");
        format!("c{year}: commissionEvents(first: 1, filter: {filter}) {{ totalCount }} ")
    });
    let partner = &target.dataset.acme.partner;
    let document = format!(
        "{{ partner(id: \"{partner}\") {{ {} {} }} }}",
        dashboards.collect::<String>(),
        counts.concat()
    );
    Trial::of(&target, 24).run(|attacker| {
        let token = target.dataset.acme.finance_token(attacker.number);
        attacker.repeat(|_| query(&token, &document, &json!({})));
    });
}

#[test]
fn an_invoice_that_one_tenant_repeats_leaves_the_database_to_others() {
    let target = Target::start();
    let request = |invoice: &str| {
        let input = invoice_input("c", invoice, "10.00", "EUR", "2026-01-05T00:00:00Z");
        query(&target.dataset.acme.service_token, REPEATED_INVOICE, &json!({ "input": input }))
    };
    // Each locks the receipt; some record new invoices, which lock the partner.
    Trial::of(&target, 40).run(|attacker| match attacker.number % 2 {
        0 => attacker.repeat(|_| request("repeated")),
        _ => attacker.repeat(|turn| request(&format!("new-{}-{turn}", attacker.number))),
    });
}

#[test]
fn large_compressed_responses_of_one_caller_leave_the_processor_to_others() {
    let target = Target::start();
    let token = target.dataset.acme.finance_token(0);
    let event = "id status eventType eventDate recordedAt payableAt invoiceId customerId commissionRate
        commissionAmount { amount currency } baseAmount { amount currency } partner { id companyName }
        managedAccount { id customerName } history { to at actor }";
    let document = format!("{{ commissionEvents(first: 100) {{ nodes {{ {event} }} }} }}");
    let body = json!({ "query": document, "variables": Value::Null }).to_string();
    // Of a debug build, each of these pages takes 60 ms of a processor.
    let trial = Trial { ..Trial::of(&target, 8) };
    trial.run(|attacker| {
        let encoding = ["gzip", "br"][attacker.number % 2];
        attacker.repeat(|_| post(&token, &format!("Accept-Encoding: {encoding}\r\n"), &body));
    });
}
