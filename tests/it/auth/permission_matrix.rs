//! The permission matrix: the outcome of every field of the schema for each kind of caller.

use revshare::auth::Role;

use super::introspection::{Schema, UNEXPECTED, outcome};
use super::populated_tenant::{PopulatedTenant, without_rate_limits};
use crate::support::TestApp;

/// Lays rows out in columns, each two spaces wider than its widest cell.
fn table(rows: &[Vec<String>]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or_default() + 2;
    let widths: Vec<_> = (0..rows[0].len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<String>().trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

#[tokio::test]
async fn every_field_enforces_permissions() {
    let app = TestApp::with(without_rate_limits()).await;
    let acme = PopulatedTenant::new(&app).await;
    let outsiders = acme.outsiders(&app).await;
    let insiders = [
        ("own partner", acme.tenant.client("secret-owner", Role::Partner)),
        ("auditor", acme.tenant.client("a", Role::Auditor)),
        ("support", acme.tenant.client("s", Role::Support)),
        ("finance", acme.tenant.finance()),
        ("admin", acme.tenant.admin()),
        ("billing", acme.tenant.billing()),
    ];
    let schema = Schema::introspect(&acme.tenant.admin()).await;
    let probes = schema.field_probes(&acme);

    // Outsiders first: the insiders' mutations change the rows that are compared here.
    let before = acme.rows().await;
    for probe in probes.iter().filter(|probe| probe.field.starts_with("Mutation.")) {
        for (name, client) in &outsiders {
            client.query(&probe.query).await;
            assert_eq!(acme.rows().await, before, "{name} changed a row by {}", probe.field);
        }
    }

    let callers = || outsiders.iter().chain(&insiders);
    let header = ["field"].into_iter().chain(callers().map(|(name, _)| *name)).map(str::to_owned);
    let mut rows = vec![header.collect::<Vec<_>>()];
    for probe in &probes {
        let mut row = vec![probe.field.clone()];
        for (name, client) in callers() {
            let response = client.query(&probe.query).await.body;
            let outcome = outcome(&response);
            assert_ne!(outcome, UNEXPECTED, "{name} at {}: {response:#}", probe.field);
            let is_outsider = outsiders.iter().any(|(outsider, _)| outsider == name);
            assert!(!is_outsider || !acme.leaks_into(&response), "{name} at {}: {response:#}", probe.field);
            row.push(outcome.to_owned());
        }
        rows.push(row);
    }
    insta::assert_snapshot!("permission_matrix", table(&rows));
}
