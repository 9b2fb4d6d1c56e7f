//! Paid invoices and refunds as the billing system reports them, with the outcome of each, and their corrections.

pub mod list;
pub mod payment;
pub mod reversal;
pub mod store;

use async_graphql::Enum;
use chrono::{DateTime, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::Text;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::db::schema::{invoice_refunds, invoice_revisions};
use crate::auth::PartnerOwned;
use crate::domain::db::audited_row::{AuditedRow, Field, RowKey, RowKind};
use crate::primitives::currency::Currency;
use crate::primitives::id::{InvoiceId, PartnerId, TenantId};
use crate::primitives::money::{Money, Rate};
use crate::primitives::text_enum::text_enum;

/// The outcome of recording a paid invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum InvoicePaidOutcome {
    /// The invoice earned a commission: its event was recorded.
    Recorded,
    /// The same invoice was recorded before; the event of that time is returned.
    AlreadyRecorded,
    /// No managed account of the customer was in force when it paid: nothing is earned. Sent again, the invoice is
    /// assessed again.
    NoManagedAccount,
    /// Neither the managed account nor its partner had a rate at paidAt: nothing is earned. Sent again, the invoice is
    /// assessed again.
    NoRate,
    /// The partner was PENDING, TERMINATED or ARCHIVED at paidAt: nothing is earned. Sent again, the invoice is assessed
    /// again.
    PartnerIneligible,
    /// The total or the commissionable amount is zero, as with a coupon or a free plan: nothing is earned.
    ZeroAmount,
}

text_enum!(InvoicePaidOutcome);

impl InvoicePaidOutcome {
    /// The outcomes of invoices that earned nothing and may earn something when they are assessed again.
    pub const REASSESSABLE: [Self; 3] = [Self::NoManagedAccount, Self::NoRate, Self::PartnerIneligible];

    /// Returns whether an invoice with this outcome may earn something when it is assessed again.
    pub fn is_reassessable(self) -> bool {
        Self::REASSESSABLE.contains(&self)
    }
}

/// A revision of a paid invoice, or of one payment of it: the data that was reported, and the outcome. Its data never
/// changes; a correction adds a revision and supersedes the one before.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, QueryableByName, Selectable, Insertable)]
#[diesel(table_name = invoice_revisions, check_for_backend(diesel::pg::Pg))]
pub struct InvoiceRevision {
    /// The tenant that was paid.
    pub tenant_id: TenantId,
    /// The id of the invoice, or of its payment: the same in all revisions.
    pub id: InvoiceId,
    /// The number of the revision, from 1.
    pub revision: i32,
    /// The invoice id of the billing system.
    pub invoice_id: String,
    /// The payment id of the billing system; `None` for an invoice that is paid at once.
    pub payment_id: Option<String>,
    /// Whether no other payment of the invoice was recorded before this one.
    pub is_first_payment: bool,
    /// The customer id of the billing system.
    pub customer_id: String,
    /// The currency of both amounts.
    pub currency: Currency,
    /// The amount that the customer paid, including taxes and shipping.
    pub total_amount: Decimal,
    /// The base amount of the commission, at most the total.
    pub commissionable_amount: Decimal,
    /// When the customer paid.
    pub paid_at: DateTime<Utc>,
    /// The outcome of the latest assessment.
    pub outcome: InvoicePaidOutcome,
    /// The partner that earned a commission, if any.
    pub partner_id: Option<PartnerId>,
    /// The rate of that commission.
    pub commission_rate: Option<Rate>,
    /// When the invoice was first recorded, by the database's clock.
    pub received_at: DateTime<Utc>,
    /// The user who reported or corrected the invoice.
    pub recorded_by: String,
    /// When the correction was made; `None` for the first revision.
    pub revised_at: Option<DateTime<Utc>>,
    /// The reason of the correction.
    pub reason: Option<String>,
    /// The idempotency key of the correction.
    pub idempotency_key: Option<String>,
    /// When the next revision superseded this one; `None` for the present revision.
    pub superseded_at: Option<DateTime<Utc>>,
}

impl InvoiceRevision {
    /// Returns the base amount of the commission.
    pub fn base(&self) -> Money {
        Money::stored(self.commissionable_amount, self.currency)
    }

