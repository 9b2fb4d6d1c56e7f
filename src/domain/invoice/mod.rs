//! Invoices as the billing system tells of them: what was paid, what was refunded, and what came of either.

pub mod store;

use async_graphql::Enum;
use chrono::{DateTime, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::Text;
use rust_decimal::Decimal;

use super::db::schema::{invoice_receipts, invoice_refunds};
use crate::primitives::currency::Currency;
use crate::primitives::id::{PartnerId, TenantId};
use crate::primitives::money::{Money, Rate};
use crate::primitives::text_enum::text_enum;

/// What came of a paid invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum InvoicePaidOutcome {
    /// A commission event was recorded.
    Recorded,
    /// The same invoice came before; this is the event it made.
    AlreadyRecorded,
    /// No partner managed the customer when it paid: nothing is earned. Sent again later, it is judged anew.
    NoManagedAccount,
    /// Neither the account nor its partner has a rate: nothing is earned. Sent again later, it is judged anew.
    NoRate,
    /// The partner's status is PENDING, TERMINATED or ARCHIVED: nothing is earned. Sent again later, it is judged
    /// anew.
    PartnerIneligible,
}

text_enum!(InvoicePaidOutcome);

/// A paid invoice, and what came of it. One for each invoice, for ever.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = invoice_receipts, check_for_backend(diesel::pg::Pg))]
pub struct InvoiceReceipt {
    /// The tenant it belongs to.
    pub tenant_id: TenantId,
    /// The invoice, as the billing system names it.
    pub invoice_id: String,
    /// The customer, as the billing system names it.
    pub customer_id: String,
    /// The currency of its amounts.
    pub currency: Currency,
    /// What the customer paid.
    pub total_amount: Decimal,
    /// What of it commissions are earned on.
    pub commissionable_amount: Decimal,
    /// When the customer paid.
    pub paid_at: DateTime<Utc>,
    /// What came of it.
    pub outcome: InvoicePaidOutcome,
    /// The partner that earned on it; none if nobody did.
    pub partner_id: Option<PartnerId>,
    /// The rate at which it was earned.
    pub commission_rate: Option<Rate>,
}

impl InvoiceReceipt {
    /// What commissions are earned on.
    pub fn base(&self) -> Money {
        Money::stored(self.commissionable_amount, self.currency)
    }

    /// What the customer paid, and the most that can be refunded.
    pub fn total(&self) -> Money {
        Money::stored(self.total_amount, self.currency)
    }

    /// Whether billing says the same as before, whatever came of it.
    pub fn has_same_data(&self, other: &Self) -> bool {
        let Self { outcome, partner_id, commission_rate, .. } = self.clone();
        *self == Self { outcome, partner_id, commission_rate, ..other.clone() }
    }
}

/// What came of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum InvoiceRefundedOutcome {
    /// The commission on the invoice was taken back, in full or in part.
    Recorded,
    /// The same refund came before; this is what it took back.
    AlreadyRecorded,
    /// The invoice earned no commission, or its commission was cancelled: the refund is kept, and nothing else changes.
    /// Should the invoice be judged anew and earn one, the refund is taken off it at once.
    NoCommission,
}

text_enum!(InvoiceRefundedOutcome);

/// A refund, and what came of it. One for each refund, for ever.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = invoice_refunds, check_for_backend(diesel::pg::Pg))]
pub struct InvoiceRefund {
    /// The tenant it belongs to.
    pub tenant_id: TenantId,
    /// The refund, as the billing system names it.
    pub refund_id: String,
    /// The invoice it is of.
    pub invoice_id: String,
    /// The currency of its amount.
    pub currency: Currency,
    /// What the customer got back.
    pub amount: Decimal,
    /// When the customer got it back.
    pub refunded_at: DateTime<Utc>,
    /// Why.
    pub reason: Option<String>,
    /// What came of it.
    pub outcome: InvoiceRefundedOutcome,
    /// When this system learned of it.
    pub received_at: DateTime<Utc>,
}

impl InvoiceRefund {
    /// What the customer got back.
    pub fn money(&self) -> Money {
        Money::stored(self.amount, self.currency)
    }

    /// Whether billing says the same as before, whatever came of it.
    pub fn has_same_data(&self, other: &Self) -> bool {
        *self == Self { outcome: self.outcome, received_at: self.received_at, ..other.clone() }
    }
}
