//! What staff do meanwhile, with what they can know.

use rand::Rng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};
use stripe_stand_in::Transfer;

use super::stage::Stage;

/// What staff are told if something cannot be done now.
const REJECTIONS: [&str; 5] =
    ["INVALID_STATE", "ATTEMPT_UNDER_WAY", "CONFLICT", "BAD_USER_INPUT", "PARTNER_NOT_PAYABLE"];

impl Stage {
    /// Lets staff do something with a payout.
    pub async fn act_by_hand(&mut self) {
        let Some(payout) = self.payouts.choose(&mut self.random).cloned() else { return };
        let shown = self.rail.shown(&payout).await;
        let attempt = shown["attempts"][0]["id"].clone();
        // The database does not know any more what may have been sent.
        let is_known = !self.restored.contains(&payout);
        match self.random.random_range(0..8) {
            0 if is_known => {
                let input = json!({ "id": payout, "paymentReference": format!("WIRE-{payout}") });
                self.try_by_hand("completePayout", input).await;
            }
            1 if is_known => {
                self.try_by_hand("failPayout", json!({ "id": payout, "reason": "no" })).await;
            }
            2 if is_known => {
                self.try_by_hand("cancelPayout", json!({ "id": payout, "reason": "no" })).await;
            }
            3 => self.try_by_hand("withdrawPayoutAttempt", json!({ "id": attempt, "reason": "no" })).await,
            4 => self.try_by_hand("recallPayout", json!({ "id": payout, "reason": "no" })).await,
            5 if shown["status"] == "COMPLETED" => self.return_by_hand(&payout).await,
            6 => self.resolve(&payout, &shown).await,
            _ => self.connect().await,
        }
    }

    /// Returns a payout whose money is back.
    async fn return_by_hand(&mut self, payout: &str) {
        for transfer in self.living(payout) {
            self.rail.stripe.reverse_transfer(&transfer.id, None).expect("a reversal");
        }
        self.try_by_hand("returnPayout", json!({ "id": payout, "reason": "it came back" })).await;
    }

    /// Resolves an uncertain attempt as what is found at Stripe.
    pub async fn resolve(&mut self, payout: &str, shown: &Value) {
        let input = match self.living(payout).first() {
            Some(transfer) => json!({ "outcome": "MOVED", "reference": transfer.id }),
            None => json!({ "outcome": "NOT_MOVED" }),
        };
        let attempt = json!({ "id": shown["attempts"][0]["id"], "reason": "looked" });
        self.try_by_hand("resolvePayoutAttempt", crate::support::with_fields(attempt, input)).await;
    }

    /// Sends a mutation that may be rejected.
    async fn try_by_hand(&mut self, mutation: &str, input: Value) {
        if input["id"].is_null() {
            return;
        }
        let done = self.rail.acme.finance().try_mutate(mutation, input.clone(), "").await;
        let code = done.err().unwrap_or_default();
        assert!(code.is_empty() || REJECTIONS.contains(&code.as_str()), "{mutation}: {code}");
        self.note(format!("{mutation} {input}: {code}"));
    }

    /// The transfers of a payout.
    pub fn transfers_of(&self, payout: &str) -> Vec<Transfer> {
        let group = format!("rvs_{payout}");
        let transfers = self.transfers().into_iter();
        transfers.filter(|transfer| transfer.transfer_group.as_deref() == Some(&group)).collect()
    }

    /// The transfers of a payout whose money did not come back.
    pub fn living(&self, payout: &str) -> Vec<Transfer> {
        let transfers = self.transfers_of(payout).into_iter();
        transfers.filter(|transfer| transfer.amount > transfer.amount_reversed).collect()
    }
}