    /// Returns the amount that the customer paid, which is the most that can be refunded.
    pub fn total(&self) -> Money {
        Money::stored(self.total_amount, self.currency)
    }

    /// Returns when the revision was recorded.
    pub fn recorded_at(&self) -> DateTime<Utc> {
        self.revised_at.unwrap_or(self.received_at)
    }

    /// Returns whether another revision has the same data, whatever its outcome is.
    pub fn has_same_data(&self, other: &Self) -> bool {
        let data = |revision: &Self| (revision.total(), revision.base(), revision.paid_at);
        self.customer_id == other.customer_id && data(self) == data(other)
    }
}

impl AuditedRow for InvoiceRevision {
    fn key(&self) -> RowKey {
        RowKey { kind: RowKind::Invoice, id: Some(self.id.0) }
    }

    fn owner(&self) -> Option<PartnerId> {
        self.partner_id
    }

    fn fields(&self) -> Vec<Field> {
        vec![
            Field::plain("revision", self.revision),
            Field::identifier("invoiceId", Some(&self.invoice_id)),
            Field::identifier("customerId", Some(&self.customer_id)),
            Field::plain("totalAmount", self.total()),
            Field::plain("commissionableAmount", self.base()),
            Field::time("paidAt", self.paid_at),
            Field::plain("outcome", self.outcome),
            Field::optional("partner", self.partner_id),
            Field::optional("commissionRate", self.commission_rate),
        ]
    }
}

impl PartnerOwned for InvoiceRevision {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    /// Returns the partner that earned a commission. An invoice that earned nothing belongs to no partner, so that it is
    /// only within a scope of all partners.
    fn partner_id(&self) -> PartnerId {
        self.partner_id.unwrap_or(PartnerId(Uuid::nil()))
    }
}

/// The outcome of recording a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum InvoiceRefundedOutcome {
    /// The commission on the refund was clawed back, in full or in part.
    Recorded,
    /// The same refund was recorded before; its effect of that time is returned.
    AlreadyRecorded,
    /// The invoice earned no commission, or its commission was cancelled: the refund is stored and nothing else
    /// changes. If the invoice is assessed again and earns a commission, the refund is applied to it at once.
    NoCommission,
}

text_enum!(InvoiceRefundedOutcome);

/// A refund: the data that billing sent, and the outcome. There is one per refund, for ever.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = invoice_refunds, check_for_backend(diesel::pg::Pg))]
pub struct InvoiceRefund {
    /// The tenant that refunded.
    pub tenant_id: TenantId,
    /// The refund id of the billing system.
    pub refund_id: String,
    /// The invoice that was refunded in part or in full.
    pub invoice_id: String,
    /// The currency of the amount.
    pub currency: Currency,
    /// The refunded part of the invoice's total.
    pub amount: Decimal,
    /// When the customer was refunded.
    pub refunded_at: DateTime<Utc>,
    /// The reason that billing gave, if any.
    pub reason: Option<String>,
    /// The outcome.
    pub outcome: InvoiceRefundedOutcome,
    /// When the refund was recorded, by the database's clock.
    pub received_at: DateTime<Utc>,
    /// The part of the base amount that the refund gives back; `None` for a refund in proportion.
    pub commissionable_amount: Option<Decimal>,
    /// The invoice, or its payment, that was refunded.
    pub invoice_row_id: InvoiceId,
    /// The revision of it that was present when the refund was recorded.
    pub invoice_revision: i32,
}

impl InvoiceRefund {
    /// Returns the refunded amount.
    pub fn money(&self) -> Money {
        Money::stored(self.amount, self.currency)
    }

    /// Returns the part of the base amount that the refund gives back; `None` for a refund in proportion.
    pub fn base(&self) -> Option<Money> {
        Some(Money::stored(self.commissionable_amount?, self.currency))
    }

    /// Returns whether billing sent the same data, whatever the reason and the outcome were.
    pub fn has_same_data(&self, other: &Self) -> bool {
        let Self { outcome, received_at, invoice_revision, .. } = *self;
        let reason = self.reason.clone();
        *self == Self { outcome, received_at, invoice_revision, reason, ..other.clone() }
    }
}
