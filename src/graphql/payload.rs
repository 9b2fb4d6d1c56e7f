//! The payloads of mutations: the result, or the user errors with which the mutation was rejected.

use std::sync::Arc;

use async_graphql::{ID, SimpleObject};

use super::context::MutationResult;
use super::types::account::ManagedAccount;
use super::types::commission::CommissionEvent;
use super::types::invoice::{EarningInvoice, FailedInvoice, Invoice, OutcomeCount};
use super::types::mail::NotificationPreference;
use super::types::partner::{Partner, PartnerUser};
use super::types::payout::{Payout, PlannedPayout, SkippedPayout};
use super::types::referral::ReferralLead;
use super::types::saved_view::SavedView;
use super::types::service_token::ServiceToken;
use super::types::statement::Statement;
use super::types::statement_preview::StatementPreview;
use super::types::viewer::Tenant;
use super::types::webhook::{WebhookDelivery, WebhookEndpoint};
use crate::auth::Authorized;
use crate::domain::commission::approve::ApprovedPending;
use crate::domain::commission::correct::CorrectedInvoice;
use crate::domain::commission::reassess;
use crate::domain::commission::record::RecordedInvoice;
use crate::domain::commission::refund::RecordedRefund;
use crate::domain::commission::reinstate::RecordedReversal;
use crate::domain::invoice::reversal::RefundReversedOutcome;
use crate::domain::invoice::{InvoicePaidOutcome, InvoiceRefundedOutcome};
use crate::domain::mail::preference;
use crate::domain::payout::run::Report;
use crate::domain::person::erase::Erased;
use crate::domain::referral::advance::ChangedLead;
use crate::domain::statement::account_statement;
use crate::domain::tenant::TenantSettings;
use crate::domain::tenant::service_token::{self, create::CreatedOnce};
use crate::domain::webhook::endpoint::EndpointWithSecret;
use crate::domain::{account, commission, partner, payout, saved_view, webhook};
use crate::primitives::error::UserError;
use crate::primitives::money::Money;
use crate::webhook::signature::secret_text;

fn count(rows: usize) -> i32 {
    i32::try_from(rows).unwrap_or(i32::MAX)
}

