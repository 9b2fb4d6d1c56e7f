//! The acts that may change rows: each transaction states which one it is.

use std::fmt;

/// What an act leaves in the audit trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trace {
    /// An entry in the same transaction, unless nothing has changed.
    Entry,
    /// None: the rows that it writes are receipts, or keep the books of requests and of the trail itself.
    Receipt,
    /// None of its own: it consists of other acts, each of which leaves its entry.
    Parts,
}

macro_rules! acts {
    ($($act:ident $name:literal $trace:ident,)+) => {
        /// An act that may change rows: a mutation, a command, or what the server does by itself. A transaction cannot
        /// be run without one, and a new one does not compile before it is decided what it leaves in the audit trail.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the names are those of the mutations and commands")]
        pub enum Act { $($act,)+ }

        impl Act {
            /// All acts.
            pub const ALL: &[Self] = &[$(Self::$act,)+];

            /// Returns the name: that of the mutation in GraphQL, or that of the command.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$act => $name,)+ }
            }

            /// Returns what the act leaves in the audit trail.
            pub const fn trace(self) -> Trace {
                match self { $(Self::$act => Trace::$trace,)+ }
            }
        }
    };
}

acts! {
    RecordInvoicePaid "recordInvoicePaid" Receipt,
    RecordInvoiceRefunded "recordInvoiceRefunded" Receipt,
    RecordRefundReversed "recordRefundReversed" Entry,
    CorrectInvoice "correctInvoice" Entry,
    ReassessInvoices "reassessInvoices" Entry,
    RecordAdjustment "recordAdjustment" Entry,
    ApproveCommissionEvents "approveCommissionEvents" Entry,
    CancelCommissionEvents "cancelCommissionEvents" Entry,
    RevertApproval "revertApproval" Entry,
    HoldCommissionEvents "holdCommissionEvents" Entry,
    ReleaseCommissionEvents "releaseCommissionEvents" Entry,
    ApprovePendingCommissionEvents "approvePendingCommissionEvents" Entry,
    CreatePayoutBatch "createPayoutBatch" Entry,
    RunPayouts "runPayouts" Entry,
    StartPayout "startPayout" Entry,
    CompletePayout "completePayout" Entry,
    CorrectPaymentReference "correctPaymentReference" Entry,
    FailPayout "failPayout" Entry,
    CancelPayout "cancelPayout" Entry,
    ReturnPayout "returnPayout" Entry,
    SendPayouts "sendPayouts" Entry,
    WithdrawPayoutAttempt "withdrawPayoutAttempt" Entry,
    ResolvePayoutAttempt "resolvePayoutAttempt" Entry,
    RecallPayout "recallPayout" Entry,
    AttemptPayout "payout attempt" Entry,
    AttemptRecall "payout recall" Entry,
    ConnectStripe "connectStripe" Entry,
    UpdateStripeBilling "updateStripeBilling" Entry,
    LinkStripeAccount "linkStripeAccount" Entry,
    StartStripeOnboarding "startStripeOnboarding" Entry,
    EndPayoutAccount "endPayoutAccount" Entry,
    SetBankAccount "setBankAccount" Entry,
    ConfirmBankAccount "confirmBankAccount" Entry,
    SetPayingAccount "setPayingAccount" Entry,
    CreatePaymentFile "createPaymentFile" Entry,
    SettlePaymentFile "settlePaymentFile" Entry,
    WithdrawPaymentFile "withdrawPaymentFile" Entry,
    DownloadPaymentFile "payment file download" Entry,
    CheckPayoutAccount "payout account check" Entry,
    ReceiveEvent "receive event" Receipt,
    HandleEvent "handle event" Entry,
    ReplayInboxEvents "replayInboxEvents" Entry,
    IssueStatements "issueStatements" Entry,
    BackfillStatements "statements backfill" Entry,
    CreatePartner "createPartner" Entry,
    UpdatePartner "updatePartner" Entry,
    UpdatePartnerLegal "updatePartnerLegal" Entry,
    AddPartnerUser "addPartnerUser" Entry,
    DeactivatePartnerUser "deactivatePartnerUser" Entry,
    AssignManagedAccount "assignManagedAccount" Entry,
    UpdateManagedAccount "updateManagedAccount" Entry,
    EndManagedAccount "endManagedAccount" Entry,
    UpdateTenantSettings "updateTenantSettings" Entry,
    UpdateTenantBranding "updateTenantBranding" Entry,
    UpdateTenantLegal "updateTenantLegal" Entry,
    ErasePerson "erasePerson" Entry,
    CreateSavedView "createSavedView" Entry,
    UpdateSavedView "updateSavedView" Entry,
    DeleteSavedView "deleteSavedView" Entry,
    SubmitReferralLead "submitReferralLead" Entry,
    AdvanceReferralLead "advanceReferralLead" Entry,
    CreateTenant "tenant create" Entry,
    CreateServiceToken "createServiceToken" Entry,
    RevokeServiceToken "revokeServiceToken" Entry,
    CreateWebhookEndpoint "createWebhookEndpoint" Entry,
    UpdateWebhookEndpoint "updateWebhookEndpoint" Entry,
    RotateWebhookSecret "rotateWebhookSecret" Entry,
    DeleteWebhookEndpoint "deleteWebhookEndpoint" Entry,
    TestWebhookEndpoint "testWebhookEndpoint" Entry,
    ReplayWebhooks "replayWebhooks" Entry,
    RetryDeadJobs "retryDeadJobs" Entry,
    AttemptWebhook "webhook attempt" Entry,
    UpdateNotificationPreferences "updateNotificationPreferences" Entry,
    Unsubscribe "unsubscribe" Entry,
    AttemptMail "mail attempt" Receipt,
    WriteDigests "write digests" Receipt,
    ClaimJobs "claim jobs" Receipt,
    FanOut "fan out" Receipt,
    GiveJobBack "give job back" Receipt,
    Sweep "sweep" Receipt,
    Download "download" Entry,
    Baseline "BASELINE" Entry,
    LoadDemo "demo" Parts,
    RecordTokenUse "record token use" Receipt,
    KeepStatementFile "keep statement file" Receipt,
    Seal "audit seal" Receipt,
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
