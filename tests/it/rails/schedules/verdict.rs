//! The end of a schedule: everything is done that is left to do, and the books are compared with what Stripe has.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{Array, Text};
use revshare::auth::Role;
use serde_json::{Value, json};

use super::stage::Stage;
use crate::support::{superuser, with_superuser};

/// The lanes of the money.
const LANES: [&str; 3] = ["PAYOUT", "RECALL", "INBOX"];

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

impl Stage {
    /// Ends a schedule; returns what is wrong.
    pub async fn end(&mut self) -> Vec<String> {
        self.calm_down().await;
        self.drive().await;
        let mut wrong = self.faults(|stage, payout| !stage.restored.contains(payout)).await;
        // What was not sent is sent once more.
        self.send().await;
        self.drive().await;
        wrong.extend(self.faults(|_, _| true).await);
        let differences = self.rail.acme.reconciliation_differences().await;
        if differences != json!([]) {
            wrong.push(format!("{differences:#}"));
        }
        wrong.extend(self.audit().await);
        wrong
    }

    /// Returns how some of the payouts differ from what Stripe has of them.
    async fn faults(&self, is_compared: impl Fn(&Self, &String) -> bool) -> Vec<String> {
        let mut faults = Vec::new();
        for payout in self.payouts.iter().filter(|payout| is_compared(self, payout)) {
            let shown = self.rail.shown(payout).await;
            faults.extend(self.fault_of(payout, &shown).map(|fault| format!("{fault}: {shown:#}")));
        }
        faults
    }

    /// Works, delivers and resolves until nothing is left to do.
    async fn drive(&mut self) {
        for round in 0..40 {
            self.make_due(true).await;
            self.start_process();
            self.wait_until_worked(&LANES).await;
            self.stop_process().await;
            self.deliver_events().await;
            let mut is_over = self.due(&LANES).await == 0;
            for payout in self.payouts.clone() {
                let shown = self.rail.shown(&payout).await;
                match shown["attempts"][0]["status"].as_str() {
                    Some("UNCERTAIN") => {
                        is_over = false;
                        self.resolve(&payout, &shown).await;
                        // A search that finds nothing counts a day later.
                        if self.rail.shown(&payout).await["attempts"][0]["status"] == "UNCERTAIN" {
                            self.let_a_day_pass().await;
                        }
                    }
                    Some("QUEUED" | "SENDING") => is_over = false,
                    _ => {}
                }
            }
            if is_over {
                return;
            }
            if round % 8 == 7 {
                // An answer that Stripe keeps for a key is the same until the key is not used any more.
                self.let_a_day_pass().await;
            }
            assert!(round < 39, "not over: {:#?}", self.log);
        }
    }

    /// Lets the transfers be audited; returns what is found about this schedule.
    async fn audit(&mut self) -> Vec<String> {
        let update = "UPDATE jobs SET available_at = clock_timestamp() WHERE lane = 'AUDIT'";
        with_superuser(&self.rail.acme.app.database, update).await.expect("an update");
        self.start_process();
        self.wait_until_worked(&["AUDIT"]).await;
        self.stop_process().await;
        let query = "{ reconciliation { transferAudit { failure findings { kind reference message } } } }";
        let data = self.rail.acme.client("a", Role::Auditor).query(query).await.data();
        let audit = &data["reconciliation"]["transferAudit"];
        assert!(audit["failure"].is_null(), "{audit:#}");
        let own: Vec<_> = self.transfers();
        let is_own = |finding: &Value| {
            finding["kind"] == "MISSING"
                || own.iter().any(|transfer| finding["reference"] == transfer.id.as_str())
        };
        let findings = audit["findings"].as_array().expect("findings").iter();
        let wrong = findings.filter(|finding| is_own(finding));
        wrong.map(|finding| format!("the audit finds {finding}")).collect()
    }

    /// The jobs of some lanes that are due, or that a worker has.
    async fn due(&self, lanes: &[&str]) -> i64 {
        let mut connection = superuser(&self.rail.acme.app.database).await;
        let query = diesel::sql_query(
            "SELECT count(*) FROM jobs WHERE lane = ANY($1)
                AND dead_at IS NULL AND (available_at <= clock_timestamp() OR lease_id IS NOT NULL)",
        )
        .bind::<Array<Text>, _>(lanes);
        let counts: Vec<Count> =
            diesel_async::RunQueryDsl::load(query, &mut connection).await.expect("a count");
        counts[0].count
    }

    async fn wait_until_worked(&self, lanes: &[&str]) {
        for _ in 0..500 {
            if self.due(lanes).await == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the worker does not end: {:#?}", self.log);
    }

    /// Returns how a payout differs from what Stripe has of it.
    fn fault_of(&self, payout: &str, shown: &Value) -> Option<String> {
        let (transfers, living) = (self.transfers_of(payout), self.living(payout));
        if transfers.len() > 1 && !self.restored.contains(payout) {
            return Some("two transfers".to_owned());
        }
        if living.len() > 1 {
            return Some("two transfers live".to_owned());
        }
        let attempts = shown["attempts"].as_array().expect("attempts");
        let settled: Vec<_> = attempts.iter().filter(|attempt| attempt["status"] == "SETTLED").collect();
        let is_paid_by_stripe = shown["status"] == "COMPLETED" && !settled.is_empty();
        let Some(transfer) = living.first() else {
            return is_paid_by_stripe.then(|| "it was not paid".to_owned());
        };
        if !is_paid_by_stripe {
            return Some("it was paid".to_owned());
        }
        let total = shown["totalAmount"]["amount"].as_str().expect("an amount").replace('.', "");
        if total != transfer.amount.to_string() || shown["paymentReference"] != transfer.id.as_str() {
            return Some(format!("another transfer: {transfer:?}"));
        }
        let is_returned_in_part = shown["attention"] == "RETURNED_IN_PART";
        if (transfer.amount_reversed > 0) != is_returned_in_part {
            return Some("a part came back".to_owned());
        }
        None
    }
}
