//! The payloads of the mutations that send payouts.

use async_graphql::SimpleObject;

use super::context::MutationResult;
use super::payload::mutation_payload;
use super::types::inbox::InboxEvent;
use super::types::payment_file::{PayingAccount, PaymentFile};
use super::types::payout::Payout;
use super::types::payout_attempt::{PayoutAccount, PayoutAttempt, StripeConnection, UnsentPayoutObject};
use crate::auth::Authorized;
use crate::domain::payment_file::create::CreatedFile;
use crate::domain::payment_file::settle::SettledFile;
use crate::domain::payout_attempt::send::SendReport;
use crate::domain::{inbox, paying_account, payment_file, payout_account, payout_attempt, stripe_connection};
use crate::primitives::error::UserError;
use crate::primitives::timestamp::Timestamp;

mutation_payload! {
    /// The payload of sendPayouts.
    SendPayoutsPayload from |report: SendReport| {
        /// The payouts that are being sent, in the order of the input; null when the mutation was rejected.
        sent: Vec<Payout> = Some(report.sent.into_iter().map(Payout).collect()),
        /// The payouts that are not, and why; null when the mutation was rejected.
        skipped: Vec<UnsentPayoutObject> = Some(report.skipped.into_iter().map(UnsentPayoutObject).collect()),
    }
}

mutation_payload! {
    /// The payload of withdrawPayoutAttempt and resolvePayoutAttempt.
    PayoutAttemptPayload from |attempt: Authorized<payout_attempt::PayoutAttempt>| {
        /// The attempt after the mutation; null when it was rejected.
        payout_attempt: PayoutAttempt = Some(PayoutAttempt(attempt)),
    }
}

mutation_payload! {
    /// The payload of linkStripeAccount, setBankAccount, confirmBankAccount and endPayoutAccount.
    PayoutAccountPayload from |account: Authorized<payout_account::PayoutAccount>| {
        /// The account after the mutation; null when it was rejected.
        payout_account: PayoutAccount = Some(PayoutAccount(account)),
    }
}

/// An account with the link by which the partner completes it.
pub struct Onboarding {
    /// The account.
    pub account: Authorized<payout_account::PayoutAccount>,
    /// The link.
    pub url: String,
    /// When the link ends.
    pub expires_at: Timestamp,
}

mutation_payload! {
    /// The payload of startStripeOnboarding.
    StartStripeOnboardingPayload from |onboarding: Onboarding| {
        /// The account; null when the mutation was rejected.
        payout_account: PayoutAccount = Some(PayoutAccount(onboarding.account)),
        /// The page of Stripe where the partner completes the account; for one use, and for the partner only: it is
        /// stored nowhere. Null when the mutation was rejected.
        url: String = Some(onboarding.url),
        /// The instant at which the page can no longer be opened; null when the mutation was rejected.
        expires_at: Timestamp = Some(onboarding.expires_at),
    }
}

mutation_payload! {
    /// The payload of setPayingAccount.
    PayingAccountPayload from |account: Authorized<paying_account::PayingAccount>| {
        /// The account after the mutation; null when it was rejected.
        paying_account: PayingAccount = Some(PayingAccount(account)),
    }
}

mutation_payload! {
    /// The payload of createPaymentFile.
    CreatePaymentFilePayload from |created: CreatedFile| {
        /// The file; null when the mutation was rejected.
        payment_file: PaymentFile = Some(PaymentFile(created.file)),
        /// The payouts that are not in the file, and why, in the order of the input; null when the mutation was
        /// rejected.
        skipped: Vec<UnsentPayoutObject> = Some(created.skipped.into_iter().map(UnsentPayoutObject).collect()),
    }
}

mutation_payload! {
    /// The payload of settlePaymentFile.
    SettlePaymentFilePayload from |settled: SettledFile| {
        /// The file after the mutation; null when it was rejected.
        payment_file: PaymentFile = Some(PaymentFile(settled.file)),
        /// The number of payouts that this call has completed; null when the mutation was rejected.
        completed_count: i32 = Some(i32::try_from(settled.completed).unwrap_or(i32::MAX)),
        /// The payouts that could not be completed now, and why; null when the mutation was rejected.
        skipped: Vec<UnsentPayoutObject> = Some(settled.skipped.into_iter().map(UnsentPayoutObject).collect()),
    }
}

mutation_payload! {
    /// The payload of withdrawPaymentFile.
    PaymentFilePayload from |file: Authorized<payment_file::PaymentFile>| {
        /// The file after the mutation; null when it was rejected.
        payment_file: PaymentFile = Some(PaymentFile(file)),
    }
}

mutation_payload! {
    /// The payload of connectStripe and updateStripeBilling.
    StripeConnectionPayload from |connection: Authorized<stripe_connection::StripeConnection>| {
        /// The connection after the mutation; null when it was rejected.
        stripe_connection: StripeConnection = Some(StripeConnection(connection)),
    }
}

mutation_payload! {
    /// The payload of replayInboxEvents.
    ReplayInboxEventsPayload from |events: Vec<Authorized<inbox::InboxEvent>>| {
        /// The events of the input after the mutation, in the order of their ids; null when it was rejected.
        inbox_events: Vec<InboxEvent> = Some(events.into_iter().map(InboxEvent).collect()),
    }
}
