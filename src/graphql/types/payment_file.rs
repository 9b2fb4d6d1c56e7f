//! The object types of payment files, and of the account that they are paid from.

use async_graphql::{Context, ID, Object, SimpleObject};

use super::payout_attempt::PayoutAttempt;
use crate::auth::{Authorized, Permission};
use crate::domain::payment_file::{self, PaymentFileFormat};
use crate::domain::payout_attempt::AttemptStatus;
use crate::domain::{db::audit_log::hex, paying_account};
use crate::graphql::connection::ConnectionNode;
use crate::graphql::context::{counted, request};
use crate::graphql::loader::Loader;
use crate::graphql::loaders::{ListLoaders, Loaders};
use crate::graphql::reference::Referenced;
use crate::primitives::currency::Currency;
use crate::primitives::day::Day;
use crate::primitives::id::PaymentFileId;
use crate::primitives::money::Money;
use crate::primitives::timestamp::Timestamp;

/// The account of the caller's tenant.
pub struct PayingAccount(pub Authorized<paying_account::PayingAccount>);

/// The bank account that the tenant pays from by payment files. For staff.
#[Object]
impl PayingAccount {
    /// The id of the account: a UUID, unique over all types. It stays when another account is set.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The name of the holder, as the bank has it.
    async fn holder(&self) -> &str {
        &self.0.holder
    }

    /// The IBAN: only its last four characters, as in `"…3000"`.
    async fn iban(&self) -> String {
        self.0.masked_iban()
    }

    /// The BIC of the bank; null if none was given.
    async fn bic(&self) -> Option<&str> {
        self.0.bic.as_deref()
    }

    /// The instant at which it was set, or replaced by another account.
    async fn set_at(&self) -> Timestamp {
        self.0.set_at.into()
    }

    /// The id of the user who set it.
    async fn set_by(&self) -> &str {
        &self.0.set_by
    }
}

/// A file of the caller's tenant.
pub struct PaymentFile(pub Authorized<payment_file::PaymentFile>);

impl From<Authorized<payment_file::PaymentFile>> for PaymentFile {
    fn from(row: Authorized<payment_file::PaymentFile>) -> Self {
        Self(row)
    }
}

impl Referenced for PaymentFile {
    type Key = PaymentFileId;
    type Row = payment_file::PaymentFile;

    fn loader(loaders: &Loaders) -> &Loader<Self::Key, Authorized<Self::Row>> {
        &loaders.payment_file
    }
}

impl ConnectionNode for PaymentFile {
    type Row = payment_file::PaymentFile;
    const CONNECTION: &'static str = "PaymentFileConnection";
    const EDGE: &'static str = "PaymentFileEdge";

    fn lists(_: &Loaders) -> Option<&ListLoaders<Self::Row>> {
        None
    }
}

/// A file that staff give to their bank, which pays the payouts in it. Its content never changes. Once it was
/// downloaded, what came of each payout must be recorded; before, it can be withdrawn. For staff.
#[Object]
impl PaymentFile {
    /// The id of the file: a UUID, unique over all types.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The format of the file.
    async fn format(&self) -> PaymentFileFormat {
        self.0.format
    }

    /// The id by which the bank knows the file: `MsgId` and `PmtInfId` in a SEPA file, and a part of the name of every
    /// file.
    async fn message_id(&self) -> String {
        self.0.message_id()
    }

    /// The currency of all payouts in the file.
    async fn currency(&self) -> Currency {
        self.0.currency()
    }

    /// The number of payouts in the file, 1 to 500.
    async fn payout_count(&self) -> i32 {
        self.0.payout_count
    }

    /// The sum of the totals of those payouts.
    async fn total_amount(&self) -> Money {
        self.0.total()
    }

    /// The day on which the bank is to pay.
    async fn execution_date(&self) -> Day {
        Day(self.0.execution_date)
    }

    /// The SHA-256 of the bytes of the file, in hexadecimal.
    async fn sha256(&self) -> String {
        hex(&self.0.sha256)
    }

    /// The instant at which it was created.
    async fn created_at(&self) -> Timestamp {
        self.0.created_at.into()
    }

    /// The id of the user who created it.
    async fn created_by(&self) -> &str {
        &self.0.created_by
    }

    /// The instant at which it was first downloaded, from which on the bank may have it; null until then.
    async fn downloaded_at(&self) -> Option<Timestamp> {
        self.0.downloaded_at.map(Timestamp)
    }

    /// The id of the user who downloaded it first; null until then.
    async fn downloaded_by(&self) -> Option<&str> {
        self.0.downloaded_by.as_deref()
    }

    /// The instant at which it was withdrawn; null if it was not.
    async fn withdrawn_at(&self) -> Option<Timestamp> {
        self.0.withdrawn_at.map(Timestamp)
    }

    /// The path of the file, for a GET request with the caller's token. It contains bank details in full. Null if the
    /// file was withdrawn, and for staff who may not pay: they are not finance or admins.
    async fn download_path(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        let may_pay = request(ctx)?.caller().identity().role().allows(Permission::ManageCommissions);
        let is_there = may_pay && self.0.withdrawn_at.is_none();
        Ok(is_there.then(|| format!("/payment-files/{}", self.0.id)))
    }

    /// The number of payouts in the file of which it is not recorded yet what came of them: their attempts are SENT.
    async fn open_payout_count(&self, ctx: &Context<'_>) -> async_graphql::Result<i32> {
        let counts = self.counts(ctx).await?;
        let open = counts.iter().find(|(status, _)| *status == AttemptStatus::Sent);
        Ok(open.map_or(0, |(_, count)| count_of(*count)))
    }

    /// The numbers of attempts by status, of the statuses that some of them have.
    async fn attempt_counts(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<PaymentFileAttemptCount>> {
        let counts = self.counts(ctx).await?.into_iter();
        let counts = counts.map(|(status, count)| PaymentFileAttemptCount { status, count: count_of(count) });
        counted(ctx, counts.collect()).await
    }

    /// The attempts of the file, one for each of its payouts, in the order of the file; at most 500.
    async fn attempts(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<PayoutAttempt>> {
        let attempts =
            request(ctx)?.loaders().payment_file_attempts.load(self.0.id).await?.unwrap_or_default();
        counted(ctx, attempts.into_iter().map(PayoutAttempt).collect()).await
    }
}

impl PaymentFile {
    async fn counts(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<(AttemptStatus, i64)>> {
        Ok(request(ctx)?.loaders().payment_file_counts.load(self.0.id).await?.unwrap_or_default())
    }
}

fn count_of(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// The number of attempts of a payment file with the same status.
#[derive(SimpleObject)]
pub struct PaymentFileAttemptCount {
    /// The status that these attempts have.
    status: AttemptStatus,
    /// The number of attempts with that status, above zero.
    count: i32,
}
