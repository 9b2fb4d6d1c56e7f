//! The system under test: sends commands to its API and reads back everything that the model predicts.

mod files;
mod requests;
mod views;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use self::files::StatementFiles;
use self::views::{Events, InvoiceView, PayoutView};
use super::command::{Command, PARTNERS};
use super::ledger::{Buckets, Ledger};
use crate::rails::bank_accounts::{IBAN, bank_input, set_confirmed};
use crate::support::{TestApp, TestTenant, in_days};

/// Every scenario has a tenant of its own.
static TENANTS: AtomicUsize = AtomicUsize::new(0);

pub struct System {
    tenant: TestTenant,
    partners: Vec<String>,
    /// The timestamp of everything dated within the hold.
    within_hold: String,
    /// Another time of that day.
    later: String,
    /// The moment of terms that do not hold yet.
    future: String,
    events: Events,
    invoices: BTreeMap<u8, InvoiceView>,
    payouts: BTreeMap<String, PayoutView>,
    /// The id of the latest account of each customer.
    accounts: BTreeMap<u8, String>,
    buckets: Vec<Buckets>,
    /// The ids of the payouts that existed before the current step, in the order of the model.
    payout_ids: Vec<String>,
    files: StatementFiles,
}

impl System {
    pub async fn new(app: &TestApp) -> Self {
        let tenant = app.tenant(&format!("t{}", TENANTS.fetch_add(1, Ordering::Relaxed))).await;
        let first = tenant.create_partner("partner 0").await;
        let second = tenant.create_partner("partner 1").await;
        let rate = json!({ "defaultCommissionRate": "0.1", "effectiveFrom": "2000-01-01T00:00:00Z" });
        tenant.update_partner(&second, rate).await;
        tenant.assign_account(&first, "c0", None).await;
        tenant.assign_account(&second, "c2", None).await;
        tenant.update_settings(json!({ "holdDays": 30 })).await;
        for partner in [&first, &second] {
            set_confirmed(&tenant, bank_input(partner, IBAN)).await;
        }
        // The statements of its payouts are invoices, which changes nothing that the model predicts.
        tenant.set_legal_identities(&second).await;
        let mut system = Self {
            tenant,
            partners: vec![first, second],
            within_hold: in_days(-1),
            later: in_days(-1),
            future: in_days(30),
            events: Events::default(),
            invoices: BTreeMap::new(),
            payouts: BTreeMap::new(),
            accounts: BTreeMap::new(),
            buckets: Vec::new(),
            payout_ids: Vec::new(),
            files: StatementFiles::default(),
        };
        system.read().await;
        system
    }

    /// Issues the statements of all accounts, if it is their turn.
    pub async fn issue_statements(&self, is_turn: bool) {
        if is_turn {
            let finance = self.tenant.finance();
            let payload = finance.mutate_ok("issueStatements", json!({}), "failedCount").await;
            assert_eq!(payload["failedCount"], 0);
        }
    }

    /// Sends a command; returns its outcome, count or `OK`, or else the code of the error.
    #[expect(clippy::wildcard_enum_match_arm, reason = "all other commands are those of finance")]
    pub async fn send(&self, command: &Command) -> String {
        let (mutation, input, selection) = self.request(command);
        let client = match command {
            Command::RecordInvoicePaid { .. }
            | Command::RecordRefund { .. }
            | Command::ReverseRefund { .. } => self.tenant.billing(),
            Command::ChangeTerms { .. }
            | Command::ChangeAccountRate { .. }
            | Command::EndAccount { .. }
            | Command::AssignAccount { .. } => self.tenant.admin(),
            _ => self.tenant.finance(),
        };
        let payload = match client.try_mutate(mutation, input, selection).await {
            Ok(payload) => payload,
            Err(code) => return code,
        };
        match &payload[selection.split(' ').next().unwrap_or_default()] {
            Value::String(outcome) => outcome.clone(),
            Value::Number(count) => count.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => "OK".to_owned(),
        }
    }

    /// Reads all events, invoices, payouts, accounts and balances.
    pub async fn read(&mut self) {
        let data = self.tenant.admin().query(views::EVERYTHING).await.data();
        let partner = |id: &String| {
            let mut partners = data["partners"]["nodes"].as_array().expect("partners").iter();
            partners.find(|partner| partner["id"] == *id).expect("a partner")
        };
        let partners: Vec<&Value> = self.partners.iter().map(partner).collect();
        let invoices = data["invoices"]["nodes"].as_array().expect("invoices");
        self.events = Events::new(&partners, invoices);
        self.invoices = views::invoices(invoices);
        self.payouts = views::payouts(&partners, &self.events);
        self.accounts = views::latest_accounts(&data["managedAccounts"]["nodes"]);
        self.buckets = partners.iter().map(|partner| views::buckets(&partner["balances"])).collect();
    }

    /// Whether everything that was read is as the model predicts.
    pub fn equals(&self, ledger: &Ledger) -> bool {
        let Some(ids) = self.match_payouts(ledger) else { return false };
        let same_payouts = ledger.payouts.iter().zip(&ids).all(|(payout, id)| {
            let view = &self.payouts[id];
            (payout.partner, payout.status, payout.cents) == (view.partner, view.status.as_str(), view.cents)
                && payout.lines == view.lines
        });
        let receipts = ledger.receipts.iter().map(|(payment, receipt)| (*payment, receipt.outcomes()));
        let invoices = self.invoices.iter().map(|(payment, view)| (*payment, view.outcomes()));
        same_payouts
            && receipts.eq(invoices)
            && self.events.equal(ledger, &ids)
            && (0..PARTNERS).map(|partner| ledger.buckets(partner)).eq(self.buckets.iter().copied())
    }

    /// The ids of the model's payouts, in its order. Those made by the last step are recognised by their lines.
    fn match_payouts(&self, ledger: &Ledger) -> Option<Vec<String>> {
        if ledger.payouts.len() != self.payouts.len() {
            return None;
        }
        let mut ids = self.payout_ids.clone();
        for payout in &ledger.payouts[self.payout_ids.len()..] {
            let is_new_match =
                |(id, view): &(&String, &PayoutView)| !ids.contains(*id) && view.lines == payout.lines;
            let (id, _) = self.payouts.iter().find(is_new_match)?;
            ids.push(id.clone());
        }
        Some(ids)
    }

    /// Stores the order of the payouts for the next step.
    pub fn remember_payouts(&mut self, ledger: &Ledger) {
        self.payout_ids = self.match_payouts(ledger).expect("the same payouts");
    }

    pub async fn reconciliation_differences(&self) -> Vec<Value> {
        self.tenant.reconciliation_differences().await.as_array().cloned().unwrap_or_default()
    }

    /// Lists the actual rows and amounts, and those that the model predicts.
    pub fn describe(&self, ledger: &Ledger) -> String {
        let mut text = self.events.describe(ledger);
        for (payment, view) in &self.invoices {
            text.push_str(&format!("  actual    payment {payment}: {:?}\n", view.outcomes()));
        }
        for (payment, receipt) in &ledger.receipts {
            text.push_str(&format!("  predicted payment {payment}: {:?}\n", receipt.outcomes()));
        }
        for view in self.payouts.values() {
            text.push_str(&format!("  actual    {view:?}\n"));
        }
        for payout in &ledger.payouts {
            text.push_str(&format!("  predicted {payout:?}\n"));
        }
        let predicted: Vec<_> = (0..PARTNERS).map(|partner| ledger.buckets(partner)).collect();
        text.push_str(&format!("  actual {:?}, predicted {predicted:?}", self.buckets));
        text
    }
}
