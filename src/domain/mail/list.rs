//! Lists of mails: their filter and order.

use async_graphql::InputObject;
use diesel::prelude::*;

use super::{Mail, MailStatus};
use crate::domain::db::list_query::{Condition, Paginated, distinct};
use crate::domain::db::mail_schema::mails;
use crate::domain::db::scope_filter::PartnerTable;
use crate::mail::notification::NotificationKind;
use crate::primitives::error::Result;
use crate::primitives::id::PartnerId;
use crate::primitives::pagination::{Ordering, PageRequest, Position, SortKey, SortKind, period};
use crate::primitives::text;
use crate::primitives::timestamp::Timestamp;

/// The order of lists of mails: latest first.
pub const BY_CREATION: Ordering =
    Ordering { column: "created_at", kind: SortKind::Timestamp, descending: true };

/// A filter on mails; a mail must meet all conditions that are set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
pub struct MailFilter {
    /// Only the mails of these kinds.
    pub kind: Option<Vec<NotificationKind>>,
    /// Only the mails with one of these statuses.
    pub status: Option<Vec<MailStatus>>,
    /// Only the mails to this address, in upper or lower case.
    pub address: Option<String>,
    /// Only the mails written at this time or later.
    pub from: Option<Timestamp>,
    /// Only the mails written before this time.
    pub to: Option<Timestamp>,
}

impl Paginated for Mail {
    type Filter = MailFilter;
    // A mail belongs to no partner. No link has the id of a partner, so that the list of a partner is empty.
    const TABLE: PartnerTable = PartnerTable { name: "mails", partner_column: "partner_user_id" };

    fn conditions(filter: &MailFilter) -> Vec<Condition> {
        let mut conditions: Vec<Condition> = Vec::new();
        if let Some(kinds) = &filter.kind {
            conditions.push(Box::new(mails::kind.eq_any(distinct(kinds))));
        }
        if let Some(statuses) = &filter.status {
            conditions.push(Box::new(mails::status.eq_any(distinct(statuses))));
        }
        if let Some(address) = &filter.address {
            conditions.push(Box::new(mails::address.eq(address.clone())));
        }
        if let Some(from) = filter.from {
            conditions.push(Box::new(mails::created_at.ge(from.0)));
        }
        if let Some(to) = filter.to {
            conditions.push(Box::new(mails::created_at.lt(to.0)));
        }
        conditions
    }

    fn validate(filter: MailFilter) -> Result<MailFilter> {
        period("to", filter.from, filter.to)?;
        let address = filter.address.map(|address| text::email("address", &address)).transpose()?;
        Ok(MailFilter { address, ..filter })
    }

    fn partner_of(_: &MailFilter) -> Option<PartnerId> {
        None
    }

    fn position(&self, _: &PageRequest) -> Position {
        Position { key: SortKey::Timestamp(self.created_at), id: self.id.0 }
    }
}
