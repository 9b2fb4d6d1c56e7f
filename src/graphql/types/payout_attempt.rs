//! The object types of payout attempts, payout accounts and the connection to Stripe.

use async_graphql::{Context, ID, Object};

use super::payment_file::PaymentFile;
use super::payout::Payout;
use crate::auth::Authorized;
use crate::domain::payout_account::{self, PayoutAccountStatus, masked};
use crate::domain::payout_attempt::send::UnsentPayout;
use crate::domain::payout_attempt::{self, AttemptStatus, PayoutRail};
use crate::domain::stripe_connection;
use crate::graphql::context::request;
use crate::graphql::reference::Reference;
use crate::primitives::error::UserErrorCode;
use crate::primitives::money::Money;
use crate::primitives::timestamp::Timestamp;

/// An attempt within the caller's scope.
pub struct PayoutAttempt(pub Authorized<payout_attempt::PayoutAttempt>);

/// One try of a rail to send the money of a payout. An attempt moves money at most once. For staff.
#[Object]
impl PayoutAttempt {
    /// The id of the attempt: a UUID, unique over all types. The request to Stripe has the idempotency key `rvs-` followed by it.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The payout whose money is sent.
    async fn payout(&self) -> Reference<Payout> {
        Reference::new(self.0.payout_id)
    }

    /// The rail that the money is sent by.
    async fn rail(&self) -> PayoutRail {
        self.0.rail
    }

    /// The present status of the attempt.
    async fn status(&self) -> AttemptStatus {
        self.0.status
    }

    /// The amount: the total of the payout.
    async fn amount(&self) -> Money {
        self.0.amount()
    }

    /// The account that the money goes to, as it was when the attempt was made; only its last four characters, as in `"…Ab12"`.
    async fn destination(&self) -> String {
        masked(&self.0.destination)
    }

    /// Whether real money is moved; false in the test mode of the rail.
    async fn is_live(&self) -> bool {
        self.0.is_live
    }

    /// The reference of the transfer at the rail, as in `"tr_1AbC"`, or that of the bank; null unless the money was moved.
    async fn reference(&self) -> Option<&str> {
        self.0.reference.as_deref()
    }

    /// The rail's code of a refusal, as in `"balance_insufficient"`, or ours, as in `"no_answer"`; null for none.
    async fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The last message of the rail, or what keeps the attempt from going on; null for none.
    async fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// The instant at which the attempt was made.
    async fn created_at(&self) -> Timestamp {
        self.0.created_at.into()
    }

    /// The id of the user who made it.
    async fn created_by(&self) -> &str {
        &self.0.created_by
    }

    /// The instant at which the rail was first asked to move the money; null if it certainly was not, and for an attempt by file, whose
    /// file has downloadedAt.
    async fn first_sent_at(&self) -> Option<Timestamp> {
        self.0.first_sent_at.map(Timestamp)
    }

    /// The instant at which the transfers of the rail were last searched for that of the attempt without finding it; null if they
    /// were not.
    async fn looked_at(&self) -> Option<Timestamp> {
        self.0.looked_at.map(Timestamp)
    }

    /// The instant at which staff recalled the money; null unless the rail is being asked for it, or has returned it.
    async fn recalled_at(&self) -> Option<Timestamp> {
        self.0.recalled_at.map(Timestamp)
    }

    /// The payment file that the payout is in; null for an attempt of another rail.
    async fn payment_file(&self) -> Option<Reference<PaymentFile>> {
        self.0.payment_file_id.map(Reference::new)
    }

    /// The instant at which the attempt was over; null while it is under way.
    async fn ended_at(&self) -> Option<Timestamp> {
        self.0.ended_at.map(Timestamp)
    }
}

/// An account within the caller's scope.
pub struct PayoutAccount(pub Authorized<payout_account::PayoutAccount>);

/// An account that a partner is paid to by a rail.
#[Object]
impl PayoutAccount {
    /// The id of the account: a UUID, unique over all types.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The rail that sends money to it.
    async fn rail(&self) -> PayoutRail {
        self.0.rail
    }

    /// The status: money can be sent to READY accounts.
    async fn status(&self) -> PayoutAccountStatus {
        self.0.status
    }

    /// The account at the rail, or the number of the bank account: only its last four characters, as in `"…Ab12"`, and fewer of a short
    /// number.
    async fn destination(&self) -> String {
        self.0.masked_destination()
    }

    /// The name of the holder of a bank account; null for other accounts.
    async fn holder(&self) -> Option<&str> {
        self.0.holder.as_deref()
    }

