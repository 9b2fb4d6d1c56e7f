//! Lists of payment files: their filter and order.

use async_graphql::InputObject;
use diesel::dsl::exists;
use diesel::prelude::*;

use super::{PaymentFile, PaymentFileFormat};
use crate::domain::db::list_query::{Condition, Paginated};
use crate::domain::db::rail_schema::{payment_files, payout_attempts};
use crate::domain::db::scope_filter::PartnerTable;
use crate::domain::payout_attempt::AttemptStatus;
use crate::primitives::currency::Currency;
use crate::primitives::error::Result;
use crate::primitives::id::PartnerId;
use crate::primitives::pagination::{Ordering, PageRequest, Position, SortKey, SortKind, period};
use crate::primitives::timestamp::Timestamp;

/// The order of lists of payment files: latest first.
pub const BY_CREATION: Ordering =
    Ordering { column: "created_at", kind: SortKind::Timestamp, descending: true };

/// A filter on payment files; a file must meet all conditions that are set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
pub struct PaymentFileFilter {
    /// Only the files in this currency.
    pub currency: Option<Currency>,
    /// Only the files of this format.
    pub format: Option<PaymentFileFormat>,
    /// Only the files with a payout of which it is not recorded yet what came of it; or with false, only those without
    /// one.
    pub has_open_payouts: Option<bool>,
    /// Only the files created at this time or later.
    pub created_from: Option<Timestamp>,
    /// Only the files created before this time.
    pub created_to: Option<Timestamp>,
}

impl Paginated for PaymentFile {
    type Filter = PaymentFileFilter;
    // A file belongs to no partner. No file has the id of a partner, so that the list of a partner is empty.
    const TABLE: PartnerTable = PartnerTable { name: "payment_files", partner_column: "id" };
    // Without the content, which may have half a megabyte.
    const STORED: &'static str = "tenant_id, id, format, execution_date, currency, payout_count, total_amount, sha256, \
         skipped, created_at, created_by, downloaded_at, downloaded_by, withdrawn_at";

    fn conditions(filter: &PaymentFileFilter) -> Vec<Condition> {
        let mut conditions: Vec<Condition> = Vec::new();
        if let Some(currency) = filter.currency {
            conditions.push(Box::new(payment_files::currency.eq(currency)));
        }
        if let Some(format) = filter.format {
            conditions.push(Box::new(payment_files::format.eq(format)));
        }
        if let Some(is_open) = filter.has_open_payouts {
            let open = payout_attempts::table
                .filter(payout_attempts::tenant_id.eq(payment_files::tenant_id))
                .filter(payout_attempts::payment_file_id.eq(payment_files::id.nullable()))
                .filter(payout_attempts::status.eq(AttemptStatus::Sent));
            conditions.push(Box::new(exists(open).eq(is_open)));
        }
        if let Some(from) = filter.created_from {
            conditions.push(Box::new(payment_files::created_at.ge(from.0)));
        }
        if let Some(to) = filter.created_to {
            conditions.push(Box::new(payment_files::created_at.lt(to.0)));
        }
        conditions
    }

    fn validate(filter: PaymentFileFilter) -> Result<PaymentFileFilter> {
        period("createdTo", filter.created_from, filter.created_to)?;
        Ok(filter)
    }

    fn partner_of(_: &PaymentFileFilter) -> Option<PartnerId> {
        None
    }

    fn position(&self, _: &PageRequest) -> Position {
        Position { key: SortKey::Timestamp(self.created_at), id: self.id.0 }
    }
}