/// Defines a payload: an object type whose fields are null when the mutation was rejected, and its conversion from the
/// result of the mutation.
macro_rules! mutation_payload {
    (
        $(#[$description:meta])*
        $name:ident from |$value:ident: $result:ty| {
            $($(#[$field_description:meta])* $field:ident: $type:ty = $convert:expr,)+
        }
    ) => {
        $(#[$description])*
        #[derive(SimpleObject)]
        pub struct $name {
            $($(#[$field_description])* $field: Option<$type>,)+
            /// The reasons why the mutation was rejected; empty on success. A rejected mutation has changed nothing.
            user_errors: Vec<UserError>,
        }

        impl From<MutationResult<$result>> for $name {
            fn from(result: MutationResult<$result>) -> Self {
                match result {
                    Ok($value) => Self { $($field: $convert,)+ user_errors: Vec::new() },
                    Err(user_errors) => Self { $($field: None,)+ user_errors },
                }
            }
        }
    };
}

pub(super) use mutation_payload;

mutation_payload! {
    /// The payload of recordInvoicePaid.
    RecordInvoicePaidPayload from |recorded: RecordedInvoice| {
        /// The outcome of the invoice; null when the mutation was rejected.
        outcome: InvoicePaidOutcome = Some(recorded.outcome),
        /// The commission event of the invoice; null if the invoice earned no commission.
        commission_event: CommissionEvent = recorded.commission_event.map(CommissionEvent),
    }
}

mutation_payload! {
    /// The payload of recordInvoiceRefunded.
    RecordInvoiceRefundedPayload from |recorded: RecordedRefund| {
        /// The outcome of the refund; null when the mutation was rejected.
        outcome: InvoiceRefundedOutcome = Some(recorded.outcome),
        /// The commission event of the invoice after the refund; null if the invoice earned no commission. Its status is
        /// CLAWBACK if it was reversed in full before it was in a payout.
        commission_event: CommissionEvent = recorded.commission_event.map(CommissionEvent),
        /// The reversal of a part of the commission, of this refund; null if the event itself became CLAWBACK, and if
        /// there was nothing to reverse.
        clawback: CommissionEvent = recorded.clawback.map(CommissionEvent),
    }
}

mutation_payload! {
    /// The payload of recordRefundReversed.
    RecordRefundReversedPayload from |recorded: RecordedReversal| {
        /// The outcome of the reversal; null when the mutation was rejected.
        outcome: RefundReversedOutcome = Some(recorded.outcome),
        /// The reinstatement: what the refund had clawed back, as a positive event of its own; null if no commission was
        /// reinstated.
        reinstatement: CommissionEvent = recorded.reinstatement.map(CommissionEvent),
        /// The commission event of the invoice, which the reinstatement `reverses` and which keeps its status; null if
        /// the invoice earned no commission.
        commission_event: CommissionEvent = recorded.commission_event.map(CommissionEvent),
    }
}

mutation_payload! {
    /// The payload of correctInvoice.
    CorrectInvoicePayload from |corrected: CorrectedInvoice| {
        /// The invoice, or the payment of it, after the correction; null when the mutation was rejected.
        invoice: Invoice = Some(Invoice(corrected.invoice)),
        /// The outcome of the corrected data, as of recordInvoicePaid: RECORDED if it earns a commission, ALREADY_RECORDED
        /// if nothing has changed. Null when the mutation was rejected.
        outcome: InvoicePaidOutcome = Some(corrected.outcome),
        /// The commission event of the corrected data; null if it earns no commission.
        commission_event: CommissionEvent = corrected.commission_event.map(CommissionEvent),
        /// The event that the correction replaced: CANCELLED, or reversed if it is in a payout. Null if the invoice had
        /// earned no commission before, and if nothing has changed.
        replaced: CommissionEvent = corrected.replaced.map(CommissionEvent),
    }
}

mutation_payload! {
    /// The payload of reassessInvoices. Lists and counts are null when the mutation was rejected.
    ReassessInvoicesPayload from |report: reassess::Report| {
        /// The number of invoices that were assessed, without those that failed.
        assessed_count: i32 = Some(count(report.assessed())),
        /// The number of them that earn a commission now; in a dry run the number that would.
        earning_count: i32 = Some(count(report.earning.len())),
        /// The sums of what these earn on what was not refunded, one amount per currency, ordered by currency code.
        totals: Vec<Money> = Some(report.totals),
        /// The invoices that earn a commission now, or in a dry run would; at most 500, earliest payment first.
        earning: Vec<EarningInvoice> = Some(report.earning.into_iter().map(EarningInvoice).collect()),
        /// The numbers of invoices that still earn nothing, one row per outcome.
        without_commission: Vec<OutcomeCount> =
            Some(report.without_commission.into_iter().map(OutcomeCount).collect()),
        /// The invoices whose assessment failed; the others are not affected. Repeat the call for these.
        failed: Vec<FailedInvoice> = Some(report.failed.into_iter().map(FailedInvoice).collect()),
        /// The number of invoices that meet the conditions and come after those of this call; zero if all were reached.
        remaining_count: i32 = Some(i32::try_from(report.remaining).unwrap_or(i32::MAX)),
        /// The cursor to pass as `after` in the next call, with the same conditions; null if no invoice remains.
        end_cursor: String = report.end_cursor,
    }
}

mutation_payload! {
    /// The payload of recordAdjustment.
    CommissionEventPayload from |event: Authorized<commission::CommissionEvent>| {
        /// The commission event after the mutation; null when it was rejected.
        commission_event: CommissionEvent = Some(CommissionEvent(event)),
    }
}

mutation_payload! {
    /// The payload of the mutations that approve, cancel, revert, hold or release commission events. User errors have one
    /// entry for each event that cannot be changed.
    CommissionEventsPayload from |events: Vec<Authorized<commission::CommissionEvent>>| {
        /// The commission events after the mutation, in the order of the input; null when it was rejected.
        commission_events: Vec<CommissionEvent> = Some(events.into_iter().map(CommissionEvent).collect()),
    }
}

mutation_payload! {
    /// The payload of approvePendingCommissionEvents.
    ApprovePendingCommissionEventsPayload from |approved: ApprovedPending| {
        /// The number of events approved, or in a dry run the number that would be; null when the mutation was rejected.
        approved_count: i32 = Some(i32::try_from(approved.count).unwrap_or(i32::MAX)),
        /// The sums of their commissions, one amount per currency, ordered by currency code; null when the mutation was
        /// rejected.
        totals: Vec<Money> = Some(approved.totals),
    }
}

mutation_payload! {
    /// The payload of the mutations that create, change or correct a payout.
    PayoutPayload from |payout: Authorized<payout::Payout>| {
        /// The payout after the mutation; null when it was rejected.
        payout: Payout = Some(Payout(payout)),
    }
}

mutation_payload! {
    /// The payload of runPayouts.
    RunPayoutsPayload from |report: Report| {
        /// The payouts of the run, ordered by partner and currency; null in a dry run, and when the mutation was rejected.
        payouts: Vec<Payout> = report.payouts.map(|payouts| payouts.into_iter().map(Payout).collect()),
        /// A row for each payout of the run, ordered by partner and currency; in a dry run those that would be made. Null
        /// when the mutation was rejected.
        planned: Vec<PlannedPayout> = Some(report.planned.into_iter().map(PlannedPayout).collect()),
        /// The sums of the payouts, one amount per currency, ordered by currency code; in a dry run the sums that would be
        /// paid. Null when the mutation was rejected.
        totals: Vec<Money> = Some(report.totals),
        /// The number of payouts; in a dry run the number that would be created. Null when the mutation was rejected.
        payout_count: i32 = Some(count(report.count)),
        /// The partners and currencies with due commissions that the run does not pay, by a rule or because their payout
        /// failed; null when the mutation was rejected.
        skipped: Vec<SkippedPayout> = Some(report.skipped.into_iter().map(SkippedPayout).collect()),
    }
}

mutation_payload! {
    /// The payload of createPartner, updatePartner and updatePartnerLegal.
    PartnerPayload from |partner: Authorized<partner::Partner>| {
        /// The partner after the mutation; null when it was rejected.
        partner: Partner = Some(Partner(partner)),
    }
}

mutation_payload! {
    /// The payload of addPartnerUser and deactivatePartnerUser.
    PartnerUserPayload from |user: Authorized<partner::user::PartnerUser>| {
        /// The partner user after the mutation; null when it was rejected.
        partner_user: PartnerUser = Some(PartnerUser(user)),
    }
}

mutation_payload! {
    /// The payload of the mutations that assign, update or end a managed account.
    ManagedAccountPayload from |account: Authorized<account::ManagedAccount>| {
        /// The managed account after the mutation; null when it was rejected.
        managed_account: ManagedAccount = Some(ManagedAccount(account)),
    }
}

mutation_payload! {
    /// The payload of updateTenantSettings, updateTenantBranding and updateTenantLegal.
    TenantPayload from |settings: Arc<TenantSettings>| {
        /// The tenant after the mutation; null when it was rejected.
        tenant: Tenant = Some(Tenant(settings)),
    }
}

mutation_payload! {
    /// The payload of submitReferralLead and advanceReferralLead.
    ReferralLeadPayload from |changed: ChangedLead| {
        /// The referral lead after the mutation; null when it was rejected.
        referral_lead: ReferralLead = Some(ReferralLead(changed.lead)),
        /// Remarks for staff on a mutation that took effect, as sentences in English: that the customer of a converted lead
        /// is managed by no partner, or by another one, or that its invoices earn nothing. Null when the mutation was rejected.
        warnings: Vec<String> = Some(changed.warnings),
    }
}

mutation_payload! {
    /// The payload of erasePerson.
    ErasePersonPayload from |erased: Erased| {
        /// The referral lead after the erasure; null if a partner user was erased, and when the mutation was rejected.
        referral_lead: ReferralLead = erased.lead().map(ReferralLead),
        /// The partner user after the erasure; null if a lead was erased, and when the mutation was rejected.
        partner_user: PartnerUser = erased.user().map(PartnerUser),
    }
}

mutation_payload! {
    /// The payload of issueStatements.
    IssueStatementsPayload from |report: account_statement::Report| {
        /// The statements that were issued, ordered by partner and currency; empty in a dry run. Null when the mutation was
        /// rejected.
        statements: Vec<Statement> = Some(report.statements.into_iter().map(Statement).collect()),
        /// In a dry run the statements that would be issued, ordered by partner and currency; else empty. Null when the
        /// mutation was rejected.
        previews: Vec<StatementPreview> = Some(report.previews.into_iter().map(StatementPreview).collect()),
        /// The number of accounts whose statement could not be issued because of a fault; the others are not affected. Repeat
        /// the call for these. Null when the mutation was rejected.
        failed_count: i32 = Some(count(report.failed)),
        /// Whether 500 accounts were done and others remain: repeat the call. Null when the mutation was rejected.
        has_more: bool = Some(report.has_more),
    }
}

mutation_payload! {
    /// The payload of createWebhookEndpoint.
    CreateWebhookEndpointPayload from |created: EndpointWithSecret| {
        /// The endpoint; null when the mutation was rejected.
        endpoint: WebhookEndpoint = Some(WebhookEndpoint(created.endpoint)),
        /// The secret that signs the bodies, as in `"whsec_MfKQ…"`: give it to the receiver now, it is not shown again. Null
        /// when the mutation was rejected.
        secret: String = Some(secret_text(&created.secret)),
    }
}

mutation_payload! {
    /// The payload of createServiceToken.
    CreateServiceTokenPayload from |created: CreatedOnce| {
        /// The new token; null when the mutation was rejected.
        service_token: ServiceToken = Some((created.token, created.state).into()),
        /// The token as the service sends it in `Authorization: Bearer …`. A credential, which cannot be shown again: store it
        /// with the secrets of the service. Null if an earlier request with the same key created it, and when the mutation was
        /// rejected.
        secret: String = created.secret,
    }
}

mutation_payload! {
    /// The payload of createSavedView and updateSavedView.
    SavedViewPayload from |view: Authorized<saved_view::SavedView>| {
        /// The saved view; null when the mutation was rejected.
        saved_view: SavedView = Some(SavedView(view)),
    }
}

mutation_payload! {
    /// The payload of rotateWebhookSecret.
    RotateWebhookSecretPayload from |rotated: EndpointWithSecret| {
        /// The endpoint; null when the mutation was rejected.
        endpoint: WebhookEndpoint = Some(WebhookEndpoint(rotated.endpoint)),
        /// The new secret, which is not shown again; null when the mutation was rejected.
        secret: String = Some(secret_text(&rotated.secret)),
    }
}

mutation_payload! {
    /// The payload of updateWebhookEndpoint and deleteWebhookEndpoint.
    WebhookEndpointPayload from |endpoint: Authorized<webhook::WebhookEndpoint>| {
        /// The endpoint after the change; null when the mutation was rejected.
        endpoint: WebhookEndpoint = Some(WebhookEndpoint(endpoint)),
    }
}

mutation_payload! {
    /// The payload of testWebhookEndpoint.
    TestWebhookEndpointPayload from |delivery: Authorized<webhook::WebhookDelivery>| {
        /// The delivery, which the worker sends at once; null when the mutation was rejected.
        delivery: WebhookDelivery = Some(WebhookDelivery(delivery)),
    }
}

mutation_payload! {
    /// The payload of replayWebhooks.
    ReplayWebhooksPayload from |count: i64| {
        /// The number of deliveries that were created; null when the mutation was rejected.
        count: i32 = Some(i32::try_from(count).unwrap_or(i32::MAX)),
    }
}

mutation_payload! {
    /// The payload of retryDeadJobs.
    RetryDeadJobsPayload from |count: i64| {
        /// The number of jobs that are tried again now; null when the mutation was rejected.
        count: i32 = Some(i32::try_from(count).unwrap_or(i32::MAX)),
    }
}

mutation_payload! {
    /// The payload of updateNotificationPreferences.
    UpdateNotificationPreferencesPayload from |preferences: Vec<preference::NotificationPreference>| {
        /// The preferences of the viewer after the change, one for each kind that can be turned off; null when the mutation was
        /// rejected.
        notification_preferences: Vec<NotificationPreference> = Some(preferences.into_iter().map(Into::into).collect()),
    }
}

mutation_payload! {
    /// The payload of deleteSavedView.
    DeleteSavedViewPayload from |view: Authorized<saved_view::SavedView>| {
        /// The id of the view that was deleted; null when the mutation was rejected.
        deleted_id: ID = Some(view.id.into()),
    }
}

mutation_payload! {
    /// The payload of revokeServiceToken.
    ServiceTokenPayload from |token: (service_token::ServiceToken, service_token::State)| {
        /// The token after the mutation; null when it was rejected.
        service_token: ServiceToken = Some(token.into()),
    }
}