    /// The ISO 3166-1 alpha-2 code of the country of a bank account, that in its IBAN if it has one; null for other accounts.
    async fn country(&self) -> Option<&str> {
        self.0.country.as_deref()
    }

    /// Whether payouts in EUR can be paid to it by SEPA files: it is a bank account with an IBAN of SEPA.
    async fn accepts_sepa(&self) -> bool {
        self.0.accepts_sepa
    }

    /// The id of the user who opened, linked or set it; null for partner users.
    async fn created_by(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<&str>> {
        Ok(request(ctx)?.caller().sees_staff_notes().then_some(&self.0.created_by))
    }

    /// The id of the user who confirmed a bank account; null until then, and for partner users.
    async fn confirmed_by(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<&str>> {
        let sees_staff = request(ctx)?.caller().sees_staff_notes();
        Ok(self.0.confirmed_by.as_deref().filter(|_| sees_staff))
    }

    /// The instant at which a bank account was confirmed; null until then.
    async fn confirmed_at(&self) -> Option<Timestamp> {
        self.0.confirmed_at.map(Timestamp)
    }

    /// Whether it receives real money; false in the test mode of the rail.
    async fn is_live(&self) -> bool {
        self.0.is_live
    }

    /// The data that the rail still needs of the partner, in its own words, as in `"external_account"`.
    async fn requirements(&self) -> &[String] {
        &self.0.requirements
    }

    /// The reason why the rail does not let money be sent to it, in its own word; null for none.
    async fn disabled_reason(&self) -> Option<&str> {
        self.0.disabled_reason.as_deref()
    }

    /// The instant at which the account was opened, linked or set.
    async fn created_at(&self) -> Timestamp {
        self.0.created_at.into()
    }

    /// The instant at which the rail last reported its status, or a bank account was set or confirmed.
    async fn checked_at(&self) -> Timestamp {
        self.0.checked_at.into()
    }
}

/// The connection of the caller's tenant.
pub struct StripeConnection(pub Authorized<stripe_connection::StripeConnection>);

/// The Stripe account that the tenant pays from, the platform of its partners' accounts. Its key and the secrets of webhooks are
/// never shown. For staff.
// Names that end in Connection are those of lists (Relay).
#[Object(name = "StripePlatform")]
impl StripeConnection {
    /// The id of the connection: a UUID, unique over all types. It stays when the tenant connects again.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The id of the account at Stripe, as in `"acct_1AbC"`.
    async fn account(&self) -> &str {
        &self.0.account
    }

    /// Whether real money is moved; false in Stripe's test mode.
    async fn is_live(&self) -> bool {
        self.0.is_live
    }

    /// The instant at which it was connected, or given another key.
    async fn connected_at(&self) -> Timestamp {
        self.0.connected_at.into()
    }

    /// The instant since which Stripe has not accepted the key, so that nothing is sent until it is connected again; null if it
    /// does.
    async fn broken_at(&self) -> Option<Timestamp> {
        self.0.broken_at.map(Timestamp)
    }

    /// The message of Stripe about that; null if it accepts the key.
    async fn broken_reason(&self) -> Option<&str> {
        self.0.broken_reason.as_deref()
    }

    /// Whether Stripe Billing is the billing service of the tenant: the invoices that are paid there, and what goes back of them,
    /// are recorded without any call.
    async fn takes_invoices(&self) -> bool {
        self.0.takes_invoices
    }

    /// The key of the metadata of an invoice, or else of its subscription, that has the customer id; null if it is the id of the
    /// customer at Stripe.
    async fn customer_metadata_key(&self) -> Option<&str> {
        self.0.customer_metadata_key.as_deref()
    }
}

/// A payout that a mutation of several payouts left as it was.
pub struct UnsentPayoutObject(pub UnsentPayout);

/// A payout that a mutation of several payouts left as it was, and why: sendPayouts, createPaymentFile or settlePaymentFile.
#[Object(name = "UnsentPayout")]
impl UnsentPayoutObject {
    /// The id of the payout, as in the input.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The reason: INVALID_STATE unless it is READY, NOT_FOUND, PARTNER_NOT_PAYABLE, RAIL_NOT_CONNECTED, ACCOUNT_NOT_READY,
    /// CURRENCY_UNSUPPORTED, AMOUNT_TOO_LARGE; UNAVAILABLE and INTERNAL_ERROR mean that it can be tried again.
    async fn code(&self) -> UserErrorCode {
        self.0.error.code
    }

    /// The reason as a sentence in English, and what to do.
    async fn message(&self) -> &str {
        &self.0.error.message
    }
}
