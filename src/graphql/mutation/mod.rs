//! The mutations of the schema. A mutation is committed before its payload is returned; a rejected one is rolled back.

mod billing;
mod commission;
mod correction;
mod job;
mod notification;
mod partner;
mod payment_file;
mod payout;
mod person;
mod rail;
mod referral;
mod saved_view;
mod service_token;
mod statement;
mod webhook;

use async_graphql::MergedObject;

use billing::BillingMutation;
use commission::CommissionMutation;
use correction::CorrectionMutation;
use job::JobMutation;
use notification::NotificationMutation;
use partner::PartnerMutation;
use payment_file::PaymentFileMutation;
use payout::PayoutMutation;
use person::PersonMutation;
use rail::RailMutation;
use referral::ReferralMutation;
use saved_view::SavedViewMutation;
use service_token::ServiceTokenMutation;
use statement::StatementMutation;
use webhook::WebhookMutation;

/// The mutations. Each takes effect completely or not at all; only five run several transactions: `runPayouts` and
/// `issueStatements` one per partner and currency, `reassessInvoices` one per invoice, `sendPayouts` and `settlePaymentFile` one per
/// payout. A rejection that a correct client cannot foresee is returned in `userErrors` of the payload, every other error as a top-level error, and the mutation is null; in both cases nothing
/// has changed, except that an UNAVAILABLE error may state that the outcome is unknown. The mutations of a document run one
/// after the other, and each on its own: an error of one affects neither those before nor those after it.
#[derive(MergedObject, Default)]
pub struct Mutation(
    BillingMutation,
    CommissionMutation,
    CorrectionMutation,
    JobMutation,
    NotificationMutation,
    PayoutMutation,
    PartnerMutation,
    PaymentFileMutation,
    PersonMutation,
    RailMutation,
    ReferralMutation,
    SavedViewMutation,
    ServiceTokenMutation,
    StatementMutation,
    WebhookMutation,
);
